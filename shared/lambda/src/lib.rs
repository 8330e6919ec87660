//! Everything between Lambda and a handler.
//!
//! A handler is given one request and the [`runs::App`]. This crate reads what a payload asks for
//! ([`event`]), answers a batch of messages ([`Function`]), and reads the settings of the deployment
//! ([`Settings`]). The clients of AWS and the runtime come with the feature `runtime`.

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
