//! Withholding: a tax that the customer keeps back from its payment and pays for the reseller.

use contracts::terms::InvoiceTerms;
use money::rounding::round;
use money::{Amount, Rate};
use serde::{Deserialize, Serialize};

use crate::{Context, StatementError};

/// The amount that a customer keeps back of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withheld {
    pub name: String,
    pub rate: Rate,
    /// The subtotal or the total that the rate was applied to.
    pub of: Amount,
    pub amount: Amount,
}

/// Computes what is withheld of an invoice; `None` if nothing is. The amount is rounded once, to the
/// smallest coin. 10.21 % of a subtotal of 123,456 yen are 12,604.8576 yen, rounded down to 12,604. What is
/// withheld of a negative invoice is negative, because it reduces what the reseller gives back.
pub fn withhold(
    context: &Context,
    invoice: &InvoiceTerms,
    subtotal: Amount,
    total: Amount,
) -> Result<Option<Withheld>, StatementError> {
    let Some(terms) = &invoice.withholding else {
        return Ok(None);
    };
    let of = if terms.of_total { total } else { subtotal };
    let exact = context.times(terms.rate, of, &terms.name)?;
    let amount = round(exact, invoice.currency.minor_units(), terms.mode).rounded;
    Ok(Some(Withheld { name: terms.name.clone(), rate: terms.rate, of, amount }))
}
