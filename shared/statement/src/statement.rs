//! All steps in their order: from the charges of a period to the invoices of a customer.

use contracts::{Contracts, Customer};
use cur::BillingPeriod;
use laws::Check;
use money::Amount;

use crate::credits::{self, Credited};
use crate::minimums::{self, Settled};
use crate::prepaid::{self, Drawn};
use crate::{
    Balances, Context, Invoice, Item, Opening, PayerCharges, PayerSpend, Recipient, StatementError,
    Waterfall, carry, charges, convert, fees, laws as proof, plan_parts, round, route, support,
    tax, waterfall, withholding,
};

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
    plans: &[PayerSpend],
    opening: &Opening,
) -> Result<Statement, StatementError> {
    let spends = route(customer, payers);
    let context = Context { contracts, customer, period, spends: &spends, plans };
    let before = &opening.balances;

    let mut of_contract = support::items(&context)?;
    of_contract.extend(plan_parts::items(&context)?);
    of_contract.extend(fees::items(&context)?);
    let Settled { items: true_ups, counted } = minimums::items(&context, &of_contract, before)?;
    let Credited { items: credits, used: credited } = credits::items(&context, before)?;
    let mut items = charges::items(&context);
    items.extend(of_contract.into_iter().chain(true_ups).chain(credits));

    let mut invoices = Vec::new();
    for index in 0..context.invoices().len() {
        invoices.push(invoice(&context, index, &items, opening)?);
    }
    let due: Vec<Amount> = invoices.iter().map(|invoice| invoice.amount_due).collect();
    let Drawn { payments, used: drawn } = prepaid::draw(&context, &due, before);
    for (invoice, payments) in invoices.iter_mut().zip(payments) {
        let paid: Amount = payments.iter().map(|payment| payment.amount).sum();
        invoice.amount_due = invoice.amount_due - paid;
        invoice.prepaid = payments;
    }

    let mut waterfalls = Vec::new();
    for ((index, terms), invoice) in context.invoices().iter().enumerate().zip(&invoices) {
        if !invoice.lines.is_empty() {
            waterfalls.push(waterfall::waterfall(&context, index, terms, &items, invoice)?);
        }
    }
    let checks = proof::checks(&context, payers, &items, &invoices, &waterfalls);
    let carried = invoices.iter().flat_map(|invoice| carry::carried(invoice, period)).collect();
    let closing = before.after(credited, drawn, counted, carried);
    invoices.retain(|invoice| !invoice.lines.is_empty());
    Ok(Statement { items, invoices, waterfalls, closing, checks })
}

/// Makes one invoice of the bill, down to what is due before prepaid balances.
fn invoice(
    context: &Context,
    index: usize,
    items: &[Item],
    opening: &Opening,
) -> Result<Invoice, StatementError> {
    let terms = &context.invoices()[index];
    let mut lines = convert::lines(context, index, terms, items)?;
    lines.extend(convert::earlier(context, index, opening)?);
    lines.extend(round::rounding_lines(terms, context.period, &lines));
    let subtotal = lines.iter().map(|line| line.amount).sum();
    let invoice = Invoice {
        invoice_id: terms.id.clone(),
        recipient: Recipient {
            name: terms.name.clone(),
            address: terms.address.clone(),
            order_number: terms.order_number.clone(),
        },
        currency: terms.currency.code().to_owned(),
        lines,
        subtotal,
        taxes: Vec::new(),
        total: subtotal,
        withheld: None,
        prepaid: Vec::new(),
        amount_due: Amount::ZERO,
        carried_over: Amount::ZERO,
    };
    if carry::is_carried(context, &invoice) {
        return Ok(Invoice { carried_over: subtotal, ..invoice });
    }
    let taxes = tax::taxes(context, terms, &invoice.lines)?;
    let total = subtotal + taxes.iter().map(|tax| tax.amount).sum::<Amount>();
    let withheld = withholding::withhold(context, terms, subtotal, total)?;
    let held_back = withheld.as_ref().map_or(Amount::ZERO, |withheld| withheld.amount);
    Ok(Invoice { taxes, total, withheld, amount_due: total - held_back, ..invoice })
}
