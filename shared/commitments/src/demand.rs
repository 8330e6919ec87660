//! What an account's hours have to do with commitments: the input of the allocation.

use chrono::NaiveDate;
use cur::{AccountId, LineItemType, UsageHour};
use money::Amount;

/// What commitments covered in one hour, or what AWS negated for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemandRow {
    pub usage_date: NaiveDate,
    pub usage_hour: UsageHour,
    pub usage_account_id: AccountId,
    pub line_item_type: LineItemType,
    /// The ARN of the reservation or savings plan.
    pub commitment: String,
    pub service_code: String,
    pub region: String,
    pub usage_type: String,
    pub operation: String,
    pub availability_zone: String,
    pub currency: String,
    pub usage_amount: Amount,
    pub unblended_cost: Amount,
    /// `None` where the report has no on-demand price and nobody is billed by it.
    pub list_cost: Option<Amount>,
    /// What the covered usage cost by the commitment: its effective cost.
    pub commitment_cost: Amount,
}
