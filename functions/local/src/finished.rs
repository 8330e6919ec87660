//! The result of billing one delivery.

use pipeline::{BillPointer, Reconciliation};
use receive_report::PassedOver;
use serde::Serialize;

/// The result of billing one delivery.
#[derive(Debug, Default, Serialize)]
pub struct Finished {
    pub manifest: String,
    pub is_sealed: bool,
    /// The export that was passed over, if the contracts do not bill from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passed_over: Option<PassedOver>,
    /// Why a person must accept the run first. The run is proved, and the current run stays current.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
    /// Why the run is not sealed, with one reason for each failed unit.
    pub failures: Vec<String>,
    pub reconciliation: Option<Reconciliation>,
    /// Why bills that rest on the run could not be made.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_billed: Vec<String>,
    /// The bills that rest on the run, as readers see them now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bills: Vec<BillPointer>,
}

impl Finished {
    /// Whether the run is sealed and all bills that rest on it are made, or the delivery is not billed from.
    pub fn is_good(&self) -> bool {
        (self.is_sealed && self.not_billed.is_empty()) || self.passed_over.is_some()
    }
}
