//! The objects of a bill.

use bytes::Bytes;
use datasets::{InvoiceLineRow, encode_csv};
use pipeline::{Bill, keys};
use runs::{Failure, encoded, to_json};

/// The part of the contracts that the bill rests on.
pub(crate) const CONTRACT: &str = "contracts.toml";

/// The invoices for the customer, their lines as a table, and the bill for the reseller. The bill has AWS's
/// cost and the margin, so it is in a folder of its own, and access can be given by prefix. It is written
/// last.
pub(crate) fn objects(bill: &Bill, contract: &str) -> Result<Vec<(String, Bytes)>, Failure> {
    let (customer, period, id) = (&bill.plan.customer_id, bill.plan.billing_period, &bill.bill_id);
    let mut objects = Vec::new();
    let mut all_rows = Vec::new();
    for invoice in &bill.invoices {
        let name = &invoice.invoice_id;
        let key = keys::invoice(customer, period, id, &format!("{name}.json"));
        let json = to_json(&key, invoice)?;
        objects.push((key, json));
        let rows = InvoiceLineRow::of(bill, invoice);
        let csv = encode_csv(&rows).map_err(|error| Failure::Reject(error.to_string()))?;
        objects.push((keys::invoice(customer, period, id, &format!("{name}.csv")), csv));
        all_rows.extend(rows);
    }
    objects.push((keys::invoice_lines(customer, period, id), encoded(&all_rows)?));
    let contract = Bytes::copy_from_slice(contract.as_bytes());
    objects.push((keys::bill(customer, period, id, CONTRACT), contract));
    let key = keys::bill(customer, period, id, "bill.json");
    let json = to_json(&key, bill)?;
    objects.push((key, json));
    Ok(objects)
}
