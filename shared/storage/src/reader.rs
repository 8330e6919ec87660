//! A pinned object as a `Read`, one range ahead, for code that runs off the async threads.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::{Error, Store};

/// Reads ahead by one range. Memory: two ranges of this size, whatever the object's.
const RANGE_BYTES: u64 = 8 * 1024 * 1024;

/// Must be read on a blocking thread: it waits for the runtime.
pub struct BlockingReader {
    store: Arc<dyn Store>,
    runtime: Handle,
    key: String,
    etag: String,
    size_bytes: u64,
    /// Where the next request starts.
    requested: u64,
    ahead: Option<JoinHandle<Result<Bytes, Error>>>,
    ready: Bytes,
}

impl BlockingReader {
    /// Call it on the runtime that is to do the reading.
    pub fn new(store: Arc<dyn Store>, key: &str, etag: &str, size_bytes: u64) -> Self {
        let mut reader = Self {
            store,
            runtime: Handle::current(),
            key: key.to_owned(),
            etag: etag.to_owned(),
            size_bytes,
            requested: 0,
            ahead: None,
            ready: Bytes::new(),
        };
        reader.request();
        reader
    }

    fn request(&mut self) {
        let range = self.next_range();
        if range.is_empty() {
            return;
        }
        self.requested = range.end;
        let (store, key, etag) = (Arc::clone(&self.store), self.key.clone(), self.etag.clone());
        self.ahead =
            Some(self.runtime.spawn(async move { store.read_range(&key, &etag, range).await }));
    }

    fn next_range(&self) -> Range<u64> {
        self.requested..self.size_bytes.min(self.requested + RANGE_BYTES)
    }
}

impl Read for BlockingReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ready.is_empty() {
            let Some(ahead) = self.ahead.take() else {
                return Ok(0);
            };
            // The storage error travels inside the I/O error, and comes out again at the handler.
            self.ready = self
                .runtime
                .block_on(ahead)
                .map_err(io::Error::other)?
                .map_err(io::Error::other)?;
            self.request();
        }
        let length = buffer.len().min(self.ready.len());
        self.ready.copy_to_slice(&mut buffer[..length]);
        Ok(length)
    }
}
