//! The invoices of a bill.
//!
//! `Σ amount of lines = subtotal` and `subtotal + Σ taxes = total`, digit for digit. Lines have exact
//! amounts. The difference that rounding made is a line of its own, so no sum hides it.

use contracts::terms::Section;
use cur::BillingPeriod;
use money::{Amount, Rate};
use serde::{Deserialize, Serialize};

use crate::{Payment, Withheld};

/// One invoice of a bill: a draft until it is issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    pub invoice_id: String,
    pub recipient: Recipient,
    pub currency: String,
    pub lines: Vec<InvoiceLine>,
    pub subtotal: Amount,
    pub taxes: Vec<TaxLine>,
    pub total: Amount,
    /// What the customer keeps back as a tax of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<Withheld>,
    /// What prepaid balances pay.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prepaid: Vec<Payment>,
    pub amount_due: Amount,
    /// The subtotal of an invoice that is too small to be sent. It stands on the next invoice and is taxed
    /// there, so this invoice has no taxes and nothing is due. Zero for every other invoice.
    #[serde(default, skip_serializing_if = "Amount::is_nothing")]
    pub carried_over: Amount,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_number: Option<String>,
}

/// Money on an invoice. Texts are empty where a line is about several values, or about none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceLine {
    pub section: Section,
    /// The id of the part of the contract that the line follows from. Empty for charges of the report.
    pub item_id: String,
    /// The text of the contract for the line. Empty for charges of the report.
    pub item_name: String,
    /// The billing period that the money is for.
    pub billing_period: BillingPeriod,
    pub payer_account_id: String,
    pub usage_account_id: String,
    pub service_code: String,
    pub currency_source: String,
    pub amount_source: Amount,
    pub fx_rate: Rate,
    /// The series and the period or day of the rate. Empty if nothing was converted.
    pub fx_series: String,
    pub fx_on: String,
    /// The name of the tax that the line has. Empty if the line is not taxed.
    pub tax: String,
    /// The exact amount in the invoice's currency.
    pub amount: Amount,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxLine {
    pub name: String,
    pub rate: Rate,
    pub taxable: Amount,
    pub amount: Amount,
}

impl InvoiceLine {
    /// A line in the currency of the invoice that is about no account and no service.
    pub fn plain(
        section: Section,
        id: &str,
        name: &str,
        billing_period: BillingPeriod,
        currency: &str,
        amount: Amount,
    ) -> Self {
        Self {
            section,
            item_id: id.to_owned(),
            item_name: name.to_owned(),
            billing_period,
            payer_account_id: String::new(),
            usage_account_id: String::new(),
            service_code: String::new(),
            currency_source: currency.to_owned(),
            amount_source: amount,
            fx_rate: Rate::ONE,
            fx_series: String::new(),
            fx_on: String::new(),
            tax: String::new(),
            amount,
        }
    }
}

impl Invoice {
    /// All lines down to the amount due: the lines of the subtotal, taxes, withholding, prepaid balances, and
    /// what is carried over. They add up to the amount due.
    pub fn all_lines(&self, period: BillingPeriod) -> Vec<InvoiceLine> {
        let line = |section, id: &str, name: &str, amount| {
            InvoiceLine::plain(section, id, name, period, &self.currency, amount)
        };
        let taxes = self.taxes.iter().map(|tax| InvoiceLine {
            amount_source: tax.taxable,
            fx_rate: tax.rate,
            ..line(Section::TaxOnInvoice, "", &tax.name, tax.amount)
        });
        let withheld = self.withheld.iter().map(|withheld| InvoiceLine {
            amount_source: -withheld.of,
            fx_rate: withheld.rate,
            ..line(Section::Withheld, "", &withheld.name, -withheld.amount)
        });
        let prepaid = (self.prepaid.iter())
            .map(|paid| line(Section::Prepaid, &paid.id, &paid.name, -paid.amount));
        let carried = Some(self.carried_over).filter(|sum| !sum.is_zero());
        let carried = carried.map(|sum| line(Section::Carried, "", "", -sum));
        let below = taxes.chain(withheld).chain(prepaid).chain(carried);
        self.lines.iter().cloned().chain(below).collect()
    }

    /// Whether the invoice is sent. If nothing was used and nothing is due, there is no invoice, and a small
    /// one may be carried over. Neither uses a number.
    pub fn is_sent(&self) -> bool {
        !self.lines.is_empty() && self.carried_over.is_zero()
    }
}
