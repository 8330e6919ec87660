//! Reads the fee lines of commitments: the units that can be handed out, hour by hour. If AWS has left a cell
//! empty, it stays open here, because the usage that AWS covered with the commitment may say the rest.

use std::borrow::Cow;

use commitments::{Lease, PlanTerms, ReservationFee, Units};
use cur::{BillingPeriod, Column, LineError, LineItem, UsageHour};
use money::{Amount, apportion};

use crate::price::upfront_of_period;
use crate::rated_line::RatedLine;

/// Reads the fee of a reservation for the period.
pub(crate) fn reservation_fee(
    line: &LineItem,
    rated: &RatedLine,
    period: BillingPeriod,
) -> Result<ReservationFee, LineError> {
    let term = Term::read(line, period)?;
    let number = line.amount(Column::NumberOfReservations)?.filter(|number| !number.is_zero());
    let plain = units(line, rated, &term, number)?;
    let units = Units {
        plain,
        normalized: line.amount(Column::TotalReservedNormalizedUnits)?.unwrap_or(Amount::ZERO),
    };
    let factor = line.amount(Column::NormalizationFactor)?;
    let lease = term.lease(units.plain, number);
    // The units of the rest of the term, without those of the period.
    let each = units_in_an_hour(units.plain, number, term.clock_hours());
    let of_term = term.hours.zip(each).map(|(hours, each)| times(each, hours) - units.plain);
    let weights = of_term.map(|rest| [units.plain, rest]);
    // A fee of zero units costs nothing.
    let for_nothing = units.plain.is_zero().then_some(Amount::ZERO);
    Ok(ReservationFee {
        arn: rated.commitment.to_string(),
        sku: rated.sku(),
        availability_zone: line.text(Column::ReservationAvailabilityZone)?.into_owned(),
        tenancy: line.text(Column::Tenancy)?.into_owned(),
        deployment: line.text(Column::DeploymentOption)?.into_owned(),
        currency: rated.currency.to_string(),
        normalization_factor: factor.filter(|factor| !factor.is_zero()),
        lease,
        units,
        upfront_cost: upfront_of_period(line, rated.costs.unblended, weights)?.or(for_nothing),
        recurring_cost: rated.costs.unblended,
    })
}

/// The units of all hours of the period: the units that the fee says, or else its usage, or else the number
/// of reservations in each hour.
fn units(
    line: &LineItem,
    rated: &RatedLine,
    term: &Term,
    number: Option<Amount>,
) -> Result<Amount, LineError> {
    let said = line.amount(Column::TotalReservedUnits)?.filter(|units| !units.is_zero());
    let used = Some(rated.usage_amount).filter(|amount| !amount.is_zero());
    let of_hours = || number.map(|number| times(number, term.clock_hours()));
    Ok(said.or(used).or_else(of_hours).unwrap_or(Amount::ZERO))
}

/// The term of a reservation, as far as its line says it.
struct Term {
    starts: Option<(UsageHour, u32)>,
    ends: Option<(UsageHour, u32)>,
    /// The end of the line's own time. It is the end of the lease only if the units confirm it.
    line_ends: Option<UsageHour>,
    /// The hours of the whole term.
    hours: Option<u32>,
    /// The clock hours of the period that the term touches.
    first: UsageHour,
    end: UsageHour,
}

impl Term {
    fn read(line: &LineItem, period: BillingPeriod) -> Result<Self, LineError> {
        let (begin, close) =
            (UsageHour::midnight(period.first_day()), UsageHour::midnight(period.end()));
        let starts = line.time(Column::ReservationStartTime)?;
        let ends = line.time(Column::ReservationEndTime)?.map(full_hour);
        let of_line = line.time(Column::UsageStartDate)?;
        let line_ends = line.time(Column::UsageEndDate).unwrap_or_default().map(full_hour);
        let first = starts.or(of_line).map_or(begin, |(hour, _)| hour).max(begin);
        let end = ends.map_or(close, |(hour, seconds)| hour.after(u32::from(seconds > 0)));
        let end = end.min(close);
        let hours = starts.zip(ends).map(|((starts, _), (ends, _))| ends.hours_since(starts));
        let hours = hours.and_then(|hours| u32::try_from(hours).ok());
        let line_ends = line_ends.map(|(hour, _)| hour).filter(|hour| *hour > first);
        if first < end {
            return Ok(Self { starts: starts.or(of_line), ends, line_ends, hours, first, end });
        }
        // This fee is for another period; a fee may come late. It has no hours in this period, so its units
        // are spread over the whole period.
        let (starts, ends, line_ends, hours) = (None, None, None, None);
        Ok(Self { starts, ends, line_ends, hours, first: begin, end: close })
    }

    fn clock_hours(&self) -> u32 {
        u32::try_from(self.end.hours_since(self.first)).unwrap_or_default()
    }

    /// The seconds of the first and the last clock hour in which the reservation is valid. `None` if the
    /// reservation does not begin or end within the hour.
    fn broken(&self) -> [Option<u32>; 2] {
        const HOUR: u32 = 3_600;
        let begins = self.starts.filter(|(hour, seconds)| *seconds > 0 && *hour == self.first);
        let ends = self.ends.filter(|(hour, seconds)| *seconds > 0 && hour.after(1) == self.end);
        [begins.map(|(_, seconds)| HOUR.saturating_sub(seconds)), ends.map(|(_, seconds)| seconds)]
    }

