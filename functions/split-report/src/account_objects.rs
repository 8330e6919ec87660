//! Writes the lines of a CSV report into objects of their accounts, in bounded memory.
//!
//! The lines of an account are collected until they make a block. The block is compressed, by one
//! compressor for all accounts. Compressed blocks of an account are collected until they make a part of an
//! upload. Lines and compressed blocks each have a budget for all accounts together; when a budget is
//! spent, the accounts with the most bytes are written first. Every decision depends on the bytes alone,
//! so one file always gives the same objects.
//!
//! Memory does not depend on the size of the file: 40 MiB of lines, 24 MiB of compressed blocks, 8 MiB of
//! objects in flight (`uploads`), 16 MiB of the report (the reader of `storage`), one part of 8 MiB, and
//! the compressor. Only the ids and totals of accounts grow with the number of accounts.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::mem;

use bytes::Bytes;
use cur::{AccountId, LineItem, LineTotals};
use pipeline::{AccountTotals, Plan, keys};
use storage::{Error, Upload};

use crate::compressor::Compressor;
use crate::uploads::Uploads;

/// How many bytes all buffers of lines that are not compressed yet may have.
const LINES_BYTES: usize = 40 * 1024 * 1024;
/// How many bytes of lines of one account are compressed together. Larger blocks hardly compress better.
const BLOCK_BYTES: usize = 1024 * 1024;
/// How many bytes of compressed blocks may wait to be sent, for all accounts.
const FRAMES_BYTES: usize = 24 * 1024 * 1024;
/// The size of a part of an upload. S3 takes at least 5 MiB, and at most 10,000 parts, so an object has at
/// most 78 GiB.
const PART_BYTES: usize = 8 * 1024 * 1024;

pub(crate) struct AccountObjects {
    plan: Plan,
    stem: String,
    compressor: Compressor,
    /// The report's header, compressed. Every object begins with it.
    header: Box<[u8]>,
    accounts: BTreeMap<AccountId, Account>,
    /// The bytes of all accounts' buffers of lines.
    lines_bytes: usize,
    /// The bytes of all accounts' frames.
    frames_bytes: usize,
    uploads: Uploads,
}

#[derive(Default)]
struct Account {
    lines: Vec<u8>,
    lines_totals: LineTotals,
    /// The object that compressed lines are added to.
    object: Option<Object>,
    /// All objects of the account so far, and the totals of the lines in them.
    written: AccountTotals,
}

/// An object that is not complete.
struct Object {
    key: String,
    /// Compressed blocks that are not sent yet. They are not one buffer, because a buffer that grows takes
    /// up to twice as much memory as it has bytes.
    frames: Vec<Box<[u8]>>,
    frames_bytes: usize,
    /// `None` until the first part is sent.
    upload: Option<Box<dyn Upload>>,
}

impl AccountObjects {
    pub(crate) fn new(plan: &Plan, stem: &str, uploads: Uploads) -> Self {
        Self {
            compressor: Compressor::new(plan.compression),
            plan: plan.clone(),
            stem: stem.to_owned(),
            header: Box::default(),
            accounts: BTreeMap::new(),
            lines_bytes: 0,
            frames_bytes: 0,
            uploads,
        }
    }

    /// How many accounts have lines so far.
    pub(crate) fn accounts(&self) -> usize {
        self.accounts.len()
    }

    /// Adds a line. `totals` are the totals of this one line.
    pub(crate) fn add(
        &mut self,
        id: AccountId,
        line: &LineItem<'_>,
        totals: &LineTotals,
    ) -> Result<(), Error> {
        if self.header.is_empty() {
            self.header = self.compressor.compress(line.layout().header());
        }
        let account = self.accounts.entry(id).or_default();
        self.lines_bytes += account.add(line.raw(), totals);
        if account.lines.len() >= BLOCK_BYTES {
            self.compress(id)?;
        } else if self.lines_bytes > LINES_BYTES {
            let sizes = self.accounts.iter().map(|(id, account)| (account.lines.len(), *id));
            for id in largest_half(sizes) {
                self.compress(id)?;
            }
        }
        Ok(())
    }

