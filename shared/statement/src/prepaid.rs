//! Prepaid balances: money that the customer has paid before. It pays totals, with tax.

use std::collections::BTreeMap;

use contracts::terms::Prepaid;
use money::Amount;
use serde::{Deserialize, Serialize};

use crate::{Balances, Context};

/// What a prepaid balance pays of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The id and the name of the balance in the contract.
    pub id: String,
    pub name: String,
    pub amount: Amount,
    /// The balance before and after this payment.
    pub before: Amount,
    pub after: Amount,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Drawn {
    /// The payments of each invoice, in the order of the invoices.
    pub payments: Vec<Vec<Payment>>,
    /// How much of each balance this period uses.
    pub used: BTreeMap<String, Amount>,
}

/// Pays invoices from the prepaid balances that hold in the period. `due` has what is to be paid of each
/// invoice: its total with tax, less what the customer withholds.
///
/// The balance that was paid first is used first, and of several paid on one day the first of the file. A
/// balance pays the invoices in their order. It pays only invoices in its own currency, because no rate was
/// agreed at which it would be converted. An invoice of zero or less, such as a month with refunds, is not
/// paid and gives nothing back to a balance.
///
/// A voucher of 110,000 yen pays an invoice of 100,000 yen with 10,000 yen of tax.
pub fn draw(context: &Context, due: &[Amount], balances: &Balances) -> Drawn {
    let prepaid = context.terms().prepaid.iter();
    let mut prepaid: Vec<&Prepaid> =
        prepaid.filter(|prepaid| prepaid.periods.contains(context.period)).collect();
    prepaid.sort_by_key(|prepaid| prepaid.paid);
    let mut due = due.to_vec();
    let mut drawn = Drawn { payments: vec![Vec::new(); due.len()], used: BTreeMap::new() };
    for prepaid in prepaid {
        let Prepaid { id, name, .. } = prepaid;
        let used = balances.prepaid.get(id).copied().unwrap_or_default();
        let mut before = prepaid.amount - used;
        let invoices = context.invoices().iter().zip(&mut due).zip(&mut drawn.payments);
        for ((invoice, due), payments) in invoices {
            let may_pay = invoice.currency == prepaid.currency
                && prepaid.invoice.as_ref().is_none_or(|only| *only == invoice.id);
            let amount = before.min(*due);
            if !may_pay || amount <= Amount::ZERO {
                continue;
            }
            let after = before - amount;
            let (id, name) = (id.clone(), name.clone());
            *drawn.used.entry(id.clone()).or_default() += amount;
            payments.push(Payment { id, name, amount, before, after });
            *due = *due - amount;
            before = after;
        }
    }
    drawn
}
