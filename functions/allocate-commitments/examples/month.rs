//! Measures how long it takes to hand out the commitments of a large reseller for a month: `/usr/bin/time -v
//! target/release/examples/month everyone`.
//!
//! 400 customers have 2,000 accounts, and each account runs 50 instances. The instances have 48 combinations
//! of family, size and zone. There are 500 reservations and 20 savings plans. Each core has a thread that
//! works out days.
//!
//! `month recorded` hands out as AWS does, and takes the outcome as the content of the report. `month replay`
//! also applies AWS's rules to this report and compares. The difference in time is the cost of the
//! comparison.
#![expect(clippy::print_stdout, reason = "a program for a terminal")]
#![expect(clippy::indexing_slicing, reason = "indices come from the lists they are of")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::Context;
use chrono::{Days, NaiveDate};
use commitments::{
    AllocatedDay, CommitmentTally, Day, DemandRow, DemandSku, Eligibility, Lease, ListedRates,
    Offering, Order, PayerSharing, PlanTerms, Policy, Replayed, ReservationFee, Sharing, Situation,
    Units,
};
use cur::{AccountId, BillingPeriod, LineItemType, PlanType, Sku, UsageHour};
use money::Amount;

const ACCOUNTS: u64 = 2_000;
const ACCOUNTS_A_CUSTOMER: u64 = 5;
const INSTANCES: u64 = 50;
const RESERVATIONS: u64 = 500;
const PLANS: u64 = 20;

const FAMILIES: [&str; 4] = ["m5", "c5", "r5", "t3"];
/// Sizes and their prices in thousandths of a dollar.
const SIZES: [(&str, i128); 4] =
    [("large", 96), ("xlarge", 192), ("2xlarge", 384), ("4xlarge", 768)];
const ZONES: [&str; 3] = ["us-east-1a", "us-east-1b", "us-east-1c"];

fn main() -> anyhow::Result<()> {
    let usage = "usage: month owner|customer|everyone|recorded|replay";
    let name = std::env::args().nth(1).context(usage)?;
    let after = match name.as_str() {
        "recorded" => After::Recorded,
        "replay" => After::Replayed,
        _ => After::HandedOut,
    };
    let sharing = if after == After::HandedOut { &name } else { Sharing::Everyone.name() };
    let sharing = Sharing::ALL.into_iter().find(|of| of.name() == sharing);
    let month = Month::new(sharing.context("there is no such sharing")?)?;
    let days: Vec<NaiveDate> = (0..31)
        .filter_map(|day| month.period.first_day().checked_add_days(Days::new(day)))
        .collect();
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Done::default()));
    let cores = std::thread::available_parallelism()?.get();
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(date) = days.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let day = month.work_out(*date, after);
                    done.lock().unwrap_or_else(PoisonError::into_inner).add(&day);
                }
            });
        }
    });
    let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!(
        "{name}: {} days of {} rows, {} allocations, benefit {}, {} compared, {} differences",
        days.len(),
        done.rows,
        done.allocations,
        done.benefit,
        done.compared,
        done.differences
    );
    Ok(())
}

/// The last step that is done for a day.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    HandedOut,
    Recorded,
    Replayed,
}

#[derive(Default)]
struct Done {
    rows: usize,
    allocations: usize,
    benefit: Amount,
    compared: u64,
    differences: usize,
}

impl Done {
    fn add(&mut self, day: &Self) {
        self.rows += day.rows;
        self.allocations += day.allocations;
        self.benefit += day.benefit;
        self.compared += day.compared;
        self.differences += day.differences;
    }
}

struct Month {
    period: BillingPeriod,
    sharing: Sharing,
    groups: BTreeMap<AccountId, String>,
    reservations: Vec<(AccountId, ReservationFee)>,
    plans: BTreeMap<String, (AccountId, PlanTerms)>,
    tallies: BTreeMap<String, CommitmentTally>,
    rates: ListedRates,
    skus: Vec<DemandSku>,
    /// The number of instances and the price, for each SKU of usage.
    fleet: Vec<(u64, i128)>,
}

impl Month {
    fn new(sharing: Sharing) -> anyhow::Result<Self> {
        let period: BillingPeriod = "2026-10".parse()?;
        let accounts = (0..ACCOUNTS)
            .map(|number| format!("{:012}", 100_000_000_000 + number).parse())
            .collect::<Result<Vec<AccountId>, _>>()?;
        let groups = (accounts.iter().zip(0..))
            .map(|(account, number)| {
                (*account, format!("customer-{}", number / ACCOUNTS_A_CUSTOMER))
            })
            .collect();
        let owner = |number: u64| accounts[index(mix(number) % ACCOUNTS)];
        let (skus, fleet) = fleet(&accounts);
        let mut month = Self {
            period,
            sharing,
            groups,
            reservations: (0..RESERVATIONS)
                .map(|number| (owner(number), reservation(number, period)))
                .collect(),
            plans: BTreeMap::new(),
            tallies: BTreeMap::new(),
            rates: ListedRates::default(),
            skus,
            fleet,
        };
        for number in 0..PLANS {
            month.add_plan(number, owner(7 * number));
        }
        Ok(month)
    }

