//! Finds the group of a line, with one look-up for each line and without an allocation if the group is known.

#![expect(
    clippy::disallowed_types,
    reason = "a hash map finds groups; they are sorted by their keys before anyone sees them"
)]

use std::collections::HashMap;

use chrono::Datelike;
use cur::{LineItemType, UsageHour};

/// The bytes that tell groups apart. Groups are sorted by these bytes.
#[derive(Default)]
pub(crate) struct Key(Vec<u8>);

impl Key {
    pub(crate) fn hour(&mut self, hour: UsageHour) -> &mut Self {
        self.0.extend_from_slice(&hour.date().num_days_from_ce().to_be_bytes());
        self.0.extend_from_slice(&hour.hour().to_be_bytes());
        self
    }

    pub(crate) fn item_type(&mut self, item_type: LineItemType) -> &mut Self {
        self.0.extend_from_slice(item_type.name().as_bytes());
        self
    }

    pub(crate) fn number(&mut self, number: usize) -> &mut Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    pub(crate) fn texts(&mut self, texts: &[&str]) -> &mut Self {
        for text in texts {
            // No text of a report can contain this byte, because it is never part of valid UTF-8.
            self.0.push(0xff);
            self.0.extend_from_slice(text.as_bytes());
        }
        self
    }
}

pub(crate) struct Groups<T> {
    positions: HashMap<Box<[u8]>, usize>,
    found: Vec<T>,
    /// The memory of the key, which is used again for every look-up.
    key: Key,
}

impl<T> Default for Groups<T> {
    fn default() -> Self {
        Self { positions: HashMap::new(), found: Vec::new(), key: Key::default() }
    }
}

impl<T> Groups<T> {
    /// The group with this key. A new group is made if there is none.
    pub(crate) fn find(&mut self, key: impl FnOnce(&mut Key), make: impl FnOnce() -> T) -> &mut T {
        let position = self.position(key, make);
        &mut self.found[position]
    }

    /// The position of the group with this key. Groups are in the order in which they were made.
    pub(crate) fn position(
        &mut self,
        key: impl FnOnce(&mut Key),
        make: impl FnOnce() -> T,
    ) -> usize {
        self.key.0.clear();
        key(&mut self.key);
        let known = self.positions.get(self.key.0.as_slice()).copied();
        known.unwrap_or_else(|| {
            self.positions.insert(self.key.0.as_slice().into(), self.found.len());
            self.found.push(make());
            self.found.len() - 1
        })
    }

    /// The groups in the order of their keys, whatever the order of the lines was.
    pub(crate) fn into_sorted(self) -> Vec<T> {
        self.into_sorted_with_positions().0
    }

    /// The groups in the order of their keys, and the new position of each group by its old position.
    pub(crate) fn into_sorted_with_positions(self) -> (Vec<T>, Vec<usize>) {
        let mut keys: Vec<(Box<[u8]>, usize)> = self.positions.into_iter().collect();
        keys.sort_unstable();
        let mut positions = vec![0; keys.len()];
        for (now, (_, before)) in keys.iter().enumerate() {
            positions[*before] = now;
        }
        let mut found: Vec<Option<T>> = self.found.into_iter().map(Some).collect();
        let sorted = keys.into_iter().filter_map(|(_, position)| found[position].take()).collect();
        (sorted, positions)
    }
}