    /// The hours for which AWS has billed these units. Whole clock hours come first. A reservation that began
    /// at 21:48 and is billed for 2.19 units has one unit from 22:00, one unit from 23:00, and 0.19 units in
    /// the hour before them. If a reservation is billed for one hour less than its times say, its first,
    /// broken hour has no units.
    fn lease(&self, units: Amount, number: Option<Amount>) -> Lease {
        let hours = self.clock_hours();
        let Some(each) = units_in_an_hour(units, number, hours) else {
            return Lease::whole(self.first, hours);
        };
        let [begins, ends] = self.broken();
        let broken = u32::from(begins.is_some()) + u32::from(ends.is_some());
        let rest = units - times(each, hours.saturating_sub(broken));
        let room = times(each, broken.min(hours));
        if rest.is_negative() || rest > room || broken == 0 || units == times(each, hours) {
            return self.other_lease(units, number, each, hours);
        }
        if hours == 1 {
            let broken_first = (rest != each && !rest.is_zero()).then_some(rest);
            return Lease { broken_first, ..Lease::whole(self.first, 1) };
        }
        let [at_begin, at_end] = match (begins, ends) {
            // One hour is missing, so the first hour is not billed.
            (Some(_), Some(_)) if rest == each => [Amount::ZERO, each],
            (Some(begins), Some(ends)) => by_seconds(rest, [begins, ends]),
            (Some(_), None) => [rest, Amount::ZERO],
            (None, _) => [Amount::ZERO, rest],
        };
        let lacks_first = begins.is_some() && at_begin.is_zero();
        let lacks_last = ends.is_some() && at_end.is_zero();
        let partly = |units: Amount| Some(units).filter(|of| !of.is_zero() && *of != each);
        Lease {
            first_hour: self.first.after(u32::from(lacks_first)),
            hours: hours - u32::from(lacks_first) - u32::from(lacks_last),
            broken_first: partly(at_begin),
            broken_last: partly(at_end),
        }
    }

    /// The lease if its times show no broken hour. If it is billed for one hour less than its times say, the
    /// first hour has no units. If its end is unknown, it ends with its line if the units confirm that, or
    /// else when the units are used up: 48 units of one instance last 48 hours. All other units are spread
    /// over all hours.
    fn other_lease(
        &self,
        units: Amount,
        number: Option<Amount>,
        each: Amount,
        hours: u32,
    ) -> Lease {
        let is_one_less = hours > 1 && units == times(each, hours - 1);
        if is_one_less && self.starts.is_some_and(|(hour, _)| hour == self.first) {
            return Lease::whole(self.first.after(1), hours - 1);
        }
        if self.ends.is_some() || units == times(each, hours) {
            return Lease::whole(self.first, hours);
        }
        let of_line = self.line_ends.map(|ends| ends.hours_since(self.first));
        let of_line = of_line.and_then(|hours| u32::try_from(hours).ok()).filter(|of| *of < hours);
        if let Some(hours) = of_line.filter(|hours| *hours > 1)
            && units_in_an_hour(units, number, hours)
                .is_some_and(|each| units == times(each, hours))
        {
            return Lease::whole(self.first, hours);
        }
        let billed = units.units().checked_div(each.units()).and_then(|n| u32::try_from(n).ok());
        let billed = billed.filter(|billed| *billed > 0 && units == times(each, *billed));
        Lease::whole(self.first, billed.map_or(hours, |billed| billed.min(hours)))
    }
}

/// Splits the units of two broken hours in proportion to the seconds in which the reservation was valid.
fn by_seconds(units: Amount, seconds: [u32; 2]) -> [Amount; 2] {
    let weights = seconds.map(|seconds| Amount::from(u64::from(seconds)));
    match apportion(units, &weights).as_deref() {
        Ok([first, last]) => [*first, *last],
        _ => [units, Amount::ZERO],
    }
}

/// A term that ends at 21:59:59 ends at 22:00.
fn full_hour((hour, seconds): (UsageHour, u32)) -> (UsageHour, u32) {
    const LAST_SECOND: u32 = 3_599;
    if seconds >= LAST_SECOND { (hour.after(1), 0) } else { (hour, seconds) }
}

/// The units of one hour: the number that was bought. If the number is unknown, the units are divided by the
/// hours and rounded up. For example, 2.19 units in three hours are one unit in an hour.
fn units_in_an_hour(units: Amount, number: Option<Amount>, hours: u32) -> Option<Amount> {
    if let Some(number) = number.filter(|number| !number.is_negative() && !number.is_zero()) {
        return Some(number);
    }
    let in_an_hour = times(Amount::from(1), hours).units();
    let is_there = in_an_hour > 0 && units.units() > 0;
    let number = is_there.then(|| units.units().div_euclid(in_an_hour))?;
    let is_even = units.units().rem_euclid(in_an_hour) == 0;
    u64::try_from(number + i128::from(!is_even)).ok().map(Amount::from)
}

fn times(amount: Amount, number: u32) -> Amount {
    Amount::from_units(amount.units().saturating_mul(number.into()))
}

/// Reads the terms of a plan from the fee of one of its hours.
pub(crate) fn plan_terms(line: &LineItem, rated: &RatedLine) -> Result<PlanTerms, LineError> {
    let text = |column| line.text(column).map(Cow::into_owned);
    Ok(PlanTerms {
        offering_type: text(Column::OfferingType)?,
        term: text(Column::PurchaseTerm)?,
        payment_option: text(Column::PaymentOption)?,
        region: text(Column::SavingsPlanRegion)?,
        family: text(Column::InstanceTypeFamily)?,
        service_code: rated.service_code.to_string(),
        usage_type: rated.usage_type.to_string(),
        currency: rated.currency.to_string(),
    })
}
