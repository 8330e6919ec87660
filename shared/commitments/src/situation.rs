//! A day after its lines were understood: the usage, the commitments, and the coverage by AWS.

use std::collections::BTreeMap;

use cur::{LineItemType, UsageHour};
use money::rounding::cut;
use money::{Amount, Exact};

use crate::amortized::uncosted;
use crate::day::Day;
use crate::engine::Terms;
use crate::holdings::{PlanHour, Wholes};
use crate::index::{List, SkuIndex, UsageIndex, WholeIndex};
use crate::market::Market;
use crate::order::Order;
use crate::rates::{ListedRates, Rates};
use crate::{DemandRow, DemandSku};

/// The day with its usage and its commitments.
pub struct Situation<'a> {
    pub(crate) day: &'a Day<'a>,
    pub(crate) order: Order,
    pub(crate) market: Market,
    pub(crate) wholes: Wholes,
    pub(crate) rates: Rates<'a>,
    /// The commitment that covered each `DemandSku`, in the order of the day's list. `None` if it is not
    /// covered.
    covered_by: Vec<Option<WholeIndex>>,
    /// The cost of a unit of covered usage whose lines do not say a cost, and whether the unit is normalized.
    uncosted: BTreeMap<WholeIndex, (Exact, bool)>,
}

/// A part of an hour's usage that a commitment covers, in amounts. AWS covers usage with whole commitments,
/// which have a `WholeIndex`. The policy covers usage with parts of commitments, which have a
/// `CommitmentIndex`.
#[derive(Debug, Clone)]
pub(crate) struct Entry<I> {
    pub(crate) holding: I,
    pub(crate) usage: UsageIndex,
    pub(crate) usage_amount: Amount,
    pub(crate) units: Amount,
    /// The list price, as far as it is known.
    pub(crate) list_cost: Amount,
    pub(crate) is_list_known: bool,
    /// `None` if the cost is unknown.
    pub(crate) commitment_cost: Option<Amount>,
}

/// The usage of an hour. Negative usage corrects an earlier line, so it is not counted here and stays on
/// demand.
#[derive(Debug, Clone)]
pub(crate) struct Used {
    pub(crate) amounts: List<UsageIndex, Amount>,
    /// The list prices, as far as they are known.
    pub(crate) list_costs: List<UsageIndex, Amount>,
    /// The amount of the usage that has no list price.
    pub(crate) unpriced: List<UsageIndex, Amount>,
}

/// An hour of the day.
pub(crate) struct Hour<'a> {
    pub(crate) starts: UsageHour,
    pub(crate) used: Used,
    /// The coverage by AWS.
    pub(crate) covered: Vec<Entry<WholeIndex>>,
    pub(crate) plans: PlanHour<'a>,
}

impl<'a> Situation<'a> {
    pub fn new(day: &'a Day<'a>, order: Order, rates: &'a ListedRates) -> Self {
        let market = Market::new(day, order);
        let wholes = Wholes::new(day, &market);
        let rates = Rates::new(day, rates);
        // Fees with different terms make several holdings of one ARN. The coverage is booked on the first of
        // them.
        let by_arn = wholes.holdings.enumerate().rev();
        let by_arn: BTreeMap<&str, WholeIndex> =
            by_arn.map(|(index, whole)| (whole.arn.as_str(), index)).collect();
        let covered_by = day.skus.iter().zip(&market.usage_of);
        let covered_by = covered_by
            .map(|(sku, usage)| {
                by_arn.get(sku.commitment.as_str()).copied().filter(|_| usage.is_some())
            })
            .collect();
        let uncosted = by_arn.iter().filter_map(|(arn, whole)| {
            let (cost, units, is_normalized) = uncosted(arn, day.tallies.get(*arn)?)?;
            let each = (!units.is_zero()).then(|| &Exact::from(cost) / &Exact::from(units))?;
            Some((*whole, (each, is_normalized)))
        });
        let uncosted = uncosted.collect();
        Self { day, order, market, wholes, rates, covered_by, uncosted }
    }

