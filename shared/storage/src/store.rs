//! What every bucket can do.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;

use crate::error::Error;

/// What a bucket says of an object without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectInfo {
    pub key: String,
    pub etag: String,
    pub size_bytes: u64,
    /// When the object was written, in seconds since 1970.
    pub modified_unix: i64,
}

/// An object small enough to hold.
#[derive(Debug, Clone)]
pub struct Object {
    pub info: ObjectInfo,
    pub bytes: Bytes,
}

/// Whether a write-once object was new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// The object is new, or it may be: a bucket that was asked twice does not say which attempt wrote it.
    New,
    /// The object existed before: an earlier delivery of the same message has written the same bytes.
    AlreadyThere,
}

/// Whether a pointer was moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replaced {
    Yes,
    /// Somebody else has changed the pointer meanwhile. The caller reads it again and decides again.
    Conflict,
}

#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// `None` if there is no such object.
    async fn head(&self, key: &str) -> Result<Option<ObjectInfo>, Error>;

    /// The whole object; `None` if there is no such object. Only for small objects, such as plans and
    /// receipts.
    async fn get(&self, key: &str) -> Result<Option<Object>, Error>;

    /// Some bytes of the object, if it still has this `ETag`; else
    /// [`ErrorKind::Changed`](crate::ErrorKind::Changed).
    async fn read_range(&self, key: &str, etag: &str, range: Range<u64>) -> Result<Bytes, Error>;

    /// Writes an object if it does not exist yet (`If-None-Match: *`).
    async fn create(&self, key: &str, bytes: Bytes) -> Result<Created, Error>;

    /// Replaces an object if its `ETag` is `expected` (`If-Match`). If `expected` is `None`, creates the
    /// object if it does not exist yet.
    async fn replace(
        &self,
        key: &str,
        bytes: Bytes,
        expected: Option<&str>,
    ) -> Result<Replaced, Error>;

    /// Starts to write an object that is too large to hold. The object is not visible before `finish`.
    async fn upload(&self, key: &str) -> Result<Box<dyn Upload>, Error>;

    /// The keys under a prefix, in order.
    async fn list(&self, prefix: &str) -> Result<Vec<String>, Error>;

    /// The objects under a prefix, in the order of their keys. A bucket says all of this in one answer; a
    /// folder has to read the files, so that [`Store::list`] is for those who need keys alone.
    async fn list_objects(&self, prefix: &str) -> Result<Vec<ObjectInfo>, Error>;
}

/// An object that is being written. If it is dropped, nothing becomes visible.
#[async_trait]
pub trait Upload: Send {
    /// Adds a part. Every part but the last has at least 5 MiB, because S3 refuses smaller ones:
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>.
    async fn push(&mut self, part: Bytes) -> Result<(), Error>;

    /// Makes the whole object visible at once, if it does not exist yet.
    async fn finish(self: Box<Self>) -> Result<Created, Error>;
}
