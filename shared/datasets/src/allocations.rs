//! `allocations`: which account got how much of which commitment, in every hour.

use ::commitments::Allocation;

use crate::table::row;

/// An allocation, with the customer whose account has the benefit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllocationRow {
    /// Empty if the account belongs to no customer.
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
