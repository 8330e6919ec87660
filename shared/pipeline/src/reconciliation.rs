//! `runs/<run>/reconciliation.json`: the proof of a sealed run, with every sum that it rests on.

use std::collections::BTreeMap;

use billing::MarginTerms;
use commitments::{Kept, MissingRate, ReplayTally};
use cur::{AccountId, BillingPeriod, LineTotals};
use laws::{Check, Tallies};
use money::Amount;
use serde::{Deserialize, Serialize};

use crate::RunId;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconciliation {
    pub run_id: RunId,
    pub payer_account_id: AccountId,
    pub report: String,
    pub billing_period: BillingPeriod,
    pub delivery_id: String,
    pub delivered_at: String,
    pub contracts_version: String,
    pub engine_version: String,
    /// SHA-256 of the plan. The run's id does not depend on everything in the plan.
    #[serde(default)]
    pub plan_version: String,
    /// Counted when the report's files were read.
    pub report_totals: LineTotals,
    /// Files without a line, named by AWS's keys. AWS leaves such files at the end when a report became
    /// shorter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub empty_files: Vec<String>,
    pub margin: Margin,
    pub customers: Vec<CustomerTotals>,
    /// Accounts of the report that belong to no customer, with their unblended cost.
    pub unassigned: BTreeMap<AccountId, Amount>,
    pub laws: Vec<Check>,
    /// How AWS's own rules, applied again, compare with the report.
    pub replay: ReplayTally,
    /// Commitments that stayed as AWS applied them, with the reason.
    pub kept: Vec<Kept>,
    /// Cases in which lines of the report say different things about one commitment, and which line counts.
    pub disagreements: Vec<String>,
    /// Commitments whose amortized cost is unknown, each with the first missing cell.
    pub unknown_costs: BTreeMap<String, String>,
    /// Usage for which no source says whether the report's plans can cover it: service and usage type.
    pub unknown_usage: Vec<(String, String)>,
    /// Usage that stayed on demand because the price under a savings plan is unknown.
    pub missing_rates: Vec<MissingRate>,
    /// Commitments that the contracts assign and the report does not have.
    pub unknown_assignments: Vec<String>,
    #[serde(default)]
    pub unmatched: Unmatched,
    /// Product codes that look like AWS Support but are not known to be. Their lines are billed by the type
    /// of line.
    #[serde(default)]
    pub support_suspects: Vec<String>,
    pub report_checks: Tallies,
    /// What the sealed run of the previous period did not have. Empty if there was no such run.
    pub news: News,
    pub product_codes: Vec<String>,
    pub line_item_types: Vec<String>,
    /// The changes compared with the run that was current when this run was proved. `None` if no run was
    /// current, or if the current run was of a later delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<Changes>,
    /// What the proof cannot guarantee, in words. Empty if there was a manifest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_guaranteed: Vec<String>,
}

/// The way from AWS's cost to the customers' charges, in the report's currency and before rounding. The
/// amounts follow each other: each is the one before plus the next term.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Margin {
    pub unblended_cost: Amount,
    /// Amortized cost less unblended cost: what upfront payments and commitment fees move between periods.
    pub upfront_timing: Option<Amount>,
    /// `None` if a part of the cost is unknown. Then the margin is unknown too, and the terms cover only
    /// the rows whose amortized cost is known.
    pub amortized_cost: Option<Amount>,
    pub terms: MarginTerms,
    pub charge: Amount,
    /// Charge less amortized cost, which is the sum of the terms.
    pub margin: Option<Amount>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerTotals {
    pub customer: String,
    pub accounts: Vec<AccountId>,
    pub lines: u64,
    pub unblended_cost: Amount,
    pub amortized_cost: Option<Amount>,
    pub list_cost: Option<Amount>,
    pub benefit: Option<Amount>,
    pub charge: Amount,
    pub margin: Option<Amount>,
    pub margin_terms: MarginTerms,
}

/// Rules and accounts that are in force in the period and have nothing in the report, by customer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Unmatched {
    /// Rules that set no price.
    pub price_rules: BTreeMap<String, Vec<String>>,
    /// Accounts without a line.
    pub accounts: BTreeMap<String, Vec<AccountId>>,
}

/// The changes from the replaced run to the run that replaces it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    pub replaces: RunId,
    /// The delivery of the replaced run. It is the same delivery if only the contracts changed.
    pub delivery_id: String,
    /// Changes that may be a hole in the report, in words.
    pub loud: Vec<String>,
    /// All customers of both runs.
    pub customers: Vec<CustomerChange>,
}

/// The change of one customer. Charges are in the report's currency, before rounding and tax.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerChange {
    pub customer: String,
    pub lines_before: u64,
    pub lines: u64,
    pub charge_before: Amount,
    pub charge: Amount,
    pub difference: Amount,
}

/// The sums by which two runs are compared. They are read from proofs of any version, so there are no other
/// fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunSums {
    pub run_id: RunId,
    pub delivery_id: String,
    pub report_totals: LineTotals,
    pub customers: Vec<CustomerSums>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerSums {
    pub customer: String,
    pub accounts: Vec<AccountId>,
    pub lines: u64,
    pub charge: Amount,
}

impl Reconciliation {
    pub fn sums(&self) -> RunSums {
        let of_customer = |totals: &CustomerTotals| CustomerSums {
            customer: totals.customer.clone(),
            accounts: totals.accounts.clone(),
            lines: totals.lines,
            charge: totals.charge,
        };
        RunSums {
            run_id: self.run_id.clone(),
            delivery_id: self.delivery_id.clone(),
            report_totals: self.report_totals,
            customers: self.customers.iter().map(of_customer).collect(),
        }
    }
}

/// Product codes and types of line items that the previous period did not have.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct News {
    pub product_codes: Vec<String>,
    pub line_item_types: Vec<String>,
}
