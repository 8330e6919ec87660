//! `invoice.json` and `invoice.csv`: the invoice that a customer gets.

use billing::{Invoice, InvoiceLine, TaxLine};
use cur::BillingPeriod;
use money::{Amount, Rate};
use pipeline::RunId;
use serde::{Deserialize, Serialize};

use crate::table::row;

/// The invoice as a file. Amounts and rates are strings, because most programs read a JSON number as a
/// float.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceFile {
    pub customer_id: String,
    pub customer_name: String,
    pub billing_period: BillingPeriod,
    pub run_id: RunId,
    pub currency: String,
    pub lines: Vec<InvoiceLineRow>,
    pub subtotal: Amount,
    pub taxes: Vec<InvoiceTax>,
    pub total: Amount,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceLineRow {
    pub section: String,
    pub service_code: String,
    pub usage_account_id: String,
    pub currency_source: String,
    pub amount_source: Amount,
    pub fx_rate: String,
    pub amount: Amount,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceTax {
    pub name: String,
    pub rate: String,
    pub taxable: Amount,
    pub amount: Amount,
}

impl InvoiceFile {
    pub fn new(run_id: &RunId, invoice: &Invoice) -> Self {
        Self {
            customer_id: invoice.customer_id.clone(),
            customer_name: invoice.customer_name.clone(),
            billing_period: invoice.billing_period,
            run_id: run_id.clone(),
            currency: invoice.currency.clone(),
            lines: invoice.lines.iter().map(InvoiceLineRow::from).collect(),
            subtotal: invoice.subtotal,
            taxes: invoice.taxes.iter().map(InvoiceTax::from).collect(),
            total: invoice.total,
        }
    }

    /// Reads the invoice back, so that a law can check it. `None` if a text that should be a rate is no
    /// rate.
    pub fn to_invoice(&self) -> Option<Invoice> {
        let line = |line: &InvoiceLineRow| {
            Some(InvoiceLine {
                section: line.section.clone(),
                service_code: line.service_code.clone(),
                usage_account_id: line.usage_account_id.clone(),
                currency_source: line.currency_source.clone(),
                amount_source: line.amount_source,
                fx_rate: line.fx_rate.parse().ok()?,
                amount: line.amount,
            })
        };
        let tax = |tax: &InvoiceTax| {
            Some(TaxLine {
                name: tax.name.clone(),
                rate: tax.rate.parse().ok()?,
                taxable: tax.taxable,
                amount: tax.amount,
            })
        };
        Some(Invoice {
            customer_id: self.customer_id.clone(),
            customer_name: self.customer_name.clone(),
            billing_period: self.billing_period,
            currency: self.currency.clone(),
            lines: self.lines.iter().map(line).collect::<Option<_>>()?,
            subtotal: self.subtotal,
            taxes: self.taxes.iter().map(tax).collect::<Option<_>>()?,
            total: self.total,
        })
    }

    /// The numbers of the invoice as rows: the lines, the subtotal, the taxes and the total.
    pub fn rows(&self) -> Vec<InvoiceLineRow> {
        let sum =
            |section: &str, amount| InvoiceLineRow::sum(section, "", Rate::ONE, amount, amount);
        let tax = |tax: &InvoiceTax| InvoiceLineRow {
            fx_rate: tax.rate.clone(),
            ..InvoiceLineRow::sum("tax_on_invoice", &tax.name, Rate::ONE, tax.taxable, tax.amount)
        };
        let mut rows = self.lines.clone();
        rows.push(sum("subtotal", self.subtotal));
        rows.extend(self.taxes.iter().map(tax));
        rows.push(sum("total", self.total));
        rows
    }
}

impl InvoiceLineRow {
    fn sum(section: &str, name: &str, rate: Rate, amount_source: Amount, amount: Amount) -> Self {
        Self {
            section: section.to_owned(),
            service_code: name.to_owned(),
            usage_account_id: String::new(),
            currency_source: String::new(),
            amount_source,
            fx_rate: rate.to_string(),
            amount,
        }
    }
}

impl From<&InvoiceLine> for InvoiceLineRow {
    fn from(line: &InvoiceLine) -> Self {
        Self {
            section: line.section.clone(),
            service_code: line.service_code.clone(),
            usage_account_id: line.usage_account_id.clone(),
            currency_source: line.currency_source.clone(),
            amount_source: line.amount_source,
            fx_rate: line.fx_rate.to_string(),
            amount: line.amount,
        }
    }
}

impl From<&TaxLine> for InvoiceTax {
    fn from(tax: &TaxLine) -> Self {
        Self {
            name: tax.name.clone(),
            rate: tax.rate.to_string(),
            taxable: tax.taxable,
            amount: tax.amount,
        }
    }
}

row!(InvoiceLineRow {
    section,
    service_code,
    usage_account_id,
    currency_source,
    amount_source,
    fx_rate,
    amount,
});
