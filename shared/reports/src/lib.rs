//! Report files as AWS wrote them: out of what they are packed in, how one begins, and where an account's
//! line stands in one.
//!
//! `split-report` streams whole files. Everybody else looks at one only to say something of it: what it is,
//! whose it is, and which line of it a message is about.

mod beginning;
mod error;
mod file;
mod place;
mod unpack;

pub use beginning::{Beginning, beginning};
pub use error::{FileError, unreadable};
pub use file::{in_chunks, packing};
pub use place::{Place, places, with_place};
pub use unpack::{format_of, unpacked};
