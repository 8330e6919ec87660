//! `skus` and `demand`: what commitments cover, or could cover, in each hour of an account. Kept for the
//! allocation, not published. Texts stand once in `skus`; the rows of hours have numbers only.

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
