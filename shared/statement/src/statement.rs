//! All steps in their order: from the charges of a period to the invoices of a customer.

use contracts::{Contracts, Customer};
use cur::BillingPeriod;
use laws::Check;
use money::Amount;
use serde::{Deserialize, Serialize};

use crate::{
    Balances, Context, Invoice, InvoiceLine, Item, PayerCharges, Recipient, StatementError,
    Waterfall, charges, convert, laws as proof, round, route, tax, waterfall,
};

/// What a bill takes over from earlier periods.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Opening {
    #[serde(default, skip_serializing_if = "Balances::is_empty")]
    pub balances: Balances,
    /// Corrections of issued periods that stand on this bill, each with the id of its invoice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrections: Vec<Correction>,
}

/// A line of a correction, and the invoice that it stands on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    pub invoice_id: String,
    pub currency: String,
    pub line: InvoiceLine,
}

/// All numbers of a bill.
#[derive(Debug, Clone)]
pub struct Statement {
    pub items: Vec<Item>,
    /// Invoices on which nothing stands are left out.
    pub invoices: Vec<Invoice>,
    pub waterfalls: Vec<Waterfall>,
    /// What the bill leaves to the next one.
    pub closing: Balances,
    pub checks: Vec<Check>,
}

/// Computes the statement of a customer for a period.
pub fn statement(
    contracts: &Contracts,
    customer: &Customer,
    period: BillingPeriod,
    payers: &[PayerCharges],
    opening: &Opening,
) -> Result<Statement, StatementError> {
    let spends = route(customer, payers);
    let context = Context { contracts, customer, period, spends: &spends };
    let items = charges::items(&context);
    let closing = Balances::default();
    let (mut invoices, mut waterfalls) = (Vec::new(), Vec::new());
    for (index, terms) in context.invoices().iter().enumerate() {
        let invoice = invoice(&context, index, &items, opening)?;
        if invoice.is_empty() {
            continue;
        }
        waterfalls.push(waterfall::waterfall(&context, index, terms, &items, &invoice)?);
        invoices.push(invoice);
    }
    let checks = proof::checks(&context, &items, &invoices, &waterfalls);
    Ok(Statement { items, invoices, waterfalls, closing, checks })
}

/// Makes one invoice of the bill, before withholding and prepaid balances.
fn invoice(
    context: &Context,
    index: usize,
    items: &[Item],
    opening: &Opening,
) -> Result<Invoice, StatementError> {
    let terms = &context.invoices()[index];
    let currency = terms.currency.code();
    let mut lines = convert::lines(context, index, terms, items)?;
    lines.extend(convert::carried(terms, &opening.balances.carried));
    let is_of_it = |of: &&Correction| of.invoice_id == terms.id && of.currency == currency;
    lines.extend(opening.corrections.iter().filter(is_of_it).map(|of| of.line.clone()));
    lines.extend(round::rounding_lines(terms, context.period, &lines));
    let subtotal = lines.iter().map(|line| line.amount).sum();
    let taxes = tax::taxes(context, terms, &lines)?;
    let total = subtotal + taxes.iter().map(|tax| tax.amount).sum::<Amount>();
    Ok(Invoice {
        invoice_id: terms.id.clone(),
        recipient: Recipient {
            name: terms.name.clone(),
            address: terms.address.clone(),
            order_number: terms.order_number.clone(),
        },
        currency: currency.to_owned(),
        lines,
        subtotal,
        taxes,
        total,
        withheld: None,
        prepaid: Vec::new(),
        amount_due: total,
        carried_over: false,
    })
}
