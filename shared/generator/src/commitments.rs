//! The reserved instances and savings plans that a generated payer and its customers own.

use std::cmp::Reverse;

use chrono::NaiveDateTime;

use crate::account::Account;
use crate::fixed::Fixed;
use crate::fleet::Resource;
use crate::habits::Habits;
use crate::issuer::Issuer;
use crate::products::{PlanType, Product, Reach, Region};
use crate::purchases::{
    Owner, Payment, PlanPurchase, RESERVATIONS, ReservationPurchase, SAVINGS_PLANS, Time, UNKNOWN,
};
use crate::random::{self, mix, pick};
use crate::span::{HOUR, time_text};
use crate::text::Cell;

const HOURS_A_YEAR: i64 = 365 * 24;

/// A commitment that is bought at 21:48:36 has 684 seconds left of that hour, which AWS prints as 0.19
/// hours.
const BROKEN: Fixed = Fixed::of("0.19");
const BROKEN_SECONDS: i64 = 684;

impl Payment {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "No Upfront",
            Self::Partial => "Partial Upfront",
            Self::All => "All Upfront",
        }
    }

    /// Divides an hourly price into the part that is paid every hour and the part that is paid at the
    /// beginning.
    fn parts(self, price: Fixed) -> (Fixed, Fixed) {
        let half = price.quotient(Fixed::whole(2));
        match self {
            Self::None => (price, Fixed::ZERO),
            Self::Partial => (half, half),
            Self::All => (Fixed::ZERO, price),
        }
    }
}

/// When a commitment begins and ends, in hours from the start of the billing period.
pub(crate) struct Term {
    start: i64,
    end: i64,
    years: i64,
    /// Whether the term began within the hour before its first whole hour.
    is_broken: bool,
    pub(crate) start_time: String,
    pub(crate) end_time: String,
}

impl Term {
    fn new(
        origin: NaiveDateTime,
        hours: std::ops::Range<i64>,
        years: i64,
        is_broken: bool,
    ) -> Self {
        let std::ops::Range { start, end } = hours;
        let begun = start * HOUR - i64::from(is_broken) * BROKEN_SECONDS;
        // A term of AWS ends one second before a new one could begin.
        let [start_time, end_time] = [begun, begun + (end - start) * HOUR - 1]
            .map(|second| format!("{}.000Z", time_text(origin, second)));
        Self { start, end, years, is_broken, start_time, end_time }
    }

    /// The hours that the upfront price pays for.
    pub(crate) fn hours(&self) -> i64 {
        self.end - self.start
    }

    pub(crate) fn name(&self) -> &'static str {
        if self.years == 1 { "1yr" } else { "3yr" }
    }

    /// The whole hours of the period that are in the term.
    pub(crate) fn within(&self, period_hours: i64) -> std::ops::Range<i64> {
        self.start.max(0)..self.end.clamp(0, period_hours)
    }

    pub(crate) fn was_bought_in_period(&self) -> bool {
        self.start >= 0
    }

    /// The part of an hour before the first whole hour, and how many seconds it has.
    pub(crate) fn broken_hour(&self) -> (Fixed, i64) {
        if self.is_broken && self.was_bought_in_period() {
            (BROKEN, BROKEN_SECONDS)
        } else {
            (Fixed::ZERO, 0)
        }
    }
}

pub(crate) struct Reservation {
    /// The index of the product that one unit is.
    pub(crate) product: usize,
    /// The index of the product on its fee lines.
    pub(crate) fee: usize,
    /// The usage type on covered lines, if it differs from the product's.
    pub(crate) covered_usage_type: Option<&'static str>,
    /// The zone of a zonal reservation.
    pub(crate) zone: Option<&'static str>,
    /// The zone that fee lines print.
    pub(crate) printed_zone: &'static str,
    /// How many instances or units of capacity are reserved.
    pub(crate) number: Fixed,
    /// The normalized units of one instance.
    pub(crate) factor: Fixed,
    pub(crate) payment: Payment,
    pub(crate) offering_class: &'static str,
    /// The part of one quantum's hourly price that is paid every hour.
    pub(crate) recurring: Fixed,
    /// The part of one quantum's hourly price that is paid at the beginning.
    pub(crate) upfront: Fixed,
    /// The upfront payment for all quanta and the whole term.
    pub(crate) upfront_value: Fixed,
    pub(crate) arn: String,
    /// The ARN of the exchange in which it was received, and the payment on top.
    pub(crate) exchange: Option<(String, Fixed)>,
    pub(crate) subscription_id: String,
    pub(crate) fee_description: Cell,
    pub(crate) purchase_description: Cell,
    pub(crate) term: Term,
    pub(crate) habits: Habits,
}

