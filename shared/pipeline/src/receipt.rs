//! Receipts. A receipt is the last write of a worker. It has the exact totals that the next step and the
//! laws add up.

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
use statement::SpendRow;

use crate::Table;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitReceipt {
    pub file: String,
    /// Counted when the file was read.
    pub totals: LineTotals,
    /// Counted when the lines were written.
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
    /// The sum of the amortized costs that the account's own lines say.
    pub amortized_cost: Amount,
    /// The number of rows of the rated object.
    pub line_groups: u64,
    /// Days on which the account used something that commitments can cover, or paid for a commitment.
    pub demand_days: Vec<NaiveDate>,
    /// The first line whose hour is unknown.
    pub not_hourly: Option<LineNote>,
    pub commitments: BTreeMap<String, CommitmentTally>,
    /// The commitments that the account bought: reservations by the fees of the period, plans by their
    /// ARNs.
    pub reservations: Vec<ReservationFee>,
    pub plans: BTreeMap<String, PlanTerms>,
    pub product_codes: Vec<String>,
    /// The product codes that look like AWS Support but are not known to be.
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
    /// By how much list prices were reduced, by customer. Accounts without a customer are under the empty
    /// name.
    pub taken_off: BTreeMap<String, Amount>,
    /// The sums of each commitment, by ARN.
    pub commitments: BTreeMap<String, CommitmentSums>,
    /// The number of hours of commitments in which the used units were compared with the available units.
    pub hours_compared: u64,
    pub replay: ReplayTally,
    /// The usage of hours that stay as AWS applied them, by AWS's lines and by the allocations.
    pub kept_usage: KeptUsage,
    /// Commitments that stayed as AWS applied them although the policy hands commitments out again.
    pub kept: Vec<Kept>,
    /// Cases in which lines say different things about one commitment, and which line counts.
    pub disagreements: Vec<String>,
    pub missing_rates: Vec<MissingRate>,
    /// Usage for which no source says whether plans of the report can cover it: service and usage type.
    pub unknown_usage: Vec<(String, String)>,
    /// Usage that is on demand and has no list price.
    pub unpriced: Vec<UnpricedUsage>,
    /// ARNs that the contracts assign and the report does not have.
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
    /// `None` if a part of the cost is unknown. Then there is no margin either.
    pub amortized_cost: Option<Amount>,
    pub list_cost: Option<Amount>,
    /// `None` if the list price of a covered part is unknown.
    pub benefit: Option<Amount>,
    /// By how much commitments that were handed out again reduced the known list prices.
    pub taken_off: Amount,
    pub charge: Amount,
    /// The charge and the amortized cost of the rows whose amortized cost is known.
    pub explained: Explained,
    /// The named terms between amortized cost and charge, for the same rows.
    pub margin_terms: MarginTerms,
    /// This customer's parts of the unused cost of each commitment, if the contracts spread it.
    pub unused_shares: BTreeMap<String, Amount>,
    /// What the customer spends, by kind and service.
    pub spend: Vec<SpendRow>,
    /// The price rules that this customer's charges name.
    pub price_rules: Vec<String>,
    pub checks: Vec<Check>,
}
