//! What AWS's lines say that a charge is for.

use contracts::ChargeKind;
use cur::{AccountId, Sku};

/// The columns that a price, an allocation and a row of a dataset have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChargeKey {
    pub usage_account_id: AccountId,
    pub charge_kind: ChargeKind,
    pub sku: Sku,
    pub currency: String,
}
