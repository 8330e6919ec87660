//! A bucket in memory, for tests.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;

use crate::folder::etag_of;
use crate::{Created, Error, ErrorKind, Object, ObjectInfo, Replaced, Store, Upload, WholeUpload};

type Objects = BTreeMap<String, Object>;

/// Clones share the bucket.
#[derive(Clone, Default)]
pub struct MemoryStore {
    objects: Arc<Mutex<Objects>>,
}

impl MemoryStore {
    /// Writes an object as AWS does: it replaces an object with the same key.
    pub fn put(&self, key: &str, bytes: impl Into<Bytes>) {
        let object = object(key, bytes.into());
        self.objects().insert(key.to_owned(), object);
    }

    pub fn remove(&self, key: &str) {
        self.objects().remove(key);
    }

    /// All objects of the bucket.
    pub fn contents(&self) -> BTreeMap<String, Bytes> {
        self.objects().iter().map(|(key, object)| (key.clone(), object.bytes.clone())).collect()
    }

    fn objects(&self) -> MutexGuard<'_, Objects> {
        // A test that panicked has left the map whole, because every change is one call.
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn object(key: &str, bytes: Bytes) -> Object {
    let info = ObjectInfo {
        key: key.to_owned(),
        etag: etag_of(&bytes),
        size_bytes: bytes.len() as u64,
        modified_unix: 0,
    };
    Object { info, bytes }
}

#[async_trait]
impl Store for MemoryStore {
    async fn head(&self, key: &str) -> Result<Option<ObjectInfo>, Error> {
        Ok(self.objects().get(key).map(|object| object.info.clone()))
    }

    async fn get(&self, key: &str) -> Result<Option<Object>, Error> {
        Ok(self.objects().get(key).cloned())
    }

    async fn read_range(&self, key: &str, etag: &str, range: Range<u64>) -> Result<Bytes, Error> {
        let objects = self.objects();
        let object =
            objects.get(key).ok_or_else(|| Error::bare(ErrorKind::NotFound, "read", key))?;
        if object.info.etag != etag {
            return Err(Error::bare(ErrorKind::Changed, "read", key));
        }
        let position = |at: u64| {
            usize::try_from(at).map_or(object.bytes.len(), |at| at.min(object.bytes.len()))
        };
        Ok(object.bytes.slice(position(range.start)..position(range.end)))
    }

    async fn create(&self, key: &str, bytes: Bytes) -> Result<Created, Error> {
        let mut objects = self.objects();
        if objects.contains_key(key) {
            return Ok(Created::AlreadyThere);
        }
        objects.insert(key.to_owned(), object(key, bytes));
        Ok(Created::New)
    }

    async fn replace(
        &self,
        key: &str,
        bytes: Bytes,
        expected: Option<&str>,
    ) -> Result<Replaced, Error> {
        let mut objects = self.objects();
        if objects.get(key).map(|object| object.info.etag.as_str()) != expected {
            return Ok(Replaced::Conflict);
        }
        objects.insert(key.to_owned(), object(key, bytes));
        Ok(Replaced::Yes)
    }

    async fn upload(&self, key: &str) -> Result<Box<dyn Upload>, Error> {
        Ok(Box::new(WholeUpload::new(self.clone(), key)))
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let objects = self.list_objects(prefix).await?;
        Ok(objects.into_iter().map(|object| object.key).collect())
    }

    async fn list_objects(&self, prefix: &str) -> Result<Vec<ObjectInfo>, Error> {
        let objects = self.objects();
        let from_prefix = objects.range(prefix.to_owned()..);
        Ok(from_prefix
            .take_while(|(key, _)| key.starts_with(prefix))
            .map(|(_, object)| object.info.clone())
            .collect())
    }
}
