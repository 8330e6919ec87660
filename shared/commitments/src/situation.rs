//! A day as everything after sees it: what was used, what commitments there are, and what AWS covered.

use std::collections::BTreeMap;

use cur::{LineItemType, UsageHour};
use money::rounding::cut;
use money::{Amount, Exact};

use crate::amortized::uncosted;
use crate::day::Day;
use crate::engine::Terms;
use crate::holdings::{PlanHour, Wholes};
use crate::market::Market;
use crate::order::Order;
use crate::rates::{ListedRates, Rates};
use crate::{DemandRow, DemandSku};

/// The day, with its usage and its commitments understood.
pub struct Situation<'a> {
    pub(crate) day: &'a Day<'a>,
    pub(crate) order: Order,
    pub(crate) market: Market,
    pub(crate) wholes: Wholes,
    pub(crate) rates: Rates<'a>,
    /// By the SKUs of the report's demand: the place of the commitment that covered it, if one did.
    covered_by: Vec<Option<usize>>,
    /// By the places of commitments: what a unit costs where lines do not say it, and whether the unit is a
    /// normalized one.
    uncosted: BTreeMap<usize, (Exact, bool)>,
}

/// A part of an hour's usage that a commitment covers, in amounts.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// The place of the whole commitment, or of the part that covers.
    pub(crate) holding: usize,
    pub(crate) usage: usize,
    pub(crate) usage_amount: Amount,
    pub(crate) units: Amount,
    /// As far as it is known.
    pub(crate) list_cost: Amount,
    pub(crate) is_list_known: bool,
    /// `None` where nothing says it.
    pub(crate) commitment_cost: Option<Amount>,
}

/// What was used in an hour, by usage. Negative usage corrects what AWS has billed before and is no usage: it
/// stays on demand.
#[derive(Debug, Clone)]
pub(crate) struct Used {
    pub(crate) amounts: Vec<Amount>,
    /// As far as it is known.
    pub(crate) list_costs: Vec<Amount>,
    /// How much of it has no list price.
    pub(crate) unpriced: Vec<Amount>,
}

/// An hour of the day.
pub(crate) struct Hour<'a> {
    pub(crate) starts: UsageHour,
    pub(crate) used: Used,
    /// What AWS covered, by the place of the whole commitment.
    pub(crate) covered: Vec<Entry>,
    pub(crate) plans: PlanHour<'a>,
}

impl<'a> Situation<'a> {
    pub fn new(day: &'a Day<'a>, order: Order, rates: &'a ListedRates) -> Self {
        let market = Market::new(day, order);
        let wholes = Wholes::new(day, &market);
        let rates = Rates::new(day, rates);
        // The first holding of an ARN is where its coverage is booked.
        let places = wholes.holdings.iter().enumerate().rev();
        let places: BTreeMap<&str, usize> =
            places.map(|(place, whole)| (whole.arn.as_str(), place)).collect();
        let covered_by = day.skus.iter().zip(&market.usage_of);
        let covered_by = covered_by
            .map(|(sku, usage)| {
                places.get(sku.commitment.as_str()).copied().filter(|_| usage.is_some())
            })
            .collect();
        let uncosted = places.iter().filter_map(|(arn, place)| {
            let (cost, units, is_normalized) = uncosted(arn, day.tallies.get(*arn)?)?;
            let each = (!units.is_zero()).then(|| &Exact::from(cost) / &Exact::from(units))?;
            Some((*place, (each, is_normalized)))
        });
        let uncosted = uncosted.collect();
        Self { day, order, market, wholes, rates, covered_by, uncosted }
    }

    /// The hours of the day. An hour without any rows is one in which nobody used anything.
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
        let usages = self.market.usage.len();
        let mut used = Used {
            amounts: vec![Amount::ZERO; usages],
            list_costs: vec![Amount::ZERO; usages],
            unpriced: vec![Amount::ZERO; usages],
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
            if let Some(place) = self.covered_by[row.sku] {
                covered.push(self.covered(place, usage, row, sku));
            }
        }
        Hour { starts: hour, used, covered, plans }
    }

    /// What a covered line says.
    fn covered(&self, place: usize, usage: usize, row: &DemandRow, sku: &DemandSku) -> Entry {
        let units_of_one = || self.market.product_of(usage).units().unwrap_or(Exact::ONE);
        let times = |units: &Exact| cut(&(&Exact::from(row.usage_amount) * units));
        let holding = &self.wholes.holdings[place];
        let commitment_cost = row.commitment_cost.or_else(|| {
            let (each, is_normalized) = self.uncosted.get(&place)?;
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
            holding: place,
            usage,
            usage_amount: row.usage_amount,
            units,
            list_cost: row.list_cost.unwrap_or_default(),
            is_list_known: row.list_cost.is_some(),
            commitment_cost,
        }
    }

    /// What a plan charges for a SKU, each by its place.
    pub(crate) fn rate(&self, whole: usize, sku: usize) -> Option<Exact> {
        self.rates.find(&self.wholes.holdings[whole].arn, &self.market.skus[sku])
    }
}

impl Used {
    pub(crate) fn exact(&self) -> Vec<Exact> {
        self.amounts.iter().copied().map(Exact::from).collect()
    }

    /// Takes away what stays covered as it was.
    pub(crate) fn without<'e>(&mut self, entries: impl Iterator<Item = &'e Entry>) {
        for entry in entries.filter(|entry| !entry.usage_amount.is_negative()) {
            self.amounts[entry.usage] += -entry.usage_amount;
            self.list_costs[entry.usage] += -entry.list_cost;
            if !entry.is_list_known {
                self.unpriced[entry.usage] += -entry.usage_amount;
            }
        }
    }
}
