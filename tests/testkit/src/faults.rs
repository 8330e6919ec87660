//! Faults between a function and its bucket or queue. A fault happens once, at a moment that the test
//! chooses.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use pipeline::{BillRequest, Message};
use queue::{MemoryQueue, Queue, SendError};
use storage::{
    Created, Error, ErrorKind, MemoryStore, Object, ObjectInfo, Replaced, Store, Upload,
    WholeUpload,
};

/// The function dies at its n-th write, counted from 0 over the whole run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    BeforeWrite(u32),
    AfterWrite(u32),
    /// Only half of the messages that follow a receipt are sent.
    InSend(u32),
}

/// A bucket that fails once. It also notices if a write-once object is written again with other bytes.
#[derive(Clone)]
pub struct FaultyStore {
    inner: MemoryStore,
    fault: Option<Fault>,
    writes: Arc<AtomicU32>,
    has_failed: Arc<AtomicBool>,
    changed: Arc<Mutex<Vec<String>>>,
}

impl FaultyStore {
    pub fn new(inner: MemoryStore, fault: Option<Fault>) -> Self {
        Self {
            inner,
            fault,
            writes: Arc::default(),
            has_failed: Arc::default(),
            changed: Arc::default(),
        }
    }

    pub fn writes(&self) -> u32 {
        self.writes.load(Ordering::SeqCst)
    }

    /// Returns whether the fault has happened, in the bucket or in the queue.
    pub fn has_failed(&self) -> bool {
        self.has_failed.load(Ordering::SeqCst)
    }

    /// A queue that shares the fault.
    pub fn queue(&self, inner: MemoryQueue) -> FaultyQueue {
        FaultyQueue { inner, sends: AtomicU32::new(0), store: self.clone() }
    }

    /// The keys of objects that a worker tried to write again with other bytes.
    pub fn changed(&self) -> Vec<String> {
        self.changed.lock().unwrap().clone()
    }

    fn fail(&self, key: &str) -> Error {
        self.has_failed.store(true, Ordering::SeqCst);
        Error::bare(ErrorKind::Transient, "write", key)
    }

    async fn write<T>(
        &self,
        key: &str,
        write: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let number = self.writes.fetch_add(1, Ordering::SeqCst);
        if self.fault == Some(Fault::BeforeWrite(number)) {
            return Err(self.fail(key));
        }
        let written = write.await?;
        if self.fault == Some(Fault::AfterWrite(number)) {
            return Err(self.fail(key));
        }
        Ok(written)
    }

    async fn create_same(&self, key: &str, bytes: Bytes) -> Result<Created, Error> {
        let created = self.inner.create(key, bytes.clone()).await?;
        let there = self.inner.get(key).await?;
        if there.is_some_and(|object| object.bytes != bytes) {
            self.changed.lock().unwrap().push(key.to_owned());
        }
        Ok(created)
    }
}

#[async_trait]
impl Store for FaultyStore {
    async fn head(&self, key: &str) -> Result<Option<ObjectInfo>, Error> {
        self.inner.head(key).await
    }

    async fn get(&self, key: &str) -> Result<Option<Object>, Error> {
        self.inner.get(key).await
    }

    async fn read_range(&self, key: &str, etag: &str, range: Range<u64>) -> Result<Bytes, Error> {
        self.inner.read_range(key, etag, range).await
    }

    async fn create(&self, key: &str, bytes: Bytes) -> Result<Created, Error> {
        self.write(key, self.create_same(key, bytes)).await
    }

    async fn replace(
        &self,
        key: &str,
        bytes: Bytes,
        expected: Option<&str>,
    ) -> Result<Replaced, Error> {
        self.write(key, self.inner.replace(key, bytes, expected)).await
    }

    async fn upload(&self, key: &str) -> Result<Box<dyn Upload>, Error> {
        Ok(Box::new(WholeUpload::new(self.clone(), key)))
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, Error> {
        self.inner.list(prefix).await
    }

    async fn list_objects(&self, prefix: &str) -> Result<Vec<ObjectInfo>, Error> {
        self.inner.list_objects(prefix).await
    }
}

/// A queue that loses messages once. It reports the loss as SQS would.
pub struct FaultyQueue {
    inner: MemoryQueue,
    sends: AtomicU32,
    store: FaultyStore,
}

#[async_trait]
impl Queue for FaultyQueue {
    async fn send(&self, messages: &[Message]) -> Result<(), SendError> {
        let number = self.sends.fetch_add(1, Ordering::SeqCst);
        if self.store.fault != Some(Fault::InSend(number)) {
            return self.inner.send(messages).await;
        }
        self.store.has_failed.store(true, Ordering::SeqCst);
        let (through, lost) = messages.split_at(messages.len() / 2);
        self.inner.send(through).await?;
        let reason = "throttled".to_owned();
        Err(SendError { failed: lost.len(), total: messages.len(), reason })
    }

    async fn wake(&self, bills: &[BillRequest]) -> Result<(), SendError> {
        let number = self.sends.fetch_add(1, Ordering::SeqCst);
        if self.store.fault != Some(Fault::InSend(number)) {
            return self.inner.wake(bills).await;
        }
        self.store.has_failed.store(true, Ordering::SeqCst);
        let (through, lost) = bills.split_at(bills.len() / 2);
        self.inner.wake(through).await?;
        let reason = "throttled".to_owned();
        Err(SendError { failed: lost.len(), total: bills.len(), reason })
    }
}
