//! `benefits`: the benefit of a day, added up for each charge. Publishing reads this dataset instead of
//! `allocations`, because no charge depends on the hour.

use ::commitments::DailyBenefit;

use crate::table::row;

row!(DailyBenefit {
    usage_date,
    commitment,
    assigned_to,
    usage_account_id,
    sku,
    currency,
    purchase,
    usage_amount,
    commitment_cost,
    taken_off,
    benefit,
});
