//! The hours of an account that matter to commitments: the input of the allocation.

use chrono::NaiveDate;
use cur::{AccountId, LineItemType, Sku, UsageHour};
use money::Amount;

/// The columns of a line that are the same in many hours: what was used or paid, and by whom. The row of an
/// hour names its `DemandSku` by the index in the account's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemandSku {
    pub usage_account_id: AccountId,
    /// How AWS billed the line: plain usage, covered usage, a negation, or the fee of an hour.
    pub line_item_type: LineItemType,
    /// The ARN of the reservation or savings plan, if there is one.
    pub commitment: String,
    pub sku: Sku,
    pub availability_zone: String,
    pub currency: String,
    /// `None` if the report has no number. AWS leaves out numbers that do not apply.
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
    /// `None` if the report has no on-demand price and nobody is billed by that price.
    pub list_cost: Option<Amount>,
    /// The cost of covered usage under its commitment. For the fee of a plan, the commitment of the plan in
    /// the hour. `None` if the lines do not say the amount.
    pub commitment_cost: Option<Amount>,
}
