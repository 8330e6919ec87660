//! Sending messages to the next step's queue.

mod memory;
mod queue;
#[cfg(feature = "aws")]
mod sqs;

pub use memory::MemoryQueue;
pub use queue::{Queue, SendError};
#[cfg(feature = "aws")]
pub use sqs::SqsQueue;
