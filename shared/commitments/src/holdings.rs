//! The commitments that can be handed out, or parts of them. Each has an owner, and units and a cost in each
//! hour.

use std::collections::{BTreeMap, BTreeSet};

use cur::{AccountId, BillingPeriod, LineItemType, Sku, UsageHour};
use money::{Amount, apportion, even_part};

use crate::amortized::fee_is_known;
use crate::day::Day;
use crate::eligibility::Owner;
use crate::engine::{Commitment, Terms};
use crate::index::{CommitmentIndex, List, SkuIndex, WholeIndex};
use crate::learn::{self, Covered, Learned, normalized};
use crate::market::Market;
use crate::{Assignment, DemandSku, KeptReason, Lease, ReservationFee};

/// A commitment, or a part of a commitment, as the whole report describes it.
#[derive(Debug, Clone)]
pub(crate) struct Holding {
    pub(crate) arn: String,
    /// The account that has the fees.
    pub(crate) owner: AccountId,
    /// The customer to whom contracts assign the commitment.
    pub(crate) assigned_to: Option<String>,
    pub(crate) commitment: Commitment,
    /// The reason why the commitment stays as AWS applied it in every hour, if it does.
    pub(crate) kept: Option<KeptReason>,
    /// Whether the report says the cost. Otherwise the unused part is unknown.
    pub(crate) has_cost: bool,
    /// The SKU of the commitment's fees.
    pub(crate) sku: Sku,
    pub(crate) currency: String,
    /// Whether the commitment is a savings plan. This is known even if the terms are not.
    pub(crate) is_plan: bool,
    source: Source,
    part: Part,
    /// The whole commitment of which this is a part. An undivided commitment is its own whole.
    pub(crate) whole: WholeIndex,
}

#[derive(Debug, Clone)]
enum Source {
    /// `fees` have the same terms. `before` are the fees of the same reservation with other terms that come
    /// earlier.
    Reservation {
        fees: Vec<ReservationFee>,
        before: Vec<ReservationFee>,
    },
    Plan,
    /// The report has no fees.
    Nothing,
}

/// A part of the commitment's units: the number of units in the part, and the number of units before the
/// part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    before: u32,
    /// `None` means all remaining units.
    count: Option<u32>,
}

const WHOLE: Part = Part { before: 0, count: None };

/// The units and the cost of a holding in one hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Supply {
    /// The units in which the engine counts: normalized units, instances or money.
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

/// The commitments of plans in one hour, by ARN: the whole commitment, and the part that is paid in the hour.
pub(crate) type PlanHour<'a> = BTreeMap<&'a str, (Amount, Amount)>;

/// The reasons why contracts cannot be applied to the report.
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

/// All whole commitments of the report, in the order of their ARNs.
pub(crate) struct Wholes {
    pub(crate) holdings: List<WholeIndex, Holding>,
    pub(crate) disagreements: Vec<String>,
}

