//! The usage of a day without AWS's application of commitments: all usage is on demand.

use std::collections::{BTreeMap, BTreeSet};

use cur::{AccountId, BillingPeriod, LineItemType, PlanType, Sku};
use money::{Amount, Exact};

use crate::DemandSku;
use crate::day::Day;
use crate::engine::{PricedProduct, Usage};
use crate::index::{List, SkuIndex, UsageIndex};
use crate::order::{Order, SavingAgainst, Tie};
use crate::product::{Attributes, Product};
use crate::tables::REGIONS;

/// The usage of all accounts.
pub(crate) struct Market {
    pub(crate) skus: List<SkuIndex, Sku>,
    pub(crate) products: List<SkuIndex, PricedProduct>,
    /// Whether the tables know the SKU.
    pub(crate) is_known: List<SkuIndex, bool>,
    pub(crate) usage: List<UsageIndex, Usage>,
    pub(crate) currencies: List<UsageIndex, String>,
    /// The usage of each `DemandSku`, in the order of the day's list. `None` if the `DemandSku` is not usage.
    pub(crate) usage_of: Vec<Option<UsageIndex>>,
}

/// The columns that tell usage apart, in the order that decides ties.
type UsageKey<'a> = (AccountId, &'a Sku, &'a str, &'a str);

impl Market {
    pub(crate) fn new(day: &Day<'_>, order: Order) -> Self {
        let mut found: BTreeMap<&Sku, Facts> = BTreeMap::new();
        let mut keys: Vec<UsageKey<'_>> = Vec::new();
        for demand in day.skus.iter().filter(|demand| is_usage(demand)) {
            let facts = found.entry(&demand.sku).or_default();
            facts.see(demand, order.saving_against);
            let plan = day.plans.get(&demand.commitment);
            facts.plans.extend(plan.and_then(|(_, terms)| terms.plan_type()));
            keys.push(key(demand));
        }
        match order.tie {
            Tie::Account => keys.sort(),
            Tie::UsageType => keys.sort_by_key(|key| (key.1, key.0, key.2, key.3)),
        }
        keys.dedup();
        let (products, is_known): (Vec<_>, Vec<_>) =
            found.iter().map(|(sku, facts)| facts.product(sku, day.period)).unzip();
        let sku_indices: BTreeMap<&Sku, SkuIndex> =
            found.keys().copied().zip((0..).map(SkuIndex::from)).collect();
        let usage_indices: BTreeMap<UsageKey<'_>, UsageIndex> =
            keys.iter().copied().zip((0..).map(UsageIndex::from)).collect();
        let usage_of = (day.skus.iter())
            .map(|demand| is_usage(demand).then(|| usage_indices[&key(demand)]))
            .collect();
        let usage = (keys.iter())
            .map(|(account, sku, zone, _)| Usage {
                account: *account,
                sku: sku_indices[sku],
                zone: (*zone).to_owned(),
            })
            .collect();
        Self {
            skus: found.into_keys().cloned().collect(),
            products: products.into(),
            is_known: is_known.into(),
            usage,
            currencies: keys.iter().map(|(.., currency)| (*currency).to_owned()).collect(),
            usage_of,
        }
    }

    pub(crate) fn sku_of(&self, usage: UsageIndex) -> &Sku {
        &self.skus[self.usage[usage].sku]
    }

    pub(crate) fn product_of(&self, usage: UsageIndex) -> &Product {
        &self.products[self.usage[usage].sku].product
    }
}

fn key(demand: &DemandSku) -> UsageKey<'_> {
    (demand.usage_account_id, &demand.sku, &demand.availability_zone, &demand.currency)
}

/// Negations and fees are not usage. A negation takes back a price, and a fee pays for an hour. Free usage,
/// such as the first tier of a price, is left out too, because AWS covers no free usage.
fn is_usage(demand: &DemandSku) -> bool {
    match demand.line_item_type {
        LineItemType::Usage => demand.unblended_rate.is_none_or(|rate| !rate.is_zero()),
        item_type => item_type.is_covered_usage(),
    }
}

/// The facts that lines say about a SKU. If lines differ, as the tiers of a price do, the highest number
/// counts.
#[derive(Default)]
struct Facts {
    factor: Option<Amount>,
    on_demand_rate: Option<Amount>,
    /// The types of plans that covered the SKU.
    plans: BTreeSet<PlanType>,
}

impl Facts {
    fn see(&mut self, demand: &DemandSku, against: SavingAgainst) {
        let is_known = |number: &Amount| !number.is_negative() && !number.is_zero();
        self.factor = self.factor.max(demand.normalization_factor.filter(is_known));
        // A line that a reservation covered may have a rate of zero. This zero is not a price.
        let unblended = demand.unblended_rate.filter(is_known);
        let public = demand.public_rate.filter(is_known);
        let rate = match against {
            SavingAgainst::Public => public.or(unblended),
            SavingAgainst::Unblended => unblended.or(public),
        };
        self.on_demand_rate = self.on_demand_rate.max(rate);
    }

    /// The SKU's product, and whether the tables know the SKU.
    fn product(&self, sku: &Sku, period: BillingPeriod) -> (PricedProduct, bool) {
        let of_type = || REGIONS.of_usage_type(&sku.usage_type).unwrap_or_default();
        let region = match REGIONS.named(&sku.region) {
            "" => of_type(),
            region => region,
        };
        let known = Attributes::of_sku(sku, region);
        let is_known = known.is_some();
        let mut attributes = known.unwrap_or_else(|| Attributes::of_unknown(sku, region));
        // Usage that AWS covered can be covered, even if the tables do not know it.
        let unknown = self.plans.iter().filter(|plan| !attributes.plans.contains(plan));
        let unknown: Vec<PlanType> = unknown.copied().collect();
        attributes.plans.extend(unknown);
        attributes.factor = self.factor.map(Exact::from);
        let product = Product::new(attributes, period);
        (PricedProduct { product, on_demand_rate: self.on_demand_rate.map(Exact::from) }, is_known)
    }
}
