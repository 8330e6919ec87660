//! Why a report file cannot be read. The caller adds the file's key.

use std::io;

use cur::{CsvError, FileFormat, UnknownFormat};
use rows::RowsError;

#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error(transparent)]
    Storage(#[from] storage::Error),
    #[error(transparent)]
    Format(#[from] UnknownFormat),
    #[error("{0}")]
    Csv(#[from] CsvError),
    #[error("{0}")]
    Rows(RowsError),
    #[error(
        "its name says that it is {named}, and its bytes say {found}; the file was renamed, unpacked \
         or replaced after AWS wrote it"
    )]
    OtherFormat { named: FileFormat, found: FileFormat },
    #[error("the {0} data ends before its end; the file is cut off")]
    CutOff(&'static str),
    #[error("the {format} data is damaged: {reason}")]
    Damaged { format: &'static str, reason: String },
    #[error("the archive has no file in it; a report's has one")]
    NoMember,
    #[error(
        "the archive has {0} files in it; a report's has one, and it is not clear which to bill from"
    )]
    SeveralMembers(usize),
    #[error(
        "the archive's directory is longer than one file's can be; a report's archive has one file"
    )]
    LongDirectory,
    #[error("the file in the archive is encrypted; AWS does not encrypt reports in this way")]
    Encrypted,
}

/// Tells a storage error, which is inside the I/O error, from an error of the decoder.
pub fn unreadable(format: &'static str, error: io::Error) -> FileError {
    match error.downcast::<storage::Error>() {
        Ok(error) => FileError::Storage(error),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => FileError::CutOff(format),
        Err(error) => FileError::Damaged { format, reason: error.to_string() },
    }
}

impl From<RowsError> for FileError {
    fn from(error: RowsError) -> Self {
        match error {
            RowsError::Read(error) => unreadable("Parquet", error),
            other => Self::Rows(other),
        }
    }
}
