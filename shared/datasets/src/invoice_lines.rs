//! `invoice_lines`: the lines of all bills, as the customer sees them.

use cur::BillingPeriod;
use pipeline::{Bill, BillId, Status};
use statement::{Invoice, InvoiceLine};

use crate::table::row;

/// A line with the bill and the invoice that it stands on. Taxes, withholding and prepaid balances have
/// rows too, so that the rows of an invoice add up to the amount due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceLineRow {
    pub customer_id: String,
    /// The period of the bill. The period of the line is another one if the line corrects or carries over
    /// an earlier period.
    pub bill_period: BillingPeriod,
    pub bill_id: BillId,
    pub status: Status,
    pub invoice_id: String,
    pub currency: String,
    pub line: InvoiceLine,
}

row!(InvoiceLineRow { customer_id, bill_period, bill_id, status, invoice_id, currency, line });

row!(InvoiceLine {
    section,
    item_id,
    item_name,
    billing_period,
    payer_account_id,
    usage_account_id,
    service_code,
    currency_source,
    amount_source,
    fx_rate,
    fx_series,
    fx_on,
    tax,
    amount,
});

impl InvoiceLineRow {
    /// The rows of one invoice of a bill.
    pub fn of(bill: &Bill, invoice: &Invoice) -> Vec<Self> {
        let row = |line: InvoiceLine| Self {
            customer_id: bill.plan.customer_id.clone(),
            bill_period: bill.plan.billing_period,
            bill_id: bill.bill_id.clone(),
            status: bill.status,
            invoice_id: invoice.invoice_id.clone(),
            currency: invoice.currency.clone(),
            line,
        };
        invoice.all_lines(bill.plan.billing_period).into_iter().map(row).collect()
    }
}
