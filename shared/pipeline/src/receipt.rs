//! Receipts: a worker's last write, with the exact totals that the next step and the laws add up.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use cur::{AccountId, PlanType, UsageHour};
use money::Amount;
use serde::{Deserialize, Serialize};

use crate::Table;

/// Lines and what they cost. Split-cost-allocation lines repeat money that other lines already carry,
/// so they are counted apart and never added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LineTotals {
    pub lines: u64,
    pub unblended_cost: Amount,
    pub split_cost_lines: u64,
    pub split_cost_unblended_cost: Amount,
}

impl LineTotals {
    pub fn add(&mut self, other: &Self) {
        self.lines += other.lines;
        self.unblended_cost += other.unblended_cost;
        self.split_cost_lines += other.split_cost_lines;
        self.split_cost_unblended_cost += other.split_cost_unblended_cost;
    }

    /// All lines, whether their money counts or not.
    pub fn all_lines(&self) -> u64 {
        self.lines + self.split_cost_lines
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitReceipt {
    pub file: String,
    /// Counted as the file was read.
    pub totals: LineTotals,
    /// Counted as lines were written.
    pub accounts: BTreeMap<AccountId, AccountTotals>,
}

/// One account's share of one report file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AccountTotals {
    pub totals: LineTotals,
    pub objects: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterReceipt {
    pub table: Table,
    pub partitions: usize,
    pub statements: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecalculateReceipt {
    pub account: AccountId,
    pub totals: LineTotals,
    pub amortized_cost: Amount,
    /// Rows of the rated object.
    pub line_groups: u64,
    /// Days on which the account used, or paid for, what commitments are about.
    pub demand_days: Vec<NaiveDate>,
    /// The first line of those whose hour nobody knows.
    pub not_hourly: Option<LineNote>,
    pub commitments: BTreeMap<String, CommitmentTally>,
    /// What the account bought: reservations by the fees of the period, plans by their ARNs.
    pub reservations: Vec<ReservationFee>,
    pub plans: BTreeMap<String, PlanTerms>,
    pub product_codes: Vec<String>,
    pub line_item_types: Vec<String>,
    pub currencies: Vec<String>,
    /// Report checks that one account's lines decide.
    pub report_checks: BTreeMap<String, Tally>,
}

/// A reservation's fee for the period, from its owner's line: what there is to hand out, and its cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReservationFee {
    pub arn: String,
    pub service_code: String,
    pub region: String,
    pub usage_type: String,
    pub operation: String,
    /// Empty for a regional one.
    pub availability_zone: String,
    pub currency: String,
    /// The hours of the period in which it is there.
    pub first_hour: UsageHour,
    pub hours: u32,
    /// Of all these hours together.
    pub units: Units,
    pub upfront_cost: Amount,
    pub recurring_cost: Amount,
}

impl ReservationFee {
    /// The days on which it is there.
    pub fn days(&self) -> impl Iterator<Item = NaiveDate> + use<> {
        let first = self.first_hour;
        let mut days: Vec<NaiveDate> =
            (0..self.hours).map(|hours| first.after(hours).date()).collect();
        days.dedup();
        days.into_iter()
    }
}

/// What a savings plan is. How much it commits to stands in the lines of each hour.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PlanTerms {
    pub plan_type: PlanType,
    /// `1yr` or `3yr`.
    pub term: String,
    /// `No Upfront`, `Partial Upfront` or `All Upfront`.
    pub payment_option: String,
    /// Region and instance family are those of EC2 Instance plans.
    pub region: String,
    pub family: String,
    /// What its fees are lines of.
    pub service_code: String,
    pub currency: String,
}

/// What one account's lines say about one commitment over the period. Summed over the accounts,
/// used and unused make the purchase. For a savings plan units are dollars of commitment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CommitmentTally {
    /// From the lines it covered, which stand in the accounts that used it.
    pub used: Units,
    /// Effective cost of the usage it covered here.
    pub covered_cost: Amount,
    /// From the fee lines, which stand in the owner's account.
    pub purchased: Units,
    /// What the purchase costs in the period, upfront payment included.
    pub purchased_cost: Amount,
    pub unused: Units,
    /// What the unused part cost.
    pub unused_cost: Amount,
    /// Of the fee lines: what the unused part is charged as.
    pub service_code: String,
    pub currency: String,
}

/// Units of a commitment: as they are, and normalized to sizes where instances have one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Units {
    pub plain: Amount,
    pub normalized: Amount,
}

