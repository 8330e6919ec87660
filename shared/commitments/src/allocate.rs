//! A day's allocation: what commitments cover of each hour under the reseller's policy, and what of them
//! nobody used.

use std::collections::{BTreeMap, BTreeSet};

use money::rounding::cut;
use money::{Amount, Exact, apportion};

use crate::eligibility::Eligibility;
use crate::engine::{Coverage, Engine, Terms, plan_covers};
use crate::holdings::{Holding, HoldingError, Supply, unknown_assignments};
use crate::index::{CommitmentIndex, List, SkuIndex, UsageIndex, WholeIndex};
use crate::ledger::{AllocatedDay, Ledger};
use crate::product::Coverable;
use crate::replay::Replayed;
use crate::situation::{Entry, Hour, Situation, Used};
use crate::{MissingRate, Policy, Sharing};

impl Situation<'_> {
    /// Allocates the day's hours under a policy. What did not replay stays as AWS applied it.
    pub fn allocate(
        &self,
        policy: &Policy<'_>,
        replayed: &Replayed,
    ) -> Result<AllocatedDay, HoldingError> {
        // AWS knows nothing of assignments.
        let is_billed = policy.sharing == Sharing::AsBilled;
        let assignments = if is_billed { &[] } else { policy.assignments };
        let holdings = self.wholes.parts(self.day, assignments)?;
        let unknown = unknown_assignments(&holdings, policy.assignments, self.day.period);
        let mut ledger = Ledger::new(self, holdings, policy);
        let missing_rates = if is_billed {
            self.as_billed(&mut ledger);
            BTreeSet::new()
        } else {
            self.hand_out(policy, replayed, &mut ledger)
        };
        Ok(AllocatedDay {
            unknown_assignments: unknown,
            missing_rates,
            unknown_usage: self.unknown_usage(),
            disagreements: self.wholes.disagreements.clone(),
            ..ledger.close()
        })
    }

    /// The coverage by AWS, as its covered lines say.
    fn as_billed(&self, ledger: &mut Ledger<'_>) {
        for Hour { starts: hour, covered, plans, .. } in self.hours() {
            let supplies: List<_, Supply> =
                ledger.holdings.iter().map(|holding| holding.supply(hour, &plans)).collect();
            // Nothing is assigned, so that each commitment is one part.
            let entries = in_parts(covered, &ledger.holdings, &supplies);
            ledger.see_hour(hour, &supplies, entries, &|_| true);
        }
    }

    /// What the policy makes of it, and which rates were missing.
    fn hand_out(
        &self,
        policy: &Policy<'_>,
        replayed: &Replayed,
        ledger: &mut Ledger<'_>,
    ) -> BTreeSet<MissingRate> {
        let commitments: List<_, _> =
            ledger.holdings.iter().map(|holding| holding.commitment.clone()).collect();
        let wholes: List<CommitmentIndex, WholeIndex> =
            ledger.holdings.iter().map(|holding| holding.whole).collect();
        let rate = |holding: CommitmentIndex, sku: SkuIndex| self.rate(wholes[holding], sku);
        let market = &self.market;
        let eligibility = &policy.eligibility;
        let mut engine = Engine::new(
            &market.products,
            &market.usage,
            &commitments,
            eligibility,
            &self.order,
            rate,
        );
        let missing = self.missing_rates(&ledger.holdings, eligibility, rate);
        for Hour { starts: hour, mut used, covered, plans } in self.hours() {
            // Where nobody benefits, nothing is kept for anybody.
            let is_kept = |whole: WholeIndex| {
                policy.sharing.is_handed_out()
                    && (self.wholes.holdings[whole].kept.is_some() || replayed.is_kept(hour, whole))
            };
            let kept: Vec<Entry<WholeIndex>> =
                covered.into_iter().filter(|entry| is_kept(entry.holding)).collect();
            used.without(kept.iter());
            let supplies: List<_, Supply> =
                ledger.holdings.iter().map(|holding| holding.supply(hour, &plans)).collect();
            let capacity: List<CommitmentIndex, Exact> = (supplies.iter().zip(&wholes))
                .map(|(supply, whole)| {
                    Exact::from(if is_kept(*whole) { Amount::ZERO } else { supply.units })
                })
                .collect();
            engine.apply(&used.exact(), &capacity);
            ledger.see_unpriced(&used, engine.on_demand());
            let mut entries = entries(&engine, &used, &supplies);
            let applied: BTreeSet<WholeIndex> = kept.iter().map(|entry| entry.holding).collect();
            entries.extend(in_parts(kept, &ledger.holdings, &supplies));
            ledger.see_hour(hour, &supplies, entries, &|holding| is_kept(wholes[holding]));
            for (index, whole) in wholes.enumerate() {
                // An hour in which there was nothing of it is no kept hour.
                let is_there = supplies[index] != Supply::default() || applied.contains(whole);
                if is_there && is_kept(*whole) {
                    ledger.see_kept(index, replayed.reason(hour, *whole));
                }
            }
        }
        missing
    }

    /// Usage within reach of a plan whose rate nothing says. What is free of charge is nothing to save on.
    fn missing_rates(
        &self,
        holdings: &List<CommitmentIndex, Holding>,
        eligibility: &Eligibility,
        rate: impl Fn(CommitmentIndex, SkuIndex) -> Option<Exact>,
    ) -> BTreeSet<MissingRate> {
        let mut missing = BTreeSet::new();
        for (plan, holding) in holdings.enumerate() {
            let Terms::Plan { plan_type, region, family } = &holding.commitment.terms else {
                continue;
            };
            let reach = eligibility.reach(&holding.commitment.owner);
            let mut seen = BTreeSet::new();
            for usage in &self.market.usage {
                let priced = &self.market.products[usage.sku];
                let is_new = priced.on_demand_rate.is_some()
                    && plan_covers(*plan_type, region, family, &priced.product)
                    && reach.iter().any(|members| members.have(usage.account))
                    && seen.insert(usage.sku);
                if is_new && rate(plan, usage.sku).is_none() {
                    missing.insert(MissingRate {
                        savings_plan: holding.arn.clone(),
                        sku: self.market.skus[usage.sku].clone(),
                    });
                }
            }
        }
        missing
    }

    /// Usage of services that the report's plans are for, of which neither the tables nor what AWS covered
    /// says whether a plan covers it: service and usage type.
    fn unknown_usage(&self) -> BTreeSet<(String, String)> {
        let plans = self.wholes.holdings.iter().filter_map(|whole| match &whole.commitment.terms {
            Terms::Plan { plan_type, .. } => Some(*plan_type),
            _ => None,
        });
        let plans: BTreeSet<_> = plans.collect();
        let products =
            self.market.skus.iter().zip(&self.market.products).zip(&self.market.is_known);
        products
            .filter(|((sku, priced), is_known)| {
                !**is_known
                    && priced.product.attributes.plans.is_empty()
                    && Coverable::has_plans(&sku.service_code, &plans)
            })
            .map(|((sku, _), _)| (sku.service_code.clone(), sku.usage_type.clone()))
            .collect()
    }
}

