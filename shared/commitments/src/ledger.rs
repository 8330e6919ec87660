//! The books of a day: every allocation, and what they come to by commitment, by charge and by family.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use cur::{AccountId, UsageHour};
use money::Amount;
use pipeline::{Check, MissingRate};

use crate::allocate::Day;
use crate::eligibility::Owner;
use crate::engine::Terms;
use crate::holdings::{Holding, Supply};
use crate::market::Market;
use crate::{DemandSku, SkuName};

/// What one account got from one commitment in one hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allocation {
    pub usage_date: NaiveDate,
    pub usage_hour: UsageHour,
    pub commitment: String,
    /// The account that has the commitment's fees.
    pub owner_account_id: String,
    /// The customer that contracts assign the commitment to, if they do.
    pub assigned_to: String,
    pub usage_account_id: AccountId,
    pub service_code: String,
    pub region: String,
    pub usage_type: String,
    pub operation: String,
    pub availability_zone: String,
    pub currency: String,
    pub usage_amount: Amount,
    /// Of the commitment: normalized units, instances, or money.
    pub units: Amount,
    pub list_cost: Option<Amount>,
    pub commitment_cost: Amount,
    /// List cost less commitment cost.
    pub benefit: Amount,
}

/// A day's benefit as it lands on charges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DailyBenefit {
    pub usage_date: NaiveDate,
    pub commitment: String,
    pub assigned_to: String,
    pub usage_account_id: AccountId,
    pub service_code: String,
    pub region: String,
    pub usage_type: String,
    pub operation: String,
    pub currency: String,
    pub commitment_cost: Amount,
    pub benefit: Amount,
}

/// A day of a commitment, or of the part of it that contracts assign to a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitmentDay {
    pub usage_date: NaiveDate,
    pub commitment: String,
    /// `reservation`, or the type of plan.
    pub kind: String,
    pub owner_account_id: String,
    pub assigned_to: String,
    pub service_code: String,
    pub region: String,
    /// What its fees are for: usage type of a reservation, family of an EC2 Instance plan.
    pub covers: String,
    pub currency: String,
    /// What it is counted in: `normalized`, `instances` or `money`.
    pub unit: String,
    pub purchased: Amount,
    pub used: Amount,
    pub unused: Amount,
    /// Of what was used: in the owner's account, and in others.
    pub used_by_owner: Amount,
    pub lent: Amount,
    /// Used by purchased, `None` if nothing was.
    pub utilisation: Option<Amount>,
    pub upfront_cost: Amount,
    pub recurring_cost: Amount,
    pub used_cost: Amount,
    pub unused_cost: Amount,
    /// The list price of what it covered, where it is known, and what was saved on it.
    pub list_cost: Option<Amount>,
    pub benefit: Amount,
}

/// What commitments covered of an account's usage of one family, at list price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoverageDay {
    pub usage_date: NaiveDate,
    pub usage_account_id: AccountId,
    pub service_code: String,
    pub region: String,
    /// `m5`, `db.r5`; empty for what has no instances.
    pub family: String,
    pub currency: String,
    pub list_cost: Amount,
    pub reserved: Amount,
    pub planned: Amount,
    pub on_demand: Amount,
    /// Of what was covered: by commitments of other accounts.
    pub borrowed: Amount,
}

/// Everything that comes of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllocatedDay {
    /// By hour, then by commitment and usage.
    pub allocations: Vec<Allocation>,
    pub benefits: Vec<DailyBenefit>,
    pub commitments: Vec<CommitmentDay>,
    pub coverage: Vec<CoverageDay>,
    pub missing_rates: BTreeSet<MissingRate>,
    /// ARNs that contracts assign and the report does not have.
    pub unknown_assignments: Vec<String>,
    /// Used and unused against what was purchased, each hour of each commitment: how often, and the first
    /// that does not hold.
    pub hours_compared: u64,
    pub broken: Option<Check>,
}

