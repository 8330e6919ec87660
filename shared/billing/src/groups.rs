//! Finding the group that a line belongs to, once a line, without allocating for one that is known.

#![expect(
    clippy::disallowed_types,
    reason = "a hash map finds groups; they are sorted by their keys before anyone sees them"
)]

use std::collections::HashMap;

use chrono::{Datelike, NaiveDate};
use cur::LineItemType;

/// What groups are sorted by before their texts.
#[derive(Clone, Copy)]
pub(crate) struct Rank {
    pub(crate) date: NaiveDate,
    pub(crate) hour: u32,
    pub(crate) item_type: LineItemType,
}

pub(crate) struct Groups<T> {
    positions: HashMap<Box<[u8]>, usize>,
    found: Vec<T>,
    /// Reused for every look-up.
    key: Vec<u8>,
}

impl<T> Default for Groups<T> {
    fn default() -> Self {
        Self { positions: HashMap::new(), found: Vec::new(), key: Vec::new() }
    }
}

impl<T> Groups<T> {
    /// The group with this rank and these texts, made if it is new.
    pub(crate) fn find(&mut self, rank: Rank, texts: &[&str], make: impl FnOnce() -> T) -> &mut T {
        self.key.clear();
        self.key.extend_from_slice(&rank.date.num_days_from_ce().to_be_bytes());
        self.key.extend_from_slice(&rank.hour.to_be_bytes());
        self.key.extend_from_slice(rank.item_type.name().as_bytes());
        for text in texts {
            // No text of a report can contain this byte: it is not valid UTF-8.
            self.key.push(0xff);
            self.key.extend_from_slice(text.as_bytes());
        }
        let known = self.positions.get(self.key.as_slice()).copied();
        let position = known.unwrap_or_else(|| {
            self.positions.insert(self.key.as_slice().into(), self.found.len());
            self.found.push(make());
            self.found.len() - 1
        });
        &mut self.found[position]
    }

    /// In the order of rank and texts, whatever the order of the lines was.
    pub(crate) fn into_sorted(self) -> Vec<T> {
        let mut keys: Vec<(Box<[u8]>, usize)> = self.positions.into_iter().collect();
        keys.sort_unstable();
        let mut found: Vec<Option<T>> = self.found.into_iter().map(Some).collect();
        keys.into_iter().filter_map(|(_, position)| found[position].take()).collect()
    }
}
