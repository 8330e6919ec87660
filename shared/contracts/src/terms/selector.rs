//! Conditions that choose charges: `kind`, `service`, `region`, `usage_type`, `account`, `payer`.

use std::collections::BTreeSet;

use cur::{AccountId, Sku};

use crate::charge_kind::ChargeKind;

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

/// One or several texts; a `*` stands for any characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts(pub Vec<Pattern>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(pub String);

/// The properties of a charge that selectors look at.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    pub payer: AccountId,
    pub account: AccountId,
    pub sku: &'a Sku,
    pub kind: ChargeKind,
}

impl Selector {
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
    pub fn match_one(&self, text: &str) -> bool {
        self.0.iter().any(|pattern| pattern.matches(text))
    }
}

impl Pattern {
    /// Matches from the left: each part between two stars is searched behind the part before it.
    pub fn matches(&self, text: &str) -> bool {
        let mut parts = self.0.split('*');
        let Some(rest) = parts.next().and_then(|start| text.strip_prefix(start)) else {
            return false;
        };
        let mut parts: Vec<&str> = parts.collect();
        let Some(end) = parts.pop() else { return rest.is_empty() };
        let mut rest = rest;
        for part in parts {
            let Some(at) = rest.find(part) else { return false };
            rest = &rest[at + part.len()..];
        }
        rest.ends_with(end)
    }
}
