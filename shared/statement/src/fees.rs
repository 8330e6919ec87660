//! Custom lines: fees and discounts of the reseller's own.

use std::collections::BTreeSet;

use contracts::terms::{Base, CustomLine, Fee, Quantity, Tiers};
use cur::AccountId;
use money::{Amount, Rate};

use crate::divide::{by_invoice, charges_by_invoice, shared_parts};
use crate::{Basis, Context, Item, Place, StatementError, Step, tiers};

/// The items of all custom lines that hold in the period.
pub fn items(context: &Context) -> Result<Vec<Item>, StatementError> {
    let is_due = |line: &&CustomLine| {
        line.periods.contains(context.period) && (context.has_usage() || !line.only_with_usage)
    };
    let mut items = Vec::new();
    for line in context.terms().lines.iter().filter(is_due) {
        items.extend(item(context, line)?);
    }
    Ok(items)
}

/// A line's amount before its minimum and its maximum.
struct Computed {
    amount: Amount,
    basis: Option<Basis>,
    /// What each invoice has of the base.
    weights: Vec<Amount>,
}

fn item(context: &Context, line: &CustomLine) -> Result<Option<Item>, StatementError> {
    let Computed { amount: computed, mut basis, weights } = match &line.fee {
        Fee::Fixed(amount) => {
            Computed { amount: *amount, basis: None, weights: charges_by_invoice(context)? }
        }
        Fee::Percent { rates, base } => percent(context, line, rates, base)?,
        Fee::Units { prices, quantity, included } => {
            units(context, line, prices, quantity, *included)?
        }
    };
    let amount = limited(line, computed);
    if amount.is_zero() {
        return Ok(None);
    }
    if let Some(basis) = &mut basis {
        basis.limit = (amount != computed).then_some(amount.abs());
    }
    Ok(Some(Item {
        section: line.section,
        id: line.id.clone(),
        name: line.name.clone(),
        place: Place::default(),
        currency: line.currency.code().to_owned(),
        amount,
        basis,
        parts: shared_parts(context, amount, line.invoice.as_deref(), &weights)?,
    }))
}

/// A percentage of the base. Each charge is converted into the line's currency before the rate is applied,
/// and nothing is rounded to coins: 812.34 USD at 149.0233 are 121,057.587522 JPY, of which 10 % are
/// 12,105.7587522 JPY.
fn percent(
    context: &Context,
    line: &CustomLine,
    rates: &Tiers,
    base: &Base,
) -> Result<Computed, StatementError> {
    let charges = context.base(base, line.currency.code())?;
    let base = charges.iter().map(|(_, amount)| *amount).sum();
    let (amount, steps) = apply(context, line, rates, base)?;
    let weights = charges.into_iter().map(|(spend, amount)| (spend.invoice, amount));
    let basis = Basis { amount: base, days: None, steps, limit: None, of_plan: None };
    Ok(Computed { amount, basis: Some(basis), weights: by_invoice(context, weights) })
}

/// A price for each unit above the included units. Tiers begin with the first unit that is paid: of 12 units
/// 5 are included, so 7 are paid. The included units are a step with the rate 0.
fn units(
    context: &Context,
    line: &CustomLine,
    prices: &Tiers,
    quantity: &Quantity,
    included: Amount,
) -> Result<Computed, StatementError> {
    let (quantity, weights) = match quantity {
        Quantity::Stated(quantity) => (*quantity, charges_by_invoice(context)?),
        Quantity::Accounts => accounts(context),
    };
    let free = included.min(quantity);
    let (amount, paid) = apply(context, line, prices, quantity - free)?;
    let free = Step { slice: free, rate: Rate::ZERO, amount: Amount::ZERO };
    let steps = [free].into_iter().filter(|free| !free.slice.is_zero()).chain(paid).collect();
    let basis = Basis { amount: quantity, days: None, steps, limit: None, of_plan: None };
    Ok(Computed { amount, basis: Some(basis), weights })
}

/// How many accounts have a charge in the period that is not zero, and how many of them each invoice has. An
/// account with charges on two invoices weighs on both and is counted once.
fn accounts(context: &Context) -> (Amount, Vec<Amount>) {
    let charged = context.spends.iter().filter(|spend| !spend.charge.charge.is_zero());
    let places: BTreeSet<(usize, AccountId)> =
        charged.map(|spend| (spend.invoice, spend.account())).collect();
    let accounts: BTreeSet<AccountId> = places.iter().map(|(_, account)| *account).collect();
    let weights = places.into_iter().map(|(invoice, _)| (invoice, 1.into()));
    ((accounts.len() as u64).into(), by_invoice(context, weights))
}

fn apply(
    context: &Context,
    line: &CustomLine,
    tiers: &Tiers,
    amount: Amount,
) -> Result<(Amount, Vec<Step>), StatementError> {
    tiers::apply(tiers, amount).map_err(|source| context.too_large(&line.id, source))
}

/// The amount within the line's minimum and maximum, which are limits of the absolute amount. A fee of 3 with
/// a minimum of 5 is 5, and a discount of −3 is −5. If more was given back than charged, a fee of 10 % of
/// −200 is −20; with a minimum of 5 it is 5, and with a maximum of 8 and no minimum it is −8.
fn limited(line: &CustomLine, amount: Amount) -> Amount {
    let toward = |amount: Amount| if lowers(&line.fee) { -amount } else { amount };
    let due = toward(amount);
    let due = line.minimum.map_or(due, |minimum| due.max(minimum));
    let due = line.maximum.map_or(due, |maximum| due.min(maximum).max(-maximum));
    toward(due)
}

/// Whether the line is a discount: its amount or one of its rates is negative.
fn lowers(fee: &Fee) -> bool {
    let is_negative = |tiers: &Tiers| tiers.tiers.iter().any(|tier| tier.rate.is_negative());
    match fee {
        Fee::Fixed(amount) => amount.is_negative(),
        Fee::Percent { rates, .. } => is_negative(rates),
        Fee::Units { prices, .. } => is_negative(prices),
    }
}
