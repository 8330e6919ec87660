//! The standard price and the amortized cost of a line, as far as the line says them.

use cur::{Column, LineError, LineItem, LineItemType};
use money::rounding::cut;
use money::{Amount, Exact, apportion};

use crate::Needs;
use crate::known::sum_if_known;

/// The cost of a line in AWS's three ways of counting. `None` is a cost that the line does not say: the list
/// price of usage that a reservation covered, or a part of a commitment's cost. Other lines of the commitment
/// may say that part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Costs {
    pub(crate) unblended: Amount,
    pub(crate) amortized: Option<Amount>,
    pub(crate) list: Option<Amount>,
}

impl Costs {
    /// The costs of a line that has only one price.
    pub(crate) const fn paid(unblended: Amount) -> Self {
        Self { unblended, amortized: Some(unblended), list: Some(unblended) }
    }
}

/// The description of a refund of a Savings Plan's upfront fee. The amortized cost leaves the refund out, as
/// it leaves out the fee.
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

/// The standard price. It is zero for the fees of commitments, because fees are not usage.
fn list(
    line: &LineItem,
    item_type: LineItemType,
    unblended: Amount,
    needs: Needs,
) -> Result<Option<Amount>, LineError> {
    match item_type {
        LineItemType::DiscountedUsage => {
            let cell = |column| number(line, column, needs.list_cost);
            let cost = cell(Column::PublicOnDemandCost)?.filter(says_something);
            let amounts = cell(Column::PublicOnDemandRate)?.zip(cell(Column::UsageAmount)?);
            let by_rate = || amounts.map(|(rate, amount)| product(rate, amount));
            Ok(cost.or_else(by_rate).filter(says_something))
        }
        LineItemType::RiFee
        | LineItemType::SavingsPlanNegation
        | LineItemType::SavingsPlanRecurringFee
        | LineItemType::SavingsPlanUpfrontFee => Ok(Some(Amount::ZERO)),
        LineItemType::Fee if is_reservation_fee(line)? => Ok(Some(Amount::ZERO)),
        // For usage that a plan covered, AWS prints the on-demand cost as the unblended cost.
        _ => Ok(Some(unblended)),
    }
}

/// The amortized cost of a line, by the formula of AWS's Cloud Intelligence Dashboards (`summary_view`).
fn amortized(
    line: &LineItem,
    item_type: LineItemType,
    unblended: Amount,
    needs: Needs,
) -> Result<Option<Amount>, LineError> {
    let cell = |column| number(line, column, needs.amortized_cost);
    match item_type {
        LineItemType::SavingsPlanCoveredUsage => {
            let effective = cell(Column::SavingsPlanEffectiveCost)?;
            if effective.is_some_and(|cost| says_something(&cost)) {
                return Ok(effective);
            }
            let amounts = cell(Column::SavingsPlanRate)?.zip(cell(Column::UsageAmount)?);
            Ok(amounts.map(|(rate, amount)| product(rate, amount)).or(effective))
        }
        LineItemType::SavingsPlanRecurringFee => {
            let commitment = hourly_commitment(line, unblended, needs.amortized_cost)?;
            let used = cell(Column::UsedCommitment)?;
            Ok(commitment.zip(used).map(|(commitment, used)| commitment - used))
        }
        LineItemType::SavingsPlanNegation | LineItemType::SavingsPlanUpfrontFee => {
            Ok(Some(Amount::ZERO))
        }
        LineItemType::DiscountedUsage => {
            let [upfront, recurring] =
                [Column::AmortizedUpfrontCostForUsage, Column::RecurringFeeForUsage];
            let effective = cell(Column::EffectiveCost)?;
            if effective.is_some_and(|cost| says_something(&cost)) {
                return Ok(effective);
            }
            Ok(sum_if_known(cell(upfront)?, cell(recurring)?).or(effective))
        }
        LineItemType::RiFee => unused_fee(line, unblended, needs.amortized_cost),
        LineItemType::Fee if is_reservation_fee(line)? => Ok(Some(Amount::ZERO)),
        LineItemType::Refund
            if line.text(Column::LineItemDescription)?.contains(UPFRONT_REFUND) =>
        {
            Ok(Some(Amount::ZERO))
        }
        _ => Ok(Some(unblended)),
    }
}

