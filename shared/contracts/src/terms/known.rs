//! What a part of a customer's contract may name: accounts, payers, invoices, lines and currencies.

use std::collections::BTreeSet;

use cur::AccountId;
use money::Currency;

use crate::document::{Field, Section as Table};
use crate::fx::FxRates;
use crate::ownership::Ownership;
use crate::suggest::one_of;
use crate::terms::own_plan::OwnPlan;

/// What the file says outside of its customers.
#[derive(Clone, Copy)]
pub(crate) struct Outside<'a> {
    pub(crate) fx: &'a FxRates,
    /// The accepted payers; `None` accepts every payer.
    pub(crate) payers: Option<&'a BTreeSet<AccountId>>,
    /// The support plans that the reseller shares over its customers.
    pub(crate) plans: &'a [OwnPlan],
}

/// What a part of a customer's contract may name.
pub(crate) struct Known<'a> {
    pub(crate) outside: Outside<'a>,
    pub(crate) ownerships: &'a [Ownership],
    /// The currency of the customer.
    pub(crate) currency: Currency,
    /// The invoices of the customer with their currencies.
    pub(crate) invoices: Vec<(String, Currency)>,
    /// The ids of custom lines.
    pub(crate) lines: Vec<&'a str>,
}

impl Known<'_> {
    /// Reads an account of the customer. A condition with another account would never be met, and nobody
    /// would notice.
    pub(crate) fn account(&self, field: &Field) -> Option<AccountId> {
        let account = field.parsed::<AccountId>()?;
        if !self.ownerships.iter().any(|ownership| ownership.may_have(account)) {
            field.refuse(format!(
                "account {account} is not in the customer's `accounts`, so this never applies to it; add it \
                 there or correct it"
            ));
        }
        Some(account)
    }

    /// Reads a payer whose reports are accepted.
    pub(crate) fn payer(&self, field: &Field) -> Option<AccountId> {
        let payer = field.parsed::<AccountId>()?;
        if self.outside.payers.is_some_and(|payers| !payers.contains(&payer)) {
            field.refuse(format!(
                "payer {payer} is not among the payers of this file, so none of its reports is billed; \
                 add it to `payers` of [reseller] or correct it"
            ));
        }
        Some(payer)
    }

    /// Reads the id of an invoice of the customer.
    pub(crate) fn invoice(&self, field: &Field) -> Option<String> {
        let id = field.text()?;
        let ids: Vec<&str> = self.invoices.iter().map(|(id, _)| id.as_str()).collect();
        if !ids.contains(&id) {
            let advice = one_of(id, &ids, "the ids are");
            field.refuse(format!("the customer has no invoice `{id}`; {advice}"));
        }
        Some(id.to_owned())
    }

    /// Reads the id of a custom line of the customer.
    pub(crate) fn line(&self, field: &Field) -> Option<String> {
        let id = field.text()?;
        if !self.lines.contains(&id) {
            let advice = match self.lines.as_slice() {
                [] => "add a [[customer.line]] with this id".to_owned(),
                lines => one_of(id, lines, "the ids are"),
            };
            field.refuse(format!("the customer has no line `{id}`; {advice}"));
        }
        Some(id.to_owned())
    }

    /// Reads `currency`; the customer's if it is left out.
    pub(crate) fn currency_of(&self, table: &Table) -> Option<Currency> {
        let currency = table.optional("currency", super::super::document::Field::parsed)?;
        Some(currency.unwrap_or(self.currency))
    }
}
