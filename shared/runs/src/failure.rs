//! How a message ends.

use std::io;

use pipeline::RunId;

/// A message was dealt with. It is deleted from its queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The unit is done: its receipt exists.
    Done,
    /// The unit was the run's last: the run is sealed.
    Sealed,
    /// The unit was the run's last, and the run is proved. It would take so much away from the one that is
    /// current that a person has to accept it first.
    Held { run: RunId, reason: String },
    /// AWS has replaced the report since; the newer delivery does the work.
    Superseded,
    /// There is nothing to do for a reason that has a name.
    Ignored(String),
}

/// A message was not dealt with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It may work later: the message goes back to its queue.
    #[error("{0}")]
    Retry(String),
    /// It can never work: the message goes to the dead-letter queue with this reason.
    #[error("{0}")]
    Reject(String),
}

impl Failure {
    /// An object could not be read to its end. A storage error travels inside the I/O error and
    /// decides by itself; anything else is wrong with the bytes.
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
