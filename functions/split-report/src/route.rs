//! Which account a line belongs to, and what the line adds to that account's totals.

use cur::{AccountId, Column, LineError, LineItem, LineTotals};

use crate::error::Broken;

/// What no line can be routed or counted without.
pub(crate) const REQUIRED: [Column; 3] =
    [Column::UsageAccountId, Column::LineItemType, Column::UnblendedCost];

/// Whose line it is, and the line as totals of one: counted as read, and by its account once more as it
/// is written.
pub(crate) fn route(line: &LineItem<'_>) -> Result<(AccountId, LineTotals), Broken> {
    // Types are checked here so that a new one stops the run before anything is built on it.
    line.line_item_type()?;
    Ok((line.usage_account()?, count(line)?))
}

/// A line as totals of one.
pub fn count(line: &LineItem<'_>) -> Result<LineTotals, LineError> {
    let cost = line.required_amount(Column::UnblendedCost)?;
    Ok(if cur::is_split_cost_line(line)? {
        LineTotals { split_cost_lines: 1, split_cost_unblended_cost: cost, ..LineTotals::default() }
    } else {
        LineTotals { lines: 1, unblended_cost: cost, ..LineTotals::default() }
    })
}
