//! How far a bill is, and what was issued of it.

use cur::BillingPeriod;
use money::Amount;
use pipeline::{Bill, Document, Numbered, Status};
use serde::Serialize;
use statement::{Invoice, Waterfall};

/// A bill, and what was issued of it.
#[derive(Debug, Serialize)]
pub struct Standing {
    pub customer_id: String,
    pub billing_period: BillingPeriod,
    pub rows: Vec<StandingRow>,
    /// Why the bill is not final, and what has changed since it was issued.
    pub reasons: Vec<String>,
    /// The way from AWS's cost to the amount due, for each invoice.
    pub waterfalls: Vec<Waterfall>,
}

/// An invoice of the bill.
#[derive(Debug, Serialize)]
pub struct StandingRow {
    pub invoice_id: String,
    /// `incomplete`, `preliminary`, `final`, `carried over`, `issued`, or `issued, changed`.
    pub status: String,
    pub currency: String,
    pub amount_due: Amount,
    /// The numbers of the invoice and of its notes.
    pub numbers: Vec<String>,
    /// What the documents that are issued next would add.
    pub not_issued: Amount,
}

impl Standing {
    pub(crate) fn new(bill: &Bill, issued: &[Numbered], open: &[Document]) -> Self {
        let row = |invoice: &Invoice| {
            let is_it = |of: &Invoice| {
                of.invoice_id == invoice.invoice_id && of.currency == invoice.currency
            };
            let documents = issued.iter().flat_map(Numbered::documents);
            let numbers: Vec<String> = documents
                .filter(|(_, of)| is_it(of))
                .map(|(number, _)| number.to_owned())
                .collect();
            let next = open.iter().find(|document| is_it(&document.invoice));
            let status = match (numbers.is_empty(), next) {
                (true, _) if !invoice.carried_over.is_zero() => "carried over",
                (true, _) => bill.status.name(),
                (false, None) => "issued",
                (false, Some(_)) => "issued, changed",
            };
            StandingRow {
                invoice_id: invoice.invoice_id.clone(),
                status: status.to_owned(),
                currency: invoice.currency.clone(),
                amount_due: invoice.amount_due,
                numbers,
                not_issued: next.map_or(Amount::ZERO, |document| document.invoice.amount_due),
            }
        };
        Self {
            customer_id: bill.plan.customer_id.clone(),
            billing_period: bill.plan.billing_period,
            rows: bill.invoices.iter().map(row).collect(),
            reasons: reasons(bill, issued, open),
            waterfalls: bill.waterfalls.clone(),
        }
    }
}

fn reasons(bill: &Bill, issued: &[Numbered], open: &[Document]) -> Vec<String> {
    let plan = &bill.plan;
    let mut reasons = Vec::new();
    for payer in &plan.missing_payers {
        reasons.push(format!("payer {payer} has no sealed run for the period yet"));
    }
    for payer in &plan.outdated_payers {
        reasons.push(format!("the run of payer {payer} was made under other contracts"));
    }
    if bill.status != Status::Incomplete && bill.uninvoiced_lines > 0 {
        let lines = bill.uninvoiced_lines;
        reasons.push(format!("AWS has not issued its invoice for {lines} lines yet"));
    }
    for document in open.iter().filter(|_| !issued.is_empty()) {
        let Invoice { invoice_id, amount_due, currency, .. } = &document.invoice;
        reasons.push(format!(
            "`{invoice_id}` has changed by {amount_due} {currency} since it was issued"
        ));
    }
    reasons
}
