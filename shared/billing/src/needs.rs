//! The report to which lines must belong, and the numbers that lines must have.

use commitments::Sharing;
use contracts::Basis;
use cur::{AccountId, BillingPeriod};

/// The report to which the lines must belong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfReport {
    pub payer: AccountId,
    pub period: BillingPeriod,
    /// Whether a manifest says so. Without a manifest, lines that say otherwise are refused.
    pub has_manifest: bool,
}

/// The numbers on which the account's bill depends, by the basis of its customer. If a cell with one of these
/// numbers has another text, the run stops. In other columns, a report check counts the wrong cells. An empty
/// cell does not stop the run here, because other lines of the commitment may say the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Needs {
    /// The on-demand cost of lines that a reservation covered.
    pub list_cost: bool,
    /// The effective cost of covered lines, and the unused part of fees.
    pub amortized_cost: bool,
    /// The units of commitments, and the hours of usage. Every bill depends on them if commitments are handed
    /// out.
    pub commitments: bool,
}

impl Needs {
    /// The needs by the basis of the account's customer. `None` if the account belongs to nobody.
    pub fn of(basis: Option<Basis>, sharing: Sharing) -> Self {
        Self {
            list_cost: basis == Some(Basis::List),
            // If commitments are handed out, the engine computes the cost of covered usage from the fees.
            amortized_cost: basis == Some(Basis::Amortized)
                || basis == Some(Basis::List) && sharing == Sharing::AsBilled,
            commitments: sharing.is_handed_out(),
        }
    }
}