impl Wholes {
    pub(crate) fn new(day: &Day<'_>, market: &Market) -> Self {
        let mut lines: BTreeMap<&str, Vec<(&DemandSku, SkuIndex)>> = BTreeMap::new();
        for (sku, usage) in day.skus.iter().zip(&market.usage_of) {
            if let (Some(usage), false) = (usage, sku.commitment.is_empty()) {
                let of_arn = lines.entry(&sku.commitment).or_default();
                of_arn.push((sku, market.usage[*usage].sku));
            }
        }
        let covered = |arn: &str| Covered::new(market, lines.get(arn).cloned().unwrap_or_default());
        let mut found: Vec<(Holding, Learned)> = Vec::new();
        for (owner, fees) in by_terms(day.reservations) {
            // A fee of zero units does not say the terms.
            let with_units = fees.iter().rfind(|fee| !fee.units.plain.is_zero());
            let Some(fee) = with_units.or(fees.last()) else { continue };
            let learned =
                learn::reservation(fee, day.tallies.get(&fee.arn), &covered(&fee.arn), day.period);
            let is_same = |holding: &Holding| holding.arn == fee.arn;
            let before = found.iter().filter(|(holding, _)| is_same(holding));
            let before = before.flat_map(|(holding, _)| holding.fees().to_vec()).collect();
            found.push((of_reservation(owner, fees, before, &learned), learned));
        }
        for (arn, (owner, terms)) in day.plans {
            let learned = learn::plan(arn, terms, &covered(arn));
            let region = match &learned.terms {
                Some(Terms::Plan { region, .. }) => region.clone(),
                _ => terms.region.clone(),
            };
            let sku = Sku { service_code: terms.service_code.clone(), region, ..Sku::default() };
            let holding = Holding {
                is_plan: true,
                ..Holding::of(arn, *owner, sku, &terms.currency, Source::Plan, &learned)
            };
            found.push((holding, learned));
        }
        let known: BTreeSet<String> =
            found.iter().map(|(holding, _)| holding.arn.clone()).collect();
        for (arn, lines) in lines.iter().filter(|(arn, _)| !known.contains(**arn)) {
            let learned = Learned::unknown(KeptReason::NoFee);
            found.push((without_fees(arn, lines[0].0, &learned), learned));
        }
        // The sort is stable, so the fees of one reservation keep their order.
        found.sort_by(|(a, _), (b, _)| a.order().cmp(&b.order()));
        let mut wholes = Self { holdings: List::default(), disagreements: Vec::new() };
        for (whole, (holding, learned)) in (0..).map(WholeIndex::from).zip(found) {
            let has_cost = holding.says_cost(day);
            let no_cost = (!has_cost).then_some(KeptReason::NoCost);
            let kept = holding.kept.or(no_cost);
            wholes.holdings.push(Holding { kept, has_cost, whole, ..holding });
            wholes.disagreements.extend(learned.disagreements);
        }
        wholes
    }

    /// The commitments in the parts that contracts make. The assigned parts come before the part that stays
    /// with the owner.
    pub(crate) fn parts(
        &self,
        day: &Day<'_>,
        assignments: &[Assignment],
    ) -> Result<List<CommitmentIndex, Holding>, HoldingError> {
        let in_force: Vec<&Assignment> =
            assignments.iter().filter(|of| of.is_in_force(day.period)).collect();
        refuse_too_many(&self.holdings, day, &in_force)?;
        let mut all = Vec::new();
        for whole in &self.holdings {
            all.extend(parts(whole, &in_force)?);
        }
        Ok(all.into())
    }
}

/// The fees of each reservation, grouped by terms, in the order of ARNs and hours.
fn by_terms(
    reservations: &[(AccountId, ReservationFee)],
) -> impl Iterator<Item = (AccountId, Vec<ReservationFee>)> + use<> {
    type Key = (String, String, String, String, String, AccountId);
    let mut sorted: Vec<&(AccountId, ReservationFee)> = reservations.iter().collect();
    sorted.sort_by_key(|(owner, fee)| {
        (*owner, fee.lease.first_hour, fee.units.plain, fee.recurring_cost)
    });
    let mut found: BTreeMap<Key, Vec<ReservationFee>> = BTreeMap::new();
    for (owner, fee) in sorted {
        let key = (
            fee.arn.clone(),
            fee.sku.usage_type.clone(),
            fee.sku.operation.clone(),
            fee.availability_zone.clone(),
            fee.sku.service_code.clone(),
            *owner,
        );
        found.entry(key).or_default().push(fee.clone());
    }
    found.into_iter().map(|((.., owner), fees)| (owner, fees))
}

fn of_reservation(
    owner: AccountId,
    fees: Vec<ReservationFee>,
    before: Vec<ReservationFee>,
    learned: &Learned,
) -> Holding {
    let fee = fees[0].clone();
    let region = match &learned.terms {
        Some(Terms::Reservation { product, .. }) => product.attributes.region.clone(),
        _ => fee.sku.region,
    };
    let sku = Sku { region, ..fee.sku };
    let source = Source::Reservation { fees, before };
    Holding::of(&fee.arn, owner, sku, &fee.currency, source, learned)
}

/// A commitment without fees. Its covered usage is all that the report has. The ARN names the owner's
/// account.
fn without_fees(arn: &str, covered: &DemandSku, learned: &Learned) -> Holding {
    let account = arn.split(':').nth(4).and_then(|account| account.parse().ok());
    let owner = account.unwrap_or(covered.usage_account_id);
    let sku = covered.sku.clone();
    let holding = Holding::of(arn, owner, sku, &covered.currency, Source::Nothing, learned);
    let is_plan = covered.line_item_type == LineItemType::SavingsPlanCoveredUsage;
    Holding { is_plan, ..holding }
}

