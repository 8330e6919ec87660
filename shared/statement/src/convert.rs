//! From items to the lines of each invoice, in the currency of the invoice.

use contracts::terms::{InvoiceTerms, Section, Tax};
use contracts::{ChargeKind, Fx};
use money::Amount;

use crate::{Carried, Context, Correction, InvoiceLine, Item, Opening, StatementError};

/// The lines of the invoice at `index`: one for each item that has a part of it.
pub(crate) fn lines(
    context: &Context,
    index: usize,
    invoice: &InvoiceTerms,
    items: &[Item],
) -> Result<Vec<InvoiceLine>, StatementError> {
    let mut lines = Vec::new();
    for item in items {
        let part = item.parts.get(index).copied().unwrap_or_default();
        if !part.is_zero() {
            lines.push(line(context, invoice, item, part)?);
        }
    }
    Ok(lines)
}

fn line(
    context: &Context,
    invoice: &InvoiceTerms,
    item: &Item,
    part: Amount,
) -> Result<InvoiceLine, StatementError> {
    let to = invoice.currency.code();
    let place = &item.place;
    let fx = context.rate(invoice.fx.as_ref(), place.payer_account_id, &item.currency, to)?;
    let amount = context.times(fx.rate, part, &place.service_code)?;
    let Fx { series, on, rate, .. } = fx;
    let text = |account: Option<cur::AccountId>| account.map(|id| id.to_string());
    let is_converted = item.currency != to;
    Ok(InvoiceLine {
        section: item.section,
        item_id: item.id.clone(),
        item_name: item.name.clone(),
        billing_period: context.period,
        payer_account_id: text(place.payer_account_id).unwrap_or_default(),
        usage_account_id: text(place.usage_account_id).unwrap_or_default(),
        service_code: place.service_code.clone(),
        currency_source: item.currency.clone(),
        amount_source: part,
        fx_rate: rate,
        fx_series: if is_converted { series } else { String::new() },
        fx_on: if is_converted { on } else { String::new() },
        tax: tax_of(&invoice.taxes, item).to_owned(),
        amount,
    })
}

/// The lines that earlier periods leave to the invoice at `index`: small sums that were carried over, and
/// corrections of issued periods.
pub(crate) fn earlier(
    context: &Context,
    index: usize,
    opening: &Opening,
) -> Result<Vec<InvoiceLine>, StatementError> {
    let mut lines = Vec::new();
    for carried in &opening.balances.carried {
        let Carried { billing_period, invoice_id, currency, tax, amount } = carried;
        if home(context, invoice_id, currency)? == index {
            let section = Section::Carried;
            let line = InvoiceLine::plain(section, "", "", *billing_period, currency, *amount);
            lines.push(InvoiceLine { tax: tax.clone(), ..line });
        }
    }
    for Correction { invoice_id, currency, line } in &opening.corrections {
        if home(context, invoice_id, currency)? == index {
            lines.push(line.clone());
        }
    }
    for line in &lines {
        check_tax(context, index, line)?;
    }
    Ok(lines)
}

/// Refuses money of an earlier period whose tax the invoice does not have any more. Otherwise nobody would
/// tax it, and another tax would be a guess.
fn check_tax(context: &Context, index: usize, line: &InvoiceLine) -> Result<(), StatementError> {
    let InvoiceLine { tax, billing_period, section, .. } = line;
    let has_tax = |terms: &InvoiceTerms| terms.taxes.iter().any(|of| of.name == *tax);
    let Some(terms) = context.invoices().get(index).filter(|of| !tax.is_empty() && !has_tax(of))
    else {
        return Ok(());
    };
    Err(StatementError::NoTax(format!(
        "customer `{}` still has money of {billing_period} with the tax `{tax}`, and the invoice `{}` does not \
         have this tax any more; add it to `tax` again, with `sections = \"{section}\"` if nothing new has it",
        context.customer.id, terms.id
    )))
}

/// The invoice that takes money of an earlier period: the invoice with the same id and currency. If the
/// contract does not have it any more, the last one in this currency takes the money.
fn home(context: &Context, invoice_id: &str, currency: &str) -> Result<usize, StatementError> {
    let is_in_currency = |terms: &InvoiceTerms| terms.currency.code() == currency;
    let invoices = context.invoices();
    let same = invoices.iter().position(|of| of.id == invoice_id && is_in_currency(of));
    same.or_else(|| invoices.iter().rposition(is_in_currency)).ok_or_else(|| {
        StatementError::NoInvoice(format!(
            "customer `{}` still has money of `{invoice_id}` in {currency} from an earlier period, and no \
             invoice is in {currency} any more",
            context.customer.id
        ))
    })
}

/// The name of the tax that an item has: the first that takes it. Taxes of AWS that the contract passes on
/// are not taxed again.
fn tax_of<'a>(taxes: &'a [Tax], item: &Item) -> &'a str {
    if item.section == Section::Charge(ChargeKind::Tax) {
        return "";
    }
    let has_it = |tax: &&Tax| {
        tax.sections.as_ref().is_none_or(|sections| sections.contains(&item.section))
            && tax.services.as_ref().is_none_or(|texts| texts.match_one(&item.place.service_code))
            && tax.lines.as_ref().is_none_or(|lines| lines.contains(&item.id))
    };
    taxes.iter().find(has_it).map_or("", |tax| &tax.name)
}
