//! The contracts as they are now.

use std::sync::Arc;

use contracts::Contracts;
use contracts::parts::OfBills;

/// The contracts as they are now. They may be newer than the contracts of a run.
#[derive(Clone)]
pub struct ContractsNow {
    pub contracts: Arc<Contracts>,
    pub of_bills: Arc<OfBills>,
    /// The version of the part that runs read.
    pub run_version: String,
}
