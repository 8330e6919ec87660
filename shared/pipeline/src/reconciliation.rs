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
    /// SHA-256 of the plan: the run's id does not say everything that the plan says.
    #[serde(default)]
    pub plan_version: String,
    /// As the report's files were read.
    pub report_totals: LineTotals,
    /// Files without a line, by AWS's keys: those at the end that a shorter report no longer needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub empty_files: Vec<String>,
    pub margin: Margin,
    pub customers: Vec<CustomerTotals>,
    /// Accounts of the report that belong to no customer, with their unblended cost.
    pub unassigned: BTreeMap<AccountId, Amount>,
    pub laws: Vec<Check>,
    /// AWS's own rules, applied again and compared with the report.
    pub replay: ReplayTally,
    /// Commitments that stayed as AWS applied them, and why.
    pub kept: Vec<Kept>,
    /// Where lines of the report say different things of one commitment, and which of them counts.
    pub disagreements: Vec<String>,
    /// Commitments whose amortized cost nothing says, each with the first cell that is missing.
    pub unknown_costs: BTreeMap<String, String>,
    /// Usage of which nothing says whether the report's plans can cover it: service and usage type.
    pub unknown_usage: Vec<(String, String)>,
    /// Usage that stayed on demand because nothing says what a savings plan charges for it.
    pub missing_rates: Vec<MissingRate>,
    /// Commitments that contracts assign and the report does not have.
    pub unknown_assignments: Vec<String>,
    #[serde(default)]
    pub unmatched: Unmatched,
    /// Product codes that look like AWS Support and are not known to be: billed by their types of line.
    #[serde(default)]
    pub support_suspects: Vec<String>,
    pub report_checks: Tallies,
    /// What the sealed run of the previous period did not have; empty if there was none.
    pub news: News,
    pub product_codes: Vec<String>,
    pub line_item_types: Vec<String>,
    /// What is different from the run that was current when this one was proved; nothing if none was, or
    /// if it is a later delivery's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<Changes>,
    /// What the proof does not reach, each in words; empty where there was a manifest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_guaranteed: Vec<String>,
}

/// From what AWS charged to what customers pay, in the report's currency and before rounding.
/// Each line is the one before it plus the next term.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Margin {
    pub unblended_cost: Amount,
    /// What upfront payments and commitment fees move between periods: amortized less unblended.
    pub upfront_timing: Option<Amount>,
    /// `None` where a part of it is unknown. Then the margin is unknown too, and the terms are those of the
    /// rows whose amortized cost is known.
    pub amortized_cost: Option<Amount>,
    pub terms: MarginTerms,
    pub charge: Amount,
    /// Charge less amortized cost: the sum of the terms.
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
    pub invoice_total: Option<Amount>,
    pub invoice_currency: Option<String>,
}

/// What the contracts have in force in the period and the report has nothing for, by customer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Unmatched {
    /// Rules that set no price.
    pub price_rules: BTreeMap<String, Vec<String>>,
    /// Accounts without a line.
    pub accounts: BTreeMap<String, Vec<AccountId>>,
}

/// From the run that is replaced to the one that replaces it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    pub replaces: RunId,
    /// The delivery of that run: it may be the same, under other contracts.
    pub delivery_id: String,
    /// What may be a hole in the report, in words.
    pub loud: Vec<String>,
    /// Every customer of either run.
    pub customers: Vec<CustomerChange>,
}

/// Charges are in the report's currency, before rounding and tax.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerChange {
    pub customer: String,
    pub lines_before: u64,
    pub lines: u64,
    pub charge_before: Amount,
    pub charge: Amount,
    pub difference: Amount,
}

/// What two runs are compared by. It is read from a proof of any version, so it has no other fields.
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

/// Product codes and types of line items that were not there in the previous period.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct News {
    pub product_codes: Vec<String>,
    pub line_item_types: Vec<String>,
}