/// The ARNs that contracts assign and that the report does not have.
pub(crate) fn unknown_assignments(
    holdings: &List<CommitmentIndex, Holding>,
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

/// Refuses contracts that assign more units than the commitment has in its largest hour. The units of a
/// reservation are those of all its fees. A unit of a plan is one unit of currency an hour.
fn refuse_too_many(
    wholes: &List<WholeIndex, Holding>,
    day: &Day<'_>,
    assignments: &[&Assignment],
) -> Result<(), HoldingError> {
    let mut assigned: BTreeMap<&str, u32> = BTreeMap::new();
    for Assignment { arn, count, .. } in assignments {
        if let Some(count) = count {
            let sum = assigned.entry(arn).or_default();
            *sum = sum.saturating_add(count.get());
        }
    }
    for (arn, assigned) in assigned {
        let holdings: Vec<&Holding> = wholes.iter().filter(|of| of.arn == arn).collect();
        let mut fees: Vec<&ReservationFee> = holdings.iter().flat_map(|of| of.fees()).collect();
        fees.retain(|fee| !fee.units.plain.is_zero());
        let there = if holdings.iter().any(|of| of.is_plan) {
            largest_commitment(day, arn)
        } else {
            let begins = fees.iter().map(|fee| fee.lease.first_hour);
            // A broken hour has fewer units than the hour after it.
            let hours = begins.flat_map(|hour| [hour, hour.after(1)]);
            hours.map(|hour| fees.iter().map(|fee| plain(fee, hour)).sum()).max()
        };
        if let Some(there) = there
            && Amount::from(u64::from(assigned)) > there
        {
            let arn = arn.to_owned();
            return Err(HoldingError::TooManyAssigned { arn, assigned, there });
        }
    }
    Ok(())
}

/// The largest commitment of a plan in an hour of the day. `None` if the plan has no fee on the day, or if a
/// fee does not say the amount.
fn largest_commitment(day: &Day<'_>, arn: &str) -> Option<Amount> {
    let is_fee = |sku: &DemandSku| {
        sku.line_item_type == LineItemType::SavingsPlanRecurringFee && sku.commitment == arn
    };
    let mut hours: BTreeMap<UsageHour, Amount> = BTreeMap::new();
    for row in day.rows.iter().filter(|row| is_fee(&day.skus[row.sku])) {
        *hours.entry(row.usage_hour).or_default() += row.commitment_cost?;
    }
    hours.into_values().max()
}

/// Divides a commitment into the parts that contracts make.
fn parts(whole: &Holding, assignments: &[&Assignment]) -> Result<Vec<Holding>, HoldingError> {
    let mine: Vec<&&Assignment> = (assignments.iter()).filter(|of| of.arn == whole.arn).collect();
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
            return Err(HoldingError::WholeAndParts(whole.arn.clone()));
        };
        let count = count.get();
        parts.push(part(&assignment.customer, Part { before, count: Some(count) }));
        before = before.saturating_add(count);
    }
    parts.push(Holding { part: Part { before, count: None }, ..whole.clone() });
    Ok(parts)
}

impl Holding {
    fn of(
        arn: &str,
        owner: AccountId,
        sku: Sku,
        currency: &str,
        source: Source,
        learned: &Learned,
    ) -> Self {
        let terms = learned.terms.clone().unwrap_or(Terms::Unknown);
        let also = learned.also.clone();
        Self {
            arn: arn.to_owned(),
            owner,
            assigned_to: None,
            commitment: Commitment { owner: Owner::Account(owner), terms, also },
            kept: learned.unknown,
            has_cost: true,
            sku,
            currency: currency.to_owned(),
            is_plan: false,
            source,
            part: WHOLE,
            whole: WholeIndex::from(0),
        }
    }

    fn fees(&self) -> &[ReservationFee] {
        match &self.source {
            Source::Reservation { fees, .. } => fees,
            Source::Plan | Source::Nothing => &[],
        }
    }

    fn order(&self) -> (&str, Option<UsageHour>) {
        (&self.arn, self.fees().first().map(|fee| fee.lease.first_hour))
    }

