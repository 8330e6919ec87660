//! The reserved instances and savings plans that a generated payer and its customers own.

use std::cmp::Reverse;

use chrono::NaiveDateTime;

use crate::fixed::Fixed;
use crate::fleet::Resource;
use crate::line::{Account, time_text};
use crate::products::{Coverage, Product, Region, TOKYO, VIRGINIA};
use crate::random;
use crate::text::Cell;

const HOURS_A_YEAR: i64 = 365 * 24;

/// How much of the price is paid upfront.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Payment {
    None,
    Partial,
    All,
}

impl Payment {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "No Upfront",
            Self::Partial => "Partial Upfront",
            Self::All => "All Upfront",
        }
    }

    /// An hourly price in its two parts: paid every hour, and paid at the beginning.
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
    years: i64,
    pub(crate) start_time: String,
    pub(crate) end_time: String,
}

impl Term {
    fn new(origin: NaiveDateTime, start: i64, years: i64) -> Self {
        let end = start + years * HOURS_A_YEAR;
        let [start_time, end_time] =
            [start, end].map(|hour| format!("{}.000Z", time_text(origin, hour)));
        Self { start, years, start_time, end_time }
    }

    pub(crate) fn hours(&self) -> i64 {
        self.years * HOURS_A_YEAR
    }

    pub(crate) fn name(&self) -> &'static str {
        if self.years == 1 { "1yr" } else { "3yr" }
    }

    /// The hours of the period in which the commitment is there.
    pub(crate) fn within(&self, period_hours: i64) -> std::ops::Range<i64> {
        self.start.max(0)..(self.start + self.hours()).clamp(0, period_hours)
    }

    pub(crate) fn was_bought_in_period(&self) -> bool {
        self.start >= 0
    }
}

pub(crate) struct Reservation {
    /// What one of its units is.
    pub(crate) product: usize,
    /// Set when it is zonal.
    pub(crate) zone: Option<&'static str>,
    pub(crate) count: i64,
    pub(crate) payment: Payment,
    pub(crate) offering_class: &'static str,
    /// The hourly price of one quantum, by when it is paid.
    pub(crate) recurring: Fixed,
    pub(crate) upfront: Fixed,
    pub(crate) arn: String,
    pub(crate) subscription_id: String,
    /// `HeavyUsage:m5.large`, what the fee lines have.
    pub(crate) fee_usage_type: String,
    pub(crate) fee_description: Cell,
    pub(crate) purchase_description: Cell,
    pub(crate) term: Term,
}

pub(crate) struct Plan {
    /// Set for an EC2 Instance plan, with its region.
    pub(crate) family: Option<(&'static str, &'static Region)>,
    pub(crate) payment: Payment,
    /// What a covered quantum costs, whatever the product.
    pub(crate) quantum_rate: Fixed,
    /// The hourly commitment and its two parts.
    pub(crate) commitment: Fixed,
    pub(crate) recurring: Fixed,
    pub(crate) upfront: Fixed,
    pub(crate) arn: String,
    /// What its fee lines are for.
    pub(crate) product: usize,
    pub(crate) purchase_description: Cell,
    pub(crate) term: Term,
}

impl Plan {
    pub(crate) fn covers(&self, product: &Product) -> bool {
        is_covered(product, self.family)
    }

    /// A quantum costs the same whatever the product, so a larger quantum means a lower rate a unit.
    pub(crate) fn rate(&self, product: &Product) -> Fixed {
        self.quantum_rate.quotient(product.quantum)
    }
}

/// Whether a plan covers a product: an EC2 Instance plan has a family and a region.
fn is_covered(product: &Product, family: Option<(&str, &Region)>) -> bool {
    match (family, product.coverage) {
        (_, Coverage::None | Coverage::Database) => false,
        (Some((family, region)), coverage) => {
            matches!(coverage, Coverage::Instance { .. })
                && product.family == family
                && product.region.code == region.code
        }
        (None, _) => true,
    }
}

pub(crate) enum Terms {
    Reservation(Reservation),
    Plan(Plan),
}

/// In which turn a commitment is applied.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Turn {
    Zonal,
    Regional,
    InstancePlan,
    ComputePlan,
}