/// A part of an hour's usage that a holding covers, in amounts.
pub(crate) struct Entry {
    pub(crate) holding: usize,
    pub(crate) usage: usize,
    pub(crate) usage_amount: Amount,
    pub(crate) units: Amount,
    pub(crate) list_cost: Option<Amount>,
    pub(crate) commitment_cost: Amount,
}

impl Entry {
    /// Takes in another of the same, such as lines that differ in a rate alone.
    fn absorbs(&mut self, other: &Self) -> bool {
        let is_same = (self.holding, self.usage) == (other.holding, other.usage);
        if is_same {
            self.usage_amount += other.usage_amount;
            self.units += other.units;
            self.list_cost = self.list_cost.zip(other.list_cost).map(|(a, b)| a + b);
            self.commitment_cost += other.commitment_cost;
        }
        is_same
    }
}

#[derive(Clone, Copy)]
struct Sums {
    list_cost: Option<Amount>,
    commitment_cost: Amount,
    benefit: Amount,
}

impl Default for Sums {
    fn default() -> Self {
        Self { list_cost: Some(Amount::ZERO), commitment_cost: Amount::ZERO, benefit: Amount::ZERO }
    }
}

impl Sums {
    fn add(&mut self, other: &Self) {
        self.list_cost = self.list_cost.zip(other.list_cost).map(|(a, b)| a + b);
        self.commitment_cost += other.commitment_cost;
        self.benefit += other.benefit;
    }
}

/// The units of a holding over the day.
#[derive(Clone, Copy, Default)]
struct Units {
    supply: Supply,
    used: Amount,
    lent: Amount,
}

pub(crate) struct Ledger<'a> {
    day: &'a Day<'a>,
    pub(crate) holdings: Vec<Holding>,
    /// By ARN.
    places: BTreeMap<String, usize>,
    pub(crate) market: Market,
    pub(crate) missing_rates: BTreeSet<MissingRate>,
    /// Whether it was handed out here. What AWS did may be more than there was; that is a report check.
    is_own: bool,
    allocations: Vec<Allocation>,
    /// By holding and usage.
    sums: BTreeMap<(usize, usize), Sums>,
    units: BTreeMap<usize, Units>,
    hours_compared: u64,
    broken: Option<Check>,
}

impl<'a> Ledger<'a> {
    pub(crate) fn new(
        day: &'a Day<'a>,
        holdings: Vec<Holding>,
        market: Market,
        is_own: bool,
    ) -> Self {
        let numbered = holdings.iter().enumerate().rev();
        Self {
            day,
            places: numbered.map(|(place, holding)| (holding.arn.clone(), place)).collect(),
            holdings,
            market,
            missing_rates: BTreeSet::new(),
            is_own,
            allocations: Vec::new(),
            sums: BTreeMap::new(),
            units: BTreeMap::new(),
            hours_compared: 0,
            broken: None,
        }
    }

    /// The holding with this ARN. A report may show what a commitment covered without its fees: then all
    /// that is known of it is its ARN.
    pub(crate) fn holding_of(&mut self, arn: &str, covered: &DemandSku) -> usize {
        if let Some(place) = self.places.get(arn) {
            return *place;
        }
        let account = arn.split(':').nth(4).and_then(|account| account.parse().ok());
        let owner = account.unwrap_or(covered.usage_account_id);
        let place = self.holdings.len();
        self.holdings.push(Holding::without_fees(arn, owner, covered, self.day.period));
        self.places.insert(arn.to_owned(), place);
        place
    }

