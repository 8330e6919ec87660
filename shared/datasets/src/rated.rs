//! `rated`: an account's lines with their standard price and their kind of charge, grouped by day.

use billing::LineGroup;

use crate::table::row;

row!(LineGroup {
    usage_date,
    usage_account_id,
    charge_kind,
    line_item_type,
    sku,
    currency,
    commitment,
    line_count,
    uninvoiced_line_count,
    usage_amount,
    normalized_usage_amount,
    unblended_cost,
    amortized_cost,
    list_cost,
});
