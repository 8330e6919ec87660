//! `skus` and `demand`: the usage of an account in each hour that commitments cover or could cover.
//!
//! Only the allocation reads these datasets, and they are not published. Each text stands once, in `skus`.
//! The rows of hours in `demand` have numbers only.

use ::commitments::{DemandRow, DemandSku};

use crate::table::row;

row!(DemandSku {
    usage_account_id,
    line_item_type,
    commitment,
    sku,
    availability_zone,
    currency,
    normalization_factor,
    public_rate,
    unblended_rate,
    savings_plan_rate,
});

row!(DemandRow {
    usage_date,
    usage_hour,
    sku,
    usage_amount,
    unblended_cost,
    list_cost,
    commitment_cost,
});
