//! A bucket that counts the requests which S3 would have to answer.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{AddAssign, Range};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use storage::{Created, Error, Object, ObjectInfo, Replaced, Store, Upload};

/// The largest number of keys that S3 returns for one list request.
const KEYS_A_PAGE: usize = 1_000;

/// The number of requests of each kind, and the bytes that they carried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Requests {
    /// Reads of whole objects, whether the object existed or not.
    pub get: u64,
    pub read_range: u64,
    pub head: u64,
    /// Pages of lists. An empty list counts as one page.
    pub list: u64,
    pub create: u64,
    pub replace: u64,
    /// Requests of uploads. An object of one part takes one request. A larger object takes one request for
    /// each part and two more, to begin and to end.
    pub upload: u64,
    pub bytes_read: u64,
    pub bytes_written: u64,
}

impl Requests {
    pub fn total(&self) -> u64 {
        let Self { get, read_range, head, list, create, replace, upload, .. } = self;
        get + read_range + head + list + create + replace + upload
    }
}

impl AddAssign for Requests {
    fn add_assign(&mut self, other: Self) {
        self.get += other.get;
        self.read_range += other.read_range;
        self.head += other.head;
        self.list += other.list;
        self.create += other.create;
        self.replace += other.replace;
        self.upload += other.upload;
        self.bytes_read += other.bytes_read;
        self.bytes_written += other.bytes_written;
    }
}

/// All clones share the bucket and the counts.
#[derive(Clone)]
pub struct CountingStore {
    inner: Arc<dyn Store>,
    counts: Arc<Mutex<Counts>>,
}

#[derive(Default)]
struct Counts {
    requests: Requests,
    creates: BTreeMap<String, u64>,
    reads: BTreeSet<String>,
    writes: BTreeSet<String>,
}

impl CountingStore {
    pub fn new(inner: Arc<dyn Store>) -> Self {
        Self { inner, counts: Arc::default() }
    }

    /// Counts the requests to another bucket in the same counts.
    #[must_use]
    pub fn around(&self, inner: Arc<dyn Store>) -> Self {
        Self { inner, counts: Arc::clone(&self.counts) }
    }

    pub fn requests(&self) -> Requests {
        self.counts.lock().unwrap().requests
    }

    /// How often a worker tried to write each write-once object in one request, by key.
    pub fn creates(&self) -> BTreeMap<String, u64> {
        self.counts.lock().unwrap().creates.clone()
    }

    /// The keys of objects that someone looked up or read, whether they were there or not.
    pub fn reads(&self) -> BTreeSet<String> {
        self.counts.lock().unwrap().reads.clone()
    }

    /// The keys of objects that someone tried to write.
    pub fn writes(&self) -> BTreeSet<String> {
        self.counts.lock().unwrap().writes.clone()
    }

    fn note_read(&self, key: &str) {
        self.counts.lock().unwrap().reads.insert(key.to_owned());
    }

    fn note_write(&self, key: &str) {
        self.counts.lock().unwrap().writes.insert(key.to_owned());
    }

    fn count(&self, count: impl FnOnce(&mut Requests)) {
        count(&mut self.counts.lock().unwrap().requests);
    }
}

#[async_trait]
impl Store for CountingStore {
    async fn head(&self, key: &str) -> Result<Option<ObjectInfo>, Error> {
        self.note_read(key);
        self.count(|requests| requests.head += 1);
        self.inner.head(key).await
    }

    async fn get(&self, key: &str) -> Result<Option<Object>, Error> {
        self.note_read(key);
        let found = self.inner.get(key).await;
        self.count(|requests| {
            requests.get += 1;
            if let Ok(Some(object)) = &found {
                requests.bytes_read += object.bytes.len() as u64;
            }
        });
        found
    }

    async fn read_range(&self, key: &str, etag: &str, range: Range<u64>) -> Result<Bytes, Error> {
        self.note_read(key);
        let read = self.inner.read_range(key, etag, range).await;
        self.count(|requests| {
            requests.read_range += 1;
            if let Ok(bytes) = &read {
                requests.bytes_read += bytes.len() as u64;
            }
        });
        read
    }

    async fn create(&self, key: &str, bytes: Bytes) -> Result<Created, Error> {
        self.note_write(key);
        {
            let mut counts = self.counts.lock().unwrap();
            counts.requests.create += 1;
            counts.requests.bytes_written += bytes.len() as u64;
            *counts.creates.entry(key.to_owned()).or_default() += 1;
        }
        self.inner.create(key, bytes).await
    }

    async fn replace(
        &self,
        key: &str,
        bytes: Bytes,
        expected: Option<&str>,
    ) -> Result<Replaced, Error> {
        self.note_write(key);
        self.count(|requests| {
            requests.replace += 1;
            requests.bytes_written += bytes.len() as u64;
        });
        self.inner.replace(key, bytes, expected).await
    }

    async fn upload(&self, key: &str) -> Result<Box<dyn Upload>, Error> {
        self.note_write(key);
        let inner = self.inner.upload(key).await?;
        Ok(Box::new(CountingUpload { inner, store: self.clone(), parts: 0 }))
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let listed = self.inner.list(prefix).await;
        self.count(|requests| requests.list += listed.as_ref().map_or(1, |keys| pages(keys.len())));
        listed
    }

    async fn list_objects(&self, prefix: &str) -> Result<Vec<ObjectInfo>, Error> {
        let listed = self.inner.list_objects(prefix).await;
        self.count(|requests| {
            requests.list += listed.as_ref().map_or(1, |objects| pages(objects.len()));
        });
        listed
    }
}

/// The number of requests that are needed to list this many keys.
pub(crate) fn pages(keys: usize) -> u64 {
    keys.div_ceil(KEYS_A_PAGE).max(1) as u64
}

struct CountingUpload {
    inner: Box<dyn Upload>,
    store: CountingStore,
    parts: u64,
}

#[async_trait]
impl Upload for CountingUpload {
    async fn push(&mut self, part: Bytes) -> Result<(), Error> {
        self.parts += 1;
        self.store.count(|requests| requests.bytes_written += part.len() as u64);
        self.inner.push(part).await
    }

    async fn finish(self: Box<Self>) -> Result<Created, Error> {
        let needed = if self.parts > 1 { self.parts + 2 } else { 1 };
        self.store.count(|requests| requests.upload += needed);
        self.inner.finish().await
    }
}
