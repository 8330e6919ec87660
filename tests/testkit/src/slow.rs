//! A bucket that is as slow as S3. Each request takes its time, so workers meet as they do in AWS.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use storage::{Created, Error, Object, ObjectInfo, Replaced, Store, Upload};

use crate::counting::pages;

/// All clones share the bucket.
#[derive(Clone)]
pub struct SlowStore {
    inner: Arc<dyn Store>,
    a_request: Duration,
}

impl SlowStore {
    pub fn new(inner: Arc<dyn Store>, a_request: Duration) -> Self {
        Self { inner, a_request }
    }

    async fn wait(&self) {
        tokio::time::sleep(self.a_request).await;
    }
}

#[async_trait]
impl Store for SlowStore {
    async fn head(&self, key: &str) -> Result<Option<ObjectInfo>, Error> {
        self.wait().await;
        self.inner.head(key).await
    }

    async fn get(&self, key: &str) -> Result<Option<Object>, Error> {
        self.wait().await;
        self.inner.get(key).await
    }

    async fn read_range(&self, key: &str, etag: &str, range: Range<u64>) -> Result<Bytes, Error> {
        self.wait().await;
        self.inner.read_range(key, etag, range).await
    }

    async fn create(&self, key: &str, bytes: Bytes) -> Result<Created, Error> {
        self.wait().await;
        self.inner.create(key, bytes).await
    }

    async fn replace(
        &self,
        key: &str,
        bytes: Bytes,
        expected: Option<&str>,
    ) -> Result<Replaced, Error> {
        self.wait().await;
        self.inner.replace(key, bytes, expected).await
    }

    async fn upload(&self, key: &str) -> Result<Box<dyn Upload>, Error> {
        let inner = self.inner.upload(key).await?;
        Ok(Box::new(SlowUpload { inner, store: self.clone() }))
    }

    /// The pages of a list are requested one after another, because each page says where the next begins.
    async fn list(&self, prefix: &str) -> Result<Vec<String>, Error> {
        self.wait().await;
        let listed = self.inner.list(prefix).await?;
        for _ in 1..pages(listed.len()) {
            self.wait().await;
        }
        Ok(listed)
    }

    async fn list_objects(&self, prefix: &str) -> Result<Vec<ObjectInfo>, Error> {
        self.wait().await;
        let listed = self.inner.list_objects(prefix).await?;
        for _ in 1..pages(listed.len()) {
            self.wait().await;
        }
        Ok(listed)
    }
}

struct SlowUpload {
    inner: Box<dyn Upload>,
    store: SlowStore,
}

#[async_trait]
impl Upload for SlowUpload {
    async fn push(&mut self, part: Bytes) -> Result<(), Error> {
        self.inner.push(part).await
    }

    /// The parts of an upload are sent at the same time, so an upload waits once.
    async fn finish(self: Box<Self>) -> Result<Created, Error> {
        self.store.wait().await;
        self.inner.finish().await
    }
}
