//! The lines of one hour: usage of the fleet, covered or on demand, fees of plans, and other usage.

use std::collections::BTreeMap;
use std::io;

use crate::commitments::Terms;
use crate::coverage::{Covered, Hour};
use crate::fixed::Fixed;
use crate::fleet::Resource;
use crate::line::{
    Description, Kind, Line, OnDemand, Planned, PlannedRow, Reserved, ReservedRow, Split,
};
use crate::random::{mix, pick};
use crate::span::Span;
use crate::text::TAG_SETS;
use crate::world::{Emit, Survey, World};

impl World {
    /// Writes all lines of one hour.
    pub(crate) fn hour(
        &self,
        hour: i64,
        survey: &Survey,
        state: &mut Hour,
        emit: Emit<'_>,
    ) -> io::Result<()> {
        let span = Span::new(self.origin, hour, hour + 1);
        if hour >= self.first_hour {
            self.fill(hour, state);
            self.fleet_usage(hour, &span, state, emit)?;
        }
        self.other_usage(hour, &span, self.other_usage_in(hour, survey.other_usage), emit)
    }

    pub(crate) fn fill(&self, hour: i64, state: &mut Hour) {
        state.fill(hour, &self.fleet, &self.products, &self.commitments, self.hours);
    }

    /// How many lines of other usage an hour has. The lines are spread evenly over the hours.
    pub(crate) fn other_usage_in(&self, hour: i64, total: u64) -> u64 {
        let until = |hour: i64| total * hour.unsigned_abs() / self.hours.unsigned_abs();
        until(hour + 1) - until(hour)
    }

    pub(crate) fn fleet_usage(
        &self,
        hour: i64,
        span: &Span,
        state: &Hour,
        emit: Emit<'_>,
    ) -> io::Result<()> {
        for covered in &state.covered {
            emit(&self.covered_line(span, covered))?;
        }
        for (resource, quanta) in self.fleet.iter().zip(&state.on_demand) {
            if *quanta > 0 {
                emit(&self.resource_line(Kind::Usage, span, resource, 0).using(*quanta))?;
            }
        }
        self.negations(span, state, emit)?;
        self.plan_fees(span, state, emit)?;
        self.containers(hour, span, emit)
    }

