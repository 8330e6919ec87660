//! What a price of AWS is about.

use serde::{Deserialize, Serialize};

/// What a price of AWS is about, whoever uses it, when and where: an hour of an `m5.large` under Linux in
/// Tokyo is `AmazonEC2`, `ap-northeast-1`, `APN1-BoxUsage:m5.large`, `RunInstances`. A text is empty where
/// the cell of the report is empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Sku {
    /// `lineItem/ProductCode`.
    pub service_code: String,
    /// `product/region`, or `product/regionCode`.
    pub region: String,
    /// `lineItem/UsageType`, with the prefix of its region.
    pub usage_type: String,
    /// `lineItem/Operation`.
    pub operation: String,
}
