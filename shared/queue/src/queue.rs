//! What every queue can do.

use async_trait::async_trait;
use pipeline::Message;

/// Some messages did not get through; the caller's own message comes back and sends them again.
#[derive(Debug, thiserror::Error)]
#[error("cannot send {failed} of {total} messages: {reason}")]
pub struct SendError {
    pub failed: usize,
    pub total: usize,
    pub reason: String,
}

#[async_trait]
pub trait Queue: Send + Sync + 'static {
    /// Sends every message, or says that it did not. Sending one twice is harmless.
    async fn send(&self, messages: &[Message]) -> Result<(), SendError>;
}