    /// The line of a resource. The salt depends on the commitment that covers the line, so that the line's
    /// key is unique in its hour.
    fn resource_line<'a>(
        &'a self,
        kind: Kind,
        span: &'a Span,
        resource: &'a Resource,
        salt: u64,
    ) -> Line<'a> {
        Line {
            zone: resource.zone,
            resource: Some(resource.key),
            tag_set: tag_set(resource.key),
            ..Line::new(
                kind,
                mix(resource.key, salt),
                span,
                &self.accounts[resource.account],
                &self.products[resource.product],
            )
        }
    }

    fn covered_line<'a>(&'a self, span: &'a Span, covered: &Covered) -> Line<'a> {
        let resource = &self.fleet[covered.resource];
        let salt = 1 + covered.commitment as u64;
        let quanta = covered.quanta;
        match &self.commitments[covered.commitment].terms {
            Terms::Reservation(reservation) => {
                let line =
                    self.resource_line(Kind::DiscountedUsage, span, resource, salt).using(quanta);
                let row = ReservedRow::Covered {
                    upfront: reservation.upfront.times(quanta),
                    recurring: reservation.recurring.times(quanta),
                };
                Line {
                    usage_type: reservation.covered_usage_type.unwrap_or(line.usage_type),
                    rate: Some(Fixed::ZERO),
                    cost: Fixed::ZERO,
                    description: Description::Text(&line.product.reserved_description),
                    reserved: Some(Reserved { reservation, row }),
                    ..line
                }
            }
            Terms::Plan(plan) => {
                let line = self
                    .resource_line(Kind::SavingsPlanCoveredUsage, span, resource, salt)
                    .using(quanta);
                let row = PlannedRow::Covered {
                    rate: plan.rate(line.product),
                    effective_cost: plan.quantum_rate.times(quanta),
                };
                Line { planned: Some(Planned { plan, row }), ..line }
            }
        }
    }

    /// Writes the negations. One line gives back the on-demand cost of all usage of one product in one
    /// account and zone that a plan covered.
    fn negations(&self, span: &Span, state: &Hour, emit: Emit<'_>) -> io::Result<()> {
        let mut groups: BTreeMap<(usize, usize, usize, &str), i64> = BTreeMap::new();
        for covered in &state.covered {
            if let Terms::Plan(_) = self.commitments[covered.commitment].terms {
                let resource = &self.fleet[covered.resource];
                let group = (covered.commitment, resource.account, resource.product, resource.zone);
                *groups.entry(group).or_default() += covered.quanta;
            }
        }
        for ((commitment, account, product, zone), quanta) in groups {
            let Terms::Plan(plan) = &self.commitments[commitment].terms else {
                continue;
            };
            let zone_key = zone.bytes().fold(0, |key, byte| mix(key, byte.into()));
            let group_key =
                mix(commitment as u64, mix(account as u64, mix(product as u64, zone_key)));
            let product = &self.products[product];
            let line = Line::new(
                Kind::SavingsPlanNegation,
                mix(self.seed, group_key),
                span,
                &self.accounts[account],
                product,
            );
            emit(&Line {
                zone,
                description: Description::Negation,
                planned: Some(Planned { plan, row: PlannedRow::Negation }),
                on_demand: Some(OnDemand { rate: product.rate, cost: Fixed::ZERO }),
                ..line.using(-quanta)
            })?;
        }
        Ok(())
    }

    fn plan_fees(&self, span: &Span, state: &Hour, emit: Emit<'_>) -> io::Result<()> {
        for (number, commitment) in self.commitments.iter().enumerate() {
            let Terms::Plan(plan) = &commitment.terms else {
                continue;
            };
            let used = plan.quantum_rate.times(commitment.capacity - state.unused[number]);
            emit(&Line {
                rate: Some(plan.recurring),
                cost: plan.recurring,
                planned: Some(Planned { plan, row: PlannedRow::HourlyFee { used } }),
                ..Line::new(
                    Kind::SavingsPlanRecurringFee,
                    mix(self.seed, 1_000 + number as u64),
                    span,
                    &self.accounts[commitment.owner],
                    &self.products[plan.product],
                )
            })?;
        }
        Ok(())
    }

    /// Writes the lines of two pods that share one instance, every few hours. Their quanta add up to the
    /// instance.
    fn containers(&self, hour: i64, span: &Span, emit: Emit<'_>) -> io::Result<()> {
        const EVERY: i64 = 6;
        /// How many of the 32 quanta of a 2xlarge each pod uses. The idle quanta are divided in proportion.
        const PODS: [i64; 2] = [5, 11];
        let is_parent = |resource: &&Resource| self.products[resource.product].hourly_quanta == 32;
        let Some(parent) = self.fleet.iter().find(is_parent) else {
            return Ok(());
        };
        let instance = &self.products[parent.product];
        if hour % EVERY != 0 || parent.quanta(instance, hour) != 32 {
            return Ok(());
        }
        for pod in PODS {
            let ratio = Fixed::whole(pod).quotient(Fixed::whole(16));
            let cost = instance.quantum_cost().times(pod);
            let salt = 2_000 + pod.unsigned_abs();
            let line = self.resource_line(Kind::Usage, span, parent, salt);
            let container = &self.products[self.container];
            emit(&Line {
                product: container,
                usage_type: &container.usage_type,
                operation: container.operation,
                description: Description::Text(&container.description),
                amount: ratio.times(8),
                cost: cost.plus(cost),
                split: Some(Split {
                    parent: parent.key,
                    ratio,
                    used_cost: cost,
                    unused_cost: cost,
                }),
                ..line
            })?;
        }
        Ok(())
    }

    pub(crate) fn other_usage(
        &self,
        hour: i64,
        span: &Span,
        count: u64,
        emit: Emit<'_>,
    ) -> io::Result<()> {
        const SALT: u64 = 0x07e2;
        /// How many of a hundred lines cost nothing.
        const FREE: u64 = 68;
        let mut to_correct = self.revision;
        for number in 0..count {
            // What has one number is one resource, hour after hour.
            let key = mix(self.seed ^ SALT, number);
            let is_free = key % 100 < FREE;
            let menu = if is_free { &self.free } else { &self.paid };
            let product = &self.products[menu.start + pick(key >> 7, menu.len())];
            let most = product.hourly_quanta.unsigned_abs();
            let measured = 1 + mix(key, 1 + hour.unsigned_abs()) % most;
            let is_corrected = !is_free && most > 1 && to_correct > 0;
            to_correct -= u32::from(is_corrected);
            let quanta = if is_corrected { measured.div_ceil(2) } else { measured };
            // The payer has a little usage of its own.
            let account = match (key >> 20) % 64 {
                0 => 0,
                _ => 1 + pick(key >> 26, self.accounts.len() - 1),
            };
            let line = Line::new(Kind::Usage, key, span, &self.accounts[account], product);
            emit(&Line {
                resource: product.resource.is_some().then_some(key),
                tag_set: tag_set(key),
                ..line.using(i64::try_from(quanta).unwrap_or_default())
            })?;
        }
        Ok(())
    }
}

/// Half of all resources are not tagged.
fn tag_set(key: u64) -> usize {
    if key & 8 == 0 { 0 } else { 1 + pick(key >> 44, TAG_SETS - 1) }
}
