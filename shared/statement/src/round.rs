//! The lines that rounding adds.

use std::collections::BTreeMap;

use contracts::terms::{InvoiceTerms, RoundingScope, Section};
use cur::BillingPeriod;
use money::Amount;
use money::rounding::round_to;

use crate::InvoiceLine;

/// The group of lines that is summed exactly and then rounded once. A text is empty if the contract rounds
/// several of its values together.
type Scope<'a> = [&'a str; 6];

fn scope(per: RoundingScope, line: &InvoiceLine) -> Scope<'_> {
    let InvoiceLine { item_id, service_code, usage_account_id, payer_account_id, .. } = line;
    match per {
        RoundingScope::Line => [
            line.section.name(),
            item_id,
            service_code,
            usage_account_id,
            payer_account_id,
            &line.currency_source,
        ],
        // A line that belongs to no service is a scope of its own: a support plan, a fee, a minimum.
        RoundingScope::Service if service_code.is_empty() => {
            [line.section.name(), item_id, "", "", "", ""]
        }
        RoundingScope::Service => ["", "", service_code, "", "", ""],
        RoundingScope::Account => ["", "", "", usage_account_id, "", ""],
        RoundingScope::Invoice => [""; 6],
    }
}

/// Makes the lines for the differences that rounding makes.
///
/// Tax is computed on whole coins, so the part of a scope that has one tax is rounded by itself. The taxes
/// of the contract are taken in their order, and what has no tax comes last: each part is rounded together
/// with the parts before it, so that the whole scope is rounded once. With half up, 1,000.4 yen and 10.4 yen
/// without tax are together 1,010.8 yen, rounded to 1,011. The taxed 1,000.4 are rounded to 1,000 by −0.4.
/// The other line has 11 − 10.4 = 0.6.
pub(crate) fn rounding_lines(
    invoice: &InvoiceTerms,
    period: BillingPeriod,
    exact: &[InvoiceLine],
) -> Vec<InvoiceLine> {
    let rounding = invoice.rounding;
    let coin = Amount::coin(invoice.currency.minor_units());
    let unit = rounding.unit.unwrap_or(coin);
    // The names of taxes in the order of the contract; what has none comes last.
    let rank = |tax: &str| invoice.taxes.iter().position(|of| of.name == tax).unwrap_or(usize::MAX);
    let mut scopes: BTreeMap<Scope, BTreeMap<(usize, &str), Amount>> = BTreeMap::new();
    for line in exact {
        let sums = scopes.entry(scope(rounding.per, line)).or_default();
        *sums.entry((rank(&line.tax), &line.tax)).or_default() += line.amount;
    }
    let mut lines = Vec::new();
    for (scope, sums) in scopes {
        let (mut exact, mut rounded) = (Amount::ZERO, Amount::ZERO);
        for ((_, tax), sum) in sums {
            exact += sum;
            let so_far = round_to(exact, unit, rounding.mode).rounded;
            let difference = so_far - rounded - sum;
            rounded = so_far;
            if !difference.is_zero() {
                lines.push(rounding_line(scope, tax, period, difference));
            }
        }
    }
    lines
}

fn rounding_line(
    scope: Scope,
    tax: &str,
    period: BillingPeriod,
    difference: Amount,
) -> InvoiceLine {
    let [_, item_id, service_code, account, payer, currency] = scope.map(str::to_owned);
    InvoiceLine {
        payer_account_id: payer,
        usage_account_id: account,
        service_code,
        currency_source: currency,
        amount_source: Amount::ZERO,
        tax: tax.to_owned(),
        ..InvoiceLine::plain(Section::Rounding, &item_id, "", period, "", difference)
    }
}
