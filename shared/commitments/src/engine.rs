//! One hour after the other: which commitment covers which usage, in AWS's order, under any policy.
//!
//! For each clock-hour zonal reservations come first, then regional ones, smallest size first
//! (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/apply_ri.html>), then savings plans, those of EC2
//! instances before those of compute, highest saving first and on a tie the lowest rate
//! (<https://docs.aws.amazon.com/savingsplans/latest/userguide/sp-applying.html>). Within each of these
//! turns every commitment goes through the passes of the policy: its owner, then whoever else may benefit.
//! Nothing is carried over to the next hour.
//!
//! What does not change from hour to hour is worked out once: the turns, and for each of them the usage that
//! qualifies, in its order. An hour is then a walk along these lists.

use std::collections::BTreeMap;

use cur::{AccountId, PlanType};
use money::Exact;

use crate::eligibility::{Circle, Eligibility, Owner};
use crate::order::{Beneficiaries, Order, PlanOrder, Precedence, ZeroSaving};
use crate::product::Product;

/// A SKU as the engine sees it: what it is, and what it costs without a commitment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PricedProduct {
    pub product: Product,
    /// `None` where nothing says it: no plan covers what has no price to save from.
    pub on_demand_rate: Option<Exact>,
}

/// Usage of one kind in one account and zone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Usage {
    pub account: AccountId,
    /// The place of its SKU.
    pub sku: usize,
    pub zone: String,
}

/// A commitment, or the part of one that has an owner of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commitment {
    pub owner: Owner,
    pub terms: Terms,
    /// SKUs that it covers besides those of its terms, by their places, with the units that one takes.
    pub also: Vec<(usize, Exact)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Terms {
    /// Of a product; in one zone, or regional.
    Reservation { product: Box<Product>, zone: Option<Zone> },
    /// EC2 Instance plans have a region and a family.
    Plan { plan_type: PlanType, region: String, family: String },
    /// Nobody here knows what it covers, so it is never handed out.
    Unknown,
}

/// A zone, by the name that an account has for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Zone {
    pub name: String,
    /// Accounts that have another name for it.
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
    /// What capacity is counted in.
    pub fn unit(&self) -> &'static str {
        match self {
            Self::Plan { .. } => "money",
            terms if terms.is_normalized() => "normalized",
            Self::Reservation { .. } => "instances",
            Self::Unknown => "units",
        }
    }

    /// Whether capacity is counted in normalized units. Otherwise it is counted in instances, or for a
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
    pub commitment: usize,
    pub usage: usize,
    /// Of the usage's own unit.
    pub quantity: Exact,
    /// Of the commitment's: normalized units, instances, or money.
    pub units: Exact,
}

/// Ready for any hour in which these commitments and this usage are there.
pub struct Engine {
    usage_skus: Vec<usize>,
    usage_accounts: Vec<AccountId>,
    on_demand_rates: Vec<Option<Exact>>,
    lists: Vec<Candidates>,
    steps: Vec<Step>,
    // The state of the hour, kept to be used again.
    remaining: Vec<Exact>,
    free: Vec<Exact>,
    covered: Vec<Coverage>,
}

/// Usage that qualifies for a commitment, in the order in which it is covered.
struct Candidates {
    usage: Vec<usize>,
    /// Of the commitment's units, what one unit of usage takes, by SKU.
    weights: Vec<Option<Exact>>,
    /// Everything before has been covered in this hour.
    start: usize,
}

/// One commitment's way along one list, or the way of several along theirs at once.
enum Step {
    Along {
        commitment: usize,
        list: usize,
    },
    /// The same, but accounts come in the order of what they would save.
    ByAccount {
        commitment: usize,
        list: usize,
    },
    /// Commitment and list of each, and their candidates in a common order.
    Together {
        pairs: Vec<(usize, usize, usize)>,
    },
}

/// In which turn a commitment is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Turn {
    Zonal,
    Regional,
    Plan(PlanType),
}

impl Engine {
    /// `rate` is what a plan (by its place among the commitments) charges for a SKU (by its place).
    /// The order of `commitments` and of `usage` decides what AWS leaves open.
    pub fn new(
        skus: &[PricedProduct],
        usage: &[Usage],
        commitments: &[Commitment],
        eligibility: &Eligibility,
        order: &Order,
        rate: impl Fn(usize, usize) -> Option<Exact>,
    ) -> Self {
        let mut preparation = Preparation {
            skus,
            usage,
            commitments,
            eligibility,
            order,
            of_sku: usage_by_sku(skus.len(), usage),
            shared: BTreeMap::new(),
            lists: Vec::new(),
        };
        let steps = preparation.steps(&rate);
        Self {
            usage_skus: usage.iter().map(|usage| usage.sku).collect(),
            usage_accounts: usage.iter().map(|usage| usage.account).collect(),
            on_demand_rates: skus.iter().map(|sku| sku.on_demand_rate.clone()).collect(),
            lists: preparation.lists,
            steps,
            remaining: Vec::new(),
            free: Vec::new(),
            covered: Vec::new(),
        }
    }

