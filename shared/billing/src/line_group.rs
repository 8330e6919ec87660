//! Rated lines, as many to a group as prices and datasets cannot tell apart.

use chrono::NaiveDate;
use contracts::ChargeKind;
use cur::{AccountId, LineItemType, Sku};
use money::Amount;

/// Lines of one account and day that differ in nothing that a price or a dataset depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineGroup {
    pub usage_date: NaiveDate,
    pub usage_account_id: AccountId,
    pub charge_kind: ChargeKind,
    pub line_item_type: LineItemType,
    pub sku: Sku,
    pub currency: String,
    /// The ARN of the reservation or savings plan, empty for everything else.
    pub commitment: String,
    pub line_count: u64,
    pub usage_amount: Amount,
    /// In normalized units, as far as lines say them.
    pub normalized_usage_amount: Amount,
    pub unblended_cost: Amount,
    /// `None` where the lines do not say it. Lines that do are in a group of their own.
    pub amortized_cost: Option<Amount>,
    /// The list price of all lines together, `None` where a line does not say its list price.
    pub list_cost: Option<Amount>,
}