/// The commitment of a plan in the hour of its fee, `None` if no cell says it. AWS prints the whole
/// commitment and its two parts. A plan without an upfront payment pays the whole commitment in the hour.
pub(crate) fn hourly_commitment(
    line: &LineItem,
    unblended: Amount,
    is_needed: bool,
) -> Result<Option<Amount>, LineError> {
    let cell = |column| number(line, column, is_needed);
    let [upfront, recurring] = [Column::AmortizedUpfrontCommitment, Column::RecurringCommitment];
    let total = cell(Column::TotalCommitmentToDate)?;
    if total.is_some_and(|total| says_something(&total)) {
        return Ok(total);
    }
    let parts = sum_if_known(cell(upfront)?, cell(recurring)?).filter(says_something);
    let option = line.text(Column::PaymentOption)?;
    // The usage type says the payment option too: `ComputeSP:1yrNoUpfront`.
    let is_all_paid = is_no_upfront(&option)
        || option.is_empty() && line.text(Column::UsageType)?.ends_with("NoUpfront");
    Ok(parts.or_else(|| is_all_paid.then_some(unblended)).or(total))
}

/// Whether an amount says something. In newer reports, AWS writes `0.0` in columns that do not apply.
fn says_something(amount: &Amount) -> bool {
    !amount.is_zero()
}

/// Whether a payment option has no upfront part. AWS writes `No Upfront` and `NoUpfront`.
fn is_no_upfront(option: &str) -> bool {
    option.replace(' ', "") == "NoUpfront"
}

/// The period's part of a reservation's upfront payment. `None` if there was an upfront payment and no cell
/// says the part. `units` are the units of the period and the units of the rest of the term.
///
/// If AWS does not print the part, the part follows from the whole payment. If a year cost 8,760 dollars
/// upfront, October with 744 of 8,760 hours has 8,760 × 744 ÷ 8,760 = 744 dollars.
pub(crate) fn upfront_of_period(
    line: &LineItem,
    unblended: Amount,
    units: Option<[Amount; 2]>,
) -> Result<Option<Amount>, LineError> {
    let cell = |column| number(line, column, false);
    let amortized = cell(Column::AmortizedUpfrontFee)?;
    if amortized.is_some_and(|amortized| says_something(&amortized)) {
        return Ok(amortized);
    }
    let option = line.text(Column::PurchaseOption)?;
    if is_no_upfront(&option) {
        return Ok(Some(Amount::ZERO));
    }
    let value = cell(Column::UpfrontValue)?.filter(says_something);
    match (value, units) {
        (None, _) if amortized.is_some() && option.is_empty() => Ok(amortized),
        (Some(whole), Some(units)) => {
            Ok(apportion(whole, &units).ok().and_then(|parts| parts.first().copied()))
        }
        // A fee of zero was paid upfront. A fee above zero has no upfront part, unless the line says so.
        (None, _) if option.is_empty() && !unblended.is_zero() => Ok(Some(Amount::ZERO)),
        (_, _) => Ok(None),
    }
}

/// The cost of the unused part of a reservation, `None` if the fee does not say it.
fn unused_fee(
    line: &LineItem,
    unblended: Amount,
    is_needed: bool,
) -> Result<Option<Amount>, LineError> {
    let cell = |column| number(line, column, is_needed);
    let nothing = Some(Amount::ZERO);
    if number(line, Column::UnusedQuantity, false)? == nothing {
        return Ok(nothing);
    }
    // If nothing was paid, the unused part costs nothing.
    let recurring = match cell(Column::UnusedRecurringFee)? {
        None if unblended.is_zero() => nothing,
        recurring => recurring,
    };
    let upfront = match cell(Column::UnusedAmortizedUpfrontFee)? {
        None if upfront_of_period(line, unblended, None)? == nothing => nothing,
        upfront => upfront,
    };
    Ok(recurring.zip(upfront).map(|(recurring, upfront)| recurring + upfront))
}

fn product(rate: Amount, amount: Amount) -> Amount {
    cut(&(&Exact::from(rate) * &Exact::from(amount)))
}

/// Whether a fee is the upfront payment of a reservation. Its ARN shows that. If the report has no ARN, other
/// columns and the usage type show it.
pub(crate) fn is_reservation_fee(line: &LineItem) -> Result<bool, LineError> {
    const OF_RESERVATIONS: [Column; 3] =
        [Column::ReservationArn, Column::NumberOfReservations, Column::TotalReservedUnits];
    for column in OF_RESERVATIONS {
        let text = line.text(column)?;
        if !text.trim_matches(['0', '.']).is_empty() {
            return Ok(true);
        }
    }
    Ok(line.text(Column::UsageType)?.contains("HeavyUsage"))
}

/// A number that may be missing. A text that is not a number is refused if somebody is billed by the number.
/// Otherwise a report check counts it.
fn number(line: &LineItem, column: Column, is_needed: bool) -> Result<Option<Amount>, LineError> {
    if is_needed { line.amount(column) } else { Ok(line.amount(column).unwrap_or_default()) }
}
