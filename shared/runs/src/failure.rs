//! How the handling of a message ends.

use std::io;

use pipeline::RunId;

/// The outcome of a message that was dealt with. The message is deleted from its queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The unit is done, and its receipt exists.
    Done,
    /// The unit was the last of the run, and the run is sealed.
    Sealed,
    /// The unit was the last of the run, and the run is proved. The run has so much less than the current
    /// run that a person has to accept it first.
    Held { run: RunId, reason: String },
    /// AWS has replaced the report since the run was planned. The newer delivery does the work.
    Superseded,
    /// There is nothing to do. The text says why.
    Ignored(String),
}

/// The failure of a message that was not dealt with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The work may succeed later. The message goes back to its queue.
    #[error("{0}")]
    Retry(String),
    /// The work can never succeed. The message goes to the dead-letter queue with this reason.
    #[error("{0}")]
    Reject(String),
}

impl Failure {
    /// An object could not be read to its end. If the I/O error carries a storage error, the storage error
    /// decides whether to retry. Any other error means that the bytes are wrong, so the message is
    /// rejected.
    pub fn reading(key: &str, error: io::Error) -> Self {
        match error.downcast::<storage::Error>() {
            Ok(error) => error.into(),
            Err(error) => Self::Reject(format!("`{key}` cannot be read: {error}")),
        }
    }
}

impl From<storage::Error> for Failure {
    fn from(error: storage::Error) -> Self {
        use storage::ErrorKind;
        match error.kind {
            ErrorKind::Transient | ErrorKind::Denied => Self::Retry(error.to_string()),
            ErrorKind::NotFound | ErrorKind::Changed | ErrorKind::Permanent => {
                Self::Reject(error.to_string())
            }
        }
    }
}

impl From<queue::SendError> for Failure {
    fn from(error: queue::SendError) -> Self {
        Self::Retry(error.to_string())
    }
}

impl From<catalog::CatalogError> for Failure {
    fn from(error: catalog::CatalogError) -> Self {
        if error.transient { Self::Retry(error.reason) } else { Self::Reject(error.reason) }
    }
}