pub(crate) struct Plan {
    covers: PlanType,
    /// The family and the region of an EC2 Instance plan.
    pub(crate) family: Option<(&'static str, &'static Region)>,
    /// The region that the plan's lines print.
    pub(crate) printed_region: &'static str,
    pub(crate) payment: Payment,
    /// The cost of a covered quantum of any product.
    pub(crate) quantum_rate: Fixed,
    /// The hourly commitment: the sum of the recurring and the upfront part.
    pub(crate) commitment: Fixed,
    pub(crate) recurring: Fixed,
    pub(crate) upfront: Fixed,
    pub(crate) arn: String,
    /// The index of the product on its fee lines.
    pub(crate) product: usize,
    pub(crate) purchase_description: Cell,
    pub(crate) term: Term,
    pub(crate) habits: Habits,
}

impl Plan {
    pub(crate) fn covers(&self, product: &Product) -> bool {
        is_covered(product, self.covers, self.family)
    }

    /// The plan's rate for a product. A quantum of any product costs the same, so a product with a larger
    /// quantum has a lower rate for one unit.
    pub(crate) fn rate(&self, product: &Product) -> Fixed {
        self.quantum_rate.quotient(product.quantum)
    }

    pub(crate) fn offering(&self) -> &'static str {
        match (self.covers, self.family) {
            (_, Some(_)) => "EC2InstanceSavingsPlans",
            (PlanType::Compute, None) => "ComputeSavingsPlans",
            (PlanType::MachineLearning, _) => "SageMakerSavingsPlans",
            (PlanType::Database, _) => "DatabaseSavingsPlans",
        }
    }
}

/// Whether a plan covers a product. An EC2 Instance plan covers one family in one region.
fn is_covered(product: &Product, plan: PlanType, family: Option<(&str, &Region)>) -> bool {
    let is_of_family = family.is_none_or(|(family, region)| {
        product.is_instance() && product.family == family && product.region.code == region.code
    });
    product.plan == Some(plan) && is_of_family
}

pub(crate) enum Terms {
    Reservation(Reservation),
    Plan(Plan),
}

/// The turn in which AWS applies a commitment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Turn {
    Zonal,
    Regional,
    InstancePlan,
    OtherPlan,
}

pub(crate) const TURNS: [Turn; 4] =
    [Turn::Zonal, Turn::Regional, Turn::InstancePlan, Turn::OtherPlan];

pub(crate) struct Commitment {
    pub(crate) terms: Terms,
    pub(crate) turn: Turn,
    pub(crate) owner: usize,
    /// How many quanta it can cover in an hour.
    pub(crate) capacity: i64,
    /// The indices of the owner's resources that it may cover, in AWS's order.
    pub(crate) own: Vec<usize>,
    /// The indices of other accounts' resources that it may cover, in AWS's order.
    pub(crate) others: Vec<usize>,
}

impl Commitment {
    pub(crate) fn arn(&self) -> &str {
        match &self.terms {
            Terms::Reservation(reservation) => &reservation.arn,
            Terms::Plan(plan) => &plan.arn,
        }
    }

    pub(crate) fn term(&self) -> &Term {
        match &self.terms {
            Terms::Reservation(reservation) => &reservation.term,
            Terms::Plan(plan) => &plan.term,
        }
    }
}

const BEFORE: i64 = -3_111;
/// The term of one year ends in the middle of the period.
const EXPIRING: i64 = 15 * 24 - HOURS_A_YEAR;
/// Bought on the second day.
const BOUGHT: i64 = 36;

/// Everything that commitments are made from.
pub(crate) struct Market<'a> {
    pub(crate) accounts: &'a [Account],
    /// The account for which sharing is switched off.
    pub(crate) unshared: Option<usize>,
    pub(crate) fleet: &'a [Resource],
    /// The products for fees are added to this list.
    pub(crate) products: &'a mut Vec<Product>,
    pub(crate) origin: NaiveDateTime,
    /// The hours in which the fleet runs.
    pub(crate) running: std::ops::Range<i64>,
    pub(crate) seed: u64,
}

