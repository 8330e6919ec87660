//! The books of a day: every allocation, and the sums by commitment, by charge and by family.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use cur::{AccountId, Sku, UsageHour};
use laws::{Check, Law};
use money::{Amount, Exact};

use crate::eligibility::Owner;
use crate::engine::Terms;
use crate::holdings::{Holding, Supply};
use crate::index::{CommitmentIndex, List, UsageIndex};
use crate::situation::{Entry, Situation, Used};
use crate::{Kept, KeptReason, MissingRate, Policy, Purchase, UnpricedUsage};

/// The coverage that one account got from one commitment in one hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allocation {
    pub usage_date: NaiveDate,
    pub usage_hour: UsageHour,
    pub commitment: String,
    /// The account that has the commitment's fees.
    pub owner_account_id: String,
    /// The customer to whom contracts assign the commitment. Empty if they do not.
    pub assigned_to: String,
    pub usage_account_id: AccountId,
    pub sku: Sku,
    pub availability_zone: String,
    pub currency: String,
    pub usage_amount: Amount,
    /// The units that the commitment gave: normalized units, instances, or money.
    pub units: Amount,
    pub list_cost: Option<Amount>,
    pub commitment_cost: Amount,
    /// List cost minus commitment cost, `None` if the list cost is unknown.
    pub benefit: Option<Amount>,
}

/// The benefit of a day for one charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DailyBenefit {
    pub usage_date: NaiveDate,
    pub commitment: String,
    pub assigned_to: String,
    pub usage_account_id: AccountId,
    pub sku: Sku,
    pub currency: String,
    /// `Reserved` or `SavingsPlan`.
    pub purchase: Purchase,
    /// The usage that the commitment covers.
    pub usage_amount: Amount,
    pub commitment_cost: Amount,
    /// List prices minus commitment costs. Usage without a list price counts as 0.
    pub taken_off: Amount,
    /// List prices minus commitment costs, `None` if a list price is unknown.
    pub benefit: Option<Amount>,
}

/// One day of a commitment, or of the part of a commitment that contracts assign to a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitmentDay {
    pub usage_date: NaiveDate,
    pub commitment: String,
    /// `reservation`, or the type of the plan.
    pub kind: String,
    pub owner_account_id: String,
    pub assigned_to: String,
    pub service_code: String,
    pub region: String,
    /// The usage type of a reservation's fees, or the family of an EC2 Instance plan.
    pub covers: String,
    pub currency: String,
    /// The unit of the amounts: `normalized`, `instances` or `money`.
    pub unit: String,
    pub purchased: Amount,
    pub used: Amount,
    pub unused: Amount,
    /// The units that the owner's account used, and those that other accounts used.
    pub used_by_owner: Amount,
    pub lent: Amount,
    /// `used` divided by `purchased`: 18 of 24 are 0.75. `None` if nothing was purchased.
    pub utilisation: Option<Amount>,
    pub upfront_cost: Amount,
    pub recurring_cost: Amount,
    pub used_cost: Amount,
    /// `None` if the cost of the commitment is unknown.
    pub unused_cost: Option<Amount>,
    /// The list price of the covered usage, and this list price minus `used_cost`. `None` if a list price is
    /// unknown.
    pub list_cost: Option<Amount>,
    pub benefit: Option<Amount>,
    /// The hours in which the commitment stayed as AWS applied it although the policy hands it out, and the
    /// reason.
    pub kept_hours: u64,
    pub kept_reason: String,
}

/// The coverage of an account's usage of one family, at list price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoverageDay {
    pub usage_date: NaiveDate,
    pub usage_account_id: AccountId,
    pub service_code: String,
    pub region: String,
    /// `m5` or `db.r5`. Empty for services without instances.
    pub family: String,
    pub currency: String,
    /// `None` if a list price is unknown.
    pub at_list: Option<CoverageCost>,
}

