//! Reads a pinned object from blocking threads: by ranges, or as a `Read` with `Seek` that requests one
//! range ahead.

use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::{Error, Store};

/// The size of a range. A reader holds at most two ranges, whatever the object's size.
const RANGE_BYTES: u64 = 8 * 1024 * 1024;

/// An object as it was at an `ETag`. Its methods block until the runtime has read the bytes.
#[derive(Clone)]
pub struct BlockingRanges {
    store: Arc<dyn Store>,
    runtime: Handle,
    key: String,
    etag: String,
    size_bytes: u64,
}

/// Reads a pinned object from its beginning to its end. After a seek it reads on from there.
pub struct BlockingReader {
    object: BlockingRanges,
    /// The position of the next byte.
    position: u64,
    /// The range that was read last, and its start.
    ready: Bytes,
    ready_start: u64,
    /// The request for the range after it.
    ahead: Option<JoinHandle<Result<Bytes, Error>>>,
}

impl BlockingRanges {
    /// Must be called on the runtime that is to read the object.
    pub fn new(store: Arc<dyn Store>, key: &str, etag: &str, size_bytes: u64) -> Self {
        let (key, etag) = (key.to_owned(), etag.to_owned());
        Self { store, runtime: Handle::current(), key, etag, size_bytes }
    }

    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// A storage error is put into the I/O error, and the handler takes it out again.
    pub fn read(&self, range: Range<u64>) -> io::Result<Bytes> {
        self.wait(self.request(range))
    }

    fn request(&self, range: Range<u64>) -> JoinHandle<Result<Bytes, Error>> {
        let Self { store, key, etag, .. } = self.clone();
        self.runtime.spawn(async move { store.read_range(&key, &etag, range).await })
    }

    fn wait(&self, request: JoinHandle<Result<Bytes, Error>>) -> io::Result<Bytes> {
        self.runtime.block_on(request).map_err(io::Error::other)?.map_err(io::Error::other)
    }
}

impl BlockingReader {
    pub fn new(object: BlockingRanges) -> Self {
        let mut reader =
            Self { object, position: 0, ready: Bytes::new(), ready_start: 0, ahead: None };
        reader.request(0);
        reader
    }

    fn request(&mut self, start: u64) {
        let range = start..self.object.size_bytes.min(start.saturating_add(RANGE_BYTES));
        self.ahead = (!range.is_empty()).then(|| self.object.request(range));
    }

    /// The bytes that have been read from the position on; empty if another range is needed.
    fn rest(&self) -> &[u8] {
        let offset = self.position.checked_sub(self.ready_start).map(usize::try_from);
        match offset {
            Some(Ok(offset)) => self.ready.get(offset..).unwrap_or_default(),
            _ => &[],
        }
    }

    fn ready_end(&self) -> u64 {
        self.ready_start + self.ready.len() as u64
    }
}

impl Read for BlockingReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let ready = self.fill_buf()?;
        let length = buffer.len().min(ready.len());
        buffer[..length].copy_from_slice(&ready[..length]);
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for BlockingReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.rest().is_empty() {
            if self.position != self.ready_end() {
                // After a seek, the range under way is not the one that follows.
                self.request(self.position);
            }
            let Some(ahead) = self.ahead.take() else {
                return Ok(&[]);
            };
            self.ready_start = self.position;
            self.ready = Bytes::new();
            self.ready = self.object.wait(ahead)?;
            self.request(self.ready_end());
        }
        Ok(self.rest())
    }

    fn consume(&mut self, length: usize) {
        self.position += length as u64;
    }
}

impl Seek for BlockingReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.object.size_bytes.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}
