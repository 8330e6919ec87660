//! Errors of storage. Their kinds say what the caller can do.

use std::error::Error as StdError;
use std::fmt;

/// An operation on an object failed.
#[derive(Debug)]
pub struct Error {
    pub kind: ErrorKind,
    pub operation: &'static str,
    pub key: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    NotFound,
    /// The object has another `ETag` than the caller asked for.
    Changed,
    Denied,
    /// Throttling, a timeout, a broken connection or a status of 500 or more: the same call may succeed
    /// later.
    Transient,
    /// The same call will fail again.
    Permanent,
}

impl Error {
    pub fn new(
        kind: ErrorKind,
        operation: &'static str,
        key: &str,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self { kind, operation, key: key.to_owned(), source: Some(source.into()) }
    }

    pub fn bare(kind: ErrorKind, operation: &'static str, key: &str) -> Self {
        Self { kind, operation, key: key.to_owned(), source: None }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            ErrorKind::NotFound => "there is no such object",
            ErrorKind::Changed => "it is not the version asked for any more",
            ErrorKind::Denied => "access is denied",
            ErrorKind::Transient => "storage did not answer as it should; it may work later",
            ErrorKind::Permanent => "storage refused",
        };
        write!(f, "cannot {} `{}`: {what}", self.operation, self.key)?;
        match &self.source {
            Some(source) => write!(f, " ({source})"),
            None => Ok(()),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
