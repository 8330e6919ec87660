//! Books. A book holds what later steps need of all receipts of a step together. The worker that completes
//! a step writes the step's book once, so that no unit must read all receipts again.

use std::collections::BTreeMap;

use billing::UnusedShare;
use chrono::NaiveDate;
use commitments::{CommitmentTally, DerivedCosts, PlanTerms, ReservationFee, UnpricedUsage};
use cur::{AccountId, LineNote, LineTotals};
use money::Amount;
use serde::{Deserialize, Serialize};

/// The book of all report files: `runs/<run>/books/split-report.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitBook {
    /// Counted when the files were read.
    pub read: LineTotals,
    /// Counted when the lines were written, for each account that has lines in the report.
    pub accounts: BTreeMap<AccountId, LineTotals>,
    /// Files without a line, named by AWS's keys.
    pub empty_files: Vec<String>,
}

/// The book of all accounts: `runs/<run>/books/recalculate-account.json`. The allocation of each day reads
/// it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RecalculateBook {
    /// The first line whose hour is unknown, if the report has a commitment to hand out.
    pub not_hourly: Option<LineNote>,
    /// Fees of reservations, with the accounts that have them.
    pub reservations: Vec<(AccountId, ReservationFee)>,
    /// Terms of savings plans by ARN, with the accounts that have their fees.
    pub plans: BTreeMap<String, (AccountId, PlanTerms)>,
    /// The tally of each commitment over the lines of all accounts, by ARN.
    pub tallies: BTreeMap<String, CommitmentTally>,
    /// The accounts that have demand on each day.
    pub demand: BTreeMap<NaiveDate, Vec<AccountId>>,
}

/// The book of one customer's accounts: `runs/<run>/books/customers/<customer>.json`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CustomerBook {
    pub accounts: Vec<RatedAccount>,
    /// Costs of commitments that no line of these accounts says and that follow from other lines.
    pub derived_costs: Vec<DerivedCost>,
    /// Usage of these accounts that is on demand and has no list price.
    pub unpriced: Vec<UnpricedUsage>,
    /// The first missing cell of each commitment whose cost is unknown, by ARN.
    pub unknown_costs: BTreeMap<String, LineNote>,
    /// This customer's parts of the unused cost of commitments, by ARN.
    pub unused_shares: BTreeMap<String, Vec<UnusedShare>>,
}

/// The totals of an account, counted when its lines were rated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RatedAccount {
    pub account: AccountId,
    pub totals: LineTotals,
    /// The sum of the amortized costs that the account's own lines say.
    pub amortized_cost: Amount,
}

/// The cost of one account's lines of one commitment, if the lines do not say it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DerivedCost {
    pub commitment: String,
    pub account: AccountId,
    pub costs: DerivedCosts,
}