/// Usage at list price, by the kind of its coverage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CoverageCost {
    pub list_cost: Amount,
    pub reserved: Amount,
    pub planned: Amount,
    pub on_demand: Amount,
    /// The part of `reserved` and `planned` that commitments of other accounts covered.
    pub borrowed: Amount,
}

/// The outcome of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllocatedDay {
    /// The allocations, sorted by hour, then by commitment and usage.
    pub allocations: Vec<Allocation>,
    pub benefits: Vec<DailyBenefit>,
    pub commitments: Vec<CommitmentDay>,
    pub coverage: Vec<CoverageDay>,
    pub kept: Vec<Kept>,
    pub unpriced: BTreeSet<UnpricedUsage>,
    /// Disagreements between the lines of one commitment.
    pub disagreements: Vec<String>,
    pub missing_rates: BTreeSet<MissingRate>,
    /// Pairs of service and usage type.
    pub unknown_usage: BTreeSet<(String, String)>,
    /// The ARNs that contracts assign and that the report does not have.
    pub unknown_assignments: Vec<String>,
    /// The number of hours, over all commitments, in which the used part was compared with the purchased
    /// part, and the first comparison that failed.
    pub hours_compared: u64,
    pub broken: Option<Check>,
}

impl Entry<CommitmentIndex> {
    /// Adds another entry if both have the same commitment and usage. Returns whether it was added. Lines
    /// that differ only in a rate make several entries of one commitment and usage.
    fn absorbs(&mut self, other: &Self) -> bool {
        let is_same = (self.holding, self.usage) == (other.holding, other.usage);
        if is_same {
            self.usage_amount += other.usage_amount;
            self.units += other.units;
            self.list_cost += other.list_cost;
            self.is_list_known &= other.is_list_known;
            self.commitment_cost =
                self.commitment_cost.zip(other.commitment_cost).map(|(a, b)| a + b);
        }
        is_same
    }

    fn sums(&self) -> Sums {
        Sums {
            usage_amount: self.usage_amount,
            list_cost: self.list_cost,
            is_list_known: self.is_list_known,
            commitment_cost: self.commitment_cost.unwrap_or_default(),
        }
    }
}

/// Covered usage and its cost: at list price, as far as list prices are known, and by commitments.
#[derive(Clone, Copy)]
struct Sums {
    usage_amount: Amount,
    list_cost: Amount,
    is_list_known: bool,
    commitment_cost: Amount,
}

impl Default for Sums {
    fn default() -> Self {
        Self {
            usage_amount: Amount::ZERO,
            list_cost: Amount::ZERO,
            is_list_known: true,
            commitment_cost: Amount::ZERO,
        }
    }
}

impl Sums {
    fn add(&mut self, other: &Self) {
        self.usage_amount += other.usage_amount;
        self.list_cost += other.list_cost;
        self.is_list_known &= other.is_list_known;
        self.commitment_cost += other.commitment_cost;
    }

    fn list_cost(&self) -> Option<Amount> {
        self.is_list_known.then_some(self.list_cost)
    }

    fn benefit(&self) -> Option<Amount> {
        self.list_cost().map(|list| list - self.commitment_cost)
    }
}

/// The units of a holding over the day.
#[derive(Clone, Copy, Default)]
struct Units {
    supply: Supply,
    used: Amount,
    lent: Amount,
}

/// The part of a holding that stayed as AWS applied it.
#[derive(Clone, Default)]
struct KeptOf {
    hours: u64,
    used_cost: Amount,
    beyond_policy: Amount,
    example: Option<String>,
}

pub(crate) struct Ledger<'a> {
    situation: &'a Situation<'a>,
    pub(crate) holdings: List<CommitmentIndex, Holding>,
    policy: &'a Policy<'a>,
    allocations: Vec<Allocation>,
    sums: BTreeMap<(CommitmentIndex, UsageIndex), Sums>,
    units: BTreeMap<CommitmentIndex, Units>,
    kept: BTreeMap<CommitmentIndex, KeptOf>,
    unpriced: BTreeSet<UsageIndex>,
    hours_compared: u64,
    broken: Option<Check>,
}