    /// Books an hour.
    pub(crate) fn see_hour(
        &mut self,
        hour: UsageHour,
        supplies: &[Supply],
        mut entries: Vec<Entry>,
    ) {
        entries.sort_by_key(|entry| (entry.holding, entry.usage));
        entries.dedup_by(|other, first| first.absorbs(other));
        let mut used: BTreeMap<usize, (Amount, Amount)> = BTreeMap::new();
        for entry in &entries {
            let benefit = entry.list_cost.map_or(Amount::ZERO, |list| list - entry.commitment_cost);
            let Entry { list_cost, commitment_cost, .. } = *entry;
            let sums = self.sums.entry((entry.holding, entry.usage)).or_default();
            sums.add(&Sums { list_cost, commitment_cost, benefit });
            let (units, cost) = used.entry(entry.holding).or_default();
            *units += entry.units;
            *cost += commitment_cost;
            let lent = if self.is_lent(entry) { entry.units } else { Amount::ZERO };
            let of_holding = self.units.entry(entry.holding).or_default();
            of_holding.used += entry.units;
            of_holding.lent += lent;
            let allocation = self.allocation(hour, entry, benefit);
            self.allocations.push(allocation);
        }
        for (holding, supply) in supplies.iter().enumerate() {
            if supply.units.is_zero() && supply.cost().is_zero() {
                continue;
            }
            self.units.entry(holding).or_default().supply.add(supply);
            if self.is_own {
                self.hours_compared += 1;
                let (units, cost) = used.get(&holding).copied().unwrap_or_default();
                self.check_hour(
                    hour,
                    holding,
                    [("units", units, supply.units), ("cost", cost, supply.cost())],
                );
            }
        }
    }

    /// Law 3 of one hour: nobody can use more than there is, of units and of what they cost.
    fn check_hour(&mut self, hour: UsageHour, holding: usize, sides: [(&str, Amount, Amount); 2]) {
        for (what, used, there) in sides {
            if used > there && !there.is_negative() && self.broken.is_none() {
                let of = format!("{what} of {}, {hour}", self.holdings[holding].arn);
                self.broken = Some(Check::equal("commitment_is_conserved", of, used, there));
            }
        }
    }

    fn is_lent(&self, entry: &Entry) -> bool {
        let account = self.market.usage[entry.usage].account;
        match &self.holdings[entry.holding].commitment.owner {
            Owner::Account(owner) => *owner != account,
            Owner::Group(_) => account != self.holdings[entry.holding].owner,
        }
    }

    fn allocation(&self, hour: UsageHour, entry: &Entry, benefit: Amount) -> Allocation {
        let holding = &self.holdings[entry.holding];
        let usage = &self.market.usage[entry.usage];
        let name = self.market.name_of(entry.usage).clone();
        Allocation {
            usage_date: self.day.date,
            usage_hour: hour,
            commitment: holding.arn.clone(),
            owner_account_id: holding.owner.to_string(),
            assigned_to: holding.assigned_to.clone().unwrap_or_default(),
            usage_account_id: usage.account,
            service_code: name.service_code,
            region: name.region,
            usage_type: name.usage_type,
            operation: name.operation,
            availability_zone: usage.zone.clone(),
            currency: self.market.currencies[entry.usage].clone(),
            usage_amount: entry.usage_amount,
            units: entry.units,
            list_cost: entry.list_cost,
            commitment_cost: entry.commitment_cost,
            benefit,
        }
    }

    /// Closes the books.
    pub(crate) fn close(mut self) -> AllocatedDay {
        // Stable: of one commitment, assigned parts come first and usage keeps its order.
        self.allocations
            .sort_by(|a, b| (a.usage_hour, &a.commitment).cmp(&(b.usage_hour, &b.commitment)));
        AllocatedDay {
            benefits: self.benefits(),
            commitments: self.commitments(),
            coverage: self.coverage(),
            allocations: self.allocations,
            missing_rates: self.missing_rates,
            unknown_assignments: Vec::new(),
            hours_compared: self.hours_compared,
            broken: self.broken,
        }
    }

