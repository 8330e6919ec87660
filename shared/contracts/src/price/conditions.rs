//! The conditions of a price rule: which charges the rule is for.

use std::collections::BTreeSet;
use std::fmt;

use commitments::Purchase;
use cur::{AccountId, Sku};

use crate::charge_kind::ChargeKind;
use crate::document::{Field, Section};
use crate::ownership::Ownership;
use crate::pattern::Pattern;

/// The number of conditions on texts.
pub(super) const TEXTS: usize = 5;

/// The conditions on texts. The first one weighs most.
const NAMES: [&str; TEXTS] = ["account", "usage_type", "operation", "service", "region"];

/// The properties of a charge that price rules look at.
#[derive(Debug, Clone, Copy)]
pub struct RuleSubject<'a> {
    pub account: AccountId,
    pub sku: &'a Sku,
    /// `None` if the charge is not for usage.
    pub purchase: Option<Purchase>,
    pub kind: ChargeKind,
}

impl RuleSubject<'_> {
    /// The texts in the order of [`NAMES`].
    pub(super) fn texts(&self) -> [&str; TEXTS] {
        let Sku { service_code, region, usage_type, operation } = self.sku;
        [self.account.as_str(), usage_type, operation, service_code, region]
    }
}

/// What a charge must be. `None` is a condition that the rule does not state.
#[derive(Debug, Clone)]
pub(super) struct Conditions {
    /// The texts of which a charge must match one, in the order of [`NAMES`].
    pub(super) texts: [Option<BTreeSet<Pattern>>; TEXTS],
    purchases: Option<BTreeSet<Purchase>>,
    /// Without this condition, a rule is for usage only.
    kinds: Option<BTreeSet<ChargeKind>>,
}

/// Which conditions a rule states, in the order of their weight.
pub(super) type Stated = [bool; TEXTS + 2];

impl Conditions {
    /// Reads the conditions; `None` if one of them is wrong.
    pub(super) fn read(section: &Section, ownerships: &[Ownership]) -> Option<Self> {
        let account = section
            .optional("account", |field| read_each(field, |field| read_account(field, ownerships)));
        let texts = |key| section.optional(key, |field| read_each(field, read_pattern));
        let [usage_type, operation, service, region] =
            ["usage_type", "operation", "service", "region"].map(texts);
        let purchases = section.optional("purchase", |field| {
            let names = Purchase::ALL.map(|purchase| (purchase.name(), purchase));
            read_each(field, |field| field.choice(&names))
        });
        let kinds = section.optional("kind", |field| {
            let names = ChargeKind::ALL.map(|kind| (kind.name(), kind));
            read_each(field, |field| field.choice(&names))
        });
        let read = Self {
            texts: [account?, usage_type?, operation?, service?, region?],
            purchases: purchases?,
            kinds: kinds?,
        };
        if read.purchases.is_some() && read.kinds_without_purchase().next().is_some() {
            section.refuse(
                "only usage has a `purchase`, so the rule never applies to the other kinds; remove \
                 `purchase` or the other kinds",
            );
        }
        Some(read)
    }

    fn kinds_without_purchase(&self) -> impl Iterator<Item = &ChargeKind> {
        self.kinds.iter().flatten().filter(|kind| **kind != ChargeKind::Usage)
    }

    pub(super) fn stated(&self) -> Stated {
        let [account, usage_type, operation, service, region] =
            self.texts.each_ref().map(Option::is_some);
        let (purchase, kind) = (self.purchases.is_some(), self.kinds.is_some());
        [account, usage_type, operation, service, region, purchase, kind]
    }

    pub(super) fn have_kind(&self, kind: ChargeKind) -> bool {
        match &self.kinds {
            None => kind == ChargeKind::Usage,
            Some(kinds) => kinds.contains(&kind),
        }
    }