impl<'a> Ledger<'a> {
    pub(crate) fn new(
        situation: &'a Situation<'a>,
        holdings: List<CommitmentIndex, Holding>,
        policy: &'a Policy<'a>,
    ) -> Self {
        Self {
            situation,
            holdings,
            policy,
            allocations: Vec::new(),
            sums: BTreeMap::new(),
            units: BTreeMap::new(),
            kept: BTreeMap::new(),
            unpriced: BTreeSet::new(),
            hours_compared: 0,
            broken: None,
        }
    }

    /// Books an hour. AWS's own coverage is not checked here, because it may exceed the units of a
    /// commitment. A report check finds that.
    pub(crate) fn see_hour(
        &mut self,
        hour: UsageHour,
        supplies: &List<CommitmentIndex, Supply>,
        mut entries: Vec<Entry<CommitmentIndex>>,
        is_awss: &dyn Fn(CommitmentIndex) -> bool,
    ) {
        entries.sort_by_key(|entry| (entry.holding, entry.usage));
        entries.dedup_by(|other, first| first.absorbs(other));
        let mut used: BTreeMap<CommitmentIndex, (Amount, Amount)> = BTreeMap::new();
        for entry in &entries {
            let sums = entry.sums();
            self.sums.entry((entry.holding, entry.usage)).or_default().add(&sums);
            if entry.commitment_cost.is_none() {
                self.unpriced.insert(entry.usage);
            }
            let (units, cost) = used.entry(entry.holding).or_default();
            *units += entry.units;
            *cost += sums.commitment_cost;
            let lent = if self.is_lent(entry) { entry.units } else { Amount::ZERO };
            let of_holding = self.units.entry(entry.holding).or_default();
            of_holding.used += entry.units;
            of_holding.lent += lent;
            if is_awss(entry.holding) {
                let is_beyond = !self.is_within_policy(entry);
                let kept = self.kept.entry(entry.holding).or_default();
                kept.used_cost += sums.commitment_cost;
                kept.beyond_policy += if is_beyond { sums.commitment_cost } else { Amount::ZERO };
            }
            let allocation = self.allocation(hour, entry, &sums);
            self.allocations.push(allocation);
        }
        for (holding, supply) in supplies.enumerate() {
            let (units, cost) = used.get(&holding).copied().unwrap_or_default();
            let supply = self.supply(holding, *supply, units, cost);
            if supply.units.is_zero() && supply.cost().is_zero() {
                continue;
            }
            self.units.entry(holding).or_default().supply.add(&supply);
            if !is_awss(holding) {
                self.hours_compared += 1;
                self.check_hour(
                    hour,
                    holding,
                    [("units", units, supply.units), ("cost", cost, supply.cost())],
                );
            }
        }
    }

    /// The units and the cost of a holding in an hour. If the report does not say the cost, only the used
    /// units and their cost are known.
    fn supply(
        &self,
        holding: CommitmentIndex,
        supply: Supply,
        units: Amount,
        cost: Amount,
    ) -> Supply {
        if self.holdings[holding].has_cost {
            return supply;
        }
        let units = if supply.units.is_zero() { units } else { supply.units };
        Supply { units, upfront_cost: Amount::ZERO, recurring_cost: cost }
    }

    /// Notes that a holding stayed as AWS applied it in an hour.
    pub(crate) fn see_kept(&mut self, holding: CommitmentIndex, reason: Option<String>) {
        let kept = self.kept.entry(holding).or_default();
        kept.hours += 1;
        kept.example = kept.example.take().or(reason);
    }

