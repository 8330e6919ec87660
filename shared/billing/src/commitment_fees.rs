//! What fee lines say of a commitment: what there is to hand out, hour by hour. A cell that AWS has left
//! empty is left open here; what AWS covered with the commitment may say the rest.

use std::borrow::Cow;

use cur::{BillingPeriod, Column, LineError, LineItem, UsageHour};
use money::Amount;
use pipeline::{BrokenHour, Lease, PlanTerms, ReservationFee, Units};

use crate::price::upfront_of_period;
use crate::rated_line::RatedLine;

/// Reads a reservation's fee for the period.
pub(crate) fn reservation_fee(
    line: &LineItem,
    rated: &RatedLine,
    period: BillingPeriod,
) -> Result<ReservationFee, LineError> {
    let term = Term::read(line, period)?;
    // The usage of a fee line is the units that it is for.
    let units = line.amount(Column::TotalReservedUnits)?.filter(|units| !units.is_zero());
    let units = Units {
        plain: units.unwrap_or(rated.usage_amount),
        normalized: line.amount(Column::TotalReservedNormalizedUnits)?.unwrap_or(Amount::ZERO),
    };
    let factor = line.amount(Column::NormalizationFactor)?;
    let lease = term.lease(units.plain, line.amount(Column::NumberOfReservations)?);
    let hours = term.hours.map(|term| [lease.hours, term]);
    // A fee of zero units is for nothing.
    let for_nothing = units.plain.is_zero().then_some(Amount::ZERO);
    Ok(ReservationFee {
        arn: rated.commitment.to_string(),
        service_code: rated.service_code.to_string(),
        region: rated.region.to_string(),
        usage_type: rated.usage_type.to_string(),
        operation: rated.operation.to_string(),
        availability_zone: line.text(Column::ReservationAvailabilityZone)?.into_owned(),
        tenancy: line.text(Column::Tenancy)?.into_owned(),
        deployment: line.text(Column::DeploymentOption)?.into_owned(),
        currency: rated.currency.to_string(),
        normalization_factor: factor.filter(|factor| !factor.is_zero()),
        lease,
        units,
        upfront_cost: upfront_of_period(line, rated.costs.unblended, hours)?.or(for_nothing),
        recurring_cost: rated.costs.unblended,
    })
}

/// From when to when a reservation is there, where its line says so.
struct Term {
    starts: Option<(UsageHour, u32)>,
    ends: Option<(UsageHour, u32)>,
    /// Of the whole term.
    hours: Option<u32>,
    /// The clock hours of the period that it touches.
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
        let first = starts.or(of_line).map_or(begin, |(hour, _)| hour).max(begin);
        let end = ends.map_or(close, |(hour, seconds)| hour.after(u32::from(seconds > 0)));
        let end = end.min(close);
        let hours = starts.zip(ends).map(|((starts, _), (ends, _))| ends.hours_since(starts));
        let hours = hours.and_then(|hours| u32::try_from(hours).ok());
        if first < end {
            return Ok(Self { starts: starts.or(of_line), ends, hours, first, end });
        }
        // A fee for another period, such as one that comes late: nothing of this one is its own, so that
        // all of the period is as good as any part of it.
        Ok(Self { starts: None, ends: None, hours: None, first: begin, end: close })
    }

    /// Whether the term begins, or ends, within an hour of the period.
    fn is_broken(&self) -> [bool; 2] {
        let begins = self.starts.is_some_and(|(hour, seconds)| seconds > 0 && hour == self.first);
        let ends =
            self.ends.is_some_and(|(hour, seconds)| seconds > 0 && hour.after(1) == self.end);
        [begins, ends]
    }

    /// The hours for which AWS has billed so many units. Whole clock hours come first: of 2.19 units since
    /// 21:48, one each are in the hours from 22:00 and from 23:00, and 0.19 in the hour before them. A
    /// reservation that is billed an hour less than its times say lacks its first, broken hour.
    fn lease(&self, units: Amount, number: Option<Amount>) -> Lease {
        let hours = u32::try_from(self.end.hours_since(self.first)).unwrap_or_default();
        let Some(each) = units_in_an_hour(units, number, hours) else {
            return Lease::whole(self.first, hours);
        };
        let [begins, ends] = self.is_broken();
        let whole = hours - u32::from(begins) - u32::from(ends);
        let in_whole = times(each, whole);
        let rest = units - in_whole;
        let at_begin = if begins { rest.min(each) } else { Amount::ZERO };
        let at_end = rest - at_begin;
        let is_possible = !rest.is_negative() && !at_begin.is_negative() && at_end <= each;
        if units == times(each, hours) || !is_possible || (!ends && !at_end.is_zero()) {
            return self.other_lease(units, each, hours);
        }
        let first = if at_begin.is_zero() && begins { self.first.after(1) } else { self.first };
        let hours =
            hours - u32::from(begins && at_begin.is_zero()) - u32::from(ends && at_end.is_zero());
        let broken = |number, units: Amount| {
            let is_broken = !units.is_zero() && units != each;
            is_broken.then_some(BrokenHour { number, units })
        };
        let broken_hour = broken(0, at_begin).or_else(|| broken(hours.saturating_sub(1), at_end));
        Lease { first_hour: first, hours, broken_hour }
    }

    /// Where the times say nothing of a broken hour. What is billed an hour less than its times say lacks the
    /// first. A lease whose end nothing says ends when its units do. Anything else is spread over all hours.
    fn other_lease(&self, units: Amount, each: Amount, hours: u32) -> Lease {
        let is_one_less = hours > 1 && units == times(each, hours - 1);
        if is_one_less && self.starts.is_some_and(|(hour, _)| hour == self.first) {
            return Lease::whole(self.first.after(1), hours - 1);
        }
        let billed = units.units().checked_div(each.units()).and_then(|n| u32::try_from(n).ok());
        let billed = billed.filter(|billed| *billed > 0 && units == times(each, *billed));
        match billed {
            Some(billed) if self.ends.is_none() => Lease::whole(self.first, billed.min(hours)),
            _ => Lease::whole(self.first, hours),
        }
    }
}

/// A term that ends at 21:59:59 ends with the hour.
fn full_hour((hour, seconds): (UsageHour, u32)) -> (UsageHour, u32) {
    const LAST_SECOND: u32 = 3_599;
    if seconds >= LAST_SECOND { (hour.after(1), 0) } else { (hour, seconds) }
}

/// The units of one hour: what was bought, or the smallest number that has so many units in these hours.
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

/// Reads what a plan is from the fee of one of its hours.
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
