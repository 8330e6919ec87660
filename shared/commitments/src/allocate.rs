//! A day's allocation: what commitments cover of each hour under the reseller's policy, and what of them
//! nobody used.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use cur::{AccountId, BillingPeriod, LineItemType, UsageHour};
use money::rounding::cut;
use money::{Amount, Exact, apportion};
use pipeline::{MissingRate, PlanTerms, ReservationFee};

use crate::eligibility::{Eligibility, Pass};
use crate::engine::{Coverage, Engine, Terms, plan_covers};
use crate::holdings::{Holding, HoldingError, PlanHour, Supply, holdings, unknown_assignments};
use crate::ledger::{AllocatedDay, Entry, Ledger};
use crate::market::Market;
use crate::order::Order;
use crate::rates::{ListedRates, Rates};
use crate::{Assignment, DemandRow, DemandSku, Sharing, SkuName};

/// Everything that one day's allocation depends on.
pub struct Day<'a> {
    pub period: BillingPeriod,
    pub date: NaiveDate,
    pub reservations: &'a [(AccountId, ReservationFee)],
    pub plans: &'a BTreeMap<String, (AccountId, PlanTerms)>,
    /// Of all accounts, and of the whole period: a rate may be seen on another day.
    pub skus: &'a [DemandSku],
    /// Of this day, with their SKUs' places in `skus`.
    pub rows: &'a [DemandRow],
}

/// The reseller's policy, or AWS's.
pub struct Policy<'a> {
    pub sharing: Sharing,
    pub eligibility: Eligibility,
    pub assignments: &'a [Assignment],
    pub order: Order,
    pub rates: &'a ListedRates,
}

impl Sharing {
    /// The passes over AWS's algorithm, where it is applied anew.
    pub fn passes(self) -> &'static [Pass] {
        match self {
            Self::AsBilled | Self::Reseller => &[],
            Self::Owner => &[Pass::Owner],
            Self::Customer => &[Pass::Owner, Pass::Group],
            Self::Everyone => &[Pass::Owner, Pass::Group, Pass::Everyone],
        }
    }
}

/// Allocates the day's hours under a policy.
pub fn allocate(day: &Day<'_>, policy: &Policy<'_>) -> Result<AllocatedDay, HoldingError> {
    // What AWS did knows nothing of assignments.
    let is_billed = policy.sharing == Sharing::AsBilled;
    let assignments = if is_billed { &[] } else { policy.assignments };
    let holdings = holdings(day.reservations, day.plans, assignments, day.period)?;
    let market = Market::new(day, policy.order);
    let rates = Rates::new(day.skus, day.plans, policy.rates);
    let unknown = unknown_assignments(&holdings, policy.assignments, day.period);
    let mut ledger = Ledger::new(day, holdings, market, !is_billed);
    if is_billed {
        as_billed(day, &mut ledger);
    } else {
        hand_out(day, policy, &rates, &mut ledger);
    }
    Ok(AllocatedDay { unknown_assignments: unknown, ..ledger.close() })
}

/// The hours of the day with their rows. An hour without any is one in which nobody used anything.
fn hours<'a>(day: &Day<'a>) -> BTreeMap<UsageHour, Vec<&'a DemandRow>> {
    let first = UsageHour::midnight(day.date);
    let mut hours: BTreeMap<_, Vec<_>> =
        (0..24).map(|hours| (first.after(hours), Vec::new())).collect();
    for row in day.rows {
        hours.entry(row.usage_hour).or_default().push(row);
    }
    hours
}

/// What plans commit to in an hour, as their fees say.
fn plan_hour<'a>(day: &Day<'a>, rows: &[&DemandRow]) -> PlanHour<'a> {
    let mut plans = PlanHour::new();
    for row in rows {
        let sku = &day.skus[row.sku];
        if sku.line_item_type == LineItemType::SavingsPlanRecurringFee {
            let (all, recurring) = plans.entry(&sku.commitment).or_default();
            *all += row.commitment_cost;
            *recurring += row.unblended_cost;
        }
    }
    plans
}

fn supplies(holdings: &[Holding], hour: UsageHour, plans: &PlanHour<'_>) -> Vec<Supply> {
    holdings.iter().map(|holding| holding.supply(hour, plans)).collect()
}

/// What AWS did, as its covered lines say.
fn as_billed(day: &Day<'_>, ledger: &mut Ledger<'_>) {
    for (hour, rows) in hours(day) {
        let supplies = supplies(&ledger.holdings, hour, &plan_hour(day, &rows));
        let mut entries = Vec::new();
        for row in rows {
            let sku = &day.skus[row.sku];
            let (Some(usage), false) = (ledger.market.usage_of[row.sku], sku.commitment.is_empty())
            else {
                continue;
            };
            let holding = ledger.holding_of(&sku.commitment, sku);
            let units = match &ledger.holdings[holding].commitment.terms {
                Terms::Plan { .. } => row.commitment_cost,
                terms if terms.is_normalized() => {
                    let units = ledger.market.product_of(usage).units().unwrap_or(Exact::ONE);
                    cut(&(&Exact::from(row.usage_amount) * &units))
                }
                Terms::Reservation { .. } => row.usage_amount,
            };
            entries.push(Entry {
                holding,
                usage,
                usage_amount: row.usage_amount,
                units,
                list_cost: row.list_cost,
                commitment_cost: row.commitment_cost,
            });
        }
        ledger.see_hour(hour, &supplies, entries);
    }
}

