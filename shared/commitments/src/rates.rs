//! The rates of savings plans: from lines that AWS covered, or else from a file. A rate is never guessed.

use std::collections::BTreeMap;

use cur::{AccountId, LineItemType, PlanType, Sku};
use money::{Amount, Exact};

use crate::day::Day;
use crate::{DemandSku, PlanTerms};

/// The rates of a file: for one plan by its ARN, or for all plans of an offering.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListedRates {
    of_plan: BTreeMap<(String, Sku), Amount>,
    of_offering: BTreeMap<(Offering, Sku), Amount>,
}

/// The kind of plan for which AWS has one price list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Offering {
    plan_type: String,
    term: String,
    payment_option: String,
}

impl Offering {
    /// All spellings give the same offering. AWS writes `No Upfront` and `NoUpfront`, and older reports have
    /// `ComputeSavingsPlan` instead of `ComputeSavingsPlans`.
    pub fn new(plan_type: &str, term: &str, payment_option: &str) -> Self {
        Self {
            plan_type: plan_type.trim_end_matches('s').to_owned(),
            term: term.to_owned(),
            payment_option: payment_option.replace(' ', ""),
        }
    }

    /// If a column is empty, the usage type of the fee has the value: `ComputeSP:1yrNoUpfront`.
    fn of(terms: &PlanTerms) -> Self {
        let plan_type = terms.plan_type().map_or("", PlanType::name);
        let of_fee = terms.usage_type.rsplit([':', '.']).next().unwrap_or_default();
        let (term, option) = of_fee.split_at_checked("1yr".len()).unwrap_or_default();
        let said = |said: &str, of_fee: &str| {
            if said.is_empty() { of_fee.to_owned() } else { said.to_owned() }
        };
        Self::new(plan_type, &said(&terms.term, term), &said(&terms.payment_option, option))
    }
}

impl ListedRates {
    /// Adds a plan's rate for a SKU. Returns whether the file has no other rate of the plan for this SKU.
    pub fn add_of_plan(&mut self, arn: &str, sku: Sku, rate: Amount) -> bool {
        let before = self.of_plan.insert((arn.to_owned(), sku), rate);
        before.is_none_or(|before| before == rate)
    }

    /// Adds the rate of all plans of an offering for a SKU. Returns whether the file has no other rate of the
    /// offering for this SKU.
    pub fn add_of_offering(&mut self, offering: Offering, sku: Sku, rate: Amount) -> bool {
        let before = self.of_offering.insert((offering, sku), rate);
        before.is_none_or(|before| before == rate)
    }
}

/// A rate of zero means that the line does not say its rate. The cost of the line then gives the rate.
fn said_rate(demand: &DemandSku) -> Option<Amount> {
    demand.savings_plan_rate.filter(|rate| !rate.is_zero())
}

/// All known rates.
pub(crate) struct Rates<'a> {
    plans: &'a BTreeMap<String, (AccountId, PlanTerms)>,
    /// From lines that the plan itself covered. `None` if these lines disagree.
    seen_of_plan: BTreeMap<(&'a str, Sku), Option<Amount>>,
    /// From lines that any plan of the offering covered. `None` if these lines disagree.
    seen_of_offering: BTreeMap<(Offering, Sku), Option<Amount>>,
    /// From lines that the plan itself covered and that do not say their rate.
    by_cost: BTreeMap<(&'a str, Sku), Exact>,
    listed: &'a ListedRates,
}

impl<'a> Rates<'a> {
    pub(crate) fn new(day: &Day<'a>, listed: &'a ListedRates) -> Self {
        let Day { skus, plans, .. } = *day;
        let mut rates = Self {
            plans,
            seen_of_plan: BTreeMap::new(),
            seen_of_offering: BTreeMap::new(),
            by_cost: BTreeMap::new(),
            listed,
        };
        let is_covered =
            |demand: &&DemandSku| demand.line_item_type == LineItemType::SavingsPlanCoveredUsage;
        for demand in skus.iter().filter(is_covered) {
            let Some(rate) = said_rate(demand) else { continue };
            if let Some((_, terms)) = plans.get(&demand.commitment) {
                let key = (Offering::of(terms), demand.sku.clone());
                see(rates.seen_of_offering.entry(key).or_insert(Some(rate)), rate);
            }
            let key = (demand.commitment.as_str(), demand.sku.clone());
            see(rates.seen_of_plan.entry(key).or_insert(Some(rate)), rate);
        }
        rates.see_costs(day);
        rates
    }

    /// If lines do not say their rate, the rate is the cost of all these lines of the day divided by their
    /// usage. For example, 1.68 for 24 hours is 0.07 an hour.
    fn see_costs(&mut self, day: &Day<'a>) {
        let mut sums: BTreeMap<(&'a str, Sku), [Amount; 2]> = BTreeMap::new();
        for row in day.rows {
            let demand = &day.skus[row.sku];
            let is_covered = demand.line_item_type == LineItemType::SavingsPlanCoveredUsage;
            if let (true, None, Some(cost)) = (is_covered, said_rate(demand), row.commitment_cost) {
                let sum = sums.entry((&demand.commitment, demand.sku.clone())).or_default();
                sum[0] += cost;
                sum[1] += row.usage_amount;
            }
        }
        for (key, [cost, amount]) in sums {
            if amount > Amount::ZERO && !self.seen_of_plan.contains_key(&key) {
                self.by_cost.insert(key, &Exact::from(cost) / &Exact::from(amount));
            }
        }
    }

    /// The plan's rate for a SKU, `None` if no source has the rate.
    pub(crate) fn find(&self, arn: &str, sku: &Sku) -> Option<Exact> {
        let seen = self.seen_of_plan.get(&(arn, sku.clone())).copied();
        if let Some(rate) = self.by_cost.get(&(arn, sku.clone())) {
            return Some(rate.clone());
        }
        let listed = || self.listed.of_plan.get(&(arn.to_owned(), sku.clone())).copied();
        let rate = match seen {
            Some(Some(rate)) => Some(rate),
            // The plan's own lines disagree, so the lines of other plans cannot decide.
            Some(None) => listed(),
            None => listed().or_else(|| self.of_offering(arn, sku)),
        };
        rate.map(Exact::from)
    }

    /// The rate of the plan's offering. The file comes before the report, because another plan in the report
    /// may be from another year.
    fn of_offering(&self, arn: &str, sku: &Sku) -> Option<Amount> {
        let (_, terms) = self.plans.get(arn)?;
        let key = (Offering::of(terms), sku.clone());
        let seen = || self.seen_of_offering.get(&key).copied().flatten();
        self.listed.of_offering.get(&key).copied().or_else(seen)
    }
}

/// If two lines give different rates for one SKU, the rate is unknown.
fn see(known: &mut Option<Amount>, rate: Amount) {
    if *known != Some(rate) {
        *known = None;
    }
}