pub(crate) const TURNS: [Turn; 4] =
    [Turn::Zonal, Turn::Regional, Turn::InstancePlan, Turn::ComputePlan];

pub(crate) struct Commitment {
    pub(crate) terms: Terms,
    pub(crate) turn: Turn,
    pub(crate) owner: usize,
    /// Quanta that it covers in an hour.
    pub(crate) capacity: i64,
    /// What it may cover, in AWS's order: the owner's resources, and those of other accounts.
    pub(crate) own: Vec<usize>,
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

/// Who buys: the payer, or the account of the first resource that the commitment could cover.
#[derive(Clone, Copy)]
enum Owner {
    Payer,
    User,
    /// The usage account of this number, counted round.
    Account(usize),
}

struct ReservationPlan {
    owner: Owner,
    usage_type: &'static str,
    operation: &'static str,
    zone: Option<&'static str>,
    /// Percent of the usage that it could cover at most.
    share: i64,
    payment: Payment,
    offering_class: &'static str,
    years: i64,
    start: i64,
}

const BEFORE: i64 = -3_111;
/// Its year ends in the middle of the period.
const EXPIRING: i64 = 15 * 24 - HOURS_A_YEAR;
/// Bought on the second day.
const BOUGHT: i64 = 36;

const RESERVATION: ReservationPlan = ReservationPlan {
    owner: Owner::Payer,
    usage_type: "",
    operation: "RunInstances",
    zone: None,
    share: 20,
    payment: Payment::None,
    offering_class: "standard",
    years: 1,
    start: BEFORE,
};

/// Every payment option, zonal and regional, size-flexible and not, bought and ending in the period.
const RESERVATIONS: [ReservationPlan; 10] = [
    ReservationPlan { usage_type: "BoxUsage:m5.xlarge", ..RESERVATION },
    ReservationPlan {
        owner: Owner::User,
        usage_type: "BoxUsage:m5.large",
        share: 15,
        payment: Payment::Partial,
        ..RESERVATION
    },
    ReservationPlan {
        owner: Owner::User,
        usage_type: "BoxUsage:c5.large",
        payment: Payment::All,
        offering_class: "convertible",
        years: 3,
        ..RESERVATION
    },
    ReservationPlan {
        owner: Owner::User,
        usage_type: "BoxUsage:r5.large",
        zone: Some("us-east-1a"),
        share: 70,
        payment: Payment::Partial,
        ..RESERVATION
    },
    ReservationPlan {
        usage_type: "BoxUsage:t3.medium",
        share: 40,
        payment: Payment::All,
        start: BOUGHT,
        ..RESERVATION
    },
    ReservationPlan {
        usage_type: "BoxUsage:m5.large",
        operation: "RunInstances:0002",
        share: 60,
        ..RESERVATION
    },
    ReservationPlan {
        usage_type: "APN1-BoxUsage:t3.small",
        zone: Some("ap-northeast-1a"),
        share: 80,
        ..RESERVATION
    },
    ReservationPlan {
        usage_type: "APN1-BoxUsage:m5.large",
        payment: Payment::Partial,
        start: EXPIRING,
        ..RESERVATION
    },
    ReservationPlan {
        owner: Owner::User,
        usage_type: "InstanceUsage:db.r5.large",
        operation: "CreateDBInstance:0002",
        share: 60,
        payment: Payment::Partial,
        ..RESERVATION
    },
    // More than there is to cover, so that a part is never used.
    ReservationPlan {
        usage_type: "InstanceUsage:db.m5.large",
        operation: "CreateDBInstance:0014",
        share: 120,
        payment: Payment::All,
        ..RESERVATION
    },
];

struct SavingsPlan {
    owner: Owner,
    family: Option<(&'static str, &'static Region)>,
    share: i64,
    quantum_rate: &'static str,
    payment: Payment,
    years: i64,
    is_bought: bool,
}

/// Both types, every payment option. Together they are too much at night and too little by day.
const SAVINGS_PLANS: [SavingsPlan; 6] = [
    SavingsPlan {
        owner: Owner::Payer,
        family: Some(("m5", &VIRGINIA)),
        share: 22,
        quantum_rate: "0.0064",
        payment: Payment::All,
        years: 1,
        is_bought: false,
    },
    SavingsPlan {
        owner: Owner::User,
        family: Some(("c5", &VIRGINIA)),
        share: 45,
        quantum_rate: "0.007",
        payment: Payment::None,
        years: 1,
        is_bought: false,
    },
    SavingsPlan {
        owner: Owner::User,
        family: Some(("m5", &TOKYO)),
        share: 40,
        quantum_rate: "0.0058",
        payment: Payment::Partial,
        years: 3,
        is_bought: true,
    },
    SavingsPlan {
        owner: Owner::Payer,
        family: None,
        share: 14,
        quantum_rate: "0.0079",
        payment: Payment::Partial,
        years: 1,
        is_bought: false,
    },
    SavingsPlan {
        owner: Owner::Account(5),
        family: None,
        share: 9,
        quantum_rate: "0.0076",
        payment: Payment::None,
        years: 3,
        is_bought: false,
    },
    SavingsPlan {
        owner: Owner::Account(8),
        family: None,
        share: 7,
        quantum_rate: "0.0077",
        payment: Payment::All,
        years: 1,
        is_bought: true,
    },
];

/// What commitments are made from.
pub(crate) struct Market<'a> {
    pub(crate) accounts: &'a [Account],
    pub(crate) fleet: &'a [Resource],
    /// Fee products of plans are added.
    pub(crate) products: &'a mut Vec<Product>,
    pub(crate) origin: NaiveDateTime,
    /// The first hour in which there is anything to cover.
    pub(crate) first_hour: i64,
    pub(crate) seed: u64,
}

