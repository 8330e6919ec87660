//! What is missing between the bill of now and everything that was issued: the content of notes, and of
//! corrections on later invoices.

use std::collections::{BTreeMap, BTreeSet};

use contracts::terms::Section;
use cur::BillingPeriod;
use money::{Amount, Rate};

use crate::{Correction, Invoice, InvoiceLine, Payment, TaxLine, Withheld};

/// What a line is about. Lines of two invoices that are about the same are compared.
type About<'a> = (Section, [&'a str; 6], BillingPeriod);

fn about(line: &InvoiceLine) -> About<'_> {
    let texts = [
        &*line.item_id,
        &line.item_name,
        &line.payer_account_id,
        &line.usage_account_id,
        &line.service_code,
        &line.tax,
    ];
    (line.section, texts, line.billing_period)
}

/// The difference between an invoice of now and the documents that were issued of it. `None` if there is no
/// difference. `now` is `None` if the bill does not have the invoice any more.
///
/// Each amount is the amount of now less the sum of the issued amounts, taxes too. So the documents and the
/// difference add up to the invoice of now, whatever was rounded. For example, an invoice has 100,000 yen and
/// 10,000 yen of tax, and 12,345 yen fall away. The invoice of now has 87,655 yen and a tax of 8,765 yen,
/// rounded down once. So the note has −12,345 yen and −1,235 yen of tax.
pub fn difference(now: Option<&Invoice>, issued: &[&Invoice]) -> Option<Invoice> {
    let mut lines: BTreeMap<About, (Amount, &InvoiceLine)> = BTreeMap::new();
    let of_now = now.into_iter().flat_map(|now| &now.lines).map(|line| (line, line.amount));
    let of_issued = issued.iter().flat_map(|of| &of.lines).map(|line| (line, -line.amount));
    for (line, amount) in of_now.chain(of_issued) {
        lines.entry(about(line)).or_insert((Amount::ZERO, line)).0 += amount;
    }
    let newest = now.or_else(|| issued.last().copied())?;
    let currency = &newest.currency;
    let line = |(amount, of): (Amount, &InvoiceLine)| InvoiceLine {
        currency_source: currency.clone(),
        amount_source: amount,
        fx_rate: Rate::ONE,
        fx_series: String::new(),
        fx_on: String::new(),
        amount,
        ..of.clone()
    };
    let is_more = |(amount, _): &(Amount, &InvoiceLine)| !amount.is_zero();
    let missing = |amount: fn(&Invoice) -> Amount| {
        let issued: Amount = issued.iter().map(|invoice| amount(invoice)).sum();
        now.map_or(Amount::ZERO, amount) - issued
    };
    let difference = Invoice {
        lines: lines.into_values().filter(is_more).map(line).collect(),
        subtotal: missing(|invoice| invoice.subtotal),
        taxes: taxes(now, issued),
        total: missing(|invoice| invoice.total),
        withheld: withheld(now, issued),
        prepaid: prepaid(now, issued),
        amount_due: missing(|invoice| invoice.amount_due),
        carried_over: Amount::ZERO,
        invoice_id: newest.invoice_id.clone(),
        recipient: newest.recipient.clone(),
        currency: currency.clone(),
    };
    let is_something = !difference.lines.is_empty()
        || !difference.taxes.is_empty()
        || !difference.total.is_zero()
        || !difference.amount_due.is_zero();
    is_something.then_some(difference)
}

fn taxes(now: Option<&Invoice>, issued: &[&Invoice]) -> Vec<TaxLine> {
    let mut taxes: Vec<TaxLine> = Vec::new();
    let mut add = |tax: &TaxLine, sign: fn(Amount) -> Amount| {
        let same = |of: &&mut TaxLine| of.name == tax.name && of.rate == tax.rate;
        if let Some(sum) = taxes.iter_mut().find(same) {
            sum.taxable += sign(tax.taxable);
            sum.amount += sign(tax.amount);
        } else {
            let (taxable, amount) = (sign(tax.taxable), sign(tax.amount));
            taxes.push(TaxLine { name: tax.name.clone(), rate: tax.rate, taxable, amount });
        }
    };
    now.into_iter().flat_map(|now| &now.taxes).for_each(|tax| add(tax, |amount| amount));
    issued.iter().flat_map(|of| &of.taxes).for_each(|tax| add(tax, |amount| -amount));
    taxes.retain(|tax| !tax.taxable.is_zero() || !tax.amount.is_zero());
    taxes
}