impl Market<'_> {
    /// All commitments in the order of their ARNs. This order decides when all other criteria are equal.
    pub(crate) fn commitments(mut self) -> Vec<Commitment> {
        let mut all: Vec<Commitment> = Vec::new();
        let unknown = &UNKNOWN[pick(self.key(0), UNKNOWN.len())];
        for purchase in RESERVATIONS.iter().chain([unknown]) {
            all.push(self.reservation(purchase, all.len(), all.last()));
        }
        for purchase in &SAVINGS_PLANS {
            all.push(self.savings_plan(purchase, all.len()));
        }
        all.sort_by(|a, b| a.arn().cmp(b.arn()));
        all
    }

    fn key(&self, number: usize) -> u64 {
        mix(self.seed, 100 + number as u64)
    }

    fn reservation(
        &mut self,
        purchase: &ReservationPurchase,
        number: usize,
        before: Option<&Commitment>,
    ) -> Commitment {
        let is_unit = |product: &Product| {
            product.usage_type == purchase.usage_type && product.operation == purchase.operation
        };
        let Some(unit_index) = self.products.iter().position(is_unit) else {
            panic!("the catalogue has no {}", purchase.usage_type);
        };
        let unit = &self.products[unit_index];
        let habits = Habits::of_reservation(Issuer::of(unit), self.key(number));
        let mut eligible = self.eligible(|product, zone| match (purchase.zone, unit.reach) {
            (Some(reserved_zone), _) => product.index == unit_index && zone == reserved_zone,
            (None, Reach::Family) => {
                product.reach == Reach::Family
                    && (product.code, product.family, product.region.code)
                        == (unit.code, unit.family, unit.region.code)
            }
            _ => product.index == unit_index,
        });
        eligible.sort_by_key(|at| {
            let resource = &self.fleet[*at];
            (self.products[resource.product].hourly_quanta, resource.account, *at)
        });
        // How many quanta one unit of the reservation has. An instance has several; for capacity one
        // quantum is enough.
        let of_one = if unit.varies { 1 } else { unit.hourly_quanta };
        let capacity = (self.quanta(&eligible) * purchase.share / 100 / of_one).max(1) * of_one;
        if !Issuer::of(unit).is_known() && !habits.shows_what_is_covered() {
            eligible.clear();
        }
        let owner = self.owner(purchase.owner, |product| product.index == unit_index);
        let turn = if purchase.zone.is_some() { Turn::Zonal } else { Turn::Regional };
        let deal = Deal { purchase, number, unit_index, capacity, owner, habits };
        let terms = self.reservation_terms(deal, before);
        self.commitment(Terms::Reservation(terms), turn, owner, capacity, eligible)
    }

    fn reservation_terms(&mut self, deal: Deal<'_>, before: Option<&Commitment>) -> Reservation {
        let Deal { purchase, number, unit_index, capacity, owner, habits } = deal;
        let fee =
            reservation_fee(purchase, &self.products[unit_index], &habits, self.products.len());
        let unit = &self.products[unit_index];
        let uuid = random::uuid(self.key(number));
        let subscription_id = (20_000_000_001 + number as u64).to_string();
        let owner_id = &self.accounts[owner].id;
        let discounted = if purchase.years == 1 { 60 } else { 45 };
        let price = unit.quantum_cost().times(discounted).quotient(Fixed::whole(100));
        let (recurring, upfront) = purchase.payment.parts(price);
        let term = self.term(purchase, &habits);
        let upfront_value = upfront.times(capacity).times(term.hours());
        let exchange = before.filter(|_| purchase.time == Time::Received).map(|given| {
            let left = match &given.terms {
                Terms::Reservation(given_up) => given_up.upfront.times(given.capacity),
                Terms::Plan(_) => Fixed::ZERO,
            };
            let on_top = upfront.times(capacity).plus(left.negated()).times(term.hours());
            let arn = format!(
                "arn:aws:ec2:{}:{owner_id}:reserved-instance-exchange/riex-{uuid}",
                unit.region.code
            );
            (arn, on_top.max(Fixed::ZERO))
        });
        let fee_description = format!(
            "{} hourly fee per {}, {}",
            purchase.payment.name(),
            unit.usage_type,
            purchase.offering_class
        );
        let purchase_description =
            format!("Sign up charge for subscription: {subscription_id}, planId: {number}");
        let reservation = Reservation {
            product: unit_index,
            fee: fee.index,
            covered_usage_type: purchase.fee.filter(|_| Issuer::of(unit) == Issuer::DedicatedHosts),
            zone: purchase.zone,
            printed_zone: purchase
                .zone
                .unwrap_or_else(|| habits.regional_zone(Issuer::of(unit), unit.region)),
            number: unit.amount(capacity),
            factor: unit.normalization_factor,
            payment: purchase.payment,
            offering_class: purchase.offering_class,
            recurring,
            upfront,
            upfront_value,
            arn: Issuer::of(unit).arn(unit.region.code, owner_id, &uuid),
            exchange,
            subscription_id,
            fee_description: Cell::new(&fee_description),
            purchase_description: Cell::new(&purchase_description),
            term,
            habits,
        };
        self.products.push(fee);
        reservation
    }

    fn term(&self, purchase: &ReservationPurchase, habits: &Habits) -> Term {
        let exchange = i64::midpoint(self.running.start, self.running.end);
        let of_years = |start| start..start + purchase.years * HOURS_A_YEAR;
        let hours = match purchase.time {
            Time::Before => of_years(BEFORE),
            Time::Expiring => of_years(EXPIRING),
            Time::Bought => of_years(BOUGHT),
            Time::BoughtLate => of_years(self.running.start + 3),
            Time::GivenUp => BEFORE..exchange,
            Time::Received => exchange..BEFORE + HOURS_A_YEAR,
        };
        let may_break = matches!(purchase.time, Time::Before | Time::Bought | Time::BoughtLate);
        Term::new(self.origin, hours, purchase.years, may_break && habits.begins_within_an_hour())
    }

    fn savings_plan(&mut self, purchase: &PlanPurchase, number: usize) -> Commitment {
        let covers = |product: &Product| is_covered(product, purchase.plan, purchase.family);
        let mut eligible = self.eligible(|product, _| covers(product));
        // Under the plan a quantum of any product costs the same, so a quantum with a higher on-demand
        // price has a larger saving.
        eligible.sort_by_key(|at| {
            let resource = &self.fleet[*at];
            let product = &self.products[resource.product];
            let saving = Reverse(product.quantum_cost());
            (saving, Reverse(product.quantum), resource.account, *at)
        });
        // With an odd capacity, the last covered resource is covered in part.
        let capacity = (self.quanta(&eligible) * purchase.share / 100).max(3) | 1;
        let owner = self.owner(purchase.owner, covers);
        let is_bought = purchase.is_bought || self.running.start > 0;
        let start = if is_bought { self.running.start } else { BEFORE };
        let hours = start..start + purchase.years * HOURS_A_YEAR;
        let term = Term::new(self.origin, hours, purchase.years, false);
        let quantum_rate = Fixed::of(purchase.quantum_rate);
        let commitment = quantum_rate.times(capacity);
        let (recurring, upfront) = purchase.payment.parts(commitment);
        let uuid = random::uuid(self.key(number));
        let fee = plan_fee(purchase, &term, self.products.len());
        let habits = Habits::of_plan(self.key(number));
        let plan = Plan {
            covers: purchase.plan,
            family: purchase.family,
            printed_region: habits.plan_region(purchase.family.map(|(_, region)| region)),
            payment: purchase.payment,
            quantum_rate,
            commitment,
            recurring,
            upfront,
            product: fee.index,
            purchase_description: Cell::new(&format!(
                "One-time fee for {} {} {}, Savings Plan ID: {uuid}",
                term.name(),
                purchase.payment.name(),
                fee.code
            )),
            arn: format!("arn:aws:savingsplans::{}:savingsplan/{uuid}", self.accounts[owner].id),
            term,
            habits,
        };
        self.products.push(fee);
        let turn = if plan.family.is_some() { Turn::InstancePlan } else { Turn::OtherPlan };
        self.commitment(Terms::Plan(plan), turn, owner, capacity, eligible)
    }

    fn commitment(
        &self,
        terms: Terms,
        turn: Turn,
        owner: usize,
        capacity: i64,
        eligible: Vec<usize>,
    ) -> Commitment {
        let is_own = |at: &usize| self.fleet[*at].account == owner;
        let (own, mut others): (Vec<usize>, Vec<usize>) = eligible.into_iter().partition(is_own);
        // An account without sharing neither lends nor borrows commitments.
        others.retain(|at| {
            self.unshared
                .is_none_or(|unshared| unshared != owner && unshared != self.fleet[*at].account)
        });
        Commitment { terms, turn, owner, capacity, own, others }
    }

    fn eligible(&self, covers: impl Fn(&Product, &str) -> bool) -> Vec<usize> {
        let resources = self.fleet.iter().enumerate();
        resources
            .filter(|(_, resource)| covers(&self.products[resource.product], resource.zone))
            .map(|(at, _)| at)
            .collect()
    }

    fn quanta(&self, eligible: &[usize]) -> i64 {
        let products = eligible.iter().map(|at| &self.products[self.fleet[*at].product]);
        products.map(|product| product.hourly_quanta).sum()
    }

    fn owner(&self, owner: Owner, covers: impl Fn(&Product) -> bool) -> usize {
        let mut users = self.fleet.iter().filter(|used| covers(&self.products[used.product]));
        match owner {
            Owner::Payer => 0,
            Owner::User => users.next().map_or(0, |user| user.account),
            Owner::Account(number) => 1 + number % (self.accounts.len() - 1),
        }
    }
}

