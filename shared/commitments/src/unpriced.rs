//! Usage whose price or cost is unknown, and usage for which no source has the rate of a savings plan.

#![expect(
    clippy::disallowed_types,
    reason = "what serde makes of `flatten` could hold a float; no field here does"
)]

use cur::{AccountId, Sku};
use serde::{Deserialize, Serialize};

/// Usage on demand whose list price is unknown, or covered usage whose cost is unknown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UnpricedUsage {
    pub usage_account_id: AccountId,
    #[serde(flatten)]
    pub sku: Sku,
}

/// A savings plan that may cover a SKU, but whose rate for the SKU is unknown. The usage stays on demand.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MissingRate {
    pub savings_plan: String,
    #[serde(flatten)]
    pub sku: Sku,
}
