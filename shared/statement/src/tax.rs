//! Taxes: once for each invoice and tax, on whole coins, as a qualified invoice must state them.

use contracts::terms::InvoiceTerms;
use money::rounding::round;

use crate::{Context, InvoiceLine, StatementError, TaxLine};

/// A tax that no line has is not shown, unless it is the only one of the contract.
pub(crate) fn taxes(
    context: &Context,
    invoice: &InvoiceTerms,
    lines: &[InvoiceLine],
) -> Result<Vec<TaxLine>, StatementError> {
    let mut taxes = Vec::new();
    for tax in &invoice.taxes {
        let with_it = || lines.iter().filter(|line| line.tax == tax.name);
        if with_it().next().is_none() && invoice.taxes.len() > 1 {
            continue;
        }
        let taxable = with_it().map(|line| line.amount).sum();
        let exact = context.times(tax.rate, taxable, &tax.name)?;
        let amount = round(exact, invoice.currency.minor_units(), tax.mode).rounded;
        taxes.push(TaxLine { name: tax.name.clone(), rate: tax.rate, taxable, amount });
    }
    Ok(taxes)
}