fn withheld(now: Option<&Invoice>, issued: &[&Invoice]) -> Option<Withheld> {
    let of_now = now.and_then(|now| now.withheld.as_ref());
    let of_issued = || issued.iter().filter_map(|of| of.withheld.as_ref());
    let newest = of_now.or_else(|| of_issued().next_back())?;
    let missing = |amount: fn(&Withheld) -> Amount| {
        of_now.map_or(Amount::ZERO, amount) - of_issued().map(amount).sum()
    };
    let (of, amount) = (missing(|held| held.of), missing(|held| held.amount));
    (!amount.is_zero()).then(|| Withheld { of, amount, ..newest.clone() })
}

fn prepaid(now: Option<&Invoice>, issued: &[&Invoice]) -> Vec<Payment> {
    let of_now = || now.into_iter().flat_map(|now| &now.prepaid);
    let of_issued = || issued.iter().flat_map(|of| &of.prepaid);
    let ids: BTreeSet<&str> =
        of_now().chain(of_issued()).map(|payment| payment.id.as_str()).collect();
    let difference = |id: &str| {
        let is_it = |payment: &&Payment| payment.id == id;
        let newest = of_now().find(is_it).or_else(|| of_issued().rfind(is_it))?;
        let sum = |amount: Amount, payment: &Payment| amount + payment.amount;
        let paid = of_issued().filter(is_it).fold(Amount::ZERO, sum);
        let amount = of_now().filter(is_it).fold(Amount::ZERO, sum) - paid;
        // The balance before the note is what the issued documents have left.
        let before = newest.before - paid;
        let after = before - amount;
        (!amount.is_zero()).then(|| Payment { amount, before, after, ..newest.clone() })
    };
    ids.into_iter().filter_map(difference).collect()
}

/// The corrections of an issued period that no document has yet, for the next invoice: one line for each
/// payer, account, service and tax. `issued` are the documents of the period, and `corrected` are its
/// corrections on later, issued invoices.
pub fn corrections(
    period: BillingPeriod,
    now: &[Invoice],
    issued: &[&Invoice],
    corrected: &[Correction],
) -> Vec<Correction> {
    let mut sums: BTreeMap<[&str; 6], Amount> = BTreeMap::new();
    for invoice in now {
        for line in &invoice.lines {
            *sums.entry(key(&invoice.invoice_id, &invoice.currency, line)).or_default() +=
                line.amount;
        }
    }
    for invoice in issued {
        for line in &invoice.lines {
            *sums.entry(key(&invoice.invoice_id, &invoice.currency, line)).or_default() +=
                -line.amount;
        }
    }
    for of in corrected.iter().filter(|of| of.line.billing_period == period) {
        *sums.entry(key(&of.invoice_id, &of.currency, &of.line)).or_default() += -of.line.amount;
    }
    sums.retain(|_, amount| !amount.is_zero());
    sums.into_iter()
        .map(|([invoice, currency, payer, account, service, tax], amount)| Correction {
            invoice_id: invoice.to_owned(),
            currency: currency.to_owned(),
            line: InvoiceLine {
                payer_account_id: payer.to_owned(),
                usage_account_id: account.to_owned(),
                service_code: service.to_owned(),
                tax: tax.to_owned(),
                ..InvoiceLine::plain(Section::Correction, "", "", period, currency, amount)
            },
        })
        .collect()
}

/// What the lines of a correction are told apart by.
fn key<'a>(invoice: &'a str, currency: &'a str, line: &'a InvoiceLine) -> [&'a str; 6] {
    let InvoiceLine { payer_account_id, usage_account_id, service_code, tax, .. } = line;
    [invoice, currency, payer_account_id, usage_account_id, service_code, tax]
}
