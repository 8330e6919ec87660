//! What fee lines say of a commitment: what there is to hand out, hour by hour.

use cur::{BillingPeriod, CellProblem, Column, LineError, LineItem, UsageHour};
use money::Amount;
use pipeline::{PlanTerms, ReservationFee, Units};

use crate::rated_line::RatedLine;

/// Reads a reservation's fee for the period.
pub(crate) fn reservation_fee(
    line: &LineItem,
    rated: &RatedLine,
    period: BillingPeriod,
) -> Result<ReservationFee, LineError> {
    if rated.commitment.is_empty() {
        return Err(line.refuse(Column::ReservationArn, CellProblem::Empty));
    }
    if !commitments::is_coverable(&rated.service_code, &rated.usage_type) {
        return Err(line.refuse(Column::UsageType, CellProblem::UnknownCommitment));
    }
    let units = Units {
        plain: line.required_amount(Column::TotalReservedUnits)?,
        normalized: line.amount(Column::TotalReservedNormalizedUnits)?.unwrap_or(Amount::ZERO),
    };
    let number = line.amount(Column::NumberOfReservations)?;
    let (first_hour, by_times) = hours_in_period(line, rated.hour, period)?;
    let is_timed = !line.text(Column::ReservationEndTime)?.is_empty();
    // At the edges of a lease AWS may count an hour more or less than its times say.
    let is_plausible = |billed: &u32| {
        if is_timed { billed.abs_diff(by_times) <= 1 } else { *billed <= by_times }
    };
    let billed = billed_hours(units.plain, number).filter(is_plausible);
    let hours = billed.unwrap_or(by_times);
    if hours == 0 {
        return Err(line.refuse(Column::ReservationEndTime, CellProblem::OutsideThePeriod));
    }
    Ok(ReservationFee {
        arn: rated.commitment.to_string(),
        service_code: rated.service_code.to_string(),
        region: region(&rated.commitment, &rated.region),
        usage_type: rated.usage_type.to_string(),
        operation: rated.operation.to_string(),
        availability_zone: line.text(Column::ReservationAvailabilityZone)?.into_owned(),
        currency: rated.currency.to_string(),
        first_hour,
        hours,
        units,
        upfront_cost: line.amount(Column::AmortizedUpfrontFee)?.unwrap_or(Amount::ZERO),
        recurring_cost: rated.costs.unblended,
    })
}

/// The region of `arn:aws:ec2:us-east-1:…`, where the line itself may have none.
fn region(arn: &str, of_line: &str) -> String {
    let of_arn = arn.split(':').nth(3).unwrap_or_default();
    if of_arn.is_empty() { of_line } else { of_arn }.to_owned()
}

/// From which hour on and for how many of the period it is there. A lease counts from the hour in which
/// it begins to the hour before the one in which it ends.
fn hours_in_period(
    line: &LineItem,
    starts: UsageHour,
    period: BillingPeriod,
) -> Result<(UsageHour, u32), LineError> {
    let begin = UsageHour::midnight(period.first_day());
    let end = UsageHour::midnight(period.end());
    let first = line.hour(Column::ReservationStartTime)?.unwrap_or(starts).max(begin);
    let last = line.hour(Column::ReservationEndTime)?.unwrap_or(end).min(end);
    Ok((first, u32::try_from(last.hours_since(first)).unwrap_or_default()))
}

/// The hours that AWS billed, from what one reservation was billed for.
fn billed_hours(total: Amount, number: Option<Amount>) -> Option<u32> {
    let number = number?.units();
    let is_whole = number > 0 && total.units() % number == 0;
    let hours = is_whole.then(|| total.units() / number)?;
    u32::try_from(hours).ok()
}

/// Reads what a plan is from the fee of one of its hours.
pub(crate) fn plan_terms(line: &LineItem, rated: &RatedLine) -> Result<PlanTerms, LineError> {
    if rated.commitment.is_empty() {
        return Err(line.refuse(Column::SavingsPlanArn, CellProblem::Empty));
    }
    line.required_amount(Column::TotalCommitmentToDate)?;
    let offering = line.text(Column::OfferingType)?;
    let Ok(plan_type) = offering.parse() else {
        return Err(line.refuse(Column::OfferingType, CellProblem::UnknownCommitment));
    };
    Ok(PlanTerms {
        plan_type,
        term: line.text(Column::PurchaseTerm)?.into_owned(),
        payment_option: line.text(Column::PaymentOption)?.into_owned(),
        region: line.text(Column::SavingsPlanRegion)?.into_owned(),
        family: line.text(Column::InstanceTypeFamily)?.into_owned(),
        service_code: rated.service_code.to_string(),
        currency: rated.currency.to_string(),
    })
}