    fn says_cost(&self, day: &Day<'_>) -> bool {
        let tally = day.tallies.get(&self.arn);
        let is_known = tally.is_none_or(|tally| fee_is_known(tally, self.is_plan));
        match &self.source {
            Source::Reservation { fees, .. } => {
                is_known && fees.iter().all(|fee| fee.upfront_cost.is_some())
            }
            Source::Plan => is_known,
            Source::Nothing => false,
        }
    }

    /// Whether the report has fees of the commitment.
    pub(crate) fn has_fees(&self) -> bool {
        !matches!(self.source, Source::Nothing)
    }

    /// The units and the cost in an hour. Both are zero before the commitment begins and after it ends.
    pub(crate) fn supply(&self, hour: UsageHour, plans: &PlanHour<'_>) -> Supply {
        match &self.source {
            Source::Nothing => Supply::default(),
            Source::Plan => {
                let (all, recurring) = plans.get(self.arn.as_str()).copied().unwrap_or_default();
                let whole =
                    Supply { units: all, upfront_cost: all - recurring, recurring_cost: recurring };
                self.part_of(whole, Amount::ZERO, all)
            }
            Source::Reservation { fees, before } => {
                let mut whole = Supply::default();
                for fee in fees {
                    whole.add(&self.of_fee(fee, hour));
                }
                let plain = |fees: &[ReservationFee]| {
                    fees.iter().map(|fee| plain(fee, hour)).sum::<Amount>()
                };
                self.part_of(whole, plain(before), plain(fees))
            }
        }
    }

    fn of_fee(&self, fee: &ReservationFee, hour: UsageHour) -> Supply {
        let in_hour = |total| in_hour(fee, total, hour);
        let units = match &self.commitment.terms {
            terms if !terms.is_normalized() => in_hour(fee.units.plain),
            _ if !fee.units.normalized.is_zero() => in_hour(fee.units.normalized),
            Terms::Reservation { product, .. } => in_hour(normalized(fee.units.plain, product)),
            Terms::Plan { .. } | Terms::Unknown => in_hour(fee.units.plain),
        };
        Supply {
            units,
            upfront_cost: in_hour(fee.upfront_cost.unwrap_or(Amount::ZERO)),
            recurring_cost: in_hour(fee.recurring_cost),
        }
    }

    /// This part of `whole`. In the hour, `whole` has `there` units, and `behind` other units of the
    /// commitment come before them. The parts add up to the whole: of 10 units, a part of 3 has three tenths
    /// of the cost.
    fn part_of(&self, whole: Supply, behind: Amount, there: Amount) -> Supply {
        let Part { before, count } = self.part;
        if self.part == WHOLE || there.is_zero() {
            return whole;
        }
        // A plan may have fewer units in the hour than contracts assign. Then the first parts get their units
        // first.
        let upto = |units: u32| {
            let units = Amount::from(u64::from(units)) - behind;
            units.clamp(Amount::ZERO, there)
        };
        let begin = upto(before);
        let end = count.map_or(there, |count| upto(before.saturating_add(count)));
        // The first units of a commitment always cost the same, so the differences add up to the whole.
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

fn plain(fee: &ReservationFee, hour: UsageHour) -> Amount {
    in_hour(fee, fee.units.plain, hour)
}

/// The part of a fee's total in one hour. A broken hour has a part in proportion to its units, and all other
/// hours have equal parts. 2.19 units in three hours, of which the first has 0.19, are 0.19, 1 and 1.
fn in_hour(fee: &ReservationFee, total: Amount, hour: UsageHour) -> Amount {
    let Lease { hours, broken_first, broken_last, .. } = fee.lease;
    let Some(number) = fee.lease.number_of(hour) else {
        return Amount::ZERO;
    };
    if broken_first.is_none() && broken_last.is_none() {
        return even_part(total, hours, number);
    }
    let (first, last) = (broken_first.unwrap_or_default(), broken_last.unwrap_or_default());
    let Ok(parts) = apportion(total, &[first, fee.units.plain - first - last, last]) else {
        return Amount::ZERO;
    };
    let (before, after) = (u32::from(broken_first.is_some()), u32::from(broken_last.is_some()));
    let whole = hours.saturating_sub(before + after);
    match number {
        0 if broken_first.is_some() => parts[0],
        _ if broken_last.is_some() && number + 1 == hours => parts[2],
        _ if whole == 0 => Amount::ZERO,
        _ => even_part(parts[1], whole, number - before),
    }
}
