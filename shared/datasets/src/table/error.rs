//! Errors of a dataset's file. Each error says where in the file the fault is.

use std::fmt;

use money::Amount;

#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    #[error("column `{column}`: {amount} has more digits than decimal(38,18) holds")]
    TooLarge { column: &'static str, amount: Amount },
    #[error("the Parquet file cannot be written: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
    #[error("the CSV file cannot be written: {0}")]
    Csv(#[from] csv::Error),
}

/// The caller adds the key of the file.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    #[error(
        "it has {found} columns and should have {expected}; it was written by another version, run the period again"
    )]
    ColumnCount { expected: usize, found: usize },
    /// `expected` and `found` each say a column's name and type.
    #[error(
        "column {number} is {found} and should be {expected}; it was written by another version, run the period again"
    )]
    Column { number: usize, expected: String, found: String },
    #[error("{place}, {error}")]
    Cell { place: Place, error: CellError },
    #[error("it is not a readable Parquet file: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
    #[error("it is not a readable Parquet file: it is damaged")]
    Damaged,
    #[error("it is not a readable CSV file: {0}")]
    Csv(#[from] csv::Error),
}

/// The place of a row: a line of a CSV file or a row of a Parquet file. Both are counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Line(u64),
    Row(u64),
}

/// A cell whose value is not valid for its column.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column `{column}`: {reason}")]
pub struct CellError {
    pub column: &'static str,
    pub reason: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Row(row) => write!(f, "row {row}"),
        }
    }
}