    /// Notes usage that is on demand and has no list price. Commitments first cover the usage without a list
    /// price. If one of two equal nodes has a list price, and one node is on demand, the node on demand has
    /// that list price.
    pub(crate) fn see_unpriced(&mut self, used: &Used, on_demand: &List<UsageIndex, Exact>) {
        let unpriced = used.unpriced.enumerate().filter(|(usage, unpriced)| {
            let priced = || used.amounts[*usage] - **unpriced;
            !unpriced.is_zero() && on_demand[*usage] > Exact::from(priced())
        });
        self.unpriced.extend(unpriced.map(|(usage, _)| usage));
    }

    /// Whether the policy lets the commitment reach the account.
    fn is_within_policy(&self, entry: &Entry<CommitmentIndex>) -> bool {
        let account = self.situation.market.usage[entry.usage].account;
        let owner = &self.holdings[entry.holding].commitment.owner;
        self.policy.eligibility.reach(owner).iter().any(|members| members.have(account))
    }

    /// Law 3 for one hour: the used units and their cost are never more than the commitment has.
    fn check_hour(
        &mut self,
        hour: UsageHour,
        holding: CommitmentIndex,
        sides: [(&str, Amount, Amount); 2],
    ) {
        for (what, used, there) in sides {
            if used > there && !there.is_negative() && self.broken.is_none() {
                let of = format!("{what} of {}, {hour}", self.holdings[holding].arn);
                self.broken = Some(Check::at_most(Law::CommitmentIsConserved, of, used, there));
            }
        }
    }

    fn is_lent(&self, entry: &Entry<CommitmentIndex>) -> bool {
        let account = self.situation.market.usage[entry.usage].account;
        match &self.holdings[entry.holding].commitment.owner {
            Owner::Account(owner) => *owner != account,
            Owner::Group(_) => account != self.holdings[entry.holding].owner,
        }
    }

    fn allocation(
        &self,
        hour: UsageHour,
        entry: &Entry<CommitmentIndex>,
        sums: &Sums,
    ) -> Allocation {
        let holding = &self.holdings[entry.holding];
        let market = &self.situation.market;
        let usage = &market.usage[entry.usage];
        Allocation {
            usage_date: self.situation.day.date,
            usage_hour: hour,
            commitment: holding.arn.clone(),
            owner_account_id: holding.owner.to_string(),
            assigned_to: holding.assigned_to.clone().unwrap_or_default(),
            usage_account_id: usage.account,
            sku: market.sku_of(entry.usage).clone(),
            availability_zone: usage.zone.clone(),
            currency: market.currencies[entry.usage].clone(),
            usage_amount: entry.usage_amount,
            units: entry.units,
            list_cost: sums.list_cost(),
            commitment_cost: sums.commitment_cost,
            benefit: sums.benefit(),
        }
    }

    /// Closes the books.
    pub(crate) fn close(mut self) -> AllocatedDay {
        // The sort is stable. So within one commitment, the assigned parts come first, and usage keeps its
        // order.
        self.allocations
            .sort_by(|a, b| (a.usage_hour, &a.commitment).cmp(&(b.usage_hour, &b.commitment)));
        AllocatedDay {
            benefits: self.benefits(),
            commitments: self.commitments(),
            coverage: self.coverage(),
            kept: self.kept(),
            unpriced: self.unpriced(),
            allocations: self.allocations,
            disagreements: Vec::new(),
            missing_rates: BTreeSet::new(),
            unknown_usage: BTreeSet::new(),
            unknown_assignments: Vec::new(),
            hours_compared: self.hours_compared,
            broken: self.broken,
        }
    }

