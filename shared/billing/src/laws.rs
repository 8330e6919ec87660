//! Laws about what is charged, each with its two sides. They add up again from the outcome, by other
//! ways than those that made it.

use std::collections::BTreeMap;

use money::Amount;
use pipeline::Check;

use crate::{Charge, Invoice, ROUNDING};

/// Law 5: the invoice re-derives from its own charges.
pub fn invoice_re_adds(invoice: &Invoice, charges: &[Charge]) -> Vec<Check> {
    const LAW: &str = "invoice_re_adds";
    let of = |what: &str| format!("{}: {what}", invoice.customer_id);
    let mut checks = vec![Check::equal(
        LAW,
        of("charges behind the lines"),
        charges.iter().map(|charge| charge.measures.charge).sum(),
        invoice.lines.iter().map(|line| line.amount_source).sum(),
    )];
    checks.push(Check::equal(
        LAW,
        of("lines converted again"),
        converted_again(invoice, charges),
        invoice.subtotal,
    ));
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

/// The charges of each source currency as one sum, times that currency's rate, plus the rounding lines.
/// A line does not name its currency; those of one place are in the currencies' order.
fn converted_again(invoice: &Invoice, charges: &[Charge]) -> Amount {
    let mut sums: BTreeMap<(&str, &str, &str), BTreeMap<&str, Amount>> = BTreeMap::new();
    for charge in charges {
        let key = &charge.key;
        let place = (key.charge_kind.name(), &*key.service_code, key.usage_account_id.as_str());
        let of_place = sums.entry(place).or_default();
        *of_place.entry(&key.currency).or_insert(Amount::ZERO) += charge.measures.charge;
    }
    for of_place in sums.values_mut() {
        of_place.retain(|_, sum| !sum.is_zero());
    }
    let mut total = Amount::ZERO;
    for line in &invoice.lines {
        if line.section == ROUNDING {
            total += line.amount;
            continue;
        }
        let place = (&*line.section, &*line.service_code, &*line.usage_account_id);
        let sum = sums.get_mut(&place).and_then(BTreeMap::pop_first).map(|(_, sum)| sum);
        total += line.fx_rate.times(sum.unwrap_or(Amount::ZERO)).unwrap_or(Amount::ZERO);
    }
    total
}

/// Law 6: the named terms sum to the margin, charge less amortized cost.
pub fn margin_explains_itself<'a>(
    of: &str,
    charge: Amount,
    amortized_cost: Amount,
    terms: impl IntoIterator<Item = &'a Amount>,
) -> Check {
    Check::equal(
        "margin_explains_itself",
        of,
        terms.into_iter().copied().sum(),
        charge - amortized_cost,
    )
}