impl Market<'_> {
    /// All commitments in the order of their ARNs, which is the last criterion of application.
    pub(crate) fn commitments(mut self) -> Vec<Commitment> {
        let mut all: Vec<Commitment> = Vec::new();
        for plan in &RESERVATIONS {
            all.push(self.reservation(plan, all.len()));
        }
        for plan in &SAVINGS_PLANS {
            all.push(self.savings_plan(plan, all.len()));
        }
        all.sort_by(|a, b| a.arn().cmp(b.arn()));
        all
    }

    fn reservation(&self, plan: &ReservationPlan, number: usize) -> Commitment {
        let is_unit = |product: &&Product| {
            product.usage_type == plan.usage_type && product.operation == plan.operation
        };
        let Some(unit) = self.products.iter().find(is_unit) else {
            panic!("the catalogue has no {}", plan.usage_type);
        };
        let mut eligible = self.eligible(|product, zone| match (plan.zone, product.coverage) {
            (Some(reserved_zone), _) => product.index == unit.index && zone == reserved_zone,
            (None, Coverage::Instance { flexible: true } | Coverage::Database) => {
                product.coverage == unit.coverage
                    && product.family == unit.family
                    && product.region.code == unit.region.code
            }
            _ => product.index == unit.index,
        });
        eligible.sort_by_key(|at| {
            let resource = &self.fleet[*at];
            (self.products[resource.product].normalization_factor, resource.account, *at)
        });
        let count = (self.quanta(&eligible) * plan.share / 100 / unit.hourly_quanta).max(1);
        let owner = self.owner(plan.owner, |product| product.index == unit.index);
        let turn = if plan.zone.is_some() { Turn::Zonal } else { Turn::Regional };
        let terms = self.reservation_terms(plan, number, unit, count, owner);
        let capacity = count * unit.hourly_quanta;
        self.commitment(Terms::Reservation(terms), turn, owner, capacity, eligible)
    }

    fn reservation_terms(
        &self,
        plan: &ReservationPlan,
        number: usize,
        unit: &Product,
        count: i64,
        owner: usize,
    ) -> Reservation {
        let uuid = random::uuid(random::mix(self.seed, 100 + number as u64));
        let subscription_id = (20_000_000_001 + number as u64).to_string();
        let owner_id = &self.accounts[owner].id;
        let region = unit.region.code;
        let arn = match unit.coverage {
            Coverage::Database => format!("arn:aws:rds:{region}:{owner_id}:ri:ri-{uuid}"),
            _ => format!("arn:aws:ec2:{region}:{owner_id}:reserved-instances/{uuid}"),
        };
        let discounted = if plan.years == 1 { 60 } else { 45 };
        let price = unit.quantum_cost().times(discounted).quotient(Fixed::whole(100));
        let (recurring, upfront) = plan.payment.parts(price);
        let (_, kind) = plan.usage_type.split_once(':').unwrap_or_default();
        let fee = format!(
            "{} hourly fee per {kind} reserved instance, {}",
            plan.payment.name(),
            plan.offering_class
        );
        let purchase =
            format!("Sign up charge for subscription: {subscription_id}, planId: {number}");
        Reservation {
            product: unit.index,
            zone: plan.zone,
            count,
            payment: plan.payment,
            offering_class: plan.offering_class,
            recurring,
            upfront,
            arn,
            subscription_id,
            fee_usage_type: plan
                .usage_type
                .replace("BoxUsage", "HeavyUsage")
                .replace("InstanceUsage", "HeavyUsage"),
            fee_description: Cell::new(&fee),
            purchase_description: Cell::new(&purchase),
            term: Term::new(self.origin, plan.start, plan.years),
        }
    }

    fn savings_plan(&mut self, plan: &SavingsPlan, number: usize) -> Commitment {
        let covers = |product: &Product| is_covered(product, plan.family);
        let mut eligible = self.eligible(|product, _| covers(product));
        // A quantum costs the same under the plan whatever the product: the dearer it is on
        // demand, the larger the saving.
        eligible.sort_by_key(|at| {
            let resource = &self.fleet[*at];
            let product = &self.products[resource.product];
            let saving = Reverse(product.quantum_cost());
            (saving, Reverse(product.quantum), resource.account, *at)
        });
        // An odd capacity makes the last covered resource partly covered.
        let capacity = (self.quanta(&eligible) * plan.share / 100).max(3) | 1;
        let owner = self.owner(plan.owner, covers);
        let is_bought = plan.is_bought || self.first_hour > 0;
        let start = if is_bought { self.first_hour } else { BEFORE };
        let term = Term::new(self.origin, start, plan.years);
        let quantum_rate = Fixed::of(plan.quantum_rate);
        let commitment = quantum_rate.times(capacity);
        let (recurring, upfront) = plan.payment.parts(commitment);
        let uuid = random::uuid(random::mix(self.seed, 100 + number as u64));
        let fee = fee_product(plan, &term, self.products.len());
        let plan = Plan {
            family: plan.family,
            payment: plan.payment,
            quantum_rate,
            commitment,
            recurring,
            upfront,
            product: fee.index,
            purchase_description: Cell::new(&format!(
                "One-time fee for {} {} {}, Savings Plan ID: {uuid}",
                term.name(),
                plan.payment.name(),
                fee.code
            )),
            arn: format!("arn:aws:savingsplans::{}:savingsplan/{uuid}", self.accounts[owner].id),
            term,
        };
        self.products.push(fee);
        let turn = if plan.family.is_some() { Turn::InstancePlan } else { Turn::ComputePlan };
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
        let (own, others) = eligible.into_iter().partition(is_own);
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

fn fee_product(plan: &SavingsPlan, term: &Term, index: usize) -> Product {
    let option = format!("{}{}", term.name(), plan.payment.name().replace(' ', ""));
    let words = format!("{} {}", term.name(), plan.payment.name());
    let product = match plan.family {
        Some((family, region)) => Product::named(
            "ComputeSavingsPlans",
            "Savings Plans for AWS Compute usage",
            &format!("{}EC2SP:{family}.{option}", region.prefix),
            "",
            &format!("{words} {family} EC2 Instance Savings Plan in {}", region.code),
        ),
        None => Product::named(
            "ComputeSavingsPlans",
            "Savings Plans for AWS Compute usage",
            &format!("ComputeSP:{option}"),
            "",
            &format!("{words} Compute Savings Plan"),
        ),
    };
    Product { index, ..product }
}
