//! `coverage`: how much of an account's usage was covered by commitments, by family and day, at list
//! prices.

use ::commitments::{CoverageCost, CoverageDay};

use crate::table::row;

/// One day of one account and family, with the customer that the account belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoverageRow {
    /// Empty if the account belongs to no customer.
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
