//! The reseller's credits: which charges they pay, and what is left of them.
//!
//! Credits are used in AWS's order. The credit that expires first is used first; of several, the one for the
//! fewest services; of several, the oldest. A credit pays the account with the highest spend first, in it the
//! service with the highest spend, and in it the SKU with the highest spend. With credits of 10 (S3 and EC2,
//! until January) and 5 (EC2, until December), charges of 100 for EC2 and 50 for S3 become 85 and 50.
//! <https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/useconsolidatedbilling-credits.html>

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use contracts::ChargeKind;
use contracts::terms::{Credit, Section};
use cur::{AccountId, BillingPeriod, Sku};
use money::Amount;
use money::rounding::fraction;

use crate::divide::by_invoice;
use crate::{Balances, Basis, Context, Item, Place, Spend, StatementError};

/// What credits pay in a period.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Credited {
    /// One negative item for each credit, account and service.
    pub items: Vec<Item>,
    /// How much of each credit this period uses, in the credit's currency.
    pub used: BTreeMap<String, Amount>,
}

/// Pays charges with the credits that hold in the period. Only charges of the reports are paid; fees and
/// support plans of the contract are not.
pub fn items(context: &Context, balances: &Balances) -> Result<Credited, StatementError> {
    let credits = context.terms().credits.iter();
    let mut credits: Vec<&Credit> =
        credits.filter(|credit| credit.periods.contains(context.period)).collect();
    credits.sort_by_key(|credit| order(credit));
    let mut open: Vec<Open> = context.spends.iter().map(Open::new).collect();
    let mut credited = Credited::default();
    for credit in credits {
        let used = balances.credits.get(&credit.id).copied().unwrap_or_default();
        let items = pay(context, credit, credit.amount - used, &mut open)?;
        if !items.is_empty() {
            let paid = items.iter().map(|item| -item.amount).sum();
            credited.used.insert(credit.id.clone(), paid);
            credited.items.extend(items);
        }
    }
    Ok(credited)
}

/// The smallest is used first. A credit without an end comes after all credits that expire, and a credit for
/// all services after all that name their services. A name with a `*` counts as all services. A credit
/// without a beginning is the oldest. Credits that are alike keep the order of the file.
fn order(credit: &Credit) -> impl Ord + use<> {
    let services = credit.of.services.as_ref().map(|texts| &texts.0);
    let named = services.filter(|names| names.iter().all(|name| name.exact().is_some()));
    let until: Option<BillingPeriod> = credit.periods.until;
    let count = named.map_or(usize::MAX, Vec::len);
    (until.is_none(), until, count, credit.periods.from)
}

/// Whether a credit may pay a charge. Support, taxes and Marketplace are paid only if `kind` names them.
/// Money that was given back, such as a refund, is not left out, because it lowers what can be paid.
fn may_pay(credit: &Credit, context: &Context, spend: &Spend) -> bool {
    let named_only = [ChargeKind::Support, ChargeKind::Tax, ChargeKind::Marketplace];
    let invoice = context.invoices().get(spend.invoice).map(|invoice| &invoice.id);
    (credit.of.kinds.is_some() || !named_only.contains(&spend.charge.key.charge_kind))
        && (credit.invoice.is_none() || credit.invoice.as_ref() == invoice)
        && credit.of.matches(spend.subject())
}

/// A charge, and what earlier credits have left of it. Both are in the currency of the last credit that
/// looked at the charge.
struct Open<'a> {
    spend: &'a Spend<'a>,
    currency: &'a str,
    charge: Amount,
    left: Amount,
}

impl<'a> Open<'a> {
    fn new(spend: &'a Spend<'a>) -> Self {
        let charge = spend.charge.charge;
        Self { spend, currency: spend.currency(), charge, left: charge }
    }

    /// Converts what is left into the currency of a credit. If a credit in yen has paid a third of the
    /// charge, two thirds of it are left in dollars: there may be no rate from yen to dollars.
    fn convert(&mut self, context: &Context, currency: &'static str) -> Result<(), StatementError> {
        if self.currency == currency {
            return Ok(());
        }
        let Spend { payer, invoice, charge } = *self.spend;
        let fx = context.invoices().get(invoice).and_then(|invoice| invoice.fx.as_ref());
        let from = self.spend.currency();
        let whole = context.convert(charge.charge, fx, Some(payer), from, currency)?;
        let is_whole = self.left == self.charge;
        self.left = if is_whole { whole } else { fraction(whole, self.left, self.charge) };
        self.charge = whole;
        self.currency = currency;
        Ok(())
    }