    /// The commitments that stayed as AWS applied them although the policy hands them out.
    fn kept(&self) -> Vec<Kept> {
        if !self.policy.sharing.is_handed_out() {
            return Vec::new();
        }
        let mut kept: BTreeMap<(&str, KeptReason), Kept> = BTreeMap::new();
        for (holding, of) in &self.kept {
            let has_part = self.units.contains_key(holding);
            if !has_part {
                continue;
            }
            let Holding { arn, kept: reason, .. } = &self.holdings[*holding];
            let reason = reason.unwrap_or(KeptReason::NotReplayed);
            let sum = kept.entry((arn, reason)).or_insert_with(|| Kept {
                commitment: arn.clone(),
                reason,
                hours: 0,
                used_cost: Amount::ZERO,
                beyond_policy: Amount::ZERO,
                example: None,
            });
            // Parts of one commitment are kept in the same hours, so these hours are not added up.
            sum.hours = sum.hours.max(of.hours);
            sum.used_cost += of.used_cost;
            sum.beyond_policy += of.beyond_policy;
            sum.example = sum.example.take().or_else(|| of.example.clone());
        }
        kept.into_values().collect()
    }

    fn unpriced(&self) -> BTreeSet<UnpricedUsage> {
        let market = &self.situation.market;
        let of = |usage: &UsageIndex| UnpricedUsage {
            usage_account_id: market.usage[*usage].account,
            sku: market.sku_of(*usage).clone(),
        };
        self.unpriced.iter().map(of).collect()
    }

    fn benefits(&self) -> Vec<DailyBenefit> {
        type Key<'k> = (&'k str, &'k str, AccountId, &'k Sku, &'k str, Purchase);
        let mut by_charge: BTreeMap<Key<'_>, Sums> = BTreeMap::new();
        for ((holding, usage), sums) in &self.sums {
            let Holding { arn, assigned_to, is_plan, .. } = &self.holdings[*holding];
            let account = self.situation.market.usage[*usage].account;
            let key = (
                arn.as_str(),
                assigned_to.as_deref().unwrap_or_default(),
                account,
                self.situation.market.sku_of(*usage),
                self.situation.market.currencies[*usage].as_str(),
                if *is_plan { Purchase::SavingsPlan } else { Purchase::Reserved },
            );
            by_charge.entry(key).or_default().add(sums);
        }
        by_charge
            .into_iter()
            .map(|((arn, assigned_to, account, sku, currency, purchase), sums)| DailyBenefit {
                usage_date: self.situation.day.date,
                commitment: arn.to_owned(),
                assigned_to: assigned_to.to_owned(),
                usage_account_id: account,
                sku: sku.clone(),
                currency: currency.to_owned(),
                purchase,
                usage_amount: sums.usage_amount,
                commitment_cost: sums.commitment_cost,
                taken_off: sums.list_cost - sums.commitment_cost,
                benefit: sums.benefit(),
            })
            .collect()
    }

    fn commitments(&self) -> Vec<CommitmentDay> {
        let mut covered: BTreeMap<CommitmentIndex, Sums> = BTreeMap::new();
        for ((holding, _), sums) in &self.sums {
            covered.entry(*holding).or_default().add(sums);
        }
        let mut days: Vec<CommitmentDay> = (self.units.iter())
            .map(|(holding, units)| {
                let sums = covered.get(holding).copied().unwrap_or_default();
                self.commitment_day(*holding, units, &sums)
            })
            .collect();
        days.sort_by(|a, b| (&a.commitment, &a.assigned_to).cmp(&(&b.commitment, &b.assigned_to)));
        days
    }

    /// The cost of the unused part, `None` if there is an unused part and the cost of the whole is unknown.
    fn unused_cost(holding: &Holding, units: &Units, sums: &Sums) -> Option<Amount> {
        let is_all_used = holding.commitment.terms != Terms::Unknown
            && !holding.is_plan
            && units.supply.units <= units.used;
        let is_known = holding.has_cost || !holding.has_fees() || is_all_used;
        is_known.then(|| units.supply.cost() - sums.commitment_cost)
    }

