//! A run's books: the plan, the receipts, and what follows when a step is complete.

mod app;
mod failure;

pub use app::{App, Settings};
pub use failure::{Failure, Outcome};
