//! Conditions that choose charges: `kind`, `service`, `region`, `usage_type`, `account`, `payer`.

use std::collections::BTreeSet;

use cur::{AccountId, Sku};

use super::known::Known;
use crate::charge_kind::ChargeKind;
use crate::document::{Field, Section as Table};
use crate::pattern::Pattern;

/// The keys of conditions.
pub(crate) const CONDITIONS: [&str; 6] =
    ["kind", "service", "region", "usage_type", "account", "payer"];

/// Conditions on a charge. A charge is chosen if it meets all of them; a condition that is left out is met
/// by every charge.
#[derive(Debug, Clone, Default)]
pub struct Selector {
    /// `kind`
    pub kinds: Option<BTreeSet<ChargeKind>>,
    /// `service`: product codes of the report.
    pub services: Option<Texts>,
    /// `region`
    pub regions: Option<Texts>,
    /// `usage_type`
    pub usage_types: Option<Texts>,
    /// `account`
    pub accounts: Option<BTreeSet<AccountId>>,
    /// `payer`
    pub payers: Option<BTreeSet<AccountId>>,
}

/// One or several texts with stars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts(pub Vec<Pattern>);

/// The properties of a charge that selectors look at.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    pub payer: AccountId,
    pub account: AccountId,
    pub sku: &'a Sku,
    pub kind: ChargeKind,
}

impl Selector {
    /// Reads the conditions of a table, which may have other keys too.
    pub(crate) fn read(table: &Table, known: &Known) -> Option<Self> {
        let names = ChargeKind::ALL.map(|kind| (kind.name(), kind));
        let kinds = table.optional("kind", |kinds| kinds.each(|kind| kind.choice(&names)));
        let texts = |key| table.optional(key, Texts::read);
        let [services, regions, usage_types] = ["service", "region", "usage_type"].map(texts);
        let accounts = table.optional("account", |field| field.each(|id| known.account(id)));
        let payers = table.optional("payer", |field| field.each(|id| known.payer(id)));
        Some(Self {
            kinds: kinds?,
            services: services?,
            regions: regions?,
            usage_types: usage_types?,
            accounts: accounts?,
            payers: payers?,
        })
    }

    /// Reads a table that has nothing but conditions.
    pub(crate) fn read_table(field: &Field, title: &'static str, known: &Known) -> Option<Self> {
        Self::read(&field.section(title, &CONDITIONS)?, known)
    }

    /// Whether a table has a condition, right or wrong.
    pub(crate) fn is_in(table: &Table) -> bool {
        CONDITIONS.iter().any(|key| table.field(key).is_some())
    }

    pub fn is_empty(&self) -> bool {
        let Self { kinds, services, regions, usage_types, accounts, payers } = self;
        kinds.is_none()
            && [services, regions, usage_types].iter().all(|texts| texts.is_none())
            && accounts.is_none()
            && payers.is_none()
    }

    pub fn matches(&self, subject: Subject) -> bool {
        let text = |texts: &Option<Texts>, text: &str| {
            texts.as_ref().is_none_or(|texts| texts.match_one(text))
        };
        self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&subject.kind))
            && self.accounts.as_ref().is_none_or(|accounts| accounts.contains(&subject.account))
            && self.payers.as_ref().is_none_or(|payers| payers.contains(&subject.payer))
            && text(&self.services, &subject.sku.service_code)
            && text(&self.regions, &subject.sku.region)
            && text(&self.usage_types, &subject.sku.usage_type)
    }
}

impl Texts {
    /// Reads one text or a list.
    pub(crate) fn read(field: &Field) -> Option<Self> {
        field.each(|text| text.text().map(|text| Pattern::from(text.to_owned()))).map(Self)
    }

    pub fn match_one(&self, text: &str) -> bool {
        self.0.iter().any(|pattern| pattern.matches(text))
    }
}
