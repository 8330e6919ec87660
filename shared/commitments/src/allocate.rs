//! The allocation of a day. For each hour, the policy of the reseller decides which usage the commitments
//! cover. The unused part of each commitment is what is left.

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
    /// Allocates the hours of the day under a policy. Groups that did not replay stay as AWS applied them.
    pub fn allocate(
        &self,
        policy: &Policy<'_>,
        replayed: &Replayed,
    ) -> Result<AllocatedDay, HoldingError> {
        // AWS does not know assignments, so its own application has none.
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

    /// Books AWS's own application, as the covered lines show it.
    fn as_billed(&self, ledger: &mut Ledger<'_>) {
        for Hour { starts: hour, covered, plans, .. } in self.hours() {
            let supplies: List<_, Supply> =
                ledger.holdings.iter().map(|holding| holding.supply(hour, &plans)).collect();
            // Without assignments, each commitment has exactly one part.
            let entries = in_parts(covered, &ledger.holdings, &supplies);
            ledger.see_hour(hour, &supplies, entries, &|_| true);
        }
    }

    /// Hands out the commitments by the policy. Returns the rates that were missing.
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
            // If nobody benefits from commitments, no usage has to stay covered.
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
                // If the commitment has neither units nor usage in the hour, the hour does not count as kept.
                let is_there = supplies[index] != Supply::default() || applied.contains(whole);
                if is_there && is_kept(*whole) {
                    ledger.see_kept(index, replayed.reason(hour, *whole));
                }
            }
        }
        missing
    }

    /// Finds usage that a plan could cover but for which no source has the plan's rate. Usage without an
    /// on-demand rate is left out, because a plan saves nothing on free usage.
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

    /// Finds usage of which nobody knows whether a plan covers it, as pairs of service and usage type. The
    /// service is one that the report's plans are for. Neither the tables nor AWS's own coverage has the
    /// usage.
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

/// Splits kept usage over the parts of its commitment, in proportion to the units that each part has in the
/// hour. With parts of 3 and 1 units, the parts get three quarters and one quarter.
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

/// The engine's coverage in amounts that end at the tenth decimal. The parts of a split amount add up to the
/// amount.
///
/// Usage and its list price are split over the commitments that cover the usage and the rest on demand. The
/// units and the cost of a commitment are split over the usage that it covers and its unused part.
fn entries(
    engine: &Engine,
    used: &Used,
    supplies: &List<CommitmentIndex, Supply>,
) -> Vec<Entry<CommitmentIndex>> {
    let covered = engine.covered();
    // The entries have the same indices as `covered`.
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

/// Splits a list price of usage that has a list price only for a part. Usage on demand gets its list price
/// first, and covered usage gets the rest. Of two hours, one has a list price of 0.124. If one hour is on
/// demand, it costs 0.124 and the covered hour costs 0.
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

/// Splits a whole by weights. At least one weight is more than zero, because a part of the whole was there.
fn split(whole: Amount, weights: &[Amount]) -> Vec<Amount> {
    if let [_, Amount::ZERO] = weights {
        return vec![whole, Amount::ZERO];
    }
    apportion(whole, weights).unwrap_or_else(|_| {
        let nothing = weights.iter().skip(1).map(|_| Amount::ZERO);
        std::iter::once(whole).chain(nothing).collect()
    })
}
