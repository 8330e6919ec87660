//! What other contracts would have made different.

use std::collections::BTreeMap;

use cur::BillingPeriod;
use money::Amount;
use serde::Serialize;
use statement::Term;

/// What is different for a customer in a period, in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub customer_id: String,
    pub billing_period: BillingPeriod,
    pub currency: String,
    /// The invoices' subtotals, before tax.
    pub now: Side,
    pub then: Side,
    /// By how much each term of the way from AWS's cost to the amount due is different.
    pub terms: BTreeMap<Term, Amount>,
}

/// One of the two sides that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Side {
    pub charge: Amount,
    /// `None` if a cost of AWS is unknown.
    pub margin: Option<Amount>,
    pub amount_due: Amount,
}