    fn benefits(&self) -> Vec<DailyBenefit> {
        type Place<'k> = (&'k str, &'k str, AccountId, &'k SkuName, &'k str);
        let mut by_charge: BTreeMap<Place<'_>, Sums> = BTreeMap::new();
        for ((holding, usage), sums) in &self.sums {
            let Holding { arn, assigned_to, .. } = &self.holdings[*holding];
            let account = self.market.usage[*usage].account;
            let place = (
                arn.as_str(),
                assigned_to.as_deref().unwrap_or_default(),
                account,
                self.market.name_of(*usage),
                self.market.currencies[*usage].as_str(),
            );
            by_charge.entry(place).or_default().add(sums);
        }
        by_charge
            .into_iter()
            .map(|((arn, assigned_to, account, name, currency), sums)| DailyBenefit {
                usage_date: self.day.date,
                commitment: arn.to_owned(),
                assigned_to: assigned_to.to_owned(),
                usage_account_id: account,
                service_code: name.service_code.clone(),
                region: name.region.clone(),
                usage_type: name.usage_type.clone(),
                operation: name.operation.clone(),
                currency: currency.to_owned(),
                commitment_cost: sums.commitment_cost,
                benefit: sums.benefit,
            })
            .collect()
    }

    fn commitments(&self) -> Vec<CommitmentDay> {
        let mut covered: BTreeMap<usize, Sums> = BTreeMap::new();
        for ((holding, _), sums) in &self.sums {
            covered.entry(*holding).or_default().add(sums);
        }
        let mut days: Vec<CommitmentDay> = (self.units.iter())
            .map(|(holding, units)| {
                let sums = covered.get(holding).copied().unwrap_or_default();
                self.commitment_day(&self.holdings[*holding], units, &sums)
            })
            .collect();
        days.sort_by(|a, b| (&a.commitment, &a.assigned_to).cmp(&(&b.commitment, &b.assigned_to)));
        days
    }

    fn commitment_day(&self, holding: &Holding, units: &Units, sums: &Sums) -> CommitmentDay {
        let Supply { units: purchased, upfront_cost, recurring_cost } = units.supply;
        let (kind, covers) = match &holding.commitment.terms {
            Terms::Reservation { .. } => ("reservation", holding.sku.usage_type.clone()),
            Terms::Plan { plan_type, family, .. } => (plan_type.name(), family.clone()),
        };
        CommitmentDay {
            usage_date: self.day.date,
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
            unused_cost: units.supply.cost() - sums.commitment_cost,
            list_cost: sums.list_cost,
            benefit: sums.benefit,
        }
    }

    fn coverage(&self) -> Vec<CoverageDay> {
        type Place<'k> = (AccountId, &'k str, &'k str, &'k str, &'k str);
        let mut places: BTreeMap<Place<'_>, CoverageDay> = BTreeMap::new();
        let place = |usage: usize| {
            let name = self.market.name_of(usage);
            let family = self.market.product_of(usage).attributes.family();
            let account = self.market.usage[usage].account;
            let currency = self.market.currencies[usage].as_str();
            (account, name.service_code.as_str(), name.region.as_str(), family, currency)
        };
        let empty = |(account, service_code, region, family, currency): Place<'_>| CoverageDay {
            usage_date: self.day.date,
            usage_account_id: account,
            service_code: service_code.to_owned(),
            region: region.to_owned(),
            family: family.to_owned(),
            currency: currency.to_owned(),
            list_cost: Amount::ZERO,
            reserved: Amount::ZERO,
            planned: Amount::ZERO,
            on_demand: Amount::ZERO,
            borrowed: Amount::ZERO,
        };
        for row in self.day.rows {
            if let (Some(usage), Some(cost)) = (self.market.usage_of[row.sku], row.list_cost) {
                let place = place(usage);
                let of_family = places.entry(place).or_insert_with(|| empty(place));
                of_family.list_cost += cost;
                of_family.on_demand += cost;
            }
        }
        for ((holding, usage), sums) in &self.sums {
            let Some(cost) = sums.list_cost else { continue };
            let holding = &self.holdings[*holding];
            let place = place(*usage);
            let of_family = places.entry(place).or_insert_with(|| empty(place));
            of_family.on_demand += -cost;
            match &holding.commitment.terms {
                Terms::Reservation { .. } => of_family.reserved += cost,
                Terms::Plan { .. } => of_family.planned += cost,
            }
            if holding.owner != self.market.usage[*usage].account {
                of_family.borrowed += cost;
            }
        }
        places.into_values().collect()
    }
}