    /// Applies the commitments to one hour: what was used, by usage, and what there is to hand out, by
    /// commitment. Usage that is negative (AWS corrects itself so) is not covered.
    pub fn apply(&mut self, used: &[Exact], capacity: &[Exact]) {
        let positive = |number: &Exact| number.clone().max(Exact::ZERO);
        self.remaining.clear();
        self.remaining.extend(used.iter().map(positive));
        self.free.clear();
        self.free.extend(capacity.iter().map(positive));
        self.covered.clear();
        for list in &mut self.lists {
            list.start = 0;
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

    /// What the hour's commitments cover, in the order in which it was covered.
    pub fn covered(&self) -> &[Coverage] {
        &self.covered
    }

    /// What nothing covers, by usage.
    pub fn on_demand(&self) -> &[Exact] {
        &self.remaining
    }

    /// What nobody used, by commitment.
    pub fn unused(&self) -> &[Exact] {
        &self.free
    }

    fn walk(&mut self, commitment: usize, list: usize) {
        let Some(candidates) = self.lists.get_mut(list) else { return };
        // Lists are shared and long; what is covered stays covered until the hour is over.
        let is_covered = |usage: &&usize| self.remaining.get(**usage).is_none_or(Exact::is_zero);
        let rest = candidates.usage.get(candidates.start..).unwrap_or_default();
        candidates.start += rest.iter().take_while(is_covered).count();
        for at in candidates.start..candidates.usage.len() {
            if self.free.get(commitment).is_none_or(Exact::is_zero) {
                return;
            }
            let usage = self.lists[list].usage[at];
            self.cover(commitment, list, usage);
        }
    }

    /// Covers as much of the usage as there is left of both.
    fn cover(&mut self, commitment: usize, list: usize, usage: usize) {
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

    /// A list's usage, the account that would save most first.
    fn by_saving_of_accounts(&self, list: usize) -> Vec<usize> {
        let candidates = &self.lists[list];
        let mut accounts: BTreeMap<AccountId, (Exact, Vec<usize>)> = BTreeMap::new();
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
        let mut accounts: Vec<(Exact, Vec<usize>)> = accounts.into_values().collect();
        accounts.sort_by(|(a, _), (b, _)| b.cmp(a));
        accounts.into_iter().flat_map(|(_, usages)| usages).collect()
    }
}

fn usage_by_sku(skus: usize, usage: &[Usage]) -> Vec<Vec<usize>> {
    let mut of_sku = vec![Vec::new(); skus];
    for (place, usage) in usage.iter().enumerate() {
        of_sku[usage.sku].push(place);
    }
    of_sku
}

/// Works out the steps.
struct Preparation<'a> {
    skus: &'a [PricedProduct],
    usage: &'a [Usage],
    commitments: &'a [Commitment],
    eligibility: &'a Eligibility,
    order: &'a Order,
    of_sku: Vec<Vec<usize>>,
    /// Lists of reservations: many share one.
    shared: BTreeMap<Shared, usize>,
    lists: Vec<Candidates>,
}

/// What a list of reservations depends on: what they cover by their terms and besides, and whose usage it is.
type Shared = (String, Vec<(usize, Exact)>, Circle);

/// A plan's SKUs with what decides their order: what is paid of each unit of price, and the rate.
type Ranked = Vec<(Exact, Exact, usize)>;

impl Preparation<'_> {
    fn steps(&mut self, rate: &dyn Fn(usize, usize) -> Option<Exact>) -> Vec<Step> {
        let mut turns: BTreeMap<Turn, Vec<usize>> = BTreeMap::new();
        for (place, commitment) in self.commitments.iter().enumerate() {
            if let Some(turn) = turn(&commitment.terms) {
                turns.entry(turn).or_default().push(place);
            }
        }
        let ranked: Vec<Ranked> =
            (0..self.commitments.len()).map(|plan| self.ranked(plan, rate)).collect();
        let passes = self.eligibility.passes().len();
        let mut order: Vec<(usize, Turn, usize)> = Vec::new();
        for turn in turns.keys() {
            for pass in 0..passes {
                // Reservations are through with all passes before the first plan either way.
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
            let ways: Vec<(usize, usize)> = (commitments.iter())
                .filter_map(|&place| Some((place, self.list(place, pass, &ranked[place])?)))
                .collect();
            self.add_steps(&mut steps, turn, pass, &ways, &ranked);
        }
        steps
    }

    /// The steps of one turn and pass, from each commitment and its list.
    fn add_steps(
        &self,
        steps: &mut Vec<Step>,
        turn: Turn,
        pass: usize,
        ways: &[(usize, usize)],
        ranked: &[Ranked],
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

    /// Several plans' candidates, the highest saving of all first.
    fn merged(&self, ways: &[(usize, usize)], ranked: &[Ranked]) -> Vec<(usize, usize, usize)> {
        let mut pairs: Vec<(&Exact, &Exact, usize, usize, usize)> = Vec::new();
        for &(commitment, list) in ways {
            let of_sku: BTreeMap<usize, (&Exact, &Exact)> =
                (ranked[commitment].iter()).map(|(paid, rate, sku)| (*sku, (paid, rate))).collect();
            for &usage in &self.lists[list].usage {
                let (paid, rate) = of_sku[&self.usage[usage].sku];
                pairs.push((paid, rate, commitment, usage, list));
            }
        }
        pairs.sort();
        pairs.into_iter().map(|(_, _, commitment, usage, list)| (commitment, list, usage)).collect()
    }

    /// What a commitment may cover in a pass, `None` if there is nothing.
    fn list(&mut self, place: usize, pass: usize, ranked: &Ranked) -> Option<usize> {
        let Commitment { owner, terms, also } = &self.commitments[place];
        let circle = self.eligibility.circle(owner, pass)?;
        match terms {
            Terms::Reservation { product, zone } => {
                self.reservation_list(product, zone.as_ref(), also, circle)
            }
            Terms::Unknown => None,
            Terms::Plan { .. } => {
                let weights =
                    self.weights(ranked.iter().map(|(_, rate, sku)| (*sku, rate.clone())));
                let same_rank = |a: &(Exact, Exact, usize), b: &(Exact, Exact, usize)| {
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
        also: &[(usize, Exact)],
        circle: Circle,
    ) -> Option<usize> {
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
        // The smallest size first.
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

    /// SKUs that a reservation covers, with the units that one of each takes, in that order.
    fn covered_skus(
        &self,
        reserved: &Product,
        is_zonal: bool,
        also: &[(usize, Exact)],
    ) -> Vec<(Exact, usize)> {
        let by_terms = self.skus.iter().enumerate().filter_map(|(place, sku)| {
            covers(reserved, is_zonal, &sku.product).map(|units| (units, place))
        });
        let also = also.iter().map(|(place, units)| (units.clone(), *place));
        let mut covered: Vec<(Exact, usize)> = by_terms.chain(also).collect();
        covered.sort();
        covered
    }

    /// Which SKUs a plan covers, the highest saving first. Empty for a reservation.
    fn ranked(&self, plan: usize, rate: &dyn Fn(usize, usize) -> Option<Exact>) -> Ranked {
        let Terms::Plan { plan_type, region, family } = &self.commitments[plan].terms else {
            return Vec::new();
        };
        let mut ranked = Ranked::new();
        for (place, sku) in self.skus.iter().enumerate() {
            let is_also = || self.commitments[plan].also.iter().any(|(also, _)| *also == place);
            if !plan_covers(*plan_type, region, family, &sku.product) && !is_also() {
                continue;
            }
            let (Some(rate), Some(on_demand)) = (rate(plan, place), &sku.on_demand_rate) else {
                continue;
            };
            let is_worth_it = match self.order.zero_saving {
                ZeroSaving::Covered => rate <= *on_demand,
                ZeroSaving::OnDemand => rate < *on_demand,
            };
            if is_worth_it && !on_demand.is_zero() {
                ranked.push((&rate / on_demand, rate, place));
            }
        }
        ranked.sort();
        ranked
    }

    fn weights(&self, of: impl Iterator<Item = (usize, Exact)>) -> Vec<Option<Exact>> {
        let mut weights = vec![None; self.skus.len()];
        for (sku, weight) in of {
            weights[sku] = Some(weight);
        }
        weights
    }

    /// Usage of some SKUs within a circle, in the order of usage.
    fn of_skus(&self, skus: impl Iterator<Item = usize>, circle: &Circle) -> Vec<usize> {
        let members = self.eligibility.members(circle);
        let mut usage: Vec<usize> = skus
            .flat_map(|sku| self.of_sku[sku].iter().copied())
            .filter(|usage| members.have(self.usage[*usage].account))
            .collect();
        usage.sort_unstable();
        usage
    }

    fn add(&mut self, usage: Vec<usize>, weights: Vec<Option<Exact>>) -> Option<usize> {
        if usage.is_empty() {
            return None;
        }
        self.lists.push(Candidates { usage, weights, start: 0 });
        Some(self.lists.len() - 1)
    }
}

/// Whether a plan may cover a product at all; whether it has a rate for it is another question.
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

/// The units of a reservation that one unit of usage takes, `None` if the reservation does not cover it.
pub(crate) fn covers(reserved: &Product, is_zonal: bool, used: &Product) -> Option<Exact> {
    match (&reserved.flexible_class, &used.flexible_class) {
        (Some(class), Some(used)) if !is_zonal => {
            let is_of_class = used.name == class.name || class.also_covers.contains(&used.name);
            is_of_class.then(|| used.factor.clone())
        }
        // Of a size without a factor, units say something only of the very same type.
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
