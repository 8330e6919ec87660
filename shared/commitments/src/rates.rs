//! What a savings plan charges for usage: from lines that AWS covered, else from a file. Never guessed.

use std::collections::BTreeMap;

use cur::{AccountId, LineItemType, PlanType};
use money::{Amount, Exact};
use pipeline::PlanTerms;

use crate::learn::plan_type;

use crate::DemandSku;

/// What a rate is for, as reports and AWS's list of rates name it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SkuName {
    pub service_code: String,
    pub region: String,
    pub usage_type: String,
    pub operation: String,
}

impl SkuName {
    pub(crate) fn of(sku: &DemandSku) -> Self {
        Self {
            service_code: sku.service_code.clone(),
            region: sku.region.clone(),
            usage_type: sku.usage_type.clone(),
            operation: sku.operation.clone(),
        }
    }
}

/// Rates of a file: by a plan's ARN, or by what plans are sold as.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListedRates {
    of_plan: BTreeMap<(String, SkuName), Amount>,
    of_offering: BTreeMap<(Offering, SkuName), Amount>,
}

/// What AWS sells under one price list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Offering {
    /// As reports spell it: `ComputeSavingsPlans`.
    pub plan_type: String,
    pub term: String,
    pub payment_option: String,
}

impl Offering {
    fn of(terms: &PlanTerms) -> Self {
        Self {
            plan_type: plan_type(terms).map_or("", PlanType::name).to_owned(),
            term: terms.term.clone(),
            payment_option: terms.payment_option.clone(),
        }
    }
}

impl ListedRates {
    /// Adds a rate; says if there is another for the same.
    pub fn add_of_plan(&mut self, arn: &str, sku: SkuName, rate: Amount) -> bool {
        let before = self.of_plan.insert((arn.to_owned(), sku), rate);
        before.is_none_or(|before| before == rate)
    }

    /// The same for all plans of an offering.
    pub fn add_of_offering(&mut self, offering: Offering, sku: SkuName, rate: Amount) -> bool {
        let before = self.of_offering.insert((offering, sku), rate);
        before.is_none_or(|before| before == rate)
    }
}

/// All that is known of rates.
pub(crate) struct Rates<'a> {
    plans: &'a BTreeMap<String, (AccountId, PlanTerms)>,
    /// From lines that the plan itself covered; `None` where they disagree.
    seen_of_plan: BTreeMap<(&'a str, SkuName), Option<Amount>>,
    /// From lines that another plan of its offering covered.
    seen_of_offering: BTreeMap<(Offering, SkuName), Option<Amount>>,
    listed: &'a ListedRates,
}

impl<'a> Rates<'a> {
    pub(crate) fn new(
        skus: &'a [DemandSku],
        plans: &'a BTreeMap<String, (AccountId, PlanTerms)>,
        listed: &'a ListedRates,
    ) -> Self {
        let mut rates = Self {
            plans,
            seen_of_plan: BTreeMap::new(),
            seen_of_offering: BTreeMap::new(),
            listed,
        };
        let covered =
            |sku: &&DemandSku| sku.line_item_type == LineItemType::SavingsPlanCoveredUsage;
        for sku in skus.iter().filter(covered) {
            let Some(rate) = sku.savings_plan_rate else { continue };
            let name = SkuName::of(sku);
            if let Some((_, terms)) = plans.get(&sku.commitment) {
                let key = (Offering::of(terms), name.clone());
                see(rates.seen_of_offering.entry(key).or_insert(Some(rate)), rate);
            }
            let key = (sku.commitment.as_str(), name);
            see(rates.seen_of_plan.entry(key).or_insert(Some(rate)), rate);
        }
        rates
    }

    /// The plan's rate, `None` if nothing says it.
    pub(crate) fn find(&self, arn: &str, sku: &SkuName) -> Option<Exact> {
        let seen = self.seen_of_plan.get(&(arn, sku.clone())).copied();
        let listed = || self.listed.of_plan.get(&(arn.to_owned(), sku.clone())).copied();
        let rate = match seen {
            Some(Some(rate)) => Some(rate),
            // Its own lines disagree, so no other plan's would settle it.
            Some(None) => listed(),
            None => listed().or_else(|| self.of_offering(arn, sku)),
        };
        rate.map(Exact::from)
    }

    /// What plans of its kind charge. The file comes first: what another plan charges in the report may
    /// be of another year.
    fn of_offering(&self, arn: &str, sku: &SkuName) -> Option<Amount> {
        let (_, terms) = self.plans.get(arn)?;
        let key = (Offering::of(terms), sku.clone());
        let seen = || self.seen_of_offering.get(&key).copied().flatten();
        self.listed.of_offering.get(&key).copied().or_else(seen)
    }
}

/// Two rates for the same are none.
fn see(known: &mut Option<Amount>, rate: Amount) {
    if *known != Some(rate) {
        *known = None;
    }
}
