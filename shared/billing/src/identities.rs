//! Finds lines that a report has twice, in bounded memory.

#![expect(
    clippy::disallowed_types,
    reason = "a hash set answers whether a line was seen; its order reaches nobody"
)]

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};

/// The number of lines that are remembered. A hash table with eight million entries of eight bytes can hold
/// seven million lines before it grows. Among seven million lines, two different lines have the same hash
/// once in 700,000 months.
const REMEMBERED_MAX: usize = 7 << 20;

/// The lines that were seen.
///
/// AWS identifies a line by `identity/LineItemId` together with `identity/TimeInterval`. Each of the two
/// alone may repeat. If an account has more lines than are remembered, only a sample by hash is looked at:
/// every second line, then every fourth, and so on. Two equal lines have the same hash, so a file that was
/// delivered twice is still found.
#[derive(Default)]
pub(crate) struct Identities {
    seen: HashSet<u64, BuildHasherDefault<Hashed>>,
    /// The bits that must be zero in the hash of a line that is looked at. They begin in the middle, because
    /// the hash set uses the lowest and the highest bits.
    left_out: u64,
}

impl Identities {
    /// Whether the line is new. `None` if the line is not in the sample.
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

/// The entries of the set are already hashes, so they are not hashed again.
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
