//! Which account a line belongs to, and what the line adds to that account's totals.

use cur::{AccountId, Column, LineError, LineItem, LineTotals};

use crate::error::Broken;

/// The columns that every line must have to be routed and counted.
pub(crate) const REQUIRED: [Column; 3] =
    [Column::UsageAccountId, Column::LineItemType, Column::UnblendedCost];

/// The account of a line, and the totals of this one line. They are added to the totals of the file, and
/// to those of the account when the line is written.
pub(crate) fn route(line: &LineItem<'_>) -> Result<(AccountId, LineTotals), Broken> {
    // The type is checked here, so that an unknown type stops the run before its next step.
    line.line_item_type()?;
    Ok((line.usage_account()?, count(line)?))
}

/// The totals of one line.
pub fn count(line: &LineItem<'_>) -> Result<LineTotals, LineError> {
    let cost = line.required_amount(Column::UnblendedCost)?;
    Ok(if cur::is_split_cost_line(line)? {
        LineTotals { split_cost_lines: 1, split_cost_unblended_cost: cost, ..LineTotals::default() }
    } else {
        LineTotals { lines: 1, unblended_cost: cost, ..LineTotals::default() }
    })
}
