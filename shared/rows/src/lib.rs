//! Reports in Parquet: reads their rows as line items, and cuts a file into one file for each account.
//!
//! A file is read by ranges: some small row groups, or one large row group, at a time. Its rows become the
//! same line items as those of CSV ([`cur::Row`]), so that billing need not know the format. Cutting copies
//! every column with its type and its values, also columns that Sluice does not know. It never turns a
//! value into text and back.

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
