//! The engine decides which commitment covers which usage in an hour, in AWS's order, under any policy.
//!
//! In each clock hour, reservations come before savings plans. Zonal reservations come before regional ones,
//! and the smallest size comes first (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/apply_ri.html>).
//! EC2 Instance plans come before Compute plans. A plan covers the usage with the highest saving first, and
//! on a tie the usage with the lowest rate
//! (<https://docs.aws.amazon.com/savingsplans/latest/userguide/sp-applying.html>). In each of these turns,
//! every commitment goes through the passes of the policy: the owner comes first, then the other accounts
//! that may benefit. No units are carried over to the next hour.
//!
//! The turns, and the usage that qualifies in each turn, are the same in every hour. So they are worked out
//! once. An hour is then a walk along these lists.

use std::collections::BTreeMap;

use cur::{AccountId, PlanType};
use money::Exact;

use crate::eligibility::{Circle, Eligibility, Owner};
use crate::index::{CommitmentIndex, List, ListIndex, SkuIndex, UsageIndex};
use crate::order::{Beneficiaries, Order, PlanOrder, Precedence, ZeroSaving};
use crate::product::Product;

/// A SKU with its attributes, and its price without a commitment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PricedProduct {
    pub product: Product,
    /// `None` if no line says the rate. Then no plan covers the SKU, because a saving cannot be computed.
    pub on_demand_rate: Option<Exact>,
}

/// The usage of one SKU in one account and zone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Usage {
    pub account: AccountId,
    pub sku: SkuIndex,
    pub zone: String,
}

/// A commitment, or a part of a commitment that has its own owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commitment {
    pub owner: Owner,
    pub terms: Terms,
    /// SKUs that the commitment covers although its terms do not say so, with the units that one of each
    /// takes.
    pub also: Vec<(SkuIndex, Exact)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Terms {
    /// A reservation of a product, either in one zone or regional.
    Reservation { product: Box<Product>, zone: Option<Zone> },
    /// A savings plan. Only EC2 Instance plans have a region and a family.
    Plan { plan_type: PlanType, region: String, family: String },
    /// The terms are unknown, so the commitment is never handed out.
    Unknown,
}

/// A zone. Each account has its own names of zones.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Zone {
    pub name: String,
    /// Accounts that have another name for the zone.
    pub of_accounts: BTreeMap<AccountId, String>,
}

impl From<&str> for Zone {
    fn from(name: &str) -> Self {
        Self { name: name.to_owned(), of_accounts: BTreeMap::new() }
    }
}

impl Zone {
    fn has(&self, usage: &Usage) -> bool {
        *self.of_accounts.get(&usage.account).unwrap_or(&self.name) == usage.zone
    }
}

impl Terms {
    /// The unit in which capacity is counted.
    pub fn unit(&self) -> &'static str {
        match self {
            Self::Plan { .. } => "money",
            terms if terms.is_normalized() => "normalized",
            Self::Reservation { .. } => "instances",
            Self::Unknown => "units",
        }
    }

    /// Whether capacity is counted in normalized units. Otherwise capacity is counted in instances, or for a
    /// plan in money.
    pub fn is_normalized(&self) -> bool {
        match self {
            Self::Reservation { product, zone } => {
                zone.is_none() && product.flexible_class.is_some()
            }
            Self::Plan { .. } | Self::Unknown => false,
        }
    }
}

/// A part of an hour's usage that a commitment covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    pub commitment: CommitmentIndex,
    pub usage: UsageIndex,
    /// The covered part in the unit of the usage.
    pub quantity: Exact,
    /// The covered part in the unit of the commitment: normalized units, instances or money.
    pub units: Exact,
}

/// The engine for any hour with these commitments and this usage.
pub struct Engine {
    usage_skus: List<UsageIndex, SkuIndex>,
    usage_accounts: List<UsageIndex, AccountId>,
    on_demand_rates: List<SkuIndex, Option<Exact>>,
    lists: List<ListIndex, Candidates>,
    steps: Vec<Step>,
    // The state of the current hour. Its memory is used again in the next hour.
    remaining: List<UsageIndex, Exact>,
    free: List<CommitmentIndex, Exact>,
    covered: Vec<Coverage>,
}

/// Usage that qualifies for a commitment, in the order in which the commitment covers it.
struct Candidates {
    usage: Vec<UsageIndex>,
    /// The units of the commitment that one unit of usage takes, by SKU.
    weights: List<SkuIndex, Option<Exact>>,
    /// The index at which a walk begins. All usage before this index has been covered in this hour.
    start: usize,
}

