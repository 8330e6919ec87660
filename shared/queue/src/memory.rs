//! A queue in memory, for `sluice` and for tests.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use pipeline::{BillRequest, Message};

use crate::{Queue, SendError};

/// Clones share the queue.
#[derive(Clone, Default)]
pub struct MemoryQueue {
    messages: Arc<Mutex<VecDeque<Message>>>,
    bills: Arc<Mutex<VecDeque<BillRequest>>>,
}

impl MemoryQueue {
    pub fn receive(&self) -> Option<Message> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// The next bill that was woken.
    pub fn receive_bill(&self) -> Option<BillRequest> {
        self.bills.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

#[async_trait]
impl Queue for MemoryQueue {
    async fn send(&self, messages: &[Message]) -> Result<(), SendError> {
        let mut queue = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        queue.extend(messages.iter().cloned());
        Ok(())
    }

    async fn wake(&self, bills: &[BillRequest]) -> Result<(), SendError> {
        let mut queue = self.bills.lock().unwrap_or_else(PoisonError::into_inner);
        queue.extend(bills.iter().cloned());
        Ok(())
    }
}
