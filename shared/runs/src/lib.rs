//! The objects of a run: the plan, the receipts, and what follows when a step is complete.
//!
//! These objects are under `runs/<run>/`, and each is written once. A message that is delivered twice, late
//! or after a crash finds the objects that its first delivery wrote, and goes on from there.

mod app;
mod contracts_now;
mod failure;
mod ledger;
mod open;
mod pointer;
mod seal;
mod steps;
mod wake;
mod work;

pub use app::{App, Parsed, Settings};
pub use contracts_now::ContractsNow;
pub use failure::{Failure, Outcome};
pub use ledger::{in_order, parse_contracts, parse_rates, run_part, to_json};
pub use open::{encoded, encoded_lightly};
pub use pointer::Entry;
pub use steps::Arrival;
pub use work::{Results, Stop, Work, handle, refuse_broken};