/// One step of an hour. Most steps take one commitment along one list.
enum Step {
    Along {
        commitment: CommitmentIndex,
        list: ListIndex,
    },
    /// Takes one commitment along one list. The account that would save most comes first.
    ByAccount {
        commitment: CommitmentIndex,
        list: ListIndex,
    },
    /// Takes several commitments along their lists at once. Each entry is a commitment, its list and a
    /// candidate.
    Together {
        pairs: Vec<(CommitmentIndex, ListIndex, UsageIndex)>,
    },
}

/// The turn in which a commitment is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Turn {
    Zonal,
    Regional,
    Plan(PlanType),
}

impl Engine {
    /// `rate` gives the rate of a plan for a SKU. If AWS's rules leave a choice, the order of `commitments`
    /// and of `usage` decides.
    pub fn new(
        products: &List<SkuIndex, PricedProduct>,
        usage: &List<UsageIndex, Usage>,
        commitments: &List<CommitmentIndex, Commitment>,
        eligibility: &Eligibility,
        order: &Order,
        rate: impl Fn(CommitmentIndex, SkuIndex) -> Option<Exact>,
    ) -> Self {
        let mut preparation = Preparation {
            products,
            usage,
            commitments,
            eligibility,
            order,
            of_sku: usage_by_sku(products, usage),
            shared: BTreeMap::new(),
            lists: List::default(),
        };
        let steps = preparation.steps(&rate);
        Self {
            usage_skus: usage.iter().map(|usage| usage.sku).collect(),
            usage_accounts: usage.iter().map(|usage| usage.account).collect(),
            on_demand_rates: products.iter().map(|priced| priced.on_demand_rate.clone()).collect(),
            lists: preparation.lists,
            steps,
            remaining: List::default(),
            free: List::default(),
            covered: Vec::new(),
        }
    }

    /// Applies the commitments to one hour. `used` is the amount of each usage, and `capacity` has the units
    /// of each commitment. Negative usage corrects an earlier line, so it is not covered.
    pub fn apply(
        &mut self,
        used: &List<UsageIndex, Exact>,
        capacity: &List<CommitmentIndex, Exact>,
    ) {
        let positive = |number: &Exact| number.clone().max(Exact::ZERO);
        self.remaining.refill(used.iter().map(positive));
        self.free.refill(capacity.iter().map(positive));
        self.covered.clear();
        for list in self.lists.indices() {
            self.lists[list].start = 0;
        }
        let steps = std::mem::take(&mut self.steps);
        for step in &steps {
            match step {
                Step::Along { commitment, list } => self.walk(*commitment, *list),
                Step::ByAccount { commitment, list } => {
                    for usage in self.by_saving_of_accounts(*list) {
                        self.cover(*commitment, *list, usage);
                    }
                }
                Step::Together { pairs } => {
                    for (commitment, list, usage) in pairs {
                        self.cover(*commitment, *list, *usage);
                    }
                }
            }
        }
        self.steps = steps;
    }

    /// The usage that the hour's commitments cover, in the order in which it was covered.
    pub fn covered(&self) -> &[Coverage] {
        &self.covered
    }

    /// The usage that no commitment covers.
    pub fn on_demand(&self) -> &List<UsageIndex, Exact> {
        &self.remaining
    }

    /// The units that nobody used.
    pub fn unused(&self) -> &List<CommitmentIndex, Exact> {
        &self.free
    }

    fn walk(&mut self, commitment: CommitmentIndex, list: ListIndex) {
        let candidates = &mut self.lists[list];
        // Lists are long, and several commitments share one list. Covered usage stays covered until the hour
        // ends, so the walk skips it.
        let is_covered =
            |usage: &&UsageIndex| self.remaining.get(**usage).is_none_or(Exact::is_zero);
        let rest = candidates.usage.get(candidates.start..).unwrap_or_default();
        candidates.start += rest.iter().take_while(is_covered).count();
        for index in candidates.start..candidates.usage.len() {
            if self.free.get(commitment).is_none_or(Exact::is_zero) {
                return;
            }
            let usage = self.lists[list].usage[index];
            self.cover(commitment, list, usage);
        }
    }

