//! Parts of support plans that the reseller pays for itself and shares over its customers by what they spend.

use std::collections::BTreeMap;

use contracts::ChargeKind;
use contracts::terms::{OwnPlan, PlanPart, Section, SupportTable};
use money::Amount;

use crate::divide::{by_invoice, parts, shared_parts};
use crate::{Basis, Context, Item, OfPlan, Place, StatementError, aws_support, tiers};

/// The customer's parts of the reseller's plans. The fee is computed once, on the spend of all customers of
/// the plan's payers, and divided by their spend. Accounts of nobody have no part. An Enterprise plan costs
/// 44,500.00 for 600,000 of all customers; a customer that spends 36,000 of that has a part of 2,670.00.
pub fn items(context: &Context) -> Result<Vec<Item>, StatementError> {
    let mut items = Vec::new();
    for part in &context.terms().plan_parts {
        let Some(plan) = context.contracts.own_plan(&part.plan) else { continue };
        if plan.periods.contains(context.period) {
            items.extend(item(context, part, plan)?);
        }
    }
    Ok(items)
}

fn item(
    context: &Context,
    part: &PlanPart,
    plan: &OwnPlan,
) -> Result<Option<Item>, StatementError> {
    let (currency, minimum, rates) = match &plan.table {
        SupportTable::Own { minimum, rates } => (plan.currency.code(), *minimum, rates),
        SupportTable::Aws(of) => {
            let table = aws_support::table(*of, context.period).ok_or_else(|| {
                StatementError::NoSupportTable(format!(
                    "support plan `{}`: AWS does not sell `{}` in {}; name another plan, or state `minimum` \
                     and `rates`",
                    plan.id,
                    of.name(),
                    context.period
                ))
            })?;
            (aws_support::CURRENCY, table.minimum, &table.rates)
        }
    };
    let spend = spend(context, plan, currency)?;
    let all: Amount = spend.values().copied().sum();
    let (fee, steps) =
        tiers::apply(rates, all).map_err(|source| context.too_large(&plan.id, source))?;
    let limit = (fee < minimum).then_some(minimum);
    let fee = fee.max(minimum);
    // All customers are divided at once, so that their parts add up to the fee.
    let weights: Vec<Amount> = spend.values().copied().collect();
    let own = spend.keys().position(|customer| *customer == context.customer.id);
    let own_spend = spend.get(context.customer.id.as_str()).copied().unwrap_or_default();
    let is_shared = own_spend > Amount::ZERO;
    let amount = match own {
        Some(own) if is_shared => parts(fee, &weights).get(own).copied().unwrap_or_default(),
        _ => return Ok(None),
    };
    let mut eligible = Vec::new();
    for (spend, amount) in context.base(&plan.base, currency)? {
        if plan.payers.as_ref().is_none_or(|payers| payers.contains(&spend.payer)) {
            eligible.push((spend.invoice, amount));
        }
    }
    let weights = by_invoice(context, eligible);
    Ok(Some(Item {
        section: Section::Charge(ChargeKind::Support),
        id: part.id.clone(),
        name: part.name.clone(),
        place: Place::default(),
        currency: currency.to_owned(),
        amount,
        basis: Some(Basis {
            amount: own_spend,
            days: None,
            steps,
            limit,
            of_plan: Some(OfPlan { spend: all, fee }),
        }),
        parts: shared_parts(context, amount, part.invoice.as_deref(), &weights)?,
    }))
}

/// What each customer of the plan's payers spends, in the currency of the plan. What is negative counts as
/// zero.
fn spend<'a>(
    context: &'a Context,
    plan: &OwnPlan,
    currency: &str,
) -> Result<BTreeMap<&'a str, Amount>, StatementError> {
    let mut spend: BTreeMap<&str, Amount> = BTreeMap::new();
    let is_of_plan = |payer| plan.payers.as_ref().is_none_or(|payers| payers.contains(&payer));
    for of in context.plans.iter().filter(|of| is_of_plan(of.payer)) {
        for (customer, rows) in &of.customers {
            for row in rows.iter().filter(|row| row.counts(plan, of.payer)) {
                let amount = row.at(plan.base.stage).ok_or_else(|| {
                    StatementError::UnknownCost(format!(
                        "support plan `{}`: AWS's amortized cost of {} of customer `{customer}` is unknown",
                        plan.id, row.service_code
                    ))
                })?;
                let amount =
                    context.convert(amount, None, Some(of.payer), &row.currency, currency)?;
                *spend.entry(customer).or_default() += amount;
            }
        }
    }
    for amount in spend.values_mut() {
        *amount = (*amount).max(Amount::ZERO);
    }
    Ok(spend)
}