/// What the policy makes of it, and which rates were missing.
fn hand_out(day: &Day<'_>, policy: &Policy<'_>, rates: &Rates<'_>, ledger: &mut Ledger<'_>) {
    let commitments: Vec<_> =
        ledger.holdings.iter().map(|holding| holding.commitment.clone()).collect();
    let rate = |holding: usize, sku: usize| {
        rates.find(&ledger.holdings[holding].arn, &ledger.market.names[sku])
    };
    let mut engine = Engine::new(
        &ledger.market.skus,
        &ledger.market.usage,
        &commitments,
        &policy.eligibility,
        &policy.order,
        rate,
    );
    ledger.missing_rates = missing_rates(ledger, &policy.eligibility, rate);
    for (hour, rows) in hours(day) {
        let supplies = supplies(&ledger.holdings, hour, &plan_hour(day, &rows));
        let used = UsedHour::of(&rows, ledger);
        let capacity: Vec<Exact> = supplies.iter().map(|supply| supply.units.into()).collect();
        engine.apply(&used.exact(), &capacity);
        let entries = entries(&engine, &used, &supplies);
        ledger.see_hour(hour, &supplies, entries);
    }
}

/// Usage within reach of a plan whose rate nothing says. What is free of charge is nothing to save on.
fn missing_rates(
    ledger: &Ledger<'_>,
    eligibility: &Eligibility,
    rate: impl Fn(usize, usize) -> Option<Exact>,
) -> BTreeSet<MissingRate> {
    let mut missing = BTreeSet::new();
    for (place, holding) in ledger.holdings.iter().enumerate() {
        let Terms::Plan { plan_type, region, family } = &holding.commitment.terms else {
            continue;
        };
        let reach = eligibility.reach(&holding.commitment.owner);
        let mut seen = BTreeSet::new();
        for usage in &ledger.market.usage {
            let sku = &ledger.market.skus[usage.sku];
            let is_new = sku.on_demand_rate.is_some()
                && plan_covers(*plan_type, region, family, &sku.product)
                && reach.iter().any(|members| members.have(usage.account))
                && seen.insert(usage.sku);
            if is_new && rate(place, usage.sku).is_none() {
                let SkuName { service_code, region, usage_type, operation } =
                    ledger.market.names[usage.sku].clone();
                let savings_plan = holding.arn.clone();
                missing.insert(MissingRate {
                    savings_plan,
                    service_code,
                    region,
                    usage_type,
                    operation,
                });
            }
        }
    }
    missing
}

/// What was used in an hour, by usage.
struct UsedHour {
    amounts: Vec<Amount>,
    list_costs: Vec<Option<Amount>>,
}

impl UsedHour {
    fn of(rows: &[&DemandRow], ledger: &Ledger<'_>) -> Self {
        let usages = ledger.market.usage.len();
        let mut used = Self {
            amounts: vec![Amount::ZERO; usages],
            list_costs: vec![Some(Amount::ZERO); usages],
        };
        for row in rows {
            if let Some(usage) = ledger.market.usage_of[row.sku] {
                used.amounts[usage] += row.usage_amount;
                let known = used.list_costs[usage].zip(row.list_cost);
                used.list_costs[usage] = known.map(|(sum, cost)| sum + cost);
            }
        }
        used
    }

    fn exact(&self) -> Vec<Exact> {
        self.amounts.iter().copied().map(Exact::from).collect()
    }
}

/// What the engine covered, in amounts. Fractions end at the tenth decimal, and the parts of everything
/// that is split add up to it: usage and its list price over what covers it and what nothing does, units
/// and cost of a commitment over what it covers and what nobody used.
fn entries(engine: &Engine, used: &UsedHour, supplies: &[Supply]) -> Vec<Entry> {
    let covered = engine.covered();
    let mut of_usage: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut of_holding: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (place, coverage) in covered.iter().enumerate() {
        of_usage.entry(coverage.usage).or_default().push(place);
        of_holding.entry(coverage.commitment).or_default().push(place);
    }
    let mut entries: Vec<Entry> = covered
        .iter()
        .map(|Coverage { commitment, usage, .. }| Entry {
            holding: *commitment,
            usage: *usage,
            usage_amount: Amount::ZERO,
            units: Amount::ZERO,
            list_cost: None,
            commitment_cost: Amount::ZERO,
        })
        .collect();
    for (usage, places) in of_usage {
        let weights = places.iter().map(|place| &covered[*place].quantity);
        let weights = with_rest(weights, &engine.on_demand()[usage]);
        let amounts = split(used.amounts[usage], &weights);
        let costs = used.list_costs[usage].map(|cost| split(cost, &weights));
        for (part, place) in places.into_iter().enumerate() {
            entries[place].usage_amount = amounts[part];
            entries[place].list_cost = costs.as_ref().map(|costs| costs[part]);
        }
    }
    for (holding, places) in of_holding {
        let weights = places.iter().map(|place| &covered[*place].units);
        let weights = with_rest(weights, &engine.unused()[holding]);
        let units = split(supplies[holding].units, &weights);
        let costs = split(supplies[holding].cost(), &weights);
        for (part, place) in places.into_iter().enumerate() {
            entries[place].units = units[part];
            entries[place].commitment_cost = costs[part];
        }
    }
    entries
}

fn with_rest<'a>(parts: impl Iterator<Item = &'a Exact>, rest: &'a Exact) -> Vec<Amount> {
    parts.chain([rest]).map(cut).collect()
}

/// Parts of a whole by weight. What was split was there, so some weight is more than nothing.
fn split(whole: Amount, weights: &[Amount]) -> Vec<Amount> {
    if let [_, Amount::ZERO] = weights {
        return vec![whole, Amount::ZERO];
    }
    apportion(whole, weights).unwrap_or_else(|_| {
        let nothing = weights.iter().skip(1).map(|_| Amount::ZERO);
        std::iter::once(whole).chain(nothing).collect()
    })
}
