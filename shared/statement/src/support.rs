//! Support plans: a percentage of the eligible charges, and at least a minimum.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use contracts::ChargeKind;
use contracts::terms::{Enrolled, Section, Support, SupportScope, SupportTable, Tiers};
use cur::AccountId;
use money::Amount;
use money::rounding::fraction;

use crate::divide::{by_invoice, parts, shared_parts};
use crate::{Basis, Context, Days, Item, Place, Spend, StatementError, aws_support, tiers};

/// The fees of all support plans of the contract. There is one item for each account, for each payer or for
/// the customer, as the plan's scope says.
///
/// An account that has no line in the period pays nothing, not even the minimum. AWS charges the minimum for
/// each enrolled account, but an account that is in no report of the period may be closed or may belong to
/// somebody else, and nothing shows that AWS charged for it. An account whose lines are all free, or all not
/// eligible, does pay the minimum.
pub fn items(context: &Context) -> Result<Vec<Item>, StatementError> {
    let mut items = Vec::new();
    for support in &context.terms().support {
        let enrolled = enrolled_days(context, support);
        if enrolled == 0 {
            // A plan that AWS has ended meanwhile must not stop the bills of later periods.
            continue;
        }
        let plan = Plan::of(context, support, enrolled)?;
        for group in plan.groups(context)? {
            items.extend(plan.item(context, &group)?);
        }
    }
    Ok(items)
}

/// On how many days of the period accounts are enrolled.
fn enrolled_days(context: &Context, support: &Support) -> u64 {
    let Enrolled { from, until } = support.enrolled;
    let is_enrolled = |day: &NaiveDate| {
        from.is_none_or(|from| from <= *day) && until.is_none_or(|until| *day <= until)
    };
    context.period.days().filter(is_enrolled).count() as u64
}

/// A support plan in one period.
struct Plan<'a> {
    support: &'a Support,
    currency: &'static str,
    minimum: Amount,
    rates: &'a Tiers,
    /// How many days of the period accounts are enrolled, and how many days the period has.
    enrolled: u64,
    days: u64,
}

/// The accounts whose eligible charges are added up before rates are applied.
struct Group {
    place: Place,
    /// The eligible charges on each invoice.
    eligible: Vec<Amount>,
    /// How many charges each invoice has, eligible or not.
    count: Vec<Amount>,
}

impl<'a> Plan<'a> {
    fn of(context: &Context, support: &'a Support, enrolled: u64) -> Result<Self, StatementError> {
        let (currency, minimum, rates) = match &support.table {
            SupportTable::Own { minimum, rates } => (support.currency.code(), *minimum, rates),
            SupportTable::Aws(plan) => {
                let table = aws_support::table(*plan, context.period).ok_or_else(|| {
                    StatementError::NoSupportTable(format!(
                        "customer `{}`, support plan `{}`: AWS does not sell `{}` in {}; name another \
                         plan, or state `minimum` and `rates`",
                        context.customer.id,
                        support.id,
                        plan.name(),
                        context.period
                    ))
                })?;
                (aws_support::CURRENCY, table.minimum, &table.rates)
            }
        };
        let days = context.period.days().count() as u64;
        Ok(Self { support, currency, minimum, rates, enrolled, days })
    }

    /// The groups that have a charge in the period, in the order of their accounts.
    fn groups(&self, context: &Context) -> Result<Vec<Group>, StatementError> {
        let accounts = &self.support.accounts;
        let takes = |spend: &Spend| {
            accounts.as_ref().is_none_or(|accounts| accounts.contains(&spend.account()))
        };
        let mut spends: BTreeMap<Option<AccountId>, Vec<&Spend>> = BTreeMap::new();
        for spend in context.spends.iter().filter(|spend| takes(spend)) {
            spends.entry(self.key(spend)).or_default().push(spend);
        }
        let mut eligible: BTreeMap<Option<AccountId>, Vec<(usize, Amount)>> = BTreeMap::new();
        for (spend, amount) in context.base_of(takes, &self.support.base, self.currency)? {
            eligible.entry(self.key(spend)).or_default().push((spend.invoice, amount));
        }
        let groups = spends.into_iter().map(|(key, spends)| Group {
            place: self.place(&spends),
            eligible: by_invoice(context, eligible.remove(&key).unwrap_or_default()),
            count: by_invoice(context, spends.iter().map(|spend| (spend.invoice, 1.into()))),
        });
        Ok(groups.collect())
    }

    /// The account or the payer that the charge is added up for. An account that moved to another payer
    /// within the period is still one account.
    fn key(&self, spend: &Spend) -> Option<AccountId> {
        match self.support.scope {
            SupportScope::Account => Some(spend.account()),
            SupportScope::Payer => Some(spend.payer),
            SupportScope::Customer => None,
        }
    }

    fn place(&self, spends: &[&Spend]) -> Place {
        let account = spends.first().map(|spend| spend.account());
        let payers: BTreeSet<AccountId> = spends.iter().map(|spend| spend.payer).collect();
        let payer = payers.first().copied().filter(|_| payers.len() == 1);
        let (payer, account) = match self.support.scope {
            SupportScope::Account => (payer, account),
            SupportScope::Payer => (payer, None),
            SupportScope::Customer => (None, None),
        };
        Place { payer_account_id: payer, usage_account_id: account, service_code: String::new() }
    }

    /// The fee of a group: the rates on the eligible charges, and at least the minimum. 10,000 that are
    /// enrolled on 21 of 31 days count as 6,774.193548387096774194. The minimum counts by days as well, as
    /// AWS charges it when a plan begins in the middle of a month: 29 is then 19.645161290322580645. A fee is
    /// never negative, even if more was given back than charged.
    fn item(&self, context: &Context, group: &Group) -> Result<Option<Item>, StatementError> {
        let Support { id, name, .. } = self.support;
        let whole: Amount = group.eligible.iter().copied().sum();
        let counts = |amount| fraction(amount, self.enrolled.into(), self.days.into());
        let (eligible, minimum) = (counts(whole), counts(self.minimum));
        let (fee, steps) =
            tiers::apply(self.rates, eligible).map_err(|source| context.too_large(id, source))?;
        let amount = fee.max(minimum);
        if amount.is_zero() {
            return Ok(None);
        }
        let is_part = self.enrolled < self.days;
        let days = Days { whole, counted: self.enrolled, of_period: self.days };
        Ok(Some(Item {
            section: Section::Charge(ChargeKind::Support),
            id: id.clone(),
            name: name.clone(),
            place: group.place.clone(),
            currency: self.currency.to_owned(),
            amount,
            basis: Some(Basis {
                amount: eligible,
                days: is_part.then_some(days),
                steps,
                limit: (fee < minimum).then_some(minimum),
                of_plan: None,
            }),
            parts: self.parts(context, group, amount)?,
        }))
    }

    /// The fee is divided by the eligible charges of each invoice. If nothing is eligible, the minimum is
    /// divided by the number of charges. `shared` is for money that belongs to no single account, so it does
    /// not decide about the fee of one account.
    fn parts(
        &self,
        context: &Context,
        group: &Group,
        amount: Amount,
    ) -> Result<Vec<Amount>, StatementError> {
        let is_eligible = group.eligible.iter().any(|amount| *amount > Amount::ZERO);
        let weights = if is_eligible { &group.eligible } else { &group.count };
        let invoice = self.support.invoice.as_deref();
        if self.support.scope == SupportScope::Account && invoice.is_none() {
            return Ok(parts(amount, weights));
        }
        shared_parts(context, amount, invoice, weights)
    }
}
