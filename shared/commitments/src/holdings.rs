//! What there is to hand out: commitments, or parts of them, with whose they are and what they hold and
//! cost in each hour.

use std::collections::{BTreeMap, BTreeSet};

use cur::{AccountId, BillingPeriod, LineItemType, PlanType, UsageHour};
use money::{Amount, Exact, apportion, even_part};
use pipeline::{PlanTerms, ReservationFee};

use crate::eligibility::Owner;
use crate::engine::{Commitment, Terms};
use crate::product::{Attributes, Product};
use crate::{Assignment, DemandSku, SkuName};

/// A commitment as its fees describe it, or a part of it.
#[derive(Debug, Clone)]
pub(crate) struct Holding {
    pub(crate) arn: String,
    /// Whose account has the fees.
    pub(crate) owner: AccountId,
    /// The customer that contracts assign it to.
    pub(crate) assigned_to: Option<String>,
    pub(crate) commitment: Commitment,
    /// What its fees are lines of.
    pub(crate) sku: SkuName,
    pub(crate) currency: String,
    source: Source,
    part: Part,
}

#[derive(Debug, Clone)]
enum Source {
    Reservation(Box<ReservationFee>),
    Plan,
}

/// Which part of the commitment's units this is: so many of them after so many others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    before: u32,
    /// `None` is all that is left.
    count: Option<u32>,
}

const WHOLE: Part = Part { before: 0, count: None };

/// What a holding has in one hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Supply {
    /// Normalized units, instances or money: what the engine counts it in.
    pub(crate) units: Amount,
    pub(crate) upfront_cost: Amount,
    pub(crate) recurring_cost: Amount,
}

impl Supply {
    pub(crate) fn cost(&self) -> Amount {
        self.upfront_cost + self.recurring_cost
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.units += other.units;
        self.upfront_cost += other.upfront_cost;
        self.recurring_cost += other.recurring_cost;
    }
}

/// What plans commit to in one hour, by ARN: all of it, and the part that is paid in the hour.
pub(crate) type PlanHour<'a> = BTreeMap<&'a str, (Amount, Amount)>;

/// Why contracts cannot be applied to what the report has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HoldingError {
    #[error(
        "`[[commitments.assign]]` gives away {assigned} units of {arn}, which has {there}: correct \
         `count`"
    )]
    TooManyAssigned { arn: String, assigned: u32, there: Amount },
    #[error(
        "`[[commitments.assign]]` gives {0} away as a whole and in parts: give every part a `count`"
    )]
    WholeAndParts(String),
}

/// All holdings, in the order of their ARNs; assigned parts come before the owner's rest.
pub(crate) fn holdings(
    reservations: &[(AccountId, ReservationFee)],
    plans: &BTreeMap<String, (AccountId, PlanTerms)>,
    assignments: &[Assignment],
    period: BillingPeriod,
) -> Result<Vec<Holding>, HoldingError> {
    let mut holdings = Vec::new();
    for (owner, fee) in reservations {
        let whole = of_reservation(*owner, fee, period);
        let there = even_part(fee.units.plain, fee.hours.max(1), 0);
        holdings.extend(parts(whole, assignments, period, Some(there))?);
    }
    for (arn, (owner, terms)) in plans {
        holdings.extend(parts(of_plan(arn, *owner, terms), assignments, period, None)?);
    }
    // Stable: the parts of one commitment keep their order.
    holdings.sort_by(|a, b| (&a.arn, a.first_hour()).cmp(&(&b.arn, b.first_hour())));
    Ok(holdings)
}

/// ARNs that contracts assign and the report does not have.
pub(crate) fn unknown_assignments(
    holdings: &[Holding],
    assignments: &[Assignment],
    period: BillingPeriod,
) -> Vec<String> {
    let known: BTreeSet<&str> = holdings.iter().map(|holding| holding.arn.as_str()).collect();
    let in_force = assignments.iter().filter(|assignment| assignment.is_in_force(period));
    let unknown: BTreeSet<&str> = in_force
        .map(|assignment| assignment.arn.as_str())
        .filter(|arn| !known.contains(arn))
        .collect();
    unknown.into_iter().map(str::to_owned).collect()
}

fn of_reservation(owner: AccountId, fee: &ReservationFee, period: BillingPeriod) -> Holding {
    let attributes =
        Attributes::of_line(&fee.service_code, &fee.usage_type, &fee.operation, &fee.region);
    let mut attributes = attributes.unwrap_or_default();
    if !fee.units.normalized.is_zero() && !fee.units.plain.is_zero() {
        let units_of_one = &Exact::from(fee.units.normalized) / &Exact::from(fee.units.plain);
        attributes.tell_deployment(&units_of_one);
        attributes.factor = Some(units_of_one);
    }
    let zone = Some(fee.availability_zone.clone()).filter(|zone| !zone.is_empty());
    let product = Box::new(Product::new(attributes, period));
    Holding {
        arn: fee.arn.clone(),
        owner,
        assigned_to: None,
        commitment: Commitment {
            owner: Owner::Account(owner),
            terms: Terms::Reservation { product, zone },
        },
        sku: SkuName {
            service_code: fee.service_code.clone(),
            region: fee.region.clone(),
            usage_type: fee.usage_type.clone(),
            operation: fee.operation.clone(),
        },
        currency: fee.currency.clone(),
        source: Source::Reservation(Box::new(fee.clone())),
        part: WHOLE,
    }
}

