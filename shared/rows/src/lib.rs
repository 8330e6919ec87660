//! Reports in Parquet: their rows as line items, and a file cut into one file an account.
//!
//! A file is read by ranges, a few small row groups or one large one at a time. Lines come out of it as
//! they come out of CSV ([`cur::Row`]), so that whoever bills them need not know the format. Cutting copies
//! every column with its type and its values, the known ones and the others, and never turns one into text
//! and back.

mod batch;
mod cells;
mod cut;
mod error;
mod file;
mod limits;
mod lines;
mod source;

pub use batch::Batch;
pub use cut::Codec;
pub use error::RowsError;
pub use file::ReportFile;
pub use source::ReadAt;