/// What stays as AWS applied it, over the parts of its commitment: by what each has in the hour.
fn in_parts(
    kept: Vec<Entry<WholeIndex>>,
    holdings: &List<CommitmentIndex, Holding>,
    supplies: &List<CommitmentIndex, Supply>,
) -> Vec<Entry<CommitmentIndex>> {
    let mut parts: BTreeMap<WholeIndex, Vec<CommitmentIndex>> = BTreeMap::new();
    for (index, holding) in holdings.enumerate() {
        parts.entry(holding.whole).or_default().push(index);
    }
    let mut entries = Vec::new();
    for entry in kept {
        let parts = &parts[&entry.holding];
        let weights: Vec<Amount> = parts.iter().map(|index| supplies[*index].units).collect();
        let split = |whole: Amount| match parts.len() {
            1 => vec![whole],
            _ => split(whole, &weights),
        };
        let (amounts, units, lists) =
            (split(entry.usage_amount), split(entry.units), split(entry.list_cost));
        let costs = entry.commitment_cost.map(split);
        for (part, index) in parts.iter().enumerate() {
            entries.push(Entry {
                holding: *index,
                usage: entry.usage,
                usage_amount: amounts[part],
                units: units[part],
                list_cost: lists[part],
                is_list_known: entry.is_list_known,
                commitment_cost: costs.as_ref().map(|costs| costs[part]),
            });
        }
    }
    entries
}

/// What the engine covered, in amounts. Fractions end at the tenth decimal, and the parts of everything
/// that is split add up to it: usage and its list price over what covers it and what nothing does, units
/// and cost of a commitment over what it covers and what nobody used.
fn entries(
    engine: &Engine,
    used: &Used,
    supplies: &List<CommitmentIndex, Supply>,
) -> Vec<Entry<CommitmentIndex>> {
    let covered = engine.covered();
    // Which parts of `covered`, and so of the entries, are of one usage, and which of one commitment.
    let mut of_usage: BTreeMap<UsageIndex, Vec<usize>> = BTreeMap::new();
    let mut of_holding: BTreeMap<CommitmentIndex, Vec<usize>> = BTreeMap::new();
    for (index, coverage) in covered.iter().enumerate() {
        of_usage.entry(coverage.usage).or_default().push(index);
        of_holding.entry(coverage.commitment).or_default().push(index);
    }
    let mut entries: Vec<Entry<CommitmentIndex>> = covered
        .iter()
        .map(|Coverage { commitment, usage, .. }| Entry {
            holding: *commitment,
            usage: *usage,
            usage_amount: Amount::ZERO,
            units: Amount::ZERO,
            list_cost: Amount::ZERO,
            is_list_known: used.unpriced[*usage].is_zero(),
            commitment_cost: Some(Amount::ZERO),
        })
        .collect();
    for (usage, indices) in of_usage {
        let weights = indices.iter().map(|index| &covered[*index].quantity);
        let weights = with_rest(weights, &engine.on_demand()[usage]);
        let amounts = split(used.amounts[usage], &weights);
        let costs = match used.unpriced[usage] {
            Amount::ZERO => split(used.list_costs[usage], &weights),
            unpriced => {
                split_priced(used.list_costs[usage], used.amounts[usage] - unpriced, &weights)
            }
        };
        for (part, index) in indices.into_iter().enumerate() {
            entries[index].usage_amount = amounts[part];
            entries[index].list_cost = costs[part];
        }
    }
    for (holding, indices) in of_holding {
        let weights = indices.iter().map(|index| &covered[*index].units);
        let weights = with_rest(weights, &engine.unused()[holding]);
        let units = split(supplies[holding].units, &weights);
        let costs = split(supplies[holding].cost(), &weights);
        for (part, index) in indices.into_iter().enumerate() {
            entries[index].units = units[part];
            entries[index].commitment_cost = Some(costs[part]);
        }
    }
    entries
}

/// The list price of usage of which a part has none: what is on demand has its price first, and what is left
/// goes to what is covered.
fn split_priced(list_cost: Amount, priced: Amount, weights: &[Amount]) -> Vec<Amount> {
    let (rest, covered) = weights.split_last().map_or((Amount::ZERO, weights), |(a, b)| (*a, b));
    let on_demand = split(list_cost, &[rest.min(priced), (priced - rest).max(Amount::ZERO)])[0];
    let mut costs = split(list_cost - on_demand, covered);
    costs.push(on_demand);
    costs
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
