//! The limits of one report file, so that a file that unpacks without end costs little.

use std::io::{self, Read};

use cur::LineTotals;

/// Limits for bytes, lines and accounts. There is no limit for the ratio of packed to unpacked bytes: a
/// real report can be 37 times as large when it is unpacked.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub unpacked_bytes: u64,
    pub lines: u64,
    pub accounts: usize,
}

impl Limits {
    /// AWS begins another file at about a million lines, which have about a gigabyte. The largest file
    /// that we have read of had 22.5 GB (aws-solutions/workload-discovery-on-aws#141). A file of 64 GiB
    /// fits into one object of at most 78 GiB, even if all lines belong to one account and do not
    /// compress. A function that unpacks 77 MB a second reads it within Lambda's 15 minutes.
    pub const OF_A_FILE: Self =
        Self { unpacked_bytes: 64 << 30, lines: 100_000_000, accounts: 100_000 };

    pub(crate) fn check(&self, totals: &LineTotals, accounts: usize) -> Result<(), TooMuch> {
        if totals.all_lines() > self.lines {
            return Err(TooMuch { limit: self.lines, what: "lines" });
        }
        if accounts > self.accounts {
            return Err(TooMuch { limit: self.accounts as u64, what: "usage accounts" });
        }
        Ok(())
    }
}

/// A file has more bytes, lines or accounts than it may have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the file has more than {limit} {what}, far beyond what AWS writes into one; it is damaged or not a \
     report"
)]
pub struct TooMuch {
    pub limit: u64,
    pub what: &'static str,
}

/// Reads bytes, and fails if there are too many. The error is inside the I/O error.
pub(crate) struct Bounded<R> {
    reader: R,
    limit: u64,
    left: u64,
}

impl<R: Read> Bounded<R> {
    pub(crate) fn new(reader: R, limit: u64) -> Self {
        Self { reader, limit, left: limit }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.reader.read(buffer)?;
        let left = self.left.checked_sub(length as u64);
        let too_much = || TooMuch { limit: self.limit, what: "bytes once it is unpacked" };
        self.left = left.ok_or_else(|| io::Error::other(too_much()))?;
        Ok(length)
    }
}
