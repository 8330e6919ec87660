//! Receipts: a worker's last write, with the exact totals that the next step and the laws add up.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use cur::{AccountId, UsageHour};
use money::{Amount, Dropped};
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
    /// As far as the account's own lines say it.
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
    /// Those of them that look like AWS Support and are not known to be.
    pub support_suspects: Vec<String>,
    pub line_item_types: Vec<String>,
    pub currencies: Vec<String>,
    /// Report checks that one account's lines decide.
    pub report_checks: BTreeMap<String, Tally>,
}

/// A reservation's fee for the period as its line has it: what there is to hand out, and its cost. A text
/// is empty where the line is silent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReservationFee {
    pub arn: String,
    pub service_code: String,
    pub region: String,
    pub usage_type: String,
    pub operation: String,
    /// A zone, or for some regional reservations the region.
    pub availability_zone: String,
    pub tenancy: String,
    pub deployment: String,
    pub currency: String,
    /// Normalized units of one, where the line says so.
    pub normalization_factor: Option<Amount>,
    pub lease: Lease,
    /// Of all hours of the lease together.
    pub units: Units,
    /// The upfront payment's part for the period, `None` where nothing says it.
    pub upfront_cost: Option<Amount>,
    pub recurring_cost: Amount,
}

/// The hours of the period in which a reservation is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    pub first_hour: UsageHour,
    pub hours: u32,
    /// The units of the first hour and of the last, where they have fewer than the others. Bought at
    /// 21:48:36, a reservation has 0.19 units until 22:00, and one in each hour after that.
    pub broken_first: Option<Amount>,
    pub broken_last: Option<Amount>,
}

impl Lease {
    pub const fn whole(first_hour: UsageHour, hours: u32) -> Self {
        Self { first_hour, hours, broken_first: None, broken_last: None }
    }

    /// The number of an hour within the lease, `None` outside.
    pub fn number_of(&self, hour: UsageHour) -> Option<u32> {
        let number = u32::try_from(hour.hours_since(self.first_hour)).ok();
        number.filter(|number| *number < self.hours)
    }

    /// The days on which the reservation is there.
    pub fn days(&self) -> impl Iterator<Item = NaiveDate> + use<> {
        let first = self.first_hour;
        let mut days: Vec<NaiveDate> =
            (0..self.hours).map(|hours| first.after(hours).date()).collect();
        days.dedup();
        days.into_iter()
    }
}

/// What a savings plan is as its fees have it. How much it commits to stands in the lines of each hour. A
/// text is empty where the lines are silent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PlanTerms {
    /// `ComputeSavingsPlans` and the like.
    pub offering_type: String,
    /// `1yr` or `3yr`.
    pub term: String,
    /// `No Upfront`, `Partial Upfront` or `All Upfront`.
    pub payment_option: String,
    /// Region and instance family are those of EC2 Instance plans. A region is a code or AWS's name for it.
    pub region: String,
    pub family: String,
    /// What its fees are lines of.
    pub service_code: String,
    /// `USE1-EC2SP:m5.1yrNoUpfront`: the type, the region and the family again.
    pub usage_type: String,
    pub currency: String,
}

