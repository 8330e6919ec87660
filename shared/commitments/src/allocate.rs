//! Handing out benefit: who got what from which commitment.

use chrono::NaiveDate;
use cur::{AccountId, LineItemType, UsageHour};
use money::Amount;

use crate::{DemandRow, Sharing};

/// What one account got from one commitment in one hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allocation {
    pub usage_date: NaiveDate,
    pub usage_hour: UsageHour,
    pub commitment: String,
    /// The account in the commitment's ARN, empty if there is none.
    pub owner_account_id: String,
    pub usage_account_id: AccountId,
    pub service_code: String,
    pub region: String,
    pub usage_type: String,
    pub operation: String,
    pub currency: String,
    pub usage_amount: Amount,
    pub list_cost: Option<Amount>,
    pub commitment_cost: Amount,
    /// List cost less commitment cost.
    pub benefit: Amount,
}

/// The policy needs an engine that this version does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this version does not apply `sharing = \"{}\"`; use `as_billed` or `reseller`", .0.name())]
pub struct UnsupportedSharing(Sharing);

/// Allocates the benefit of one day's hours under a policy. The rows come in the order of their
/// accounts and hours, and the allocations in the same.
pub fn allocate(
    rows: &[DemandRow],
    sharing: Sharing,
) -> Result<Vec<Allocation>, UnsupportedSharing> {
    match sharing {
        Sharing::AsBilled => Ok(rows.iter().filter_map(as_billed).collect()),
        // The reseller keeps the benefit; nobody gets any.
        Sharing::Reseller => Ok(Vec::new()),
        Sharing::Owner | Sharing::Customer | Sharing::Everyone => Err(UnsupportedSharing(sharing)),
    }
}

/// What AWS did, as its covered lines say. A negation takes back a price and covers nothing.
fn as_billed(row: &DemandRow) -> Option<Allocation> {
    if row.line_item_type == LineItemType::SavingsPlanNegation {
        return None;
    }
    Some(Allocation {
        usage_date: row.usage_date,
        usage_hour: row.usage_hour,
        commitment: row.commitment.clone(),
        owner_account_id: owner(&row.commitment).to_owned(),
        usage_account_id: row.usage_account_id,
        service_code: row.service_code.clone(),
        region: row.region.clone(),
        usage_type: row.usage_type.clone(),
        operation: row.operation.clone(),
        currency: row.currency.clone(),
        usage_amount: row.usage_amount,
        list_cost: row.list_cost,
        commitment_cost: row.commitment_cost,
        benefit: row.list_cost.map_or(Amount::ZERO, |list| list - row.commitment_cost),
    })
}

/// `arn:partition:service:region:account:resource`.
fn owner(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or_default()
}
