//! Why a report in Parquet cannot be read. The caller names the file.

use std::error::Error;
use std::io;
use std::panic::{self, AssertUnwindSafe};

use cur::LayoutError;
use parquet::errors::ParquetError;

use crate::limits::{GROUP_BYTES_MAX, GROUP_ROWS_MAX};

#[derive(Debug, thiserror::Error)]
pub enum RowsError {
    /// The I/O error may have a storage error in it.
    #[error("{0}")]
    Read(io::Error),
    #[error(transparent)]
    Layout(#[from] LayoutError),
    #[error("{part}the Parquet data is damaged, or of a kind that AWS does not write: {reason}")]
    Damaged { part: String, reason: String },
    #[error(
        "row group {group} has {rows} rows in {mebibytes} MiB; a report's row group has at most {} \
         rows and {} MiB, because one is held at a time",
        GROUP_ROWS_MAX,
        GROUP_BYTES_MAX >> 20
    )]
    GroupTooLarge { group: usize, rows: i64, mebibytes: i64 },
}

impl RowsError {
    /// Adds the part of the file that is damaged, if the error does not have it yet.
    pub(crate) fn in_column(self, group: usize, column: &str) -> Self {
        match self {
            Self::Damaged { part, reason } if part.is_empty() => {
                Self::Damaged { part: format!("row group {group}, column {column}: "), reason }
            }
            other => other,
        }
    }

    pub(crate) fn damaged(reason: impl Into<String>) -> Self {
        Self::Damaged { part: String::new(), reason: reason.into() }
    }
}

/// Turns a panic of Parquet's library into an error: the library panics on some damaged data. What it has
/// read until then is dropped.
pub(crate) fn caught<T>(read: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, RowsError> {
    match panic::catch_unwind(AssertUnwindSafe(read)) {
        Ok(result) => Ok(result?),
        Err(_) => Err(RowsError::damaged("its parts contradict each other")),
    }
}

/// An error of the file's source comes back inside an error of Parquet's library.
impl From<ParquetError> for RowsError {
    fn from(error: ParquetError) -> Self {
        match error {
            ParquetError::External(source) => from_source(source),
            other => Self::damaged(other.to_string()),
        }
    }
}

fn from_source(source: Box<dyn Error + Send + Sync>) -> RowsError {
    match source.downcast::<io::Error>() {
        Ok(error) => RowsError::Read(*error),
        Err(other) => RowsError::damaged(other.to_string()),
    }
}
