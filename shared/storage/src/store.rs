//! What every bucket can do.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;

use crate::error::Error;

/// What a bucket says of an object without handing it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectInfo {
    pub key: String,
    pub etag: String,
    pub size_bytes: u64,
    /// Seconds since 1970, as the bucket keeps it.
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
    /// The object was there already: an earlier delivery of the same message wrote the same bytes.
    AlreadyThere,
}

/// Whether a pointer was moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replaced {
    Yes,
    /// Someone else changed it in the meantime: read it again and decide again.
    Conflict,
}

#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// `None` if there is no such object.
    async fn head(&self, key: &str) -> Result<Option<ObjectInfo>, Error>;

    /// The whole object, `None` if there is none. For plans, receipts and other small things.
    async fn get(&self, key: &str) -> Result<Option<Object>, Error>;

    /// Some bytes of the object as it was at `etag`; [`ErrorKind::Changed`](crate::ErrorKind::Changed) if it
    /// is another one now.
    async fn read_range(&self, key: &str, etag: &str, range: Range<u64>) -> Result<Bytes, Error>;

    /// Writes an object that must not exist (`If-None-Match: *`).
    async fn create(&self, key: &str, bytes: Bytes) -> Result<Created, Error>;

    /// Replaces an object if it still has `expected` as its `ETag` (`If-Match`), or creates it if
    /// nothing was expected.
    async fn replace(
        &self,
        key: &str,
        bytes: Bytes,
        expected: Option<&str>,
    ) -> Result<Replaced, Error>;

    /// Starts a write-once object that is too large to hold. Nothing is visible before `finish`.
    async fn upload(&self, key: &str) -> Result<Box<dyn Upload>, Error>;

    /// The keys under a prefix, in order.
    async fn list(&self, prefix: &str) -> Result<Vec<String>, Error>;

    /// The objects under a prefix, in the order of their keys. A bucket says all of this in one answer; a
    /// folder has to read the files, so that [`Store::list`] is for those who need keys alone.
    async fn list_objects(&self, prefix: &str) -> Result<Vec<ObjectInfo>, Error>;
}

/// A write-once object under way. Dropping it leaves nothing visible.
#[async_trait]
pub trait Upload: Send {
    /// Adds a part. Every part but the last has at least 5 MiB, because S3 refuses smaller ones:
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>.
    async fn push(&mut self, part: Bytes) -> Result<(), Error>;

    /// Makes the object visible, all of it at once, unless it is there already.
    async fn finish(self: Box<Self>) -> Result<Created, Error>;
}
