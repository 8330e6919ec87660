//! Objects: one small trait with three implementations, for S3, a folder and memory.
//!
//! The trait has everything that the pipeline asks of a bucket: reads pinned to an `ETag`, objects that are
//! written once, and a pointer that is replaced only if nobody else has replaced it. S3 gives an object
//! that was uploaded in one part the quoted MD5 of its bytes as its `ETag`. The folder and the memory
//! compute their `ETag`s in this way too, so a run has the same id on a laptop as in AWS.

mod error;
mod folder;
mod memory;
mod reader;
#[cfg(feature = "aws")]
mod s3;
mod store;
mod whole;

pub use error::{Error, ErrorKind};
pub use folder::FolderStore;
pub use memory::MemoryStore;
pub use reader::{BlockingRanges, BlockingReader};
#[cfg(feature = "aws")]
pub use s3::S3Store;
pub use store::{Created, Object, ObjectInfo, Replaced, Store, Upload};
pub use whole::WholeUpload;
