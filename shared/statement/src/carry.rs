//! Small bills that are not sent: their sum stands on the next bill.

use std::collections::BTreeMap;

use contracts::terms::Section;
use cur::BillingPeriod;
use money::Amount;

use crate::{Carried, Context, Invoice};

/// Whether an invoice is too small to be sent. With `below = "2000"` and `periods = 12`, 1,500 yen of
/// October stand on the invoice of November. If that is too small as well, both stand on the next one, until
/// the oldest sum is 12 periods old.
pub(crate) fn is_carried(context: &Context, invoice: &Invoice) -> bool {
    let Some(carry) = context.terms().carry else { return false };
    let carried = invoice.lines.iter().filter(|line| line.section == Section::Carried);
    // A correction names an earlier period too, but it has not waited since then.
    let oldest = carried.map(|line| line.billing_period).min().unwrap_or(context.period);
    let is_young = oldest.periods_until(context.period) < carry.periods;
    !invoice.subtotal.is_zero() && invoice.subtotal < carry.below && is_young
}

/// What an invoice of a period that is not sent leaves to the next one: a sum for each period and tax.
pub(crate) fn carried(invoice: &Invoice, of: BillingPeriod) -> Vec<Carried> {
    if invoice.carried_over.is_zero() {
        return Vec::new();
    }
    // The lines of this period are rounded together, and sums that were carried over before are in whole
    // coins. So each sum is in whole coins.
    let mut sums: BTreeMap<(BillingPeriod, &str), Amount> = BTreeMap::new();
    for line in &invoice.lines {
        let period = match line.section {
            Section::Carried => line.billing_period,
            _ => of,
        };
        *sums.entry((period, &line.tax)).or_default() += line.amount;
    }
    let carried = |((billing_period, tax), amount): ((BillingPeriod, &str), Amount)| Carried {
        billing_period,
        invoice_id: invoice.invoice_id.clone(),
        currency: invoice.currency.clone(),
        tax: tax.to_owned(),
        amount,
    };
    sums.into_iter().filter(|(_, amount)| !amount.is_zero()).map(carried).collect()
}