/// A reservation that is being made: who bought how much of which product.
struct Deal<'p> {
    purchase: &'p ReservationPurchase,
    number: usize,
    /// The index of the product in the catalogue.
    unit_index: usize,
    capacity: i64,
    owner: usize,
    habits: Habits,
}

/// The product on the fee lines of a reservation. AWS's price list has no fees, so the columns that come
/// from it may be empty on fee lines, the region too.
fn reservation_fee(
    purchase: &ReservationPurchase,
    unit: &Product,
    habits: &Habits,
    index: usize,
) -> Product {
    let (before, kind) = unit.usage_type.split_once(':').unwrap_or_default();
    let prefix = unit.region.prefix;
    let is_multi = before.contains("Multi-AZ") && habits.names_deployment();
    let usage = if is_multi { "Multi-AZHeavyUsage" } else { "HeavyUsage" };
    let usage_type = purchase.fee.map_or_else(|| format!("{prefix}{usage}:{kind}"), str::to_owned);
    let name = unit.attributes.iter().filter(|(name, _)| *name == "product_name");
    let region_columns = ["location", "location_type", "region", "region_code"];
    let described = unit.attributes.iter().filter(|(name, _)| region_columns.contains(name));
    let described = described.filter(|_| habits.describes_fees());
    Product {
        index,
        region: unit.region,
        unit: unit.unit,
        attributes: name.chain(described).cloned().collect(),
        ..Product::named(unit.code, "", &usage_type, unit.operation, "")
    }
}