    /// Adds a plan. One of five plans is for a family, and the others are Compute plans.
    fn add_plan(&mut self, number: u64, owner: AccountId) {
        let is_compute = !number.is_multiple_of(5);
        let text = |of: &str| if is_compute { String::new() } else { of.to_owned() };
        let plan_type = if is_compute { PlanType::Compute } else { PlanType::Ec2Instance };
        let terms = PlanTerms {
            offering_type: plan_type.name().to_owned(),
            term: "1yr".to_owned(),
            payment_option: "No Upfront".to_owned(),
            region: text("us-east-1"),
            family: text(FAMILIES[index(number / 5) % FAMILIES.len()]),
            service_code: "ComputeSavingsPlans".to_owned(),
            usage_type: String::new(),
            currency: "USD".to_owned(),
        };
        for family in FAMILIES {
            for (size, price) in SIZES {
                let sku = ec2(format!("BoxUsage:{family}.{size}"));
                let offering = Offering::new(plan_type.name(), &terms.term, &terms.payment_option);
                let percent = if is_compute { 72 } else { 64 };
                self.rates.add_of_offering(
                    offering,
                    sku,
                    Amount::from_units(thousandths(price).units() / 100 * percent),
                );
            }
        }
        let arn = format!("arn:aws:savingsplans::{owner}:savingsplan/{number:02}");
        self.skus.push(DemandSku {
            line_item_type: LineItemType::SavingsPlanRecurringFee,
            commitment: arn.clone(),
            ..sku(owner, "", "", "")
        });
        self.plans.insert(arn, (owner, terms));
    }

    fn work_out(&self, date: NaiveDate, after: After) -> Done {
        let rows = self.rows(date);
        let day = self.day(date, &self.skus, &rows);
        let passes = self.sharing.passes().iter().copied();
        // AWS does not know customers.
        let of_aws = after != After::HandedOut;
        let groups = if of_aws { BTreeMap::new() } else { self.groups.clone() };
        let policy = Policy {
            sharing: self.sharing,
            eligibility: Eligibility::new(passes, groups, BTreeSet::new()),
            assignments: &[],
        };
        let situation = Situation::new(&day, Order::default(), &self.rates);
        let allocated = match situation.allocate(&policy, &Replayed::default()) {
            Ok(allocated) => allocated,
            Err(error) => panic!("{error}"),
        };
        let replayed =
            if of_aws { self.replay(&day, &allocated, after) } else { Replayed::default() };
        Done {
            rows: rows.len(),
            allocations: allocated.allocations.len(),
            benefit: allocated.benefits.iter().filter_map(|benefit| benefit.benefit).sum(),
            compared: replayed.tally.compared,
            differences: replayed.differences.len(),
        }
    }

    fn day<'a>(&'a self, date: NaiveDate, skus: &'a [DemandSku], rows: &'a [DemandRow]) -> Day<'a> {
        Day {
            period: self.period,
            date,
            reservations: &self.reservations,
            plans: &self.plans,
            tallies: &self.tallies,
            skus,
            rows,
        }
    }

    /// Takes an allocation as the content of the report, and replays the report if `after` says so.
    fn replay(&self, day: &Day<'_>, allocated: &AllocatedDay, after: After) -> Replayed {
        type SkuOf<'a> = (AccountId, &'a str, &'a str, &'a str);
        let mut skus = self.skus.clone();
        let mut indices: BTreeMap<SkuOf<'_>, usize> = BTreeMap::new();
        for (index, demand) in self.skus.iter().enumerate() {
            let key =
                (demand.usage_account_id, &*demand.sku.usage_type, &*demand.availability_zone, "");
            indices.insert(key, index);
        }
        let mut rows: BTreeMap<(UsageHour, usize), DemandRow> =
            day.rows.iter().map(|row| ((row.usage_hour, row.sku), row.clone())).collect();
        for of in &allocated.allocations {
            let key = (of.usage_account_id, &*of.sku.usage_type, &*of.availability_zone);
            let usage = indices[&(key.0, key.1, key.2, "")];
            let covered =
                *indices.entry((key.0, key.1, key.2, &*of.commitment)).or_insert_with(|| {
                    let is_plan = of.commitment.contains("savingsplan");
                    let line_item_type = if is_plan {
                        LineItemType::SavingsPlanCoveredUsage
                    } else {
                        LineItemType::DiscountedUsage
                    };
                    let commitment = of.commitment.clone();
                    skus.push(DemandSku { line_item_type, commitment, ..skus[usage].clone() });
                    skus.len() - 1
                });
            let row = DemandRow {
                usage_amount: of.usage_amount,
                unblended_cost: Amount::ZERO,
                list_cost: of.list_cost,
                commitment_cost: Some(of.commitment_cost),
                ..row(of.usage_hour, covered, [Amount::ZERO; 3])
            };
            if let Some(rest) = rows.get_mut(&(of.usage_hour, usage)) {
                rest.usage_amount = rest.usage_amount - of.usage_amount;
            }
            rows.insert((of.usage_hour, covered), row);
        }
        let rows: Vec<DemandRow> = rows.into_values().collect();
        let day = self.day(day.date, &skus, &rows);
        let situation = Situation::new(&day, Order::default(), &self.rates);
        match after {
            After::Replayed => situation.replay(&PayerSharing::Learned),
            After::Recorded | After::HandedOut => Replayed::default(),
        }
    }

    /// Makes the rows of a day. At night fewer instances run, and some instances run only for a part of the
    /// hour.
    fn rows(&self, date: NaiveDate) -> Vec<DemandRow> {
        let midnight = UsageHour::midnight(date);
        let mut rows = Vec::new();
        for hour in 0..24 {
            let usage_hour = midnight.after(hour);
            let salt = u64::from(hour) * 1_000_003;
            for (sku, (count, price)) in self.fleet.iter().enumerate() {
                let luck = mix(mix(sku as u64) + salt);
                if !(7..20).contains(&hour) && luck.is_multiple_of(3) {
                    continue;
                }
                let seconds = if luck.is_multiple_of(11) { luck % 3_600 + 1 } else { 3_600 };
                // AWS cuts amounts at the tenth decimal.
                let amount = i128::from(count * seconds) * 10_i128.pow(10) / 3_600 * 10_i128.pow(8);
                let cost = Amount::from_units(amount / 1_000 * price);
                let amount = Amount::from_units(amount);
                rows.push(row(usage_hour, sku, [amount, cost, Amount::ZERO]));
            }
            for sku in self.fleet.len()..self.skus.len() {
                let commitment = Amount::from(60);
                rows.push(row(usage_hour, sku, [Amount::from(1), commitment, commitment]));
            }
        }
        rows
    }
}

