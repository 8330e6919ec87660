//! What is issued of a bill: invoices, and notes that bring what was issued before up to the bill of now.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use contracts::{Contracts, InvoiceDate, NumberFormat};
use cur::BillingPeriod;
use laws::{Check, Law};
use money::Amount;
use pipeline::{Bill, BillPlan, Document, DocumentKind, Issuer, Numbered, Series};
use statement::{Invoice, difference};

/// What is still to be issued: an invoice where nothing was issued, a note where something was.
pub fn documents(
    bill: &Bill,
    earlier: &[Numbered],
    contracts: &Contracts,
    date: NaiveDate,
) -> Vec<Document> {
    let now: Vec<&Invoice> = bill.invoices.iter().filter(|invoice| invoice.is_sent()).collect();
    let mut names: Vec<(&str, &str)> = now.iter().map(|invoice| named(invoice)).collect();
    for invoice in earlier.iter().flat_map(Numbered::invoices) {
        if !names.contains(&named(invoice)) {
            names.push(named(invoice));
        }
    }
    let mut documents = Vec::new();
    for name in names {
        let of_now = now.iter().find(|invoice| named(invoice) == name).copied();
        let issued: Vec<(&str, &Invoice)> = earlier
            .iter()
            .flat_map(Numbered::documents)
            .filter(|(_, of)| named(of) == name)
            .collect();
        let of_issued: Vec<&Invoice> = issued.iter().map(|(_, of)| *of).collect();
        let (kind, invoice) = match of_now {
            Some(invoice) if issued.is_empty() => (DocumentKind::Invoice, invoice.clone()),
            _ => match difference(of_now, &of_issued) {
                None => continue,
                Some(note) if note.total.is_negative() => (DocumentKind::CreditNote, note),
                Some(note) => (DocumentKind::DebitNote, note),
            },
        };
        let corrects = issued.iter().map(|(number, _)| (*number).to_owned()).collect();
        documents.push(document(kind, invoice, corrects, contracts, &bill.plan, date));
    }
    documents
}

fn named(invoice: &Invoice) -> (&str, &str) {
    (&invoice.invoice_id, &invoice.currency)
}

fn document(
    kind: DocumentKind,
    invoice: Invoice,
    corrects: Vec<String>,
    contracts: &Contracts,
    plan: &BillPlan,
    issued_on: NaiveDate,
) -> Document {
    let issuer = contracts.issuer();
    let format = match kind {
        DocumentKind::Invoice => &issuer.numbers,
        _ => issuer.note_numbers.as_ref().unwrap_or(&issuer.numbers),
    };
    let customer = contracts.customer(&plan.customer_id);
    let terms = customer
        .and_then(|of| of.terms.invoices.iter().find(|terms| terms.id == invoice.invoice_id));
    let date = match issuer.date {
        InvoiceDate::Issued => issued_on,
        InvoiceDate::Rule(rule) => rule.of(plan.billing_period),
    };
    // A credit note is not to be paid.
    let due = terms.and_then(|terms| terms.due).or(issuer.due);
    let due = due.filter(|_| kind != DocumentKind::CreditNote).map(|rule| rule.after(date));
    Document {
        kind,
        date,
        due,
        corrects,
        series: series(format, plan.billing_period),
        issuer: Issuer {
            name: issuer.name.clone(),
            address: issuer.address.clone(),
            registration_number: issuer.registration_number.clone(),
            bank: issuer.bank.clone(),
            footer: issuer.footer.clone(),
        },
        invoice,
    }
}

/// The sequence of numbers that a document takes its number from.
fn series(format: &NumberFormat, period: BillingPeriod) -> Series {
    let period = period.to_string();
    let year = period.split('-').next().unwrap_or_default();
    let fill = |text: &str| text.replace("{period}", &period).replace("{year}", year);
    Series {
        before: fill(&format.before),
        digits: format.digits,
        after: fill(&format.after),
        first_free: 1,
    }
}

/// One of the sums of an invoice.
type Sum = fn(&Invoice) -> Amount;

/// The law `corrections_explain_the_difference`: what was issued and what is issued now add up to the bill
/// of now.
pub fn corrections_explain(
    bill: &Bill,
    earlier: &[Numbered],
    documents: &[Document],
) -> Vec<Check> {
    let issued = earlier.iter().flat_map(Numbered::invoices);
    let all: Vec<&Invoice> = issued.chain(documents.iter().map(|of| &of.invoice)).collect();
    let now: Vec<&Invoice> = bill.invoices.iter().filter(|invoice| invoice.is_sent()).collect();
    let currencies: BTreeSet<&str> =
        all.iter().chain(&now).map(|of| of.currency.as_str()).collect();
    let sums: [(&str, Sum); 3] = [
        ("subtotal", |invoice| invoice.subtotal),
        ("total", |invoice| invoice.total),
        ("amount due", |invoice| invoice.amount_due),
    ];
    let mut checks = Vec::new();
    for currency in currencies {
        for (what, amount) in sums {
            let sum = |invoices: &[&Invoice]| -> Amount {
                invoices.iter().filter(|of| of.currency == currency).map(|of| amount(of)).sum()
            };
            let of = format!("{}, {what} in {currency}", bill.plan.customer_id);
            let law = Law::CorrectionsExplainTheDifference;
            checks.push(Check::equal(law, of, sum(&all), sum(&now)));
        }
    }
    checks
}
