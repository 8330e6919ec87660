//! The results bucket as it looks to a run that is done once more: what the first run has derived is not
//! there yet, and what is derived again is compared with it instead of being written.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use pipeline::{Plan, keys};
use storage::{
    Created, Error, ErrorKind, MemoryStore, Object, ObjectInfo, Replaced, Store, Upload,
};

/// Clones share what they know.
#[derive(Clone)]
pub(crate) struct DerivedStore {
    stored: Arc<dyn Store>,
    plan: Arc<Plan>,
    /// Stand-ins for objects that have changed since the run: the contracts as they were when the run
    /// was planned, and the pointer as it was when the run was sealed.
    of_then: MemoryStore,
    /// Objects that were derived and that are stored otherwise, or not at all. Later steps read these.
    other: MemoryStore,
    compared: Arc<Mutex<Compared>>,
}

/// The objects that have been derived so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Compared {
    /// Every key, whatever its object is like.
    pub(crate) keys: BTreeSet<String>,
    /// The faults of stored objects, by their keys.
    pub(crate) differences: BTreeMap<String, String>,
}

impl DerivedStore {
    pub(crate) fn new(stored: Arc<dyn Store>, plan: Plan, of_then: MemoryStore) -> Self {
        let other = MemoryStore::default();
        Self { stored, plan: Arc::new(plan), of_then, other, compared: Arc::default() }
    }

    pub(crate) fn compared(&self) -> Compared {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Compared> {
        self.compared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The store that has the object as it should be, if it is there at this point of the run.
    fn store_of(&self, key: &str) -> Option<&dyn Store> {
        let plan = &self.plan;
        if [keys::CONTRACTS, &keys::current(plan.payer_account_id, plan.billing_period)]
            .contains(&key)
        {
            return Some(&self.of_then);
        }
        let compared = self.lock();
        if compared.differences.contains_key(key) {
            return Some(&self.other);
        }
        let is_there = compared.keys.contains(key)
            || keys::is_input(&self.plan.run_id, key)
            || !keys::is_of_run(&self.plan.run_id, key);
        is_there.then_some(&*self.stored)
    }

    /// Notes that the object has been derived. Returns whether nobody had derived the object before.
    fn note(&self, key: &str, difference: Option<String>) -> bool {
        let mut compared = self.lock();
        if let Some(difference) = difference {
            compared.differences.insert(key.to_owned(), difference);
        }
        compared.keys.insert(key.to_owned())
    }
}

#[async_trait]
impl Store for DerivedStore {
    async fn head(&self, key: &str) -> Result<Option<ObjectInfo>, Error> {
        match self.store_of(key) {
            Some(store) => store.head(key).await,
            None => Ok(None),
        }
    }

    async fn get(&self, key: &str) -> Result<Option<Object>, Error> {
        match self.store_of(key) {
            Some(store) => store.get(key).await,
            None => Ok(None),
        }
    }

    async fn read_range(&self, key: &str, etag: &str, range: Range<u64>) -> Result<Bytes, Error> {
        match self.store_of(key) {
            Some(store) => store.read_range(key, etag, range).await,
            None => Err(Error::bare(ErrorKind::NotFound, "read", key)),
        }
    }

    async fn create(&self, key: &str, bytes: Bytes) -> Result<Created, Error> {
        if keys::is_note(&self.plan.run_id, key) {
            return Ok(Created::New);
        }
        if self.lock().keys.contains(key) {
            return Ok(Created::AlreadyThere);
        }
        let difference = match self.stored.get(key).await? {
            None => Some("is not there".to_owned()),
            Some(stored) if stored.bytes == bytes => None,
            Some(stored) => Some(first_difference(&stored.bytes, &bytes)),
        };
        if difference.is_some() {
            self.other.put(key, bytes);
        }
        let is_new = self.note(key, difference);
        Ok(if is_new { Created::New } else { Created::AlreadyThere })
    }

    /// The pointer is looked at by itself.
    async fn replace(
        &self,
        _key: &str,
        _bytes: Bytes,
        _expected: Option<&str>,
    ) -> Result<Replaced, Error> {
        Ok(Replaced::Yes)
    }

    async fn upload(&self, key: &str) -> Result<Box<dyn Upload>, Error> {
        let stored = self.stored.head(key).await?;
        Ok(Box::new(ComparedUpload {
            store: self.clone(),
            key: key.to_owned(),
            stored,
            position: 0,
            is_same: true,
        }))
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let mut found: BTreeSet<String> = self.stored.list(prefix).await?.into_iter().collect();
        found.retain(|key| self.store_of(key).is_some());
        let compared = self.lock();
        found.extend(compared.keys.iter().filter(|key| key.starts_with(prefix)).cloned());
        Ok(found.into_iter().collect())
    }

    async fn list_objects(&self, prefix: &str) -> Result<Vec<ObjectInfo>, Error> {
        let mut objects = self.stored.list_objects(prefix).await?;
        objects.retain(|object| self.store_of(&object.key).is_some());
        // An object that is stored otherwise is read as it should be.
        for object in self.other.list_objects(prefix).await? {
            objects.retain(|stored| stored.key != object.key);
            objects.push(object);
        }
        objects.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(objects)
    }
}

/// An object that is too large to hold, compared part by part.
struct ComparedUpload {
    store: DerivedStore,
    key: String,
    stored: Option<ObjectInfo>,
    position: u64,
    is_same: bool,
}

#[async_trait]
impl Upload for ComparedUpload {
    async fn push(&mut self, part: Bytes) -> Result<(), Error> {
        let end = self.position + part.len() as u64;
        if let Some(ObjectInfo { etag, .. }) = &self.stored {
            let range = self.position..end;
            let stored = self.store.stored.read_range(&self.key, etag, range).await?;
            self.is_same &= stored == part;
        }
        self.position = end;
        Ok(())
    }

    async fn finish(self: Box<Self>) -> Result<Created, Error> {
        let difference = match &self.stored {
            None => Some("is not there".to_owned()),
            Some(stored) if self.is_same && stored.size_bytes == self.position => None,
            Some(_) => Some("is not what the report gives".to_owned()),
        };
        self.store.note(&self.key, difference);
        Ok(Created::New)
    }
}

/// Where a stored object is not what is derived. In text that is the first line that differs.
pub(crate) fn first_difference(stored: &[u8], derived: &[u8]) -> String {
    let [stored_text, derived_text] = [stored, derived].map(std::str::from_utf8);
    let (Ok(stored_text), Ok(derived_text)) = (stored_text, derived_text) else {
        return format!(
            "is not what its inputs give: {} bytes are stored, and {} are derived",
            stored.len(),
            derived.len()
        );
    };
    let mut lines = stored_text.lines().zip(derived_text.lines()).enumerate();
    match lines.find(|(_, (stored, derived))| stored != derived) {
        Some((index, (stored, derived))) => format!(
            "is not what its inputs give: line {} is `{}`, and should be `{}`",
            index + 1,
            stored.trim(),
            derived.trim()
        ),
        None => "is not what its inputs give: it is longer or shorter".to_owned(),
    }
}