    /// Covers as much as the rest of the usage and the rest of the commitment allow. At a rate of 0.70, a
    /// plan with 2.00 left covers 2 ÷ 0.70 = 20/7 hours.
    fn cover(&mut self, commitment: CommitmentIndex, list: ListIndex, usage: UsageIndex) {
        let Some(weight) = &self.lists[list].weights[self.usage_skus[usage]] else { return };
        let (remaining, free) = (&mut self.remaining[usage], &mut self.free[commitment]);
        if remaining.is_zero() || free.is_zero() {
            return;
        }
        let needed = &*remaining * weight;
        let (quantity, units) = if needed <= *free {
            *free = &*free - &needed;
            (std::mem::replace(remaining, Exact::ZERO), needed)
        } else {
            let quantity = &*free / weight;
            *remaining = &*remaining - &quantity;
            (quantity, std::mem::replace(free, Exact::ZERO))
        };
        self.covered.push(Coverage { commitment, usage, quantity, units });
    }

    /// The usage of a list. The account that would save most comes first.
    fn by_saving_of_accounts(&self, list: ListIndex) -> Vec<UsageIndex> {
        let candidates = &self.lists[list];
        let mut accounts: BTreeMap<AccountId, (Exact, Vec<UsageIndex>)> = BTreeMap::new();
        for &usage in &candidates.usage {
            let sku = self.usage_skus[usage];
            if let (Some(rate), Some(on_demand)) =
                (&candidates.weights[sku], &self.on_demand_rates[sku])
            {
                let saved = &self.remaining[usage] * &(on_demand - rate);
                let of_account = accounts.entry(self.usage_accounts[usage]);
                let (saving, usages) = of_account.or_insert((Exact::ZERO, Vec::new()));
                *saving = &*saving + &saved;
                usages.push(usage);
            }
        }
        let mut accounts: Vec<(Exact, Vec<UsageIndex>)> = accounts.into_values().collect();
        accounts.sort_by(|(a, _), (b, _)| b.cmp(a));
        accounts.into_iter().flat_map(|(_, usages)| usages).collect()
    }
}

fn usage_by_sku(
    products: &List<SkuIndex, PricedProduct>,
    usage: &List<UsageIndex, Usage>,
) -> List<SkuIndex, Vec<UsageIndex>> {
    let mut of_sku = products.filled(Vec::new());
    for (index, usage) in usage.enumerate() {
        of_sku[usage.sku].push(index);
    }
    of_sku
}

/// The input of the steps, and the lists that the steps use.
struct Preparation<'a> {
    products: &'a List<SkuIndex, PricedProduct>,
    usage: &'a List<UsageIndex, Usage>,
    commitments: &'a List<CommitmentIndex, Commitment>,
    eligibility: &'a Eligibility,
    order: &'a Order,
    of_sku: List<SkuIndex, Vec<UsageIndex>>,
    /// The lists of reservations. Many reservations share one list.
    shared: BTreeMap<Shared, ListIndex>,
    lists: List<ListIndex, Candidates>,
}

/// The key of a reservations' list: the class and zone of the terms, the SKUs besides the terms, and the
/// accounts of the pass.
type Shared = (String, Vec<(SkuIndex, Exact)>, Circle);

/// The SKUs of a plan, with the two numbers that decide their order: the rate divided by the on-demand rate,
/// and the rate. A rate of 0.07 instead of 0.10 gives 0.7 and 0.07.
type Ranked = Vec<(Exact, Exact, SkuIndex)>;

/// The rate of a plan for a SKU, `None` if no source has the rate.
type RateOf<'a> = dyn Fn(CommitmentIndex, SkuIndex) -> Option<Exact> + 'a;

