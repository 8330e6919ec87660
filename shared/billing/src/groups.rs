//! Finding the group that a line belongs to, once a line, without allocating for one that is known.

#![expect(
    clippy::disallowed_types,
    reason = "a hash map finds groups; they are sorted by their keys before anyone sees them"
)]

use std::collections::HashMap;

use chrono::Datelike;
use cur::{LineItemType, UsageHour};

/// What a group is told apart by, in the order in which groups are sorted.
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
            // No text of a report can contain this byte: it is not valid UTF-8.
            self.0.push(0xff);
            self.0.extend_from_slice(text.as_bytes());
        }
        self
    }
}

pub(crate) struct Groups<T> {
    positions: HashMap<Box<[u8]>, usize>,
    found: Vec<T>,
    /// Reused for every look-up.
    key: Key,
}

impl<T> Default for Groups<T> {
    fn default() -> Self {
        Self { positions: HashMap::new(), found: Vec::new(), key: Key::default() }
    }
}

impl<T> Groups<T> {
    /// The group with this key, made if it is new.
    pub(crate) fn find(&mut self, key: impl FnOnce(&mut Key), make: impl FnOnce() -> T) -> &mut T {
        let position = self.position(key, make);
        &mut self.found[position]
    }

    /// Its position among the groups in the order of their making.
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

    /// In the order of keys, whatever the order of the lines was.
    pub(crate) fn into_sorted(self) -> Vec<T> {
        self.into_sorted_with_positions().0
    }

    /// The same, with where each group has come to stand, in the order of their making.
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
