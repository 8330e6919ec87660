//! What is asked of an account's lines.

use commitments::Sharing;
use contracts::Basis;
use cur::{AccountId, BillingPeriod};

/// Which report the lines are to be of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfReport {
    pub payer: AccountId,
    pub period: BillingPeriod,
    /// Whether a manifest says so. Where none does, lines that say otherwise are refused.
    pub has_manifest: bool,
}

/// Which numbers the account's bill depends on, by its customer's basis. A cell of theirs that is no number
/// stops the run; that of another is counted by a report check. An empty cell stops nothing here: the
/// commitment's other lines may say what the line does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Needs {
    /// The on-demand cost of lines that a reservation covered.
    pub list_cost: bool,
    /// The effective cost of covered lines and the unused part of fees.
    pub amortized_cost: bool,
    /// What there is of commitments and in which hours usage was: everybody's bill depends on it where
    /// commitments are handed out anew.
    pub commitments: bool,
}

impl Needs {
    /// By the basis of the account's customer, `None` where it belongs to nobody.
    pub fn of(basis: Option<Basis>, sharing: Sharing) -> Self {
        Self {
            list_cost: basis == Some(Basis::List),
            // By list price the engine works the cost of what is covered out of the fees.
            amortized_cost: basis == Some(Basis::Amortized)
                || basis == Some(Basis::List) && sharing == Sharing::AsBilled,
            commitments: sharing.is_handed_out(),
        }
    }
}