    pub(super) fn have_purchase(&self, purchase: Option<Purchase>) -> bool {
        let Some(purchases) = &self.purchases else { return true };
        purchase.is_some_and(|purchase| purchases.contains(&purchase))
    }

    /// Whether a charge of one kind and purchase can meet both. Texts are not compared.
    pub(super) fn share_kind_and_purchase(&self, other: &Self) -> bool {
        let mut kinds = ChargeKind::ALL.into_iter();
        let mut purchases = Purchase::ALL.into_iter().map(Some);
        kinds.any(|kind| self.have_kind(kind) && other.have_kind(kind))
            && purchases.any(|of| self.have_purchase(of) && other.have_purchase(of))
    }

    /// Whether all charges whose texts meet `other` meet this too. A pattern is only compared letter for
    /// letter with other patterns.
    pub(super) fn texts_cover(&self, other: &Self) -> bool {
        let mut texts = self.texts.iter().zip(&other.texts);
        texts.all(|(own, others)| {
            let Some(own) = own else { return true };
            let is_covered = |text: &Pattern| match text.exact() {
                Some(exact) => own.iter().any(|own| own.matches(exact)),
                None => own.contains(text),
            };
            others.as_ref().is_some_and(|others| others.iter().all(is_covered))
        })
    }

    /// Whether a rule is for all that a service has: it names the service and says nothing about what was
    /// used or how it was purchased.
    pub(super) fn are_for_all_of(&self, service: &str) -> bool {
        let [_, usage_types, operations, services, _] = &self.texts;
        let is_named = |text: &Pattern| text.exact() == Some(service);
        services.iter().flatten().any(is_named)
            && usage_types.is_none()
            && operations.is_none()
            && self.purchases.is_none()
    }
}

/// The stated conditions, such as `service=AmazonEC2 purchase=on_demand,spot`. Different conditions have
/// different texts.
impl fmt::Display for Conditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        let mut write = |key: &str, values: Option<Vec<String>>| match values {
            None => Ok(()),
            Some(values) => {
                write!(f, "{separator}{key}={}", values.join(","))?;
                separator = " ";
                Ok(())
            }
        };
        for (key, texts) in NAMES.into_iter().zip(&self.texts) {
            write(key, texts.as_ref().map(|texts| texts.iter().map(quoted).collect()))?;
        }
        let names = |names: &BTreeSet<Purchase>| names.iter().map(ToString::to_string).collect();
        write("purchase", self.purchases.as_ref().map(names))?;
        let names = |names: &BTreeSet<ChargeKind>| names.iter().map(ToString::to_string).collect();
        write("kind", self.kinds.as_ref().map(names))
    }
}

/// A text as it stands in the text of a rule. A text that could be taken for several texts is quoted.
fn quoted(text: &Pattern) -> String {
    let text = text.to_string();
    let is_unclear = |letter: char| {
        letter.is_whitespace() || letter.is_control() || letter == ',' || letter == '"'
    };
    if text.contains(is_unclear) { format!("{text:?}") } else { text }
}

/// Reads one value or a list of values.
fn read_each<'d, T: Ord>(
    field: &Field<'d>,
    read: impl Fn(&Field<'d>) -> Option<T>,
) -> Option<BTreeSet<T>> {
    let values: Vec<Option<T>> = field.one_or_many()?.iter().map(read).collect();
    values.into_iter().collect()
}

fn read_pattern(field: &Field) -> Option<Pattern> {
    field.text().map(|text| Pattern::from(text.to_owned()))
}

/// Reads an account of the customer. A rule for another account would never apply, and nobody would notice.
fn read_account(field: &Field, ownerships: &[Ownership]) -> Option<Pattern> {
    let account = field.parsed::<AccountId>()?;
    if !ownerships.iter().any(|ownership| ownership.may_have(account)) {
        field.refuse(format!(
            "account {account} is not in the customer's `accounts`, so the rule never applies; \
             add it there or correct it"
        ));
    }
    Some(Pattern::from(account.to_string()))
}
