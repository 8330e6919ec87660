//! The laws about charges. Each compares two sides. The laws add up the outcome again, by other ways than the
//! code that made it.

use std::collections::BTreeMap;

use contracts::ChargeKind;
use laws::{Check, Law};
use money::rounding::{Mode, round};
use money::{Amount, Currency};

use crate::{Charge, Invoice, ROUNDING, TAX_ROUNDING};

/// Law 5: the invoice follows from its own charges.
pub fn invoice_re_adds(invoice: &Invoice, charges: &[Charge]) -> Vec<Check> {
    const LAW: Law = Law::InvoiceReAdds;
    let of = |what: &str| format!("{}: {what}", invoice.customer_id);
    let mut checks = vec![Check::equal(
        LAW,
        of("charges behind the lines"),
        charges.iter().map(|charge| charge.charge).sum(),
        invoice.lines.iter().map(|line| line.amount_source).sum(),
    )];
    let again = converted_again(invoice, charges);
    checks.push(Check::equal(
        LAW,
        of("lines converted again"),
        again.taxable + again.passed_tax,
        invoice.subtotal,
    ));
    let coins = invoice.currency.parse().map_or(0, Currency::minor_units);
    let in_whole_coins =
        |what: String, sum| Check::equal(LAW, what, sum, round(sum, coins, Mode::Down).rounded);
    checks.push(in_whole_coins(of("subtotal in whole coins"), invoice.subtotal));
    for tax in &invoice.taxes {
        let of = |what: &str| of(&format!("{what} of {}", tax.name));
        checks.push(Check::equal(LAW, of("taxable"), again.taxable, tax.taxable));
        checks.push(in_whole_coins(of("taxable in whole coins"), tax.taxable));
    }
    checks.push(Check::equal(
        LAW,
        of("lines and subtotal"),
        invoice.lines.iter().map(|line| line.amount).sum(),
        invoice.subtotal,
    ));
    checks.push(Check::equal(
        LAW,
        of("subtotal, taxes and total"),
        invoice.subtotal + invoice.taxes.iter().map(|tax| tax.amount).sum(),
        invoice.total,
    ));
    checks
}

/// The subtotal of an invoice in two parts.
#[derive(Default)]
struct Converted {
    taxable: Amount,
    passed_tax: Amount,
}

/// Adds up the charges behind each line, converts each sum by the line's rate, and adds the rounding lines.
fn converted_again(invoice: &Invoice, charges: &[Charge]) -> Converted {
    let mut sums: BTreeMap<[&str; 4], Amount> = BTreeMap::new();
    for charge in charges {
        let key = &charge.key;
        let account = key.usage_account_id.as_str();
        let line_key = [key.charge_kind.name(), &key.sku.service_code, account, &key.currency];
        *sums.entry(line_key).or_insert(Amount::ZERO) += charge.charge;
    }
    let mut converted = Converted::default();
    for line in &invoice.lines {
        let line_key: [&str; 4] =
            [&line.section, &line.service_code, &line.usage_account_id, &line.currency_source];
        // Each sum is converted only once. So a line that the invoice has twice is found.
        let sum = sums.remove(&line_key).unwrap_or(Amount::ZERO);
        let amount = match line.section.as_str() {
            ROUNDING | TAX_ROUNDING => line.amount,
            _ => line.fx_rate.times(sum).unwrap_or(Amount::ZERO),
        };
        let is_tax = [ChargeKind::Tax.name(), TAX_ROUNDING].contains(&line.section.as_str());
        *(if is_tax { &mut converted.passed_tax } else { &mut converted.taxable }) += amount;
    }
    converted
}

/// Law 6: the named terms add up to the margin. The margin is the charge minus the amortized cost.
pub fn margin_explains_itself<'a>(
    of: &str,
    charge: Amount,
    amortized_cost: Amount,
    terms: impl IntoIterator<Item = &'a Amount>,
) -> Check {
    Check::equal(
        Law::MarginExplainsItself,
        of,
        terms.into_iter().copied().sum(),
        charge - amortized_cost,
    )
}
