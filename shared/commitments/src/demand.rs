//! What an account's hours have to do with commitments: the input of the allocation.

use chrono::NaiveDate;
use cur::{AccountId, LineItemType, Sku, UsageHour};
use money::Amount;

/// What was used, or paid for: everything about it but the hour. A row of an hour
/// names it by its index in the account's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemandSku {
    pub usage_account_id: AccountId,
    /// What AWS made of it: usage as it is, covered by something, negated, or the fee of an hour.
    pub line_item_type: LineItemType,
    /// The ARN of the reservation or savings plan, if there is one.
    pub commitment: String,
    pub sku: Sku,
    pub availability_zone: String,
    pub currency: String,
    /// `None` where the report has no number: AWS leaves out what does not apply.
    pub normalization_factor: Option<Amount>,
    pub public_rate: Option<Amount>,
    pub unblended_rate: Option<Amount>,
    pub savings_plan_rate: Option<Amount>,
}

/// An hour of a [`DemandSku`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemandRow {
    pub usage_date: NaiveDate,
    pub usage_hour: UsageHour,
    /// The index of the `DemandSku` in its list.
    pub sku: usize,
    pub usage_amount: Amount,
    pub unblended_cost: Amount,
    /// `None` where the report has no on-demand price and nobody is billed by it.
    pub list_cost: Option<Amount>,
    /// What covered usage cost by its commitment; for a plan's fee, what the plan commits to in the hour.
    /// `None` where the lines do not say the amount.
    pub commitment_cost: Option<Amount>,
}
