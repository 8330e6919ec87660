//! What every queue can do.

use async_trait::async_trait;
use pipeline::{BillRequest, Message};

/// Some messages were not sent. The caller's own message comes back, and they are sent again then.
#[derive(Debug, thiserror::Error)]
#[error("cannot send {failed} of {total} messages: {reason}")]
pub struct SendError {
    pub failed: usize,
    pub total: usize,
    pub reason: String,
}

#[async_trait]
pub trait Queue: Send + Sync + 'static {
    /// Sends every message, or returns an error. A message that is sent twice does no harm.
    async fn send(&self, messages: &[Message]) -> Result<(), SendError>;

    /// Wakes `bill-customer` for each of these bills, or returns an error.
    async fn wake(&self, bills: &[BillRequest]) -> Result<(), SendError>;
}
