//! Finding a line that a report has twice, in bounded memory.

#![expect(
    clippy::disallowed_types,
    reason = "a hash set answers whether a line was seen; its order reaches nobody"
)]

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};

/// How many lines are remembered: what a table of eight million places of eight bytes holds before it grows.
/// Two different lines of so many have the same hash once in 700,000 months.
const REMEMBERED_MAX: usize = 7 << 20;

/// Which lines there were.
///
/// AWS names a line by `identity/LineItemId` together with `identity/TimeInterval`; either alone comes back.
/// An account with more lines than are remembered is sampled by hash: every other line, then every fourth,
/// and so on. What is twice has the same hash twice, so a file that came twice is found all the same.
#[derive(Default)]
pub(crate) struct Identities {
    seen: HashSet<u64, BuildHasherDefault<Hashed>>,
    /// Bits that are zero in the hash of a line that is looked at. They begin in the middle, since a table
    /// places by the lowest and the highest bits.
    left_out: u64,
}

impl Identities {
    /// Whether the line is new. `None` if it is not looked at.
    pub(crate) fn is_new(&mut self, id: &[u8], interval: &[u8]) -> Option<bool> {
        let mut hasher = DefaultHasher::new();
        (id, interval).hash(&mut hasher);
        let hash = hasher.finish();
        if hash & self.left_out != 0 {
            return None;
        }
        let is_new = self.seen.insert(hash);
        if self.seen.len() >= REMEMBERED_MAX {
            self.left_out = (self.left_out << 1) | (1 << 32);
            let left_out = self.left_out;
            self.seen.retain(|hash| hash & left_out == 0);
        }
        Some(is_new)
    }
}

/// The set's entries are hashes already.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("only hashes are put into the set")
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
