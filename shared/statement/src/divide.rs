//! How an amount is divided between the invoices of a bill.

use contracts::terms::{Base, Selector, Shared, Stage};
use money::{Amount, apportion};

use crate::{Context, StatementError};

/// Divides an amount in proportion to the weights of the invoices. The parts add up to the amount. 1,748.40
/// by 14,320 and 7,800 is 1,131.8755877034 and 616.5244122966: parts have ten decimals, and the last digits
/// go to the largest remainders.
///
/// An invoice with a negative weight gets nothing: more was given back on it than charged, so it has no part
/// of what the fee is for. If no weight is positive, the last invoice gets everything, because it takes what
/// no other invoice takes.
pub fn parts(whole: Amount, weights: &[Amount]) -> Vec<Amount> {
    let weights: Vec<Amount> = weights.iter().map(|weight| (*weight).max(Amount::ZERO)).collect();
    apportion(whole, &weights).unwrap_or_else(|_| {
        // The only error that is left: all weights are zero.
        only(whole, weights.len().saturating_sub(1), weights.len())
    })
}

/// Divides an amount that belongs to no single account. It goes to the invoice that the part of the contract
/// names. Without one, the customer's `shared` decides: one invoice, or all invoices by their weights.
pub fn shared_parts(
    context: &Context,
    whole: Amount,
    invoice: Option<&str>,
    weights: &[Amount],
) -> Result<Vec<Amount>, StatementError> {
    match (invoice, &context.terms().shared) {
        (Some(id), _) => parts_of_one(context, whole, id),
        (None, Shared::To(id)) => parts_of_one(context, whole, id),
        (None, Shared::BySpend) => Ok(parts(whole, weights)),
    }
}

/// Gives everything to one invoice.
pub fn parts_of_one(
    context: &Context,
    whole: Amount,
    id: &str,
) -> Result<Vec<Amount>, StatementError> {
    let invoices = context.invoices();
    let index = invoices.iter().position(|invoice| invoice.id == id).ok_or_else(|| {
        StatementError::NoInvoice(format!(
            "customer `{}` has no invoice `{id}`: add `[[customer.invoice]]` with `id = \"{id}\"`, or name \
             another invoice",
            context.customer.id
        ))
    })?;
    Ok(only(whole, index, invoices.len()))
}

fn only(whole: Amount, index: usize, count: usize) -> Vec<Amount> {
    (0..count).map(|at| if at == index { whole } else { Amount::ZERO }).collect()
}

/// Adds up amounts by invoice: the weights of a division. An amount has the index of its invoice.
pub fn by_invoice(
    context: &Context,
    amounts: impl IntoIterator<Item = (usize, Amount)>,
) -> Vec<Amount> {
    let mut sums = vec![Amount::ZERO; context.invoices().len()];
    for (invoice, amount) in amounts {
        if let Some(sum) = sums.get_mut(invoice) {
            *sum += amount;
        }
    }
    sums
}

/// The charges of each invoice: the weights of an amount that has no base of its own. If the reports have one
/// currency, nothing is converted, because only proportions matter. Otherwise the charges are converted to
/// the currency of the last invoice.
pub fn charges_by_invoice(context: &Context) -> Result<Vec<Amount>, StatementError> {
    let last = context.invoices().last().map_or("", |invoice| invoice.currency.code());
    let first = context.spends.first().map_or(last, |spend| spend.currency());
    let is_one = context.spends.iter().all(|spend| spend.currency() == first);
    let all = Base { stage: Stage::Charge, of: Selector::default(), except: Vec::new() };
    let charges = context.base(&all, if is_one { first } else { last })?;
    Ok(by_invoice(context, charges.into_iter().map(|(spend, amount)| (spend.invoice, amount))))
}
