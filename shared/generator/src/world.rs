//! The payer and its customers in one billing period, and the usage lines of every hour.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;

use chrono::{NaiveDateTime, NaiveTime};

use crate::Options;
use crate::commitments::{Commitment, Market, Terms};
use crate::coverage::{Covered, Hour};
use crate::fixed::Fixed;
use crate::fleet::{Resource, accounts, fleet, unshared_account};
use crate::line::{
    Account, Description, Kind, Line, OnDemand, Planned, PlannedRow, Reserved, ReservedRow, Span,
    Split,
};
use crate::monthly::{Entry, entries};
use crate::products::{Product, catalogue};
use crate::random::{mix, pick};
use crate::text::TAG_SETS;

/// Takes the lines of a report, one by one.
pub(crate) type Emit<'e> = &'e mut dyn FnMut(&Line<'_>) -> io::Result<()>;

pub(crate) struct World {
    pub(crate) seed: u64,
    /// The first moment of the period.
    pub(crate) origin: NaiveDateTime,
    /// The hours of the period.
    pub(crate) hours: i64,
    /// From here on the fleet runs. A small report has no room for a whole month of it.
    first_hour: i64,
    pub(crate) accounts: Vec<Account>,
    pub(crate) products: Vec<Product>,
    fleet: Vec<Resource>,
    pub(crate) commitments: Vec<Commitment>,
    /// Products that no commitment covers, by whether they cost anything.
    free: Range<usize>,
    paid: Range<usize>,
    container: usize,
    pub(crate) entries: Vec<Entry>,
}

/// What is known of a report before its first line is written.
pub(crate) struct Survey {
    /// Lines of the period as a whole, which come first, and then of each hour.
    pub(crate) monthly_lines: u64,
    pub(crate) hourly_lines: Vec<u64>,
    /// Lines of usage that no commitment can cover; they fill the report up to the asked size.
    other_usage: u64,
    /// By commitment: the quanta used in the period.
    pub(crate) used: Vec<i64>,
    /// By account, in 10⁻¹⁰: what on-demand usage costs.
    pub(crate) usage_cost: Vec<i128>,
}

impl Survey {
    pub(crate) fn lines(&self) -> u64 {
        self.monthly_lines + self.hourly_lines.iter().sum::<u64>()
    }

    fn count(&mut self, hour: i64, line: &Line<'_>, account: usize) {
        self.hourly_lines[index(hour)] += 1;
        if line.kind == Kind::Usage && !line.repeats_a_cost() {
            self.usage_cost[account] += i128::from(line.cost.units());
        }
    }
}

fn index(hour: i64) -> usize {
    usize::try_from(hour).unwrap_or_default()
}

impl World {
    pub(crate) fn new(options: &Options) -> Self {
        let origin = options.period.first_day().and_time(NaiveTime::MIN);
        let hours = (options.period.end() - options.period.first_day()).num_hours();
        let accounts = accounts(options.accounts);
        let mut products = catalogue();
        for (index, product) in products.iter_mut().enumerate() {
            product.index = index;
        }
        let (first_hour, size) = extent(options.lines, hours);
        let fleet = fleet(&products, accounts.len(), size, options.seed);
        let coverable = products.partition_point(Product::is_coverable);
        let free_end = products.partition_point(|p| p.is_coverable() || p.rate.is_zero());
        let (free, paid) = (coverable..free_end, free_end..products.len());
        let unshared = unshared_account(options).and_then(|number| usize::try_from(number).ok());
        let market = Market {
            accounts: &accounts,
            unshared,
            fleet: &fleet,
            products: &mut products,
            origin,
            running: first_hour..hours,
            seed: options.seed,
        };
        let commitments = market.commitments();
        let container = products.len();
        products.push(Product {
            index: container,
            unit: "vCPU-Hours",
            ..Product::named(
                "AmazonEKS",
                "Amazon Elastic Kubernetes Service",
                "USE1-EKS-EC2-vCPU-Hours",
                "EKSPod-EC2",
                "Split cost allocation of a pod, by vCPU",
            )
        });
        let entries = entries(&mut products, accounts.len());
        Self {
            seed: options.seed,
            origin,
            hours,
            first_hour,
            accounts,
            products,
            fleet,
            commitments,
            free,
            paid,
            container,
            entries,
        }
    }

    /// Walks through the period without writing anything: what reservations left unused stands in
    /// lines that come first.
    pub(crate) fn survey(&self, lines: u64) -> io::Result<Survey> {
        let mut survey = Survey {
            monthly_lines: 0,
            hourly_lines: vec![0; index(self.hours)],
            other_usage: 0,
            used: vec![0; self.commitments.len()],
            usage_cost: vec![0; self.accounts.len()],
        };
        let mut monthly_lines = 0;
        self.monthly(&survey, &mut |_| {
            monthly_lines += 1;
            Ok(())
        })?;
        survey.monthly_lines = monthly_lines;
        let by_id: BTreeMap<&str, usize> = self
            .accounts
            .iter()
            .enumerate()
            .map(|(at, account)| (account.id.as_str(), at))
            .collect();
        let account = |line: &Line<'_>| by_id[line.account.id.as_str()];
        let span = Span { interval: String::new(), start: String::new(), end: String::new() };
        let mut state = Hour::new();
        for hour in self.first_hour..self.hours {
            self.fill(hour, &mut state);
            for covered in &state.covered {
                survey.used[covered.commitment] += covered.quanta;
            }
            self.fleet_usage(hour, &span, &state, &mut |line| {
                survey.count(hour, line, account(line));
                Ok(())
            })?;
        }
        survey.other_usage = lines.saturating_sub(survey.lines());
        for hour in 0..self.hours {
            let count = self.other_usage_in(hour, survey.other_usage);
            self.other_usage(hour, &span, count, &mut |line| {
                survey.count(hour, line, account(line));
                Ok(())
            })?;
        }
        Ok(survey)
    }

    /// All lines of one hour.
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

    fn fill(&self, hour: i64, state: &mut Hour) {
        state.fill(hour, &self.fleet, &self.products, &self.commitments, self.hours);
    }

    /// An even share of the lines for every hour.
    fn other_usage_in(&self, hour: i64, total: u64) -> u64 {
        let until = |hour: i64| total * hour.unsigned_abs() / self.hours.unsigned_abs();
        until(hour + 1) - until(hour)
    }

    fn fleet_usage(&self, hour: i64, span: &Span, state: &Hour, emit: Emit<'_>) -> io::Result<()> {
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

    /// The key of a line is unique in its hour: by resource and, if covered, by commitment.
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

    /// One line takes back the on-demand cost of all usage that a plan covered of one kind.
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
            let place = mix(commitment as u64, mix(account as u64, mix(product as u64, zone_key)));
            let product = &self.products[product];
            let line = Line::new(
                Kind::SavingsPlanNegation,
                mix(self.seed, place),
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

    /// Every few hours: two pods that share one instance, in quanta that add up to all of it.
    fn containers(&self, hour: i64, span: &Span, emit: Emit<'_>) -> io::Result<()> {
        const EVERY: i64 = 6;
        /// Of the 32 quanta of a 2xlarge. What is left idle is divided in the same proportion.
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

    fn other_usage(&self, hour: i64, span: &Span, count: u64, emit: Emit<'_>) -> io::Result<()> {
        const SALT: u64 = 0x07e2;
        /// Of a hundred lines, so many cost nothing.
        const FREE: u64 = 68;
        for number in 0..count {
            let key = mix(self.seed ^ SALT, number);
            let menu = if key % 100 < FREE { &self.free } else { &self.paid };
            let product = &self.products[menu.start + pick(key >> 7, menu.len())];
            let most = product.hourly_quanta.unsigned_abs();
            let quanta = 1 + mix(key, 1 + hour.unsigned_abs()) % most;
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

/// The first hour in which the fleet runs, and its size, for a report of so many lines.
fn extent(lines: u64, hours: i64) -> (i64, usize) {
    /// Lines an hour that even the smallest fleet needs, and the hours that it runs at least.
    const LEAST_LINES: u64 = 70;
    const LEAST_HOURS: i64 = 16;
    /// Of the whole report, in percent: lines of the fleet, and resources in it.
    const FLEET_LINES: u64 = 60;
    const RESOURCES: u64 = 30;
    let affordable = i64::try_from(lines * FLEET_LINES / 100 / LEAST_LINES).unwrap_or(hours);
    let running = affordable.clamp(LEAST_HOURS, hours);
    let resources = lines * RESOURCES / 100 / hours.unsigned_abs();
    let size = if running < hours { 0 } else { usize::try_from(resources).unwrap_or(usize::MAX) };
    (hours - running, size)
}
