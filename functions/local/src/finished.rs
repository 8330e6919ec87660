//! What became of a delivery.

use pipeline::Reconciliation;
use receive_report::PassedOver;
use serde::Serialize;

/// How one delivery ended.
#[derive(Debug, Default, Serialize)]
pub struct Finished {
    pub manifest: String,
    pub is_sealed: bool,
    /// Why nobody asked to bill it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passed_over: Option<PassedOver>,
    /// Why it waits for someone to accept it. It is proved, and what was current still is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
    /// Why it is not sealed, a reason a failed unit.
    pub failures: Vec<String>,
    pub reconciliation: Option<Reconciliation>,
}
