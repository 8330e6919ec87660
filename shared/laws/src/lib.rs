//! The laws of a run and the checks of a report: their names, and whether each of them holds.

mod check;
mod law;
mod report_check;
mod tally;

pub use check::{Check, Relation};
pub use law::Law;
pub use report_check::ReportCheck;
pub use tally::{Tallies, Tally};
