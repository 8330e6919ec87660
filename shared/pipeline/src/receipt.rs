//! Receipts: a worker's last write, with the exact totals that the next step and the laws add up.

use std::collections::BTreeMap;

use billing::{Explained, MarginTerms};
use chrono::NaiveDate;
use commitments::{
    CommitmentSums, CommitmentTally, Kept, KeptUsage, MissingRate, PlanTerms, ReplayTally,
    ReservationFee, UnpricedUsage,
};
use cur::{AccountId, LineNote, LineTotals};
use laws::{Check, Tallies};
use money::Amount;
use serde::{Deserialize, Serialize};

use crate::Table;

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
    pub report_checks: Tallies,
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
    /// The usage of hours that stay as AWS applied them, by AWS's lines and by the allocations.
    pub kept_usage: KeptUsage,
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
    pub report_checks: Tallies,
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
    pub margin_terms: MarginTerms,
    /// This customer's accounts' parts of what was not used of each commitment, where contracts
    /// spread it.
    pub unused_shares: BTreeMap<String, Amount>,
    /// What stands as price rule in this customer's charges.
    pub price_rules: Vec<String>,
    pub invoice_total: Option<Amount>,
    pub invoice_currency: Option<String>,
    pub checks: Vec<Check>,
}