    /// The hours of the day. An hour without rows is an hour without usage.
    pub(crate) fn hours(&self) -> impl Iterator<Item = Hour<'a>> + use<'_, 'a> {
        let first = UsageHour::midnight(self.day.date);
        let mut hours: BTreeMap<_, Vec<&'a DemandRow>> =
            (0..24).map(|hours| (first.after(hours), Vec::new())).collect();
        for row in self.day.rows {
            hours.entry(row.usage_hour).or_default().push(row);
        }
        hours.into_iter().map(|(hour, rows)| self.hour(hour, &rows))
    }

    fn hour(&self, hour: UsageHour, rows: &[&'a DemandRow]) -> Hour<'a> {
        let mut used = Used {
            amounts: self.market.usage.filled(Amount::ZERO),
            list_costs: self.market.usage.filled(Amount::ZERO),
            unpriced: self.market.usage.filled(Amount::ZERO),
        };
        let mut covered = Vec::new();
        let mut plans = PlanHour::new();
        for row in rows {
            let sku = &self.day.skus[row.sku];
            if sku.line_item_type == LineItemType::SavingsPlanRecurringFee {
                let (all, recurring) = plans.entry(&sku.commitment).or_default();
                *all += row.commitment_cost.unwrap_or_default();
                *recurring += row.unblended_cost;
            }
            let Some(usage) = self.market.usage_of[row.sku] else { continue };
            if !row.usage_amount.is_negative() {
                used.amounts[usage] += row.usage_amount;
                used.list_costs[usage] += row.list_cost.unwrap_or_default();
                if row.list_cost.is_none() {
                    used.unpriced[usage] += row.usage_amount;
                }
            }
            if let Some(whole) = self.covered_by[row.sku] {
                covered.push(self.covered(whole, usage, row, sku));
            }
        }
        Hour { starts: hour, used, covered, plans }
    }

    /// The coverage that a row shows.
    fn covered(
        &self,
        whole: WholeIndex,
        usage: UsageIndex,
        row: &DemandRow,
        sku: &DemandSku,
    ) -> Entry<WholeIndex> {
        let units_of_one = || self.market.product_of(usage).units().unwrap_or(Exact::ONE);
        let times = |units: &Exact| cut(&(&Exact::from(row.usage_amount) * units));
        let holding = &self.wholes.holdings[whole];
        let commitment_cost = row.commitment_cost.or_else(|| {
            let (each, is_normalized) = self.uncosted.get(&whole)?;
            let factor = sku.normalization_factor.map_or(Exact::ONE, Exact::from);
            Some(times(&if *is_normalized { each * &factor } else { each.clone() }))
        });
        let units = match &holding.commitment.terms {
            Terms::Plan { .. } => commitment_cost.unwrap_or_default(),
            terms if terms.is_normalized() => times(&units_of_one()),
            _ if holding.is_plan => commitment_cost.unwrap_or_default(),
            _ => row.usage_amount,
        };
        Entry {
            holding: whole,
            usage,
            usage_amount: row.usage_amount,
            units,
            list_cost: row.list_cost.unwrap_or_default(),
            is_list_known: row.list_cost.is_some(),
            commitment_cost,
        }
    }

    /// The rate of a plan for a SKU.
    pub(crate) fn rate(&self, whole: WholeIndex, sku: SkuIndex) -> Option<Exact> {
        self.rates.find(&self.wholes.holdings[whole].arn, &self.market.skus[sku])
    }
}

impl Used {
    pub(crate) fn exact(&self) -> List<UsageIndex, Exact> {
        self.amounts.iter().copied().map(Exact::from).collect()
    }

    /// Takes away the usage that stays covered by AWS.
    pub(crate) fn without<'e, I: 'e>(&mut self, entries: impl Iterator<Item = &'e Entry<I>>) {
        for entry in entries.filter(|entry| !entry.usage_amount.is_negative()) {
            self.amounts[entry.usage] += -entry.usage_amount;
            self.list_costs[entry.usage] += -entry.list_cost;
            if !entry.is_list_known {
                self.unpriced[entry.usage] += -entry.usage_amount;
            }
        }
    }
}
