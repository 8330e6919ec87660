//! Why a report file could not be split.

use cur::{CsvError, LineError, UnknownFormat};
use pipeline::PlannedFile;
use reports::FileError;
use rows::RowsError;
use runs::Failure;

use crate::limits::TooMuch;

/// Why a report file could not be split. The message names the file.
#[derive(Debug, thiserror::Error)]
pub enum SplitError {
    #[error(transparent)]
    Storage(#[from] storage::Error),
    #[error(transparent)]
    Format(#[from] UnknownFormat),
    #[error("`{file}`: {reason}")]
    Content { file: String, reason: ContentError },
}

/// An error in the bytes of a report file.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    #[error("{0}")]
    Line(#[from] LineError),
    #[error("{0}")]
    TooMuch(#[from] TooMuch),
    #[error("{0}")]
    File(FileError),
}

impl From<SplitError> for Failure {
    fn from(error: SplitError) -> Self {
        match error {
            SplitError::Storage(error) => error.into(),
            SplitError::Format(_) | SplitError::Content { .. } => Self::Reject(error.to_string()),
        }
    }
}

/// Why a file could not be split, before the file's name is added.
pub(crate) enum Broken {
    Content(ContentError),
    Storage(storage::Error),
}

impl Broken {
    pub(crate) fn in_file(self, file: &PlannedFile) -> SplitError {
        match self {
            Self::Content(reason) => SplitError::Content { file: file.key.clone(), reason },
            Self::Storage(error) => SplitError::Storage(error),
        }
    }
}

impl From<ContentError> for Broken {
    fn from(reason: ContentError) -> Self {
        Self::Content(reason)
    }
}

impl From<TooMuch> for Broken {
    fn from(error: TooMuch) -> Self {
        Self::Content(error.into())
    }
}

impl From<LineError> for Broken {
    fn from(error: LineError) -> Self {
        Self::Content(error.into())
    }
}

impl From<FileError> for Broken {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Storage(error) => Self::Storage(error),
            other => Self::Content(ContentError::File(other)),
        }
    }
}

impl From<CsvError> for Broken {
    fn from(error: CsvError) -> Self {
        FileError::from(error).into()
    }
}

impl From<RowsError> for Broken {
    fn from(error: RowsError) -> Self {
        FileError::from(error).into()
    }
}

impl From<storage::Error> for Broken {
    fn from(error: storage::Error) -> Self {
        Self::Storage(error)
    }
}