fn plan_fee(purchase: &PlanPurchase, term: &Term, index: usize) -> Product {
    let option = format!("{}{}", term.name(), purchase.payment.name().replace(' ', ""));
    let words = format!("{} {}", term.name(), purchase.payment.name());
    let (code, name, usage, words) = match (purchase.plan, purchase.family) {
        (PlanType::Compute, Some((family, region))) => (
            "ComputeSavingsPlans",
            "Savings Plans for AWS Compute usage",
            format!("{}EC2SP:{family}.{option}", region.prefix),
            format!("{words} {family} EC2 Instance Savings Plan in {}", region.code),
        ),
        (PlanType::Compute, None) => (
            "ComputeSavingsPlans",
            "Savings Plans for AWS Compute usage",
            format!("ComputeSP:{option}"),
            format!("{words} Compute Savings Plan"),
        ),
        (PlanType::MachineLearning, _) => (
            "MachineLearningSavingsPlans",
            "Savings Plans for AWS Machine Learning usage",
            format!("SageMakerSP:{option}"),
            format!("{words} SageMaker Savings Plan"),
        ),
        (PlanType::Database, _) => (
            "DatabaseSavingsPlans",
            "Savings Plans for AWS Database usage",
            format!("DatabaseSP:{option}"),
            format!("{words} Database Savings Plan"),
        ),
    };
    Product { index, ..Product::named(code, name, &usage, "", &words) }
}