impl Preparation<'_> {
    fn steps(&mut self, rate: &RateOf<'_>) -> Vec<Step> {
        let mut turns: BTreeMap<Turn, Vec<CommitmentIndex>> = BTreeMap::new();
        for (index, commitment) in self.commitments.enumerate() {
            if let Some(turn) = turn(&commitment.terms) {
                turns.entry(turn).or_default().push(index);
            }
        }
        let ranked: List<CommitmentIndex, Ranked> =
            self.commitments.indices().map(|plan| self.ranked(plan, rate)).collect();
        let passes = self.eligibility.passes().len();
        let mut order: Vec<(usize, Turn, usize)> = Vec::new();
        for turn in turns.keys() {
            for pass in 0..passes {
                // With either precedence, reservations finish all passes before the first plan begins.
                let first = match (self.order.precedence, turn) {
                    (Precedence::Owner, Turn::Plan(_)) => 1 + pass,
                    _ => 0,
                };
                order.push((first, *turn, pass));
            }
        }
        order.sort();
        let mut steps = Vec::new();
        for (_, turn, pass) in order {
            let commitments = &turns[&turn];
            let ways: Vec<(CommitmentIndex, ListIndex)> = (commitments.iter())
                .filter_map(|&index| Some((index, self.list(index, pass, &ranked[index])?)))
                .collect();
            self.add_steps(&mut steps, turn, pass, &ways, &ranked);
        }
        steps
    }

    /// Adds the steps of one turn and pass, from the commitments and their lists.
    fn add_steps(
        &self,
        steps: &mut Vec<Step>,
        turn: Turn,
        pass: usize,
        ways: &[(CommitmentIndex, ListIndex)],
        ranked: &List<CommitmentIndex, Ranked>,
    ) {
        let is_plan = matches!(turn, Turn::Plan(_));
        if is_plan && self.order.plans == PlanOrder::BySaving {
            steps.push(Step::Together { pairs: self.merged(ways, ranked) });
            return;
        }
        let is_by_account =
            is_plan && pass > 0 && self.order.beneficiaries == Beneficiaries::ByAccount;
        steps.extend(ways.iter().map(|&(commitment, list)| {
            if is_by_account {
                Step::ByAccount { commitment, list }
            } else {
                Step::Along { commitment, list }
            }
        }));
    }

    /// The candidates of several plans. The highest saving of all plans comes first.
    fn merged(
        &self,
        ways: &[(CommitmentIndex, ListIndex)],
        ranked: &List<CommitmentIndex, Ranked>,
    ) -> Vec<(CommitmentIndex, ListIndex, UsageIndex)> {
        let mut pairs: Vec<(&Exact, &Exact, CommitmentIndex, UsageIndex, ListIndex)> = Vec::new();
        for &(commitment, list) in ways {
            let of_sku: BTreeMap<SkuIndex, (&Exact, &Exact)> =
                (ranked[commitment].iter()).map(|(paid, rate, sku)| (*sku, (paid, rate))).collect();
            for &usage in &self.lists[list].usage {
                let (paid, rate) = of_sku[&self.usage[usage].sku];
                pairs.push((paid, rate, commitment, usage, list));
            }
        }
        pairs.sort();
        pairs.into_iter().map(|(_, _, commitment, usage, list)| (commitment, list, usage)).collect()
    }

    /// The usage that a commitment may cover in a pass, `None` if there is no such usage.
    fn list(&mut self, index: CommitmentIndex, pass: usize, ranked: &Ranked) -> Option<ListIndex> {
        let Commitment { owner, terms, also } = &self.commitments[index];
        let circle = self.eligibility.circle(owner, pass)?;
        match terms {
            Terms::Reservation { product, zone } => {
                self.reservation_list(product, zone.as_ref(), also, circle)
            }
            Terms::Unknown => None,
            Terms::Plan { .. } => {
                let weights =
                    self.weights(ranked.iter().map(|(_, rate, sku)| (*sku, rate.clone())));
                let same_rank = |a: &(Exact, Exact, SkuIndex), b: &(Exact, Exact, SkuIndex)| {
                    (&a.0, &a.1) == (&b.0, &b.1)
                };
                let mut usage = Vec::new();
                for tied in ranked.chunk_by(same_rank) {
                    usage.extend(self.of_skus(tied.iter().map(|(_, _, sku)| *sku), &circle));
                }
                self.add(usage, weights)
            }
        }
    }

    fn reservation_list(
        &mut self,
        product: &Product,
        zone: Option<&Zone>,
        also: &[(SkuIndex, Exact)],
        circle: Circle,
    ) -> Option<ListIndex> {
        let key = match (zone, &product.flexible_class) {
            (Some(zone), _) => format!("{}\nin {zone:?}", product.exact_class),
            (None, Some(flexible)) => format!("{}\nany size", flexible.name),
            (None, None) => product.exact_class.clone(),
        };
        let key = (key, also.to_vec(), circle);
        if let Some(list) = self.shared.get(&key) {
            return Some(*list);
        }
        let covered = self.covered_skus(product, zone.is_some(), also);
        let weights = self.weights(covered.iter().map(|(factor, sku)| (*sku, factor.clone())));
        let mut usage = Vec::new();
        // The smallest size comes first.
        for tied in covered.chunk_by(|(a, _), (b, _)| a == b) {
            usage.extend(self.of_skus(tied.iter().map(|(_, sku)| *sku), &key.2));
        }
        if let Some(zone) = zone {
            usage.retain(|usage| zone.has(&self.usage[*usage]));
        }
        let list = self.add(usage, weights)?;
        self.shared.insert(key, list);
        Some(list)
    }

    /// The SKUs that a reservation covers, with the units that one of each takes. The smallest units come
    /// first.
    fn covered_skus(
        &self,
        reserved: &Product,
        is_zonal: bool,
        also: &[(SkuIndex, Exact)],
    ) -> Vec<(Exact, SkuIndex)> {
        let by_terms = self.products.enumerate().filter_map(|(sku, priced)| {
            covers(reserved, is_zonal, &priced.product).map(|units| (units, sku))
        });
        let also = also.iter().map(|(sku, units)| (units.clone(), *sku));
        let mut covered: Vec<(Exact, SkuIndex)> = by_terms.chain(also).collect();
        covered.sort();
        covered
    }

    /// The SKUs that a plan covers. The highest saving comes first. The list of a reservation is empty.
    fn ranked(&self, plan: CommitmentIndex, rate: &RateOf<'_>) -> Ranked {
        let Terms::Plan { plan_type, region, family } = &self.commitments[plan].terms else {
            return Vec::new();
        };
        let mut ranked = Ranked::new();
        for (sku, priced) in self.products.enumerate() {
            let is_also = || self.commitments[plan].also.iter().any(|(also, _)| *also == sku);
            if !plan_covers(*plan_type, region, family, &priced.product) && !is_also() {
                continue;
            }
            let (Some(rate), Some(on_demand)) = (rate(plan, sku), &priced.on_demand_rate) else {
                continue;
            };
            let is_worth_it = match self.order.zero_saving {
                ZeroSaving::Covered => rate <= *on_demand,
                ZeroSaving::OnDemand => rate < *on_demand,
            };
            if is_worth_it && !on_demand.is_zero() {
                ranked.push((&rate / on_demand, rate, sku));
            }
        }
        ranked.sort();
        ranked
    }

    fn weights(
        &self,
        of: impl Iterator<Item = (SkuIndex, Exact)>,
    ) -> List<SkuIndex, Option<Exact>> {
        let mut weights = self.products.filled(None);
        for (sku, weight) in of {
            weights[sku] = Some(weight);
        }
        weights
    }

    /// The usage of some SKUs by the accounts of a circle, in the order of usage.
    fn of_skus(&self, skus: impl Iterator<Item = SkuIndex>, circle: &Circle) -> Vec<UsageIndex> {
        let members = self.eligibility.members(circle);
        let mut usage: Vec<UsageIndex> = skus
            .flat_map(|sku| self.of_sku[sku].iter().copied())
            .filter(|usage| members.have(self.usage[*usage].account))
            .collect();
        usage.sort_unstable();
        usage
    }

    fn add(
        &mut self,
        usage: Vec<UsageIndex>,
        weights: List<SkuIndex, Option<Exact>>,
    ) -> Option<ListIndex> {
        let is_empty = usage.is_empty();
        (!is_empty).then(|| self.lists.push(Candidates { usage, weights, start: 0 }))
    }
}

