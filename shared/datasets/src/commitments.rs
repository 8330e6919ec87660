//! `commitments`: one day of one commitment. A row says how much was purchased, used and unused, what it
//! cost, and how much other accounts borrowed.

use ::commitments::CommitmentDay;

use crate::table::row;

/// One day of a commitment, with the customer that the commitment belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitmentRow {
    /// Empty if the commitment belongs to no customer.
    pub customer_id: String,
    pub day: CommitmentDay,
}

row!(CommitmentRow, day: CommitmentDay {
    .usage_date,
    .commitment,
    .kind,
    .owner_account_id,
    .assigned_to,
    customer_id,
    .service_code,
    .region,
    .covers,
    .currency,
    .unit,
    .purchased,
    .used,
    .unused,
    .used_by_owner,
    .lent,
    .utilisation,
    .upfront_cost,
    .recurring_cost,
    .used_cost,
    .unused_cost,
    .list_cost,
    .benefit,
    .kept_hours,
    .kept_reason,
});
