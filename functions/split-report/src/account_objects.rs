//! Each account's lines on their way into its objects, in bounded memory.
//!
//! Lines gather per account until they make a block; a block is compressed at once, by one compressor
//! for all accounts; compressed blocks gather until they make a part of an upload. Both gatherings have
//! a budget over all accounts together, and when it is spent, the largest go first. Every decision
//! follows from bytes alone, so the same file always gives the same objects.
//!
//! Memory, whatever the file's size and however many accounts it has: 40 MiB of lines, 24 MiB of
//! compressed blocks, 8 MiB of objects in flight (`uploads`), 16 MiB of the report (`storage`'s
//! reader), a part of 8 MiB being put together, and the compressor. Only the accounts' names and totals
//! grow with their number.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::mem;

use bytes::Bytes;
use cur::{AccountId, LineItem, LineTotals};
use pipeline::{AccountTotals, Plan, keys};
use storage::{Error, Upload};

use crate::compressor::Compressor;
use crate::uploads::Uploads;

/// Buffers of lines that are not compressed yet, of all accounts.
const LINES_BYTES: usize = 40 * 1024 * 1024;
/// Lines of one account that are compressed together. Larger blocks hardly compress better.
const BLOCK_BYTES: usize = 1024 * 1024;
/// Compressed blocks that are not sent yet, of all accounts.
const FRAMES_BYTES: usize = 24 * 1024 * 1024;
/// A part of an upload, above the smallest that S3 takes. 10,000 parts are its most, so an object ends
/// at 78 GiB.
const PART_BYTES: usize = 8 * 1024 * 1024;

pub(crate) struct AccountObjects {
    plan: Plan,
    stem: String,
    compressor: Compressor,
    /// The report's header as a frame: every object begins with it.
    header: Box<[u8]>,
    accounts: BTreeMap<AccountId, Account>,
    /// What the accounts' buffers and frames take together.
    lines_bytes: usize,
    frames_bytes: usize,
    uploads: Uploads,
}

#[derive(Default)]
struct Account {
    lines: Vec<u8>,
    lines_totals: LineTotals,
    /// Where compressed lines go at present.
    object: Option<Object>,
    /// All objects so far, and the lines compressed into them.
    written: AccountTotals,
}

/// An object that more may be added to.
struct Object {
    key: String,
    /// Not sent yet. Each is as large as it is: one growing buffer would take up to twice as much.
    frames: Vec<Box<[u8]>>,
    frames_bytes: usize,
    /// Once a part was sent.
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

    /// How many accounts there are so far.
    pub(crate) fn accounts(&self) -> usize {
        self.accounts.len()
    }

    /// Takes a line, which `totals` count.
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

    /// Compresses an account's lines, and sends on what has become large enough.
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

    /// Ends an account's object. Should more of its lines come, they begin another.
    fn close(&mut self, id: AccountId) -> Result<(), Error> {
        let account = self.accounts.get_mut(&id);
        if let Some(mut object) = account.and_then(|account| account.object.take()) {
            self.frames_bytes -= object.frames_bytes;
            let rest = object.take_frames();
            self.uploads.close(object.key, object.upload, rest)?;
        }
        Ok(())
    }

    /// Writes what is left and waits until every object exists.
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
    /// Returns by how much the buffer has grown.
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

/// What a buffer with so many bytes of lines takes: at most a quarter more than they do, so that the
/// budget holds lines and not room for them.
fn buffer_bytes(lines_bytes: usize) -> usize {
    lines_bytes.next_multiple_of(lines_bytes.next_power_of_two().div_ceil(8))
}

/// The accounts that hold half of all bytes between them, the largest first. Going on until half is
/// free makes the search for them rare.
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
