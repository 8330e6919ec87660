//! What stands between Lambda and a handler: events in, outcomes out, settings at the start.
//!
//! A handler is given one request and the [`runs::App`]. Everything else is here: what a payload asks
//! for ([`event`]), how a batch of messages is answered ([`Function`]), what a deployment must set
//! ([`Settings`]). The AWS clients and the runtime come with the feature `runtime`.

pub mod event;
mod function;
#[cfg(feature = "runtime")]
mod runtime;
mod settings;

pub use event::{InvalidEvent, Request};
pub use function::{DeadLetters, Function, misdelivered};
#[cfg(feature = "runtime")]
pub use lambda_runtime::Error;
#[cfg(feature = "runtime")]
pub use runtime::run;
pub use settings::{InvalidSettings, Settings, Uses};