fn of_plan(arn: &str, owner: AccountId, terms: &PlanTerms) -> Holding {
    let PlanTerms { plan_type, region, family, .. } = terms.clone();
    Holding {
        arn: arn.to_owned(),
        owner,
        assigned_to: None,
        commitment: Commitment {
            owner: Owner::Account(owner),
            terms: Terms::Plan { plan_type, region: region.clone(), family },
        },
        sku: SkuName {
            service_code: terms.service_code.clone(),
            region,
            usage_type: String::new(),
            operation: String::new(),
        },
        currency: terms.currency.clone(),
        source: Source::Plan,
        part: WHOLE,
    }
}

/// A commitment in the parts that contracts make of it.
fn parts(
    whole: Holding,
    assignments: &[Assignment],
    period: BillingPeriod,
    there: Option<Amount>,
) -> Result<Vec<Holding>, HoldingError> {
    let mine: Vec<&Assignment> = (assignments.iter())
        .filter(|assignment| assignment.arn == whole.arn && assignment.is_in_force(period))
        .collect();
    let part = |assigned_to: &str, part| Holding {
        assigned_to: Some(assigned_to.to_owned()),
        commitment: Commitment {
            owner: Owner::Group(assigned_to.to_owned()),
            ..whole.commitment.clone()
        },
        part,
        ..whole.clone()
    };
    if let [Assignment { customer, count: None, .. }] = mine.as_slice() {
        return Ok(vec![part(customer, WHOLE)]);
    }
    let mut parts = Vec::new();
    let mut before = 0_u32;
    for assignment in mine {
        let Some(count) = assignment.count else {
            return Err(HoldingError::WholeAndParts(whole.arn));
        };
        let count = count.get();
        parts.push(part(&assignment.customer, Part { before, count: Some(count) }));
        before = before.saturating_add(count);
    }
    if let Some(there) = there
        && Amount::from(u64::from(before)) > there
    {
        let arn = whole.arn;
        return Err(HoldingError::TooManyAssigned { arn, assigned: before, there });
    }
    parts.push(Holding { part: Part { before, count: None }, ..whole });
    Ok(parts)
}

impl Holding {
    /// A commitment that is known by what it covered alone: it has nothing in any hour.
    pub(crate) fn without_fees(
        arn: &str,
        owner: AccountId,
        covered: &DemandSku,
        period: BillingPeriod,
    ) -> Self {
        let sku = SkuName::of(covered);
        let SkuName { service_code, region, usage_type, operation } = &sku;
        let attributes = Attributes::of_line(service_code, usage_type, operation, region);
        let product = Box::new(Product::new(attributes.unwrap_or_default(), period));
        let terms = match covered.line_item_type {
            LineItemType::DiscountedUsage => Terms::Reservation { product, zone: None },
            _ => Terms::Plan {
                plan_type: PlanType::Compute,
                region: String::new(),
                family: String::new(),
            },
        };
        Self {
            arn: arn.to_owned(),
            owner,
            assigned_to: None,
            commitment: Commitment { owner: Owner::Account(owner), terms },
            sku,
            currency: covered.currency.clone(),
            source: Source::Plan,
            part: WHOLE,
        }
    }

    fn first_hour(&self) -> Option<UsageHour> {
        match &self.source {
            Source::Reservation(fee) => Some(fee.first_hour),
            Source::Plan => None,
        }
    }

    /// What it has in an hour; nothing before it begins and after it ends.
    pub(crate) fn supply(&self, hour: UsageHour, plans: &PlanHour<'_>) -> Supply {
        match &self.source {
            Source::Reservation(fee) => self.of_fee(fee, hour),
            Source::Plan => {
                let (all, recurring) = plans.get(self.arn.as_str()).copied().unwrap_or_default();
                let whole =
                    Supply { units: all, upfront_cost: all - recurring, recurring_cost: recurring };
                self.part_of(whole, all)
            }
        }
    }

    fn of_fee(&self, fee: &ReservationFee, hour: UsageHour) -> Supply {
        let number = u32::try_from(hour.hours_since(fee.first_hour));
        let Some(number) = number.ok().filter(|number| *number < fee.hours) else {
            return Supply::default();
        };
        let in_hour = |total| even_part(total, fee.hours, number);
        let plain = in_hour(fee.units.plain);
        let units = match &self.commitment.terms {
            terms if !terms.is_normalized() => plain,
            _ if !fee.units.normalized.is_zero() => in_hour(fee.units.normalized),
            Terms::Reservation { product, .. } => in_hour(normalized(fee.units.plain, product)),
            Terms::Plan { .. } => plain,
        };
        let whole = Supply {
            units,
            upfront_cost: in_hour(fee.upfront_cost),
            recurring_cost: in_hour(fee.recurring_cost),
        };
        self.part_of(whole, plain)
    }

    /// This part of it, of which there are so many units in the hour. What parts have adds up to the whole.
    fn part_of(&self, whole: Supply, there: Amount) -> Supply {
        let Part { before, count } = self.part;
        if self.part == WHOLE || there.is_zero() {
            return whole;
        }
        // A plan may commit to less than was given away of it; then the first come first.
        let upto = |units: u32| Amount::from(u64::from(units)).min(there);
        let begin = upto(before);
        let end = count.map_or(there, |count| upto(before.saturating_add(count)));
        // Whoever asks for the first so many units gets the same, so differences add up to the whole.
        let first = |amount, units| match apportion(amount, &[units, there - units]) {
            Ok(parts) => parts.first().copied().unwrap_or_default(),
            Err(_) => Amount::ZERO,
        };
        let middle = |amount| first(amount, end) - first(amount, begin);
        Supply {
            units: middle(whole.units),
            upfront_cost: middle(whole.upfront_cost),
            recurring_cost: middle(whole.recurring_cost),
        }
    }
}

fn normalized(units: Amount, product: &Product) -> Amount {
    let factor = product.units().unwrap_or(Exact::ONE);
    money::rounding::cut(&(&Exact::from(units) * &factor))
}
