//! `allocations`: who got what from which commitment, hour by hour.

use ::commitments::Allocation;

use crate::table::row;

/// An allocation with the customer that the benefit reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllocationRow {
    /// Empty for an account that belongs to nobody.
    pub customer_id: String,
    pub allocation: Allocation,
}

row!(AllocationRow, allocation: Allocation {
    .usage_date,
    .usage_hour,
    .commitment,
    .owner_account_id,
    .assigned_to,
    customer_id,
    .usage_account_id,
    .sku,
    .availability_zone,
    .currency,
    .usage_amount,
    .units,
    .list_cost,
    .commitment_cost,
    .benefit,
});