    /// Compresses the lines of an account, and sends the compressed blocks that make a part.
    fn compress(&mut self, id: AccountId) -> Result<(), Error> {
        let Some(account) = self.accounts.get_mut(&id) else {
            return Ok(());
        };
        let lines = mem::take(&mut account.lines);
        if lines.is_empty() {
            return Ok(());
        }
        self.lines_bytes -= buffer_bytes(lines.len());
        let frame = self.compressor.compress(&lines);
        drop(lines);
        account.written.totals.add(&mem::take(&mut account.lines_totals));
        let written = &mut account.written.objects;
        let object = account.object.get_or_insert_with(|| {
            let part = u32::try_from(written.len()).unwrap_or(u32::MAX);
            let key = keys::line_items(&self.plan, id, &self.stem, part);
            written.push(key.clone());
            self.frames_bytes += self.header.len();
            Object::new(key, self.header.clone())
        });
        self.frames_bytes += frame.len();
        object.add(frame);
        if object.frames_bytes >= PART_BYTES {
            self.frames_bytes -= object.frames_bytes;
            let part = object.take_frames();
            self.uploads.push(&object.key, &mut object.upload, part)?;
        }
        if self.frames_bytes > FRAMES_BYTES {
            let objects = self.accounts.iter().filter_map(|(id, account)| {
                account.object.as_ref().map(|object| (object.frames_bytes, *id))
            });
            for id in largest_half(objects) {
                self.close(id)?;
            }
        }
        Ok(())
    }

    /// Ends an account's object. If more lines of the account come, they begin another object.
    fn close(&mut self, id: AccountId) -> Result<(), Error> {
        let account = self.accounts.get_mut(&id);
        if let Some(mut object) = account.and_then(|account| account.object.take()) {
            self.frames_bytes -= object.frames_bytes;
            let rest = object.take_frames();
            self.uploads.close(object.key, object.upload, rest)?;
        }
        Ok(())
    }

    /// Writes all remaining lines, and waits until every object exists.
    pub(crate) fn finish(mut self) -> Result<BTreeMap<AccountId, AccountTotals>, Error> {
        let ids: Vec<AccountId> = self.accounts.keys().copied().collect();
        for id in ids {
            self.compress(id)?;
            self.close(id)?;
        }
        self.uploads.finish()?;
        Ok(self.accounts.into_iter().map(|(id, account)| (id, account.written)).collect())
    }
}

impl Account {
    /// Adds a line, and returns by how many bytes the buffer has grown.
    fn add(&mut self, line: &[u8], totals: &LineTotals) -> usize {
        let before = buffer_bytes(self.lines.len());
        let length = self.lines.len() + line.len();
        let after = buffer_bytes(length);
        if after > before {
            self.lines.reserve_exact(after - self.lines.len());
        }
        self.lines.extend_from_slice(line);
        self.lines_totals.add(totals);
        after - before
    }
}

impl Object {
    fn new(key: String, header: Box<[u8]>) -> Self {
        Self { key, frames_bytes: header.len(), frames: vec![header], upload: None }
    }

    fn add(&mut self, frame: Box<[u8]>) {
        self.frames_bytes += frame.len();
        self.frames.push(frame);
    }

    fn take_frames(&mut self) -> Bytes {
        self.frames_bytes = 0;
        mem::take(&mut self.frames).concat().into()
    }
}

/// The capacity of a buffer for this many bytes of lines. It is at most a quarter larger than the lines,
/// so that the budget is spent on lines and not on unused capacity.
fn buffer_bytes(lines_bytes: usize) -> usize {
    lines_bytes.next_multiple_of(lines_bytes.next_power_of_two().div_ceil(8))
}

/// The accounts with the most bytes that have half of all bytes together. Writing half of all bytes at
/// once makes this search rare.
fn largest_half(sizes: impl Iterator<Item = (usize, AccountId)>) -> Vec<AccountId> {
    let mut sizes: Vec<(usize, AccountId)> = sizes.collect();
    sizes.sort_by_key(|(size, id)| (Reverse(*size), *id));
    let total: usize = sizes.iter().map(|(size, _)| size).sum();
    let mut taken = 0;
    sizes
        .into_iter()
        .take_while(|(size, _)| {
            let goes_on = taken < total / 2;
            taken += size;
            goes_on
        })
        .map(|(_, id)| id)
        .collect()
}
