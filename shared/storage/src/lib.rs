//! Objects: one small trait and its three implementations, S3, a folder and memory.
//!
//! Everything the pipeline asks of a bucket is here: reads pinned to an `ETag`, objects that are
//! written once, one pointer that is replaced only if nobody else did. An `ETag` is what S3 gives an
//! object uploaded in one part, the quoted MD5 of its bytes; the folder and memory compute the same, so
//! a run has the same id on a laptop as in AWS.

mod error;
mod folder;
mod memory;
mod reader;
#[cfg(feature = "aws")]
mod s3;
mod store;

pub use error::{Error, ErrorKind};
pub use folder::FolderStore;
pub use memory::MemoryStore;
pub use reader::{BlockingRanges, BlockingReader};
#[cfg(feature = "aws")]
pub use s3::S3Store;
pub use store::{Created, Object, ObjectInfo, Replaced, Store, Upload};
