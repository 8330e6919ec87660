//! The lines about the period as a whole: fees of commitments, support, tax, credits, discounts.

use std::io;

use crate::bill::AWS_PURCHASE;
use crate::commitments::{Commitment, Plan, Reservation, Terms};
use crate::entries::{Entry, Price};
use crate::fixed::Fixed;
use crate::line::{Description, Kind, Line, PeriodFee, Planned, PlannedRow, Reserved, ReservedRow};
use crate::random::mix;
use crate::span::Span;
use crate::world::{Emit, Survey, World};

impl World {
    /// Writes the lines about the period as a whole. Their number does not depend on the survey.
    pub(crate) fn monthly(&self, survey: &Survey, emit: Emit<'_>) -> io::Result<()> {
        for (number, commitment) in self.commitments.iter().enumerate() {
            match &commitment.terms {
                Terms::Reservation(reservation) => {
                    let used = survey.used[number];
                    self.reservation_fees(number, commitment, reservation, used, emit)?;
                }
                Terms::Plan(plan) => self.plan_purchase(number, commitment.owner, plan, emit)?,
            }
        }
        let period = Span::new(self.origin, 0, self.hours);
        let last_period = Span::new(self.origin, -24 * 28, 0);
        for (number, entry) in self.entries.iter().enumerate() {
            let span = if entry.kind == Kind::Refund { &last_period } else { &period };
            emit(&self.entry_line(number, entry, span, survey))?;
        }
        Ok(())
    }

    fn entry_line<'a>(
        &'a self,
        number: usize,
        entry: &Entry,
        span: &'a Span,
        survey: &Survey,
    ) -> Line<'a> {
        let line = Line::new(
            entry.kind,
            mix(self.seed, 10_000 + number as u64),
            span,
            &self.accounts[entry.account],
            &self.products[entry.product],
        );
        let of_account = |percent| survey.usage_cost[entry.account] * percent / 100;
        let cost = match entry.price {
            Price::Quanta(quanta) => return line.using(quanta),
            Price::Of(price) => {
                return Line { rate: Some(price), cost: price, ..line };
            }
            Price::SupportPercent(percent) => {
                let share = survey.usage_cost.iter().sum::<i128>() * percent / 100;
                let price = in_cents(share).max(Fixed::whole(100));
                return Line { rate: Some(price), cost: price, ..line };
            }
            Price::Off(price) => price.negated(),
            Price::Percent(percent) => in_cents(of_account(percent)),
            Price::PercentOff(percent) => from_units(-of_account(percent)),
        };
        Line { cost, ..line }
    }

    /// Writes the fee of a reservation for the period and, if it was bought in the period, its upfront
    /// payment.
    fn reservation_fees(
        &self,
        number: usize,
        commitment: &Commitment,
        reservation: &Reservation,
        used: i64,
        emit: Emit<'_>,
    ) -> io::Result<()> {
        let active = reservation.term.within(self.hours);
        let (broken, seconds) = reservation.term.broken_hour();
        let span = Span::of_fee(self.origin, active.start, active.end, seconds);
        let unit = &self.products[reservation.product];
        let line = |kind, salt| Line {
            zone: reservation.zone.unwrap_or_default(),
            ..Line::new(
                kind,
                mix(self.seed, salt + number as u64),
                &span,
                &self.accounts[commitment.owner],
                &self.products[reservation.fee],
            )
        };
        // The part of an hour before the first whole hour covers nothing.
        let broken = reservation.number.product(broken);
        let all = unit.amount(commitment.capacity * (active.end - active.start)).plus(broken);
        let unused = all.plus(unit.amount(used).negated());
        let [recurring, upfront] =
            [reservation.recurring, reservation.upfront].map(|price| price.quotient(unit.quantum));
        let fee = PeriodFee {
            units: all,
            normalized_units: reservation.factor.product(all),
            upfront: upfront.product(all),
            unused_units: unused,
            unused_normalized_units: reservation.factor.product(unused),
            unused_upfront: upfront.product(unused),
            unused_recurring: recurring.product(unused),
        };
        emit(&Line {
            amount: fee.units,
            rate: Some(recurring),
            cost: recurring.product(all),
            description: Description::Text(&reservation.fee_description),
            reserved: Some(Reserved { reservation, row: ReservedRow::PeriodFee(fee) }),
            ..line(Kind::RiFee, 3_000)
        })?;
        if let Some((_, on_top)) = &reservation.exchange {
            return emit(&Line {
                bill: &AWS_PURCHASE,
                rate: Some(*on_top),
                cost: *on_top,
                description: Description::Text(&reservation.purchase_description),
                reserved: Some(Reserved { reservation, row: ReservedRow::Exchange }),
                ..line(Kind::Fee, 4_000)
            });
        }
        if !reservation.term.was_bought_in_period() || reservation.upfront.is_zero() {
            return Ok(());
        }
        let price = upfront.times(reservation.term.hours());
        emit(&Line {
            bill: &AWS_PURCHASE,
            amount: reservation.number,
            rate: Some(price),
            cost: price.product(reservation.number),
            description: Description::Text(&reservation.purchase_description),
            reserved: Some(Reserved { reservation, row: ReservedRow::Purchase }),
            ..line(Kind::Fee, 4_000)
        })
    }

    fn plan_purchase(
        &self,
        number: usize,
        owner: usize,
        plan: &Plan,
        emit: Emit<'_>,
    ) -> io::Result<()> {
        if !plan.term.was_bought_in_period() || plan.upfront.is_zero() {
            return Ok(());
        }
        let start = plan.term.within(self.hours).start;
        let span = Span::new(self.origin, start, start + plan.term.hours());
        let price = plan.upfront.times(plan.term.hours());
        emit(&Line {
            bill: &AWS_PURCHASE,
            rate: Some(price),
            cost: price,
            description: Description::Text(&plan.purchase_description),
            planned: Some(Planned { plan, row: PlannedRow::Purchase }),
            ..Line::new(
                Kind::SavingsPlanUpfrontFee,
                mix(self.seed, 5_000 + number as u64),
                &span,
                &self.accounts[owner],
                &self.products[plan.product],
            )
        })
    }
}

fn in_cents(units: i128) -> Fixed {
    const CENT: i128 = 100_000_000;
    from_units(units / CENT * CENT)
}

fn from_units(units: i128) -> Fixed {
    i64::try_from(units).map_or_else(
        |_| panic!("a single line costs more than a report line can"),
        Fixed::from_units,
    )
}
