//! The laws of a bill. Each adds up the outcome again, by another way than the code that made it.

use std::collections::BTreeMap;

use contracts::ChargeKind;
use contracts::terms::Section;
use laws::{Check, Law};
use money::rounding::{Mode, round_to};
use money::{Amount, Currency};

use crate::{Context, Invoice, Item, PayerCharges, Waterfall};

pub(crate) fn checks(
    context: &Context,
    payers: &[PayerCharges],
    items: &[Item],
    invoices: &[Invoice],
    waterfalls: &[Waterfall],
) -> Vec<Check> {
    let mut checks = charges_billed_once(&context.customer.id, payers, items);
    // Parts of nothing that come to nothing are no proof worth keeping.
    let parts = items.iter().map(|item| parts_sum_to_whole(&context.customer.id, item));
    checks.extend(parts.filter(|check| !check.holds || check.left != Amount::ZERO));
    for invoice in invoices {
        checks.extend(invoice_re_adds(&context.customer.id, invoice));
    }
    for waterfall in waterfalls {
        let of = format!("{}: {}", context.customer.id, waterfall.invoice_id);
        let terms: Amount = waterfall.terms.values().copied().sum();
        let left = waterfall.aws_cost + terms;
        checks.push(Check::equal(Law::MarginExplainsItself, of, left, waterfall.amount_due));
    }
    checks
}

/// The parts of an item add up to its amount.
fn parts_sum_to_whole(customer: &str, item: &Item) -> Check {
    let of = format!("{customer}: parts of {} {}", item.section, item.id);
    Check::equal(Law::PartsSumToWhole, of, item.parts.iter().copied().sum(), item.amount)
}

/// Every charge of the sealed runs is on the bill once: for each currency, the charges and the items that
/// add them up come to the same.
pub fn charges_billed_once(customer: &str, payers: &[PayerCharges], items: &[Item]) -> Vec<Check> {
    let mut sums: BTreeMap<&str, [Amount; 2]> = BTreeMap::new();
    for charge in payers.iter().flat_map(|of| &of.charges) {
        sums.entry(&charge.key.currency).or_default()[0] += charge.charge;
    }
    for item in items.iter().filter(|item| item.is_of_charges()) {
        sums.entry(&item.currency).or_default()[1] += item.parts.iter().copied().sum();
    }
    let check = |(currency, [charges, billed]): (&str, [Amount; 2])| {
        let of = format!("{customer}: charges in {currency}");
        Check::equal(Law::ChargeBilledOnce, of, charges, billed)
    };
    sums.into_iter().map(check).collect()
}

/// An invoice follows from its own lines: each line is its source × its rate, the lines are the subtotal,
/// the lines of a tax are what is taxed, all of these are whole coins, and taxes, withholding and prepaid
/// balances lead from the subtotal to the amount due.
pub fn invoice_re_adds(customer: &str, invoice: &Invoice) -> Vec<Check> {
    const LAW: Law = Law::BillReAdds;
    let of = |what: &str| format!("{customer}, {}: {what}", invoice.invoice_id);
    let coin = invoice.currency.parse().map_or(0, Currency::minor_units);
    let in_whole_coins = |what: String, sum: Amount| {
        Check::equal(LAW, what, sum, round_to(sum, Amount::coin(coin), Mode::Down).rounded)
    };
    let lines = || invoice.lines.iter();
    let again = lines().map(|line| match line.section {
        Section::Rounding => line.amount,
        _ => line.fx_rate.times(line.amount_source).unwrap_or(Amount::ZERO),
    });
    let mut checks = vec![
        Check::equal(LAW, of("lines converted again"), again.sum(), invoice.subtotal),
        Check::equal(
            LAW,
            of("lines and subtotal"),
            lines().map(|line| line.amount).sum(),
            invoice.subtotal,
        ),
        in_whole_coins(of("subtotal in whole coins"), invoice.subtotal),
    ];
    for tax in &invoice.taxes {
        let of = |what: &str| of(&format!("{what} of {}", tax.name));
        let taxed = lines().filter(|line| line.tax == tax.name).map(|line| line.amount).sum();
        checks.push(Check::equal(LAW, of("taxable"), taxed, tax.taxable));
        checks.push(in_whole_coins(of("taxable in whole coins"), tax.taxable));
        checks.push(in_whole_coins(of("amount in whole coins"), tax.amount));
    }
    let aws_tax = Section::Charge(ChargeKind::Tax);
    let taxed_twice = lines().filter(|line| line.section == aws_tax && !line.tax.is_empty());
    checks.push(Check::equal(
        LAW,
        of("taxes of AWS that are taxed again"),
        taxed_twice.map(|line| line.amount).sum(),
        Amount::ZERO,
    ));
    checks.push(Check::equal(
        LAW,
        of("subtotal, taxes and total"),
        invoice.subtotal + invoice.taxes.iter().map(|tax| tax.amount).sum::<Amount>(),
        invoice.total,
    ));
    let paid: Amount = invoice.prepaid.iter().map(|payment| payment.amount).sum();
    let withheld = invoice.withheld.as_ref().map_or(Amount::ZERO, |withheld| withheld.amount);
    checks.push(Check::equal(
        LAW,
        of("amount due, prepaid, withheld, carried over and total"),
        invoice.amount_due + paid + withheld + invoice.carried_over,
        invoice.total,
    ));
    checks
}
