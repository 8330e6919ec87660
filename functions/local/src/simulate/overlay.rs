//! A results bucket in which a what-if can write: what it writes stays in memory, and what it derives anew
//! is not there yet.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use pipeline::{RunId, keys};
use storage::{
    Created, Error, ErrorKind, MemoryStore, Object, ObjectInfo, Replaced, Store, Upload,
    WholeUpload,
};

/// Clones share what was written.
#[derive(Clone)]
pub(crate) struct Overlay {
    stored: Arc<dyn Store>,
    pub(crate) written: MemoryStore,
    /// The runs that are done once more. Of their stored objects, only the accounts' own lines are there.
    runs: Arc<BTreeSet<RunId>>,
    /// Stored pointers that are derived anew, so that they are not there.
    pointers: Arc<BTreeSet<String>>,
}

impl Overlay {
    pub(crate) fn new(
        stored: Arc<dyn Store>,
        runs: BTreeSet<RunId>,
        pointers: BTreeSet<String>,
    ) -> Self {
        Self {
            stored,
            written: MemoryStore::default(),
            runs: Arc::new(runs),
            pointers: Arc::new(pointers),
        }
    }

    /// Whether the stored object is there for the what-if. What was issued is left out: a what-if asks what
    /// bills come to, and not what notes would be needed.
    fn is_there(&self, key: &str) -> bool {
        let is_derived =
            self.runs.iter().any(|run| keys::is_of_run(run, key)) && !keys::is_of_lines(key);
        !is_derived && !self.pointers.contains(key) && !keys::is_issue(key)
    }

    async fn store_of(&self, key: &str) -> Result<Option<&dyn Store>, Error> {
        if self.written.head(key).await?.is_some() {
            return Ok(Some(&self.written));
        }
        Ok(self.is_there(key).then_some(&*self.stored))
    }
}

#[async_trait]
impl Store for Overlay {
    async fn head(&self, key: &str) -> Result<Option<ObjectInfo>, Error> {
        match self.store_of(key).await? {
            Some(store) => store.head(key).await,
            None => Ok(None),
        }
    }

    async fn get(&self, key: &str) -> Result<Option<Object>, Error> {
        match self.store_of(key).await? {
            Some(store) => store.get(key).await,
            None => Ok(None),
        }
    }

    async fn read_range(&self, key: &str, etag: &str, range: Range<u64>) -> Result<Bytes, Error> {
        match self.store_of(key).await? {
            Some(store) => store.read_range(key, etag, range).await,
            None => Err(Error::bare(ErrorKind::NotFound, "read", key)),
        }
    }

    async fn create(&self, key: &str, bytes: Bytes) -> Result<Created, Error> {
        match self.head(key).await? {
            Some(_) => Ok(Created::AlreadyThere),
            None => self.written.create(key, bytes).await,
        }
    }

    async fn replace(
        &self,
        key: &str,
        bytes: Bytes,
        expected: Option<&str>,
    ) -> Result<Replaced, Error> {
        let etag = self.head(key).await?.map(|info| info.etag);
        if etag.as_deref() != expected {
            return Ok(Replaced::Conflict);
        }
        self.written.put(key, bytes);
        Ok(Replaced::Yes)
    }

    async fn upload(&self, key: &str) -> Result<Box<dyn Upload>, Error> {
        Ok(Box::new(WholeUpload::new(self.clone(), key)))
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let mut found: BTreeSet<String> = self.stored.list(prefix).await?.into_iter().collect();
        found.retain(|key| self.is_there(key));
        found.extend(self.written.list(prefix).await?);
        Ok(found.into_iter().collect())
    }

    async fn list_objects(&self, prefix: &str) -> Result<Vec<ObjectInfo>, Error> {
        let written = self.written.list_objects(prefix).await?;
        let mut objects = self.stored.list_objects(prefix).await?;
        objects.retain(|stored| {
            self.is_there(&stored.key) && written.iter().all(|object| object.key != stored.key)
        });
        objects.extend(written);
        objects.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(objects)
    }
}
