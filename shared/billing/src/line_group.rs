//! Rated lines in groups. Prices and datasets cannot tell the lines of a group apart.

use chrono::NaiveDate;
use contracts::ChargeKind;
use cur::{AccountId, LineItemType, Sku};
use money::Amount;

/// The lines of one account and day that are equal in everything on which a price or a dataset depends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineGroup {
    pub usage_date: NaiveDate,
    pub usage_account_id: AccountId,
    pub charge_kind: ChargeKind,
    pub line_item_type: LineItemType,
    pub sku: Sku,
    pub currency: String,
    /// The ARN of the reservation or savings plan. Empty for all other lines.
    pub commitment: String,
    pub line_count: u64,
    /// The lines for which AWS has not issued an invoice yet.
    pub uninvoiced_line_count: u64,
    pub usage_amount: Amount,
    /// The usage in normalized units, as far as lines say it.
    pub normalized_usage_amount: Amount,
    pub unblended_cost: Amount,
    /// `None` if the lines do not say the cost. Lines that say it are in another group.
    pub amortized_cost: Option<Amount>,
    /// The list price of all lines together, `None` if a line does not say its list price.
    pub list_cost: Option<Amount>,
}