fn row(usage_hour: UsageHour, sku: usize, [amount, cost, commitment]: [Amount; 3]) -> DemandRow {
    DemandRow {
        usage_date: usage_hour.date(),
        usage_hour,
        sku,
        usage_amount: amount,
        unblended_cost: cost,
        list_cost: Some(cost),
        commitment_cost: Some(commitment),
    }
}

/// The SKUs that accounts run, with the number of instances and the price of each.
fn fleet(accounts: &[AccountId]) -> (Vec<DemandSku>, Vec<(u64, i128)>) {
    let mut counts: BTreeMap<(usize, usize, usize, usize), u64> = BTreeMap::new();
    for account in 0..accounts.len() {
        for instance in 0..INSTANCES {
            let luck = index(mix(account as u64 * INSTANCES + instance));
            let kind = (luck % 4, luck / 4 % 4, luck / 16 % 3);
            *counts.entry((account, kind.0, kind.1, kind.2)).or_default() += 1;
        }
    }
    let skus = counts.iter().map(|((account, family, size, zone), count)| {
        let (size, price) = SIZES[*size];
        (sku(accounts[*account], FAMILIES[*family], size, ZONES[*zone]), (*count, price))
    });
    skus.unzip()
}

fn sku(usage_account_id: AccountId, family: &str, size: &str, zone: &str) -> DemandSku {
    let price = SIZES.iter().find(|(name, _)| *name == size).map(|(_, price)| thousandths(*price));
    DemandSku {
        usage_account_id,
        line_item_type: LineItemType::Usage,
        commitment: String::new(),
        sku: ec2(format!("BoxUsage:{family}.{size}")),
        availability_zone: zone.to_owned(),
        currency: "USD".to_owned(),
        normalization_factor: None,
        public_rate: price,
        unblended_rate: price,
        savings_plan_rate: None,
    }
}

fn ec2(usage_type: String) -> Sku {
    Sku {
        service_code: "AmazonEC2".to_owned(),
        region: "us-east-1".to_owned(),
        usage_type,
        operation: "RunInstances".to_owned(),
    }
}

/// Makes a reservation of twenty instances. One of five reservations is for a zone.
fn reservation(number: u64, period: BillingPeriod) -> ReservationFee {
    const HOURS: u64 = 31 * 24;
    let luck = index(mix(number));
    let (size, price) = SIZES[luck % 2];
    ReservationFee {
        arn: format!("arn:aws:ec2:us-east-1::reserved-instances/{number:03}"),
        sku: ec2(format!("HeavyUsage:{}.{size}", FAMILIES[luck / 2 % 4])),
        availability_zone: if number.is_multiple_of(5) {
            ZONES[0].to_owned()
        } else {
            String::new()
        },
        tenancy: String::new(),
        deployment: String::new(),
        currency: "USD".to_owned(),
        normalization_factor: None,
        lease: Lease::whole(
            UsageHour::midnight(period.first_day()),
            HOURS.try_into().unwrap_or_default(),
        ),
        units: Units { plain: Amount::from(20 * HOURS), normalized: Amount::ZERO },
        upfront_cost: Some(Amount::ZERO),
        recurring_cost: thousandths(price * 12 * i128::from(HOURS)),
    }
}

fn thousandths(number: i128) -> Amount {
    Amount::from_units(number * 10_i128.pow(15))
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or_default()
}

/// Scatters numbers with a step of `SplitMix64`.
fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
