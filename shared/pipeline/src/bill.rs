//! Bills: what a customer owes for a billing period, over all payers.

#![expect(
    clippy::disallowed_types,
    reason = "what serde makes of `flatten` could hold a float; no field here does"
)]

use std::collections::BTreeSet;
use std::str::FromStr;

use cur::{AccountId, BillingPeriod};
use laws::Check;
use money::Amount;
use serde::{Deserialize, Serialize};
use statement::{Balances, Invoice, Item, Opening, Waterfall};

use crate::{BillId, RunId};

/// Wakes `bill-customer`. A sealed run sends one for each of its customers; a person may send one too:
/// `{"bill": {"customer": "…", "billing_period": "YYYY-MM"}}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BillRequest {
    pub customer: String,
    pub billing_period: BillingPeriod,
}

impl BillRequest {
    pub fn to_json(&self) -> String {
        serde_json::json!({ "bill": self }).to_string()
    }
}

/// Everything that decides a bill. The bill's id is a hash of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillPlan {
    pub engine_version: String,
    pub customer_id: String,
    pub billing_period: BillingPeriod,
    /// SHA-256 of the part of the contracts that this customer's bills read.
    pub contracts_version: String,
    /// The sealed runs that the bill rests on, in the order of the payers.
    pub runs: Vec<BilledRun>,
    /// Payers that had accounts of this customer in the period before, or that the contract names, and that
    /// have no sealed run for this period.
    pub missing_payers: BTreeSet<AccountId>,
    /// The sealed runs whose customers share a support plan with this customer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plan_runs: Vec<BilledRun>,
    /// Payers whose run was made under other contracts than those of now.
    pub outdated_payers: BTreeSet<AccountId>,
    pub opening: Opening,
}

/// A sealed run that a bill rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BilledRun {
    pub payer_account_id: AccountId,
    pub run_id: RunId,
}

impl BillPlan {
    pub fn id(&self) -> BillId {
        // Structs of plain fields can always be serialised.
        BillId::of([serde_json::to_string(self).unwrap_or_default().as_str()])
    }
}

/// How far a bill is. It is issued if `issues/` has all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The run of a payer is missing, or was made under other contracts.
    Incomplete,
    /// AWS has not issued its own invoice for some of the usage yet.
    Preliminary,
    /// Everything is there, and AWS has issued its invoices.
    Final,
}

impl Status {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Incomplete => "incomplete",
            Self::Preliminary => "preliminary",
            Self::Final => "final",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the status of a bill")]
pub struct UnknownStatus(String);

impl FromStr for Status {
    type Err = UnknownStatus;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        [Self::Incomplete, Self::Preliminary, Self::Final]
            .into_iter()
            .find(|status| status.name() == name)
            .ok_or_else(|| UnknownStatus(name.to_owned()))
    }
}

/// `bills/…/bill.json`: a bill with everything that it follows from, for the reseller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bill {
    pub bill_id: BillId,
    #[serde(flatten)]
    pub plan: BillPlan,
    pub customer_name: String,
    pub status: Status,
    /// Lines of AWS's usage that have no invoice of AWS yet.
    pub uninvoiced_lines: u64,
    pub items: Vec<Item>,
    pub invoices: Vec<Invoice>,
    pub waterfalls: Vec<Waterfall>,
    /// What the bill leaves to the next one.
    pub closing: Balances,
    pub laws: Vec<Check>,
}

/// `billed/<customer>/<period>.json`: the bill that readers see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillPointer {
    pub customer_id: String,
    pub billing_period: BillingPeriod,
    pub bill_id: BillId,
    pub status: Status,
    pub invoices: Vec<InvoiceTotal>,
    /// How often the pointer has moved. So no two pointers have the same bytes, and an older one is never
    /// taken for a newer one.
    pub moves: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceTotal {
    pub invoice_id: String,
    pub currency: String,
    pub total: Amount,
    pub amount_due: Amount,
}

impl BillPointer {
    /// The request that made the bill.
    pub fn request(&self) -> BillRequest {
        BillRequest { customer: self.customer_id.clone(), billing_period: self.billing_period }
    }

    pub fn of(bill: &Bill, moves: u64) -> Self {
        let total = |invoice: &Invoice| InvoiceTotal {
            invoice_id: invoice.invoice_id.clone(),
            currency: invoice.currency.clone(),
            total: invoice.total,
            amount_due: invoice.amount_due,
        };
        Self {
            customer_id: bill.plan.customer_id.clone(),
            billing_period: bill.plan.billing_period,
            bill_id: bill.bill_id.clone(),
            status: bill.status,
            invoices: bill.invoices.iter().map(total).collect(),
            moves,
        }
    }
}
