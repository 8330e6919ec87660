//! The charges of the sealed runs, each with the invoice that takes it.

use billing::Charge;
use contracts::Customer;
use contracts::terms::{Base, Selector, Stage, Subject};
use cur::AccountId;
use money::Amount;

use contracts::ChargeKind;

/// The charges of one payer's sealed run.
#[derive(Debug, Clone)]
pub struct PayerCharges {
    pub payer: AccountId,
    pub charges: Vec<Charge>,
}

/// A charge, and the index of the invoice that takes it.
#[derive(Debug, Clone, Copy)]
pub struct Spend<'a> {
    pub payer: AccountId,
    pub invoice: usize,
    pub charge: &'a Charge,
}

/// Gives each charge to the first invoice whose conditions it meets. The last invoice has no conditions.
pub fn route<'a>(customer: &Customer, payers: &'a [PayerCharges]) -> Vec<Spend<'a>> {
    let invoices = &customer.terms.invoices;
    let last = invoices.len().saturating_sub(1);
    let of_payer = |of: &'a PayerCharges| {
        of.charges.iter().map(move |charge| {
            let taken = |takes: &Selector| takes.matches(subject(of.payer, charge));
            let invoice = invoices.iter().position(|invoice| taken(&invoice.takes));
            Spend { payer: of.payer, invoice: invoice.unwrap_or(last), charge }
        })
    };
    payers.iter().flat_map(of_payer).collect()
}

fn subject(payer: AccountId, charge: &Charge) -> Subject<'_> {
    let key = &charge.key;
    Subject { payer, account: key.usage_account_id, sku: &key.sku, kind: key.charge_kind }
}

impl<'a> Spend<'a> {
    /// The properties that the contract's conditions look at.
    pub fn subject(&self) -> Subject<'a> {
        subject(self.payer, self.charge)
    }

    pub fn account(&self) -> AccountId {
        self.charge.key.usage_account_id
    }

    pub fn currency(&self) -> &'a str {
        &self.charge.key.currency
    }

    /// Whether the charge counts towards a base.
    pub fn counts(&self, base: &Base) -> bool {
        let subject = self.subject();
        base.of.matches(subject) && !base.except.iter().any(|except| except.matches(subject))
    }
}

/// The price of a charge at a stage, in the currency of the report. `None` if AWS's cost is asked for and
/// unknown.
pub fn price(charge: &Charge, stage: Stage) -> Option<Amount> {
    let before_rules = charge.charge_before_rules;
    match (stage, charge.key.charge_kind) {
        (Stage::Charge, _) => Some(charge.charge),
        (Stage::List, ChargeKind::Usage) => Some(charge.measures.list_cost.unwrap_or(before_rules)),
        (Stage::Amortized, ChargeKind::Usage | ChargeKind::CommitmentFee) => {
            charge.measures.amortized_cost
        }
        (Stage::List | Stage::Amortized | Stage::BeforeRules, _) => Some(before_rules),
    }
}