impl Units {
    pub fn add(&mut self, other: Self) {
        self.plain += other.plain;
        self.normalized += other.normalized;
    }
}

impl CommitmentTally {
    pub fn add(&mut self, other: &Self) {
        self.used.add(other.used);
        self.covered_cost += other.covered_cost;
        self.purchased.add(other.purchased);
        self.purchased_cost += other.purchased_cost;
        self.unused.add(other.unused);
        self.unused_cost += other.unused_cost;
        if self.service_code.is_empty() {
            self.service_code.clone_from(&other.service_code);
            self.currency.clone_from(&other.currency);
        }
    }
}

/// A line of a report as its account knows it: the first is 1, in the order of the plan's files and of their
/// lines. Where it stands in AWS's files is looked up for those that a person is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AccountLine {
    pub account: AccountId,
    pub number: u64,
}

/// What is to be said of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineNote {
    pub line: AccountLine,
    pub text: String,
}

/// How often a check was made, how often it failed, and the first failure in words.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    pub checked: u64,
    pub broken: u64,
    pub example: Option<String>,
    /// The line that the example is of, until its place in AWS's file has been put before the words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<AccountLine>,
}

impl Tally {
    pub fn record(&mut self, holds: bool, describe: impl FnOnce() -> String) {
        self.checked += 1;
        if !holds {
            self.broken += 1;
            self.example.get_or_insert_with(describe);
        }
    }

    /// The same for a check of one line.
    pub fn record_line(
        &mut self,
        holds: bool,
        line: AccountLine,
        describe: impl FnOnce() -> String,
    ) {
        if !holds && self.broken == 0 {
            self.line = Some(line);
        }
        self.record(holds, describe);
    }

    pub fn add(&mut self, other: &Self) {
        self.checked += other.checked;
        self.broken += other.broken;
        if self.example.is_none() {
            self.example.clone_from(&other.example);
            self.line = other.line;
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllocateReceipt {
    pub day: NaiveDate,
    pub rows: u64,
    /// By customer; accounts that belong to nobody stand under the empty name.
    pub benefit: BTreeMap<String, Amount>,
    /// By ARN.
    pub commitments: BTreeMap<String, CommitmentSums>,
    /// Hours of commitments in which what was used was compared with what there was.
    pub hours_compared: u64,
    pub missing_rates: Vec<MissingRate>,
    /// ARNs that contracts assign and the report does not have.
    pub unknown_assignments: Vec<String>,
    pub report_checks: BTreeMap<String, Tally>,
}

/// What a day's allocation makes of a commitment: units as they are counted, and their cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CommitmentSums {
    /// Whether units are normalized ones.
    pub is_normalized: bool,
    pub used: Amount,
    pub unused: Amount,
    pub used_cost: Amount,
    pub unused_cost: Amount,
}

impl CommitmentSums {
    pub fn add(&mut self, other: &Self) {
        self.is_normalized |= other.is_normalized;
        self.used += other.used;
        self.unused += other.unused;
        self.used_cost += other.used_cost;
        self.unused_cost += other.unused_cost;
    }
}

/// A savings plan that may cover usage at a rate which nothing says. The usage stays on demand.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MissingRate {
    pub savings_plan: String,
    pub service_code: String,
    pub region: String,
    pub usage_type: String,
    pub operation: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishReceipt {
    pub customer: String,
    pub accounts: Vec<AccountId>,
    pub lines: u64,
    pub rows: u64,
    pub unblended_cost: Amount,
    pub amortized_cost: Amount,
    pub list_cost: Option<Amount>,
    pub benefit: Amount,
    pub charge: Amount,
    /// The named terms between amortized cost and charge.
    pub margin_terms: BTreeMap<String, Amount>,
    /// This customer's accounts' parts of what was not used of each commitment, where contracts
    /// spread it.
    pub unused_shares: BTreeMap<String, Amount>,
    pub invoice_total: Option<Amount>,
    pub invoice_currency: Option<String>,
    pub checks: Vec<Check>,
}

/// A law with its two sides, as anyone can add them up again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    pub law: String,
    pub of: String,
    pub left: Amount,
    pub right: Amount,
    pub holds: bool,
}

impl Check {
    pub fn equal(law: &str, of: impl Into<String>, left: Amount, right: Amount) -> Self {
        Self { law: law.to_owned(), of: of.into(), left, right, holds: left == right }
    }
}