    fn commitment_day(&self, index: CommitmentIndex, units: &Units, sums: &Sums) -> CommitmentDay {
        let holding = &self.holdings[index];
        let kept = self.kept.get(&index).filter(|_| self.policy.sharing.is_handed_out());
        let reason = kept.map(|_| holding.kept.unwrap_or(KeptReason::NotReplayed));
        let Supply { units: purchased, upfront_cost, recurring_cost } = units.supply;
        let (kind, covers) = match &holding.commitment.terms {
            Terms::Plan { plan_type, family, .. } => (plan_type.name(), family.clone()),
            Terms::Unknown if holding.is_plan => ("savings_plan", String::new()),
            Terms::Reservation { .. } | Terms::Unknown => {
                ("reservation", holding.sku.usage_type.clone())
            }
        };
        CommitmentDay {
            usage_date: self.situation.day.date,
            commitment: holding.arn.clone(),
            kind: kind.to_owned(),
            owner_account_id: holding.owner.to_string(),
            assigned_to: holding.assigned_to.clone().unwrap_or_default(),
            service_code: holding.sku.service_code.clone(),
            region: holding.sku.region.clone(),
            covers,
            currency: holding.currency.clone(),
            unit: holding.commitment.terms.unit().to_owned(),
            purchased,
            used: units.used,
            unused: purchased - units.used,
            used_by_owner: units.used - units.lent,
            lent: units.lent,
            utilisation: money::rounding::share(units.used, purchased),
            upfront_cost,
            recurring_cost,
            used_cost: sums.commitment_cost,
            unused_cost: Self::unused_cost(holding, units, sums),
            list_cost: sums.list_cost(),
            benefit: sums.benefit(),
            kept_hours: kept.map_or(0, |kept| kept.hours),
            kept_reason: reason.map_or("", KeptReason::name).to_owned(),
        }
    }

    fn coverage(&self) -> Vec<CoverageDay> {
        type Key<'k> = (AccountId, &'k str, &'k str, &'k str, &'k str);
        let mut days: BTreeMap<Key<'_>, CoverageDay> = BTreeMap::new();
        let key = |usage: UsageIndex| {
            let sku = self.situation.market.sku_of(usage);
            let family = self.situation.market.product_of(usage).attributes.family();
            let account = self.situation.market.usage[usage].account;
            let currency = self.situation.market.currencies[usage].as_str();
            (account, sku.service_code.as_str(), sku.region.as_str(), family, currency)
        };
        let date = self.situation.day.date;
        let empty = |(account, service_code, region, family, currency): Key<'_>| CoverageDay {
            usage_date: date,
            usage_account_id: account,
            service_code: service_code.to_owned(),
            region: region.to_owned(),
            family: family.to_owned(),
            currency: currency.to_owned(),
            at_list: Some(CoverageCost::default()),
        };
        for row in self.situation.day.rows {
            if let Some(usage) = self.situation.market.usage_of[row.sku] {
                let key = key(usage);
                let of_family = days.entry(key).or_insert_with(|| empty(key));
                of_family.add(row.list_cost, |of, cost| {
                    of.list_cost += cost;
                    of.on_demand += cost;
                });
            }
        }
        for ((holding, usage), sums) in &self.sums {
            let holding = &self.holdings[*holding];
            let is_borrowed = holding.owner != self.situation.market.usage[*usage].account;
            let key = key(*usage);
            let of_family = days.entry(key).or_insert_with(|| empty(key));
            of_family.add(sums.list_cost(), |of, cost| {
                of.on_demand += -cost;
                *(if holding.is_plan { &mut of.planned } else { &mut of.reserved }) += cost;
                of.borrowed += if is_borrowed { cost } else { Amount::ZERO };
            });
        }
        days.into_values().collect()
    }
}

impl CoverageDay {
    /// A sum with an unknown part is unknown.
    fn add(&mut self, cost: Option<Amount>, add: impl FnOnce(&mut CoverageCost, Amount)) {
        match (&mut self.at_list, cost) {
            (Some(costs), Some(cost)) => add(costs, cost),
            _ => self.at_list = None,
        }
    }
}
