//! What was used, with AWS's application of commitments undone: usage on demand, by the hour.

use std::collections::{BTreeMap, BTreeSet};

use cur::{AccountId, BillingPeriod, LineItemType, PlanType};
use money::{Amount, Exact};

use crate::engine::{Sku, Usage};
use crate::learn::plan_type;
use crate::order::{Order, SavingAgainst, Tie};
use crate::product::{Attributes, Product};
use crate::situation::Day;
use crate::tables::REGIONS;
use crate::{DemandSku, SkuName};

/// The usage of all accounts.
pub(crate) struct Market {
    pub(crate) names: Vec<SkuName>,
    pub(crate) skus: Vec<Sku>,
    /// By SKU: whether the tables know it.
    pub(crate) is_known: Vec<bool>,
    pub(crate) usage: Vec<Usage>,
    /// By usage.
    pub(crate) currencies: Vec<String>,
    /// By the SKUs of the report's demand: which usage it is, if it is usage.
    pub(crate) usage_of: Vec<Option<usize>>,
}

/// What makes usage of its own, in the order that decides ties.
type UsageKey<'a> = (AccountId, &'a SkuName, &'a str, &'a str);

impl Market {
    pub(crate) fn new(day: &Day<'_>, order: Order) -> Self {
        let demand = day.skus;
        let named: Vec<Option<SkuName>> =
            demand.iter().map(|sku| is_usage(sku).then(|| SkuName::of(sku))).collect();
        let mut found: BTreeMap<&SkuName, Facts> = BTreeMap::new();
        let mut keys: Vec<UsageKey<'_>> = Vec::new();
        for (sku, name) in demand.iter().zip(&named) {
            let Some(name) = name else { continue };
            let facts = found.entry(name).or_default();
            facts.see(sku, order.saving_against);
            let plan = day.plans.get(&sku.commitment);
            facts.plans.extend(plan.and_then(|(_, terms)| plan_type(terms)));
            keys.push(key(sku, name));
        }
        match order.tie {
            Tie::Account => keys.sort(),
            Tie::UsageType => keys.sort_by_key(|key| (key.1, key.0, key.2, key.3)),
        }
        keys.dedup();
        let (skus, is_known) =
            found.iter().map(|(name, facts)| facts.sku(name, day.period)).unzip();
        let places: BTreeMap<&SkuName, usize> = found.keys().copied().zip(0..).collect();
        let usage_places: BTreeMap<UsageKey<'_>, usize> = keys.iter().copied().zip(0..).collect();
        let usage_of = (demand.iter().zip(&named))
            .map(|(sku, name)| name.as_ref().map(|name| usage_places[&key(sku, name)]))
            .collect();
        let usage = (keys.iter())
            .map(|(account, name, zone, _)| Usage {
                account: *account,
                sku: places[name],
                zone: (*zone).to_owned(),
            })
            .collect();
        Self {
            skus,
            is_known,
            usage,
            currencies: keys.iter().map(|(.., currency)| (*currency).to_owned()).collect(),
            usage_of,
            names: found.into_keys().cloned().collect(),
        }
    }

    pub(crate) fn name_of(&self, usage: usize) -> &SkuName {
        &self.names[self.usage[usage].sku]
    }

    pub(crate) fn product_of(&self, usage: usize) -> &Product {
        &self.skus[self.usage[usage].sku].product
    }
}

fn key<'a>(sku: &'a DemandSku, name: &'a SkuName) -> UsageKey<'a> {
    (sku.usage_account_id, name, &sku.availability_zone, &sku.currency)
}

/// A negation takes back a price and a fee pays for an hour; neither is usage. Nor is what is free, such
/// as the first tier of a price: AWS leaves it alone, and so does everything here.
fn is_usage(sku: &DemandSku) -> bool {
    match sku.line_item_type {
        LineItemType::Usage => sku.unblended_rate.is_none_or(|rate| !rate.is_zero()),
        item_type => item_type.is_covered_usage(),
    }
}

/// What lines say of a SKU. Where they differ, as tiers of a price do, the highest counts.
#[derive(Default)]
struct Facts {
    factor: Option<Amount>,
    on_demand_rate: Option<Amount>,
    /// The types of plans that have covered it.
    plans: BTreeSet<PlanType>,
}

impl Facts {
    fn see(&mut self, sku: &DemandSku, against: SavingAgainst) {
        let is_known = |number: &Amount| !number.is_negative() && !number.is_zero();
        self.factor = self.factor.max(sku.normalization_factor.filter(is_known));
        // A line covered by a reservation costs nothing at present; that is no price.
        let unblended = sku.unblended_rate.filter(is_known);
        let public = sku.public_rate.filter(is_known);
        let rate = match against {
            SavingAgainst::Public => public.or(unblended),
            SavingAgainst::Unblended => unblended.or(public),
        };
        self.on_demand_rate = self.on_demand_rate.max(rate);
    }

    /// The SKU, and whether the tables know it.
    fn sku(&self, name: &SkuName, period: BillingPeriod) -> (Sku, bool) {
        let SkuName { service_code, region, usage_type, operation } = name;
        let of_type = || REGIONS.of_usage_type(usage_type).unwrap_or_default();
        let region = match REGIONS.named(region) {
            "" => of_type(),
            region => region,
        };
        let known = Attributes::of_line(service_code, usage_type, operation, region);
        let is_known = known.is_some();
        let mut attributes = known
            .unwrap_or_else(|| Attributes::of_unknown(service_code, usage_type, operation, region));
        // Whatever AWS covered can be covered, even if the tables do not know it.
        let unknown = self.plans.iter().filter(|plan| !attributes.plans.contains(plan));
        let unknown: Vec<PlanType> = unknown.copied().collect();
        attributes.plans.extend(unknown);
        attributes.factor = self.factor.map(Exact::from);
        let product = Product::new(attributes, period);
        (Sku { product, on_demand_rate: self.on_demand_rate.map(Exact::from) }, is_known)
    }
}
