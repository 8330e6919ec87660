//! A line's standard price and its amortized cost, as the report has them.

use cur::{Column, LineError, LineItem, LineItemType};
use money::Amount;

use crate::Needs;

/// What a line costs in AWS's three ways of counting. `list` is `None` where the report has no
/// on-demand price for a covered line and nobody is billed by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Costs {
    pub(crate) unblended: Amount,
    pub(crate) amortized: Amount,
    pub(crate) list: Option<Amount>,
}

/// A Savings Plan's upfront fee given back: its fee is not in the amortized view either.
const UPFRONT_REFUND: &str = "one-time fee for Savings Plan";

pub(crate) fn costs(
    line: &LineItem,
    item_type: LineItemType,
    needs: Needs,
) -> Result<Costs, LineError> {
    let unblended = line.required_amount(Column::UnblendedCost)?;
    let list = list(line, item_type, unblended, needs)?;
    let amortized = amortized(line, item_type, unblended, needs)?;
    Ok(Costs { unblended, amortized, list })
}

/// The standard price. Fees of commitments are not a price of anything used, so they have none.
fn list(
    line: &LineItem,
    item_type: LineItemType,
    unblended: Amount,
    needs: Needs,
) -> Result<Option<Amount>, LineError> {
    match item_type {
        LineItemType::DiscountedUsage => needed(line, Column::PublicOnDemandCost, needs.list_cost),
        LineItemType::RiFee
        | LineItemType::SavingsPlanNegation
        | LineItemType::SavingsPlanRecurringFee
        | LineItemType::SavingsPlanUpfrontFee => Ok(Some(Amount::ZERO)),
        LineItemType::Fee if is_reservation_fee(line)? => Ok(Some(Amount::ZERO)),
        // AWS prints the on-demand cost as the unblended cost of covered usage.
        _ => Ok(Some(unblended)),
    }
}

/// The formula of AWS's Cloud Intelligence Dashboards (`summary_view`), line by line.
fn amortized(
    line: &LineItem,
    item_type: LineItemType,
    unblended: Amount,
    needs: Needs,
) -> Result<Amount, LineError> {
    let cell = |column| Ok(needed(line, column, needs.amortized_cost)?.unwrap_or(Amount::ZERO));
    match item_type {
        LineItemType::SavingsPlanCoveredUsage => cell(Column::SavingsPlanEffectiveCost),
        LineItemType::SavingsPlanRecurringFee => {
            Ok(cell(Column::TotalCommitmentToDate)? - cell(Column::UsedCommitment)?)
        }
        LineItemType::SavingsPlanNegation | LineItemType::SavingsPlanUpfrontFee => Ok(Amount::ZERO),
        LineItemType::DiscountedUsage => cell(Column::EffectiveCost),
        LineItemType::RiFee => {
            let part = |column| part(line, column, needs.amortized_cost);
            Ok(part(Column::UnusedAmortizedUpfrontFee)? + part(Column::UnusedRecurringFee)?)
        }
        LineItemType::Fee if is_reservation_fee(line)? => Ok(Amount::ZERO),
        LineItemType::Refund
            if line.text(Column::LineItemDescription)?.contains(UPFRONT_REFUND) =>
        {
            Ok(Amount::ZERO)
        }
        _ => Ok(unblended),
    }
}

/// A reservation without upfront payment has no upfront part: the cell may be empty, or the report may
/// not have the column. Text that is no number is still refused where somebody is billed by it.
fn part(line: &LineItem, column: Column, is_needed: bool) -> Result<Amount, LineError> {
    let amount =
        if is_needed { line.amount(column)? } else { line.amount(column).unwrap_or_default() };
    Ok(amount.unwrap_or(Amount::ZERO))
}

fn is_reservation_fee(line: &LineItem) -> Result<bool, LineError> {
    Ok(!line.text(Column::ReservationArn)?.is_empty())
}

/// A number that somebody's bill depends on must be there; one that nobody is billed by may be
/// missing or unreadable, and a report check counts it.
fn needed(line: &LineItem, column: Column, is_needed: bool) -> Result<Option<Amount>, LineError> {
    if is_needed {
        return line.required_amount(column).map(Some);
    }
    Ok(line.amount(column).unwrap_or_default())
}