    fn account(&self) -> AccountId {
        self.spend.account()
    }

    fn sku(&self) -> &'a Sku {
        &self.spend.charge.key.sku
    }

    fn service(&self) -> &'a str {
        &self.sku().service_code
    }
}

/// Pays charges with one credit. A service of an account is paid up to the sum of its charges, so that what
/// was given back for the service is not paid a second time.
fn pay(
    context: &Context,
    credit: &Credit,
    balance: Amount,
    open: &mut [Open],
) -> Result<Vec<Item>, StatementError> {
    let mut payable = Vec::new();
    for charge in open.iter_mut().filter(|open| may_pay(credit, context, open.spend)) {
        charge.convert(context, credit.currency.code())?;
        payable.push(charge);
    }
    sort_by_spend(&mut payable);
    let mut items = Vec::new();
    let mut balance = balance;
    for service in
        payable.chunk_by_mut(|a, b| (a.account(), a.service()) == (b.account(), b.service()))
    {
        let due = balance.min(left(service));
        if due > Amount::ZERO {
            items.push(item(context, credit, balance, due, service));
            balance = balance - due;
        }
    }
    Ok(items)
}

/// Sorts charges by the spend of their account, then of their service, then of their SKU; the highest spend
/// is first. Spend is what the credit may pay and what is still left.
fn sort_by_spend(payable: &mut [&mut Open]) {
    let mut of_account = BTreeMap::new();
    let mut of_service = BTreeMap::new();
    let mut of_sku = BTreeMap::new();
    for open in payable.iter() {
        let (account, service, sku) = (open.account(), open.service(), open.sku());
        *of_account.entry(account).or_insert(Amount::ZERO) += open.left;
        *of_service.entry((account, service)).or_insert(Amount::ZERO) += open.left;
        *of_sku.entry((account, sku)).or_insert(Amount::ZERO) += open.left;
    }
    payable.sort_by_cached_key(|open| {
        let (account, service, sku) = (open.account(), open.service(), open.sku());
        let account = (Reverse(of_account[&account]), account);
        let service = (Reverse(of_service[&(account.1, service)]), service);
        let sku = (Reverse(of_sku[&(account.1, sku)]), sku);
        (account, service, sku, Reverse(open.left))
    });
}

/// Pays `due` of a service, SKU after SKU. A SKU is paid up to the sum of its charges.
fn item(
    context: &Context,
    credit: &Credit,
    balance: Amount,
    due: Amount,
    service: &mut [&mut Open],
) -> Item {
    let mut to_pay = due;
    let mut paid = Vec::new();
    let mut payers = BTreeSet::new();
    for charges in service.chunk_by_mut(|a, b| a.sku() == b.sku()) {
        let mut of_sku = to_pay.min(left(charges));
        for charge in charges {
            let amount = of_sku.min(charge.left).max(Amount::ZERO);
            if !amount.is_zero() {
                charge.left = charge.left - amount;
                of_sku = of_sku - amount;
                to_pay = to_pay - amount;
                paid.push((charge.spend.invoice, -amount));
                payers.insert(charge.spend.payer);
            }
        }
    }
    assert!(to_pay.is_zero(), "the SKUs of a service have at least the sum of the service");
    let first = service.first();
    Item {
        section: Section::Charge(ChargeKind::Credit),
        id: credit.id.clone(),
        name: credit.name.clone(),
        place: Place {
            payer_account_id: payers.first().copied().filter(|_| payers.len() == 1),
            usage_account_id: first.map(|open| open.account()),
            service_code: first.map_or("", |open| open.service()).to_owned(),
        },
        currency: credit.currency.code().to_owned(),
        amount: -due,
        basis: Some(Basis {
            amount: balance,
            days: None,
            steps: Vec::new(),
            limit: None,
            of_plan: None,
        }),
        parts: by_invoice(context, paid),
    }
}

fn left(charges: &[&mut Open]) -> Amount {
    charges.iter().map(|open| open.left).sum()
}
