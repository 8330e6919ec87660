//! The laws of a run and the checks of a report, as values: what they are called and how each came out.

mod check;
mod tally;

pub use check::Check;
pub use tally::Tally;