/// What one account's lines say about one commitment over the period. Summed over the accounts,
/// used and unused make the purchase. For a savings plan units are dollars of commitment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CommitmentTally {
    /// From the lines it covered, which stand in the accounts that used it.
    pub used: Units,
    /// Effective cost of the usage it covered here, as far as lines say it.
    pub covered_cost: Amount,
    /// What it covered here in lines that do not say their effective cost.
    pub uncosted: Units,
    /// From the fee lines, which stand in the owner's account.
    pub fee_lines: u64,
    pub purchased: Units,
    /// Normalized units of one, where fees say it or AWS's tables have it.
    pub units_of_one: Option<Amount>,
    /// What the purchase costs in the period, upfront payment included, as far as lines say it.
    pub purchased_cost: Amount,
    /// Fee lines that do not say what their upfront part is.
    pub fees_without_cost: u64,
    pub unused: Units,
    /// What the unused part cost, as far as lines say it.
    pub unused_cost: Amount,
    /// Fee lines that do not say it.
    pub fees_without_unused: u64,
    /// The first cell of those that are missing.
    pub missing: Option<LineNote>,
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
        self.uncosted.add(other.uncosted);
        self.fee_lines += other.fee_lines;
        self.purchased.add(other.purchased);
        self.units_of_one = self.units_of_one.max(other.units_of_one);
        self.purchased_cost += other.purchased_cost;
        self.fees_without_cost += other.fees_without_cost;
        self.unused.add(other.unused);
        self.unused_cost += other.unused_cost;
        self.fees_without_unused += other.fees_without_unused;
        if self.missing.is_none() {
            self.missing.clone_from(&other.missing);
        }
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
    /// Of `digits_kept`, by column: what its cells say, less the amounts that they were read as.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dropped: BTreeMap<String, Dropped>,
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
        for (column, dropped) in &other.dropped {
            *self.dropped.entry(column.clone()).or_default() += dropped;
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllocateReceipt {
    pub day: NaiveDate,
    pub rows: u64,
    /// What list prices are less by, by customer; accounts that belong to nobody stand under the empty name.
    pub taken_off: BTreeMap<String, Amount>,
    /// By ARN.
    pub commitments: BTreeMap<String, CommitmentSums>,
    /// Hours of commitments in which what was used was compared with what there was.
    pub hours_compared: u64,
    pub replay: ReplayTally,
    /// What stayed as AWS applied it although the policy would have it handed out.
    pub kept: Vec<Kept>,
    /// Where lines say different things of one commitment, and which of them counts.
    pub disagreements: Vec<String>,
    pub missing_rates: Vec<MissingRate>,
    /// Usage of which nothing says whether plans of the report can cover it: service and usage type.
    pub unknown_usage: Vec<(String, String)>,
    /// Usage that is on demand and has no list price.
    pub unpriced: Vec<UnpricedUsage>,
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

/// How AWS's own rules, applied again, came out against the report.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ReplayTally {
    /// Hours of groups of commitments, a group being those that AWS may exchange for one another.
    pub compared: u64,
    /// Those in which the rules give what the report has.
    pub replayed: u64,
    /// Those in which they do not, or cannot be applied.
    pub kept: u64,
    /// Where AWS's rules leave a choice, and AWS chose other accounts or commitments than the rules here.
    pub ties: u64,
    /// Days by the sharing preferences of the payer under which they were compared.
    pub sharing: BTreeMap<String, u64>,
}

impl ReplayTally {
    pub fn add(&mut self, other: &Self) {
        self.compared += other.compared;
        self.replayed += other.replayed;
        self.kept += other.kept;
        self.ties += other.ties;
        for (sharing, days) in &other.sharing {
            *self.sharing.entry(sharing.clone()).or_default() += days;
        }
    }
}

/// A commitment that stayed as AWS applied it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    pub commitment: String,
    pub reason: KeptReason,
    pub hours: u64,
    /// What its covered usage cost in these hours.
    pub used_cost: Amount,
    /// Of that, what reached accounts that the policy does not let it reach.
    pub beyond_policy: Amount,
    /// The first difference in words, where AWS's rules came out otherwise.
    pub example: Option<String>,
}

impl Kept {
    /// Adds other days of it.
    pub fn add(&mut self, other: &Self) {
        self.hours += other.hours;
        self.used_cost += other.used_cost;
        self.beyond_policy += other.beyond_policy;
        if self.example.is_none() {
            self.example.clone_from(&other.example);
        }
    }
}

/// Why it stayed so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeptReason {
    /// This version knows no rules for commitments of its kind.
    UnknownKind,
    /// The report has what it covered and not its fee.
    NoFee,
    /// Nothing says how many units it has.
    NoUnits,
    /// Nothing says what it costs.
    NoCost,
    /// AWS's rules give something else than the report has.
    NotReplayed,
}

impl KeptReason {
    /// As tables spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownKind => "unknown_kind",
            Self::NoFee => "no_fee",
            Self::NoUnits => "no_units",
            Self::NoCost => "no_cost",
            Self::NotReplayed => "not_replayed",
        }
    }

    /// As the end of a sentence that begins with the commitment.
    pub const fn words(self) -> &'static str {
        match self {
            Self::UnknownKind => "is of a kind whose rules this version does not know",
            Self::NoFee => "has covered usage in the report and no fee",
            Self::NoUnits => "has a fee that does not say how many units there are",
            Self::NoCost => "has a fee that does not say what the period costs",
            Self::NotReplayed => "was applied by AWS otherwise than by AWS's published rules",
        }
    }
}

/// Usage on demand whose list price nothing says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UnpricedUsage {
    pub usage_account_id: AccountId,
    pub service_code: String,
    pub region: String,
    pub usage_type: String,
    pub operation: String,
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
    /// `None` where a part of it is unknown; then there is no margin either.
    pub amortized_cost: Option<Amount>,
    pub list_cost: Option<Amount>,
    /// `None` where the list price of a part that was covered is unknown.
    pub benefit: Option<Amount>,
    /// What commitments that were handed out anew took off the list prices that are known.
    pub taken_off: Amount,
    pub charge: Amount,
    /// Of rows whose amortized cost is known: their charge, and that cost.
    pub explained: Explained,
    /// The named terms between amortized cost and charge, of the same rows.
    pub margin_terms: BTreeMap<String, Amount>,
    /// This customer's accounts' parts of what was not used of each commitment, where contracts
    /// spread it.
    pub unused_shares: BTreeMap<String, Amount>,
    /// What stands as price rule in this customer's charges.
    pub price_rules: Vec<String>,
    pub invoice_total: Option<Amount>,
    pub invoice_currency: Option<String>,
    pub checks: Vec<Check>,
}

/// What the terms of a margin speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Explained {
    pub charge: Amount,
    pub amortized_cost: Amount,
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