/// Whether the terms of a plan cover a product. The plan may still have no rate for the product.
pub(crate) fn plan_covers(
    plan_type: PlanType,
    region: &str,
    family: &str,
    product: &Product,
) -> bool {
    let attributes = &product.attributes;
    attributes.plans.contains(&plan_type)
        && (plan_type != PlanType::Ec2Instance
            || (attributes.region == region && attributes.family() == family))
}

/// The units of a reservation that one unit of usage takes, `None` if the reservation does not cover the
/// usage.
pub(crate) fn covers(reserved: &Product, is_zonal: bool, used: &Product) -> Option<Exact> {
    match (&reserved.flexible_class, &used.flexible_class) {
        (Some(class), Some(used)) if !is_zonal => {
            let is_of_class = used.name == class.name || class.also_covers.contains(&used.name);
            is_of_class.then(|| used.factor.clone())
        }
        // If the used size has no factor, the reservation covers only exactly its own type.
        (Some(class), None) if !is_zonal => {
            (used.exact_class == reserved.exact_class).then(|| class.factor.clone())
        }
        _ => {
            let is_reserved_zone = is_zonal && used.attributes.is_unused_capacity;
            (used.exact_class == reserved.exact_class && !is_reserved_zone).then_some(Exact::ONE)
        }
    }
}

pub(crate) fn turn(terms: &Terms) -> Option<Turn> {
    match terms {
        Terms::Reservation { zone: Some(_), .. } => Some(Turn::Zonal),
        Terms::Reservation { zone: None, .. } => Some(Turn::Regional),
        Terms::Plan { plan_type, .. } => Some(Turn::Plan(*plan_type)),
        Terms::Unknown => None,
    }
}
