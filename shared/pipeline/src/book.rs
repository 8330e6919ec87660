//! Books: what later steps need of all receipts of a step together. Whoever completes a step writes its book
//! once, so that no unit reads all receipts again.

use std::collections::BTreeMap;

use billing::UnusedShare;
use chrono::NaiveDate;
use commitments::{CommitmentTally, DerivedCosts, PlanTerms, ReservationFee, UnpricedUsage};
use cur::{AccountId, LineNote, LineTotals};
use money::Amount;
use serde::{Deserialize, Serialize};

/// Of all report files: `runs/<run>/books/split-report.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitBook {
    /// Counted as the files were read.
    pub read: LineTotals,
    /// Counted as lines were written, for every account that the report has lines of.
    pub accounts: BTreeMap<AccountId, LineTotals>,
    /// Files without a line, by AWS's keys.
    pub empty_files: Vec<String>,
}

/// Of all accounts: `runs/<run>/books/recalculate-account.json`. The allocation of every day reads this book.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RecalculateBook {
    /// The first line whose hour nobody knows, where the report has a commitment to hand out.
    pub not_hourly: Option<LineNote>,
    /// Fees of reservations, with the accounts that have them.
    pub reservations: Vec<(AccountId, ReservationFee)>,
    /// Terms of savings plans by ARN, with the accounts that have their fees.
    pub plans: BTreeMap<String, (AccountId, PlanTerms)>,
    /// What the lines of all accounts say about each commitment, by ARN.
    pub tallies: BTreeMap<String, CommitmentTally>,
    /// Accounts that have demand, by the days on which they have demand.
    pub demand: BTreeMap<NaiveDate, Vec<AccountId>>,
}

/// Of one customer's accounts: `runs/<run>/books/customers/<customer>.json`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CustomerBook {
    pub accounts: Vec<RatedAccount>,
    /// Costs of commitments that no line of these accounts says and that other lines imply.
    pub derived_costs: Vec<DerivedCost>,
    /// Usage of these accounts that is on demand and has no list price.
    pub unpriced: Vec<UnpricedUsage>,
    /// By ARN, the first missing cell of each commitment whose cost nothing says.
    pub unknown_costs: BTreeMap<String, LineNote>,
    /// By ARN, this customer's parts of what nobody used.
    pub unused_shares: BTreeMap<String, Vec<UnusedShare>>,
}

/// An account's totals as they were rated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RatedAccount {
    pub account: AccountId,
    pub totals: LineTotals,
    /// As far as the account's own lines say the amortized cost.
    pub amortized_cost: Amount,
}

/// What one account's lines of one commitment cost, where the lines do not say the cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DerivedCost {
    pub commitment: String,
    pub account: AccountId,
    pub costs: DerivedCosts,
}
