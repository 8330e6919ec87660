//! `charges`: what a customer is charged. Each row is a distinct combination of the descriptive columns.

use billing::{Charge, ChargeKey, Measures};
use cur::{AccountId, BillingPeriod};
use pipeline::RunId;

use crate::table::row;

/// A charge with the run and the customer that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargeRow {
    pub run_id: RunId,
    pub payer_account_id: AccountId,
    pub billing_period: BillingPeriod,
    /// Empty if the account belongs to no customer.
    pub customer_id: String,
    pub charge: Charge,
}

row!(ChargeRow { run_id, payer_account_id, billing_period, customer_id, charge });

row!(Charge { key, purchase, measures, price_rule, charge_before_rules, charge });

row!(ChargeKey { usage_account_id, charge_kind, sku, currency });

row!(Measures {
    line_count,
    uninvoiced_line_count,
    usage_amount,
    unblended_cost,
    amortized_cost,
    list_cost,
    benefit,
});
