//! Report files as AWS wrote them: unpacks a file, reads how it begins, and finds an account's line in it.
//!
//! `split-report` streams whole files. Other functions read a file only to learn its kind, its payer, or
//! the place of the line that a message is about.

mod beginning;
mod error;
mod file;
mod place;
mod unpack;

pub use beginning::{Beginning, beginning};
pub use error::{FileError, unreadable};
pub use file::{chunk, in_chunks, packing};
pub use place::{Place, places};
pub use unpack::{format_of, unpacked};
