//! An upload that is kept in memory until its end, for stores that create an object at once.

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};

use crate::{Created, Error, Store, Upload};

/// Collects the parts of one object. At the end it creates the object in the store, with all its bytes.
pub struct WholeUpload<S> {
    store: S,
    key: String,
    bytes: BytesMut,
}

impl<S: Store> WholeUpload<S> {
    pub fn new(store: S, key: &str) -> Self {
        Self { store, key: key.to_owned(), bytes: BytesMut::new() }
    }
}

#[async_trait]
impl<S: Store> Upload for WholeUpload<S> {
    async fn push(&mut self, part: Bytes) -> Result<(), Error> {
        self.bytes.extend_from_slice(&part);
        Ok(())
    }

    async fn finish(self: Box<Self>) -> Result<Created, Error> {
        self.store.create(&self.key, self.bytes.freeze()).await
    }
}
