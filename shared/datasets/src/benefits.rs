//! `benefits`: a day's benefit by charge. Kept for publishing, which needs no hours.

use ::commitments::DailyBenefit;

use crate::table::row;

row!(DailyBenefit {
    usage_date,
    commitment,
    assigned_to,
    usage_account_id,
    sku,
    currency,
    commitment_cost,
    taken_off,
    benefit,
});
