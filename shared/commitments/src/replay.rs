//! The engine against AWS: undo what AWS did, apply everything again by AWS's rules, and compare with what
//! the report records. Who sees them agree on their own report can trust the engine with other policies.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use cur::{AccountId, UsageHour};
use money::rounding::cut;
use money::{Amount, Exact};

use crate::allocate::{Day, Policy, allocate};
use crate::eligibility::Eligibility;
use crate::holdings::HoldingError;
use crate::ledger::Allocation;
use crate::market::Market;
use crate::order::Order;
use crate::product::Product;
use crate::rates::ListedRates;
use crate::{Sharing, SkuName};

/// AWS prints ten decimals of every line; lines that share an hour are added up here.
const TOLERANCE: Amount = Amount::from_units(10_i128.pow(12));

/// Where coverage is compared: units of reservations and money of plans, by hour, account, family and the
/// owner of the commitments. Which instance carries it, AWS does not say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub usage_hour: UsageHour,
    pub is_plan: bool,
    pub service_code: String,
    pub region: String,
    pub family: String,
    pub usage_account_id: AccountId,
    pub owner_account_id: String,
}

/// A place where the engine covers more or less than AWS did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub place: Place,
    pub recorded: Amount,
    pub applied: Amount,
}

/// How a day's comparison came out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Replay {
    pub compared: u64,
    /// Where AWS had a choice that its rules leave open: the same commitments cover as much of the same
    /// sizes or rates, in other accounts.
    pub ties: Vec<Difference>,
    pub differences: Vec<Difference>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { usage_hour, is_plan, service_code, region, family, .. } = &self.place;
        let what = if *is_plan { "plans" } else { "reservations" };
        write!(
            f,
            "{usage_hour} {service_code} {family} {region}: {what} of {} cover {} in {}, and {} in \
             the report",
            self.place.owner_account_id, self.applied, self.place.usage_account_id, self.recorded
        )
    }
}

/// Compares a day.
pub fn replay(
    day: &Day<'_>,
    aws: &Eligibility,
    order: Order,
    rates: &ListedRates,
) -> Result<Replay, HoldingError> {
    let policy =
        |sharing| Policy { sharing, eligibility: aws.clone(), assignments: &[], order, rates };
    let recorded = allocate(day, &policy(Sharing::AsBilled))?.allocations;
    let applied = allocate(day, &policy(Sharing::Everyone))?.allocations;
    let market = Market::new(day, order);
    let products: BTreeMap<&SkuName, &Product> =
        market.names.iter().zip(market.skus.iter().map(|sku| &sku.product)).collect();
    let [recorded, applied] = [recorded, applied].map(|rows| Covered::of(&rows, &products));
    Ok(recorded.compare(&applied))
}

/// What does not differ within a tie: hour, kind, service, region and family.
type Pool = (UsageHour, bool, String, String, String);

#[derive(Default)]
struct Covered {
    places: BTreeMap<Place, Amount>,
    /// By owner, and whether it was the owner's own usage.
    owners: BTreeMap<(Pool, String, bool), Amount>,
    /// By size of what reservations cover, by the SKU of what plans do.
    ranks: BTreeMap<(Pool, String), Amount>,
}

impl Covered {
    fn of(rows: &[Allocation], products: &BTreeMap<&SkuName, &Product>) -> Self {
        let mut covered = Self::default();
        for row in rows {
            let name = SkuName {
                service_code: row.service_code.clone(),
                region: row.region.clone(),
                usage_type: row.usage_type.clone(),
                operation: row.operation.clone(),
            };
            let Some(product) = products.get(&name) else { continue };
            covered.add(row, product);
        }
        covered
    }

    fn add(&mut self, row: &Allocation, product: &Product) {
        let is_plan = row.commitment.contains(":savingsplan/");
        let units = product.units().unwrap_or(Exact::ONE);
        let (amount, rank) = if is_plan {
            (row.commitment_cost, format!("{} {}", row.usage_type, row.operation))
        } else {
            (cut(&(&Exact::from(row.usage_amount) * &units)), units.to_string())
        };
        let place = Place {
            usage_hour: row.usage_hour,
            is_plan,
            service_code: row.service_code.clone(),
            region: row.region.clone(),
            family: product.attributes.family().to_owned(),
            usage_account_id: row.usage_account_id,
            owner_account_id: row.owner_account_id.clone(),
        };
        let pool = pool(&place);
        let is_own = row.owner_account_id == row.usage_account_id.as_str();
        let owner = (pool.clone(), row.owner_account_id.clone(), is_own);
        *self.owners.entry(owner).or_default() += amount;
        *self.ranks.entry((pool, rank)).or_default() += amount;
        *self.places.entry(place).or_default() += amount;
    }

    fn compare(&self, applied: &Self) -> Replay {
        let unlike: BTreeSet<&Pool> = unlike(&self.owners, &applied.owners)
            .map(|(pool, ..)| pool)
            .chain(unlike(&self.ranks, &applied.ranks).map(|(pool, _)| pool))
            .collect();
        let mut outcome = Replay::default();
        let places: BTreeSet<&Place> = self.places.keys().chain(applied.places.keys()).collect();
        outcome.compared = places.len() as u64;
        for place in unlike_of(&self.places, &applied.places, places) {
            let of = |covered: &Self| covered.places.get(place).copied().unwrap_or_default();
            let difference =
                Difference { place: place.clone(), recorded: of(self), applied: of(applied) };
            if unlike.contains(&pool(place)) {
                outcome.differences.push(difference);
            } else {
                outcome.ties.push(difference);
            }
        }
        outcome
    }
}

fn pool(place: &Place) -> Pool {
    let Place { usage_hour, is_plan, service_code, region, family, .. } = place.clone();
    (usage_hour, is_plan, service_code, region, family)
}

/// The keys under which two maps differ by more than AWS's rounding.
fn unlike<'m, K: Ord>(
    a: &'m BTreeMap<K, Amount>,
    b: &'m BTreeMap<K, Amount>,
) -> impl Iterator<Item = &'m K> {
    unlike_of(a, b, a.keys().chain(b.keys()).collect())
}

fn unlike_of<'m, K: Ord>(
    a: &'m BTreeMap<K, Amount>,
    b: &'m BTreeMap<K, Amount>,
    keys: BTreeSet<&'m K>,
) -> impl Iterator<Item = &'m K> {
    keys.into_iter().filter(move |key| {
        let of = |map: &BTreeMap<K, Amount>| map.get(*key).copied().unwrap_or_default();
        (of(a) - of(b)).abs() > TOLERANCE
    })
}
