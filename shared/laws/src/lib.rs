//! The laws of a run and the checks of a report, as values: what they are called and how each came out.

mod check;
mod law;
mod report_check;
mod tally;

pub use check::{Check, Relation};
pub use law::Law;
pub use report_check::ReportCheck;
pub use tally::{Tallies, Tally};
