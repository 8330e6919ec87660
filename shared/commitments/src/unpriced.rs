//! Usage of which the report says no price, and usage of which nothing says a savings plan's rate.

#![expect(
    clippy::disallowed_types,
    reason = "what serde makes of `flatten` could hold a float; no field here does"
)]

use cur::{AccountId, Sku};
use serde::{Deserialize, Serialize};

/// Usage on demand whose list price nothing says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UnpricedUsage {
    pub usage_account_id: AccountId,
    #[serde(flatten)]
    pub sku: Sku,
}

/// A savings plan that may cover usage at a rate which nothing says. The usage stays on demand.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MissingRate {
    pub savings_plan: String,
    #[serde(flatten)]
    pub sku: Sku,
}
