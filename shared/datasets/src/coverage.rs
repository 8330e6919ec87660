//! `coverage`: how much of each family's usage commitments covered, by account and day, at list price.

use ::commitments::{CoverageCost, CoverageDay};

use crate::table::row;

/// An account's day of a family, with the customer that the account belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoverageRow {
    /// Empty for an account that belongs to nobody.
    pub customer_id: String,
    pub day: CoverageDay,
}

row!(CoverageRow, day: CoverageDay {
    .usage_date,
    customer_id,
    .usage_account_id,
    .service_code,
    .region,
    .family,
    .currency,
    .at_list,
});

row!(Option<CoverageCost> { list_cost, reserved, planned, on_demand, borrowed });
