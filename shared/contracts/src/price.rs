//! `[[customer.price]]`: price rules, and which of them applies to a charge.
//!
//! One rule applies to a charge: the most specific of the rules that match the charge. The selectors that
//! a rule states are compared in the order `account`, `usage_type`, `operation`, `service`, `region`,
//! `kind`. At the first selector that only one of two rules states, that rule is more specific. So account
//! and service beat account, account beats service, and service beats a rule without selectors.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use cur::{AccountId, BillingPeriod, Sku};
use money::Rate;

use crate::charge_kind::ChargeKind;
use crate::document::{Allowed, Field, Section};
use crate::ownership::Ownership;
use crate::periods::Periods;
use crate::problem::Position;

/// The selectors that are compared as text. The first one weighs most.
const SELECTORS: [&str; 5] = ["account", "usage_type", "operation", "service", "region"];

const KEYS: [&str; 11] = [
    "service",
    "account",
    "region",
    "usage_type",
    "operation",
    "kind",
    "discount",
    "markup",
    "rate",
    "from",
    "until",
];

/// The properties of a charge that price rules look at.
#[derive(Debug, Clone, Copy)]
pub struct RuleSubject<'a> {
    pub account: AccountId,
    pub sku: &'a Sku,
    pub kind: ChargeKind,
}

impl RuleSubject<'_> {
    /// The values in the order of [`SELECTORS`].
    fn values(&self) -> [&str; 5] {
        let Sku { service_code, region, usage_type, operation } = self.sku;
        [self.account.as_str(), usage_type, operation, service_code, region]
    }
}

/// A rule of a contract.
#[derive(Debug, Clone)]
pub struct PriceRule {
    /// The rule in one line, such as `discount 0.05 service=AmazonEC2 from=2026-10`. All rules of a
    /// customer have different ids.
    pub id: String,
    pub effect: Effect,
    /// The values that a charge must have, in the order of [`SELECTORS`]; `None` matches every value.
    selectors: [Option<String>; 5],
    /// The kinds of charges that the rule is for; `None` means usage only.
    kinds: Option<BTreeSet<ChargeKind>>,
    periods: Periods,
    pub(crate) position: Position,
}

/// What a price rule does to a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// A fraction of the price, from 0 to 1, is taken off.
    Discount(Rate),
    /// A fraction of the price, 0 or more, is added.
    Markup(Rate),
    /// A price for each unit of usage, in the report's currency, replaces every other price.
    Rate(Rate),
}

/// Which selectors a rule states, in the order of their weight; `kind` is last. Arrays are compared at
/// their first difference, so the greater array belongs to the more specific rule.
type Specificity = [bool; 6];

/// The rules of a customer by their specificity. A rule is searched for every row of the month, so a
/// charge is looked up once for each specificity, and not compared with every rule.
#[derive(Debug, Clone, Default)]
pub(crate) struct PriceList(BTreeMap<Reverse<Specificity>, Vec<PriceRule>>);

impl PriceList {
    pub(crate) fn read(customer: &Section, ownerships: &[Ownership]) -> Self {
        let sections = customer
            .field("price")
            .and_then(|price| price.sections("[[customer.price]]", &KEYS))
            .unwrap_or_default();
        let mut list = Self::default();
        for section in &sections {
            if let Some(rule) = PriceRule::read(section, ownerships) {
                list.add(rule, section);
            }
        }
        list
    }

    /// Adds a rule. Refuses it if an equally specific rule could match the same charge.
    fn add(&mut self, rule: PriceRule, section: &Section) {
        let rules = self.0.entry(Reverse(rule.specificity())).or_default();
        let start = rules.partition_point(|other| other.selectors() < rule.selectors());
        let equals = rules.iter().skip(start);
        let mut equals = equals.take_while(|other| other.selectors() == rule.selectors());
        if let Some(other) = equals.find(|other| rule.meets(other)) {
            section.refuse(format!(
                "this rule (`{}`) and the one at {} (`{}`) match the same charges equally well; \
                 remove one, or give it more selectors or other periods",
                rule.id, other.position, other.id
            ));
        }
        rules.insert(start, rule);
    }

    /// The rules that are in force in a billing period, in the order of the file.
    pub(crate) fn in_period(&self, period: BillingPeriod) -> Vec<&PriceRule> {
        let mut rules: Vec<&PriceRule> = self.rules().collect();
        rules.retain(|rule| rule.periods.contains(period));
        rules.sort_by_key(|rule| rule.position);
        rules
    }

    /// The discounts on `kind` for which no rule gives an equal discount on `other`.
    pub(crate) fn discounts_of_only(&self, kind: ChargeKind, other: ChargeKind) -> Vec<&PriceRule> {
        let mut rules: Vec<&PriceRule> = self.rules().collect();
        rules.retain(|rule| {
            let is_alike = |rule: &PriceRule, of_other: &PriceRule| {
                of_other.has_kind(other) && of_other.discounts_at_least_like(rule)
            };
            rule.has_kind(kind)
                && rule.discount().is_some_and(|discount| discount > Rate::ZERO)
                && !self.rules().any(|of_other| is_alike(rule, of_other))
        });
        rules
    }

    fn rules(&self) -> impl Iterator<Item = &PriceRule> {
        self.0.values().flatten()
    }

    pub(crate) fn find(&self, subject: &RuleSubject, period: BillingPeriod) -> Option<&PriceRule> {
        let values = subject.values();
        self.0.iter().find_map(|(Reverse(specificity), rules)| {
            let mut wanted = values.map(Some);
            for (value, is_stated) in wanted.iter_mut().zip(specificity) {
                *value = value.filter(|_| *is_stated);
            }
            let start = rules.partition_point(|rule| rule.selectors() < wanted);
            rules
                .iter()
                .skip(start)
                .take_while(|rule| rule.selectors() == wanted)
                .find(|rule| rule.has_kind(subject.kind) && rule.periods.contains(period))
        })
    }
}

impl PriceRule {
    /// Reads a rule; `None` if something in it is wrong.
    fn read(section: &Section, ownerships: &[Ownership]) -> Option<Self> {
        let effect = Effect::read(section);
        let text = |key| section.optional(key, |field| field.text().map(str::to_owned));
        let account = section.optional("account", |field| read_account(field, ownerships));
        let [usage_type, operation, service, region] =
            ["usage_type", "operation", "service", "region"].map(text);
        let kinds = section.optional("kind", read_kinds);
        let periods = Periods::read(section);
        let mut rule = Self {
            id: String::new(),
            effect: effect?,
            selectors: [account?, usage_type?, operation?, service?, region?],
            kinds: kinds?,
            periods: periods?,
            position: section.position(),
        };
        rule.id = rule.describe();
        Some(rule)
    }

    fn selectors(&self) -> [Option<&str>; 5] {
        self.selectors.each_ref().map(Option::as_deref)
    }

    fn specificity(&self) -> Specificity {
        let [account, usage_type, operation, service, region] =
            self.selectors.each_ref().map(Option::is_some);
        [account, usage_type, operation, service, region, self.kinds.is_some()]
    }

    fn has_kind(&self, kind: ChargeKind) -> bool {
        match &self.kinds {
            None => kind == ChargeKind::Usage,
            Some(kinds) => kinds.contains(&kind),
        }
    }

    fn discount(&self) -> Option<Rate> {
        match self.effect {
            Effect::Discount(discount) => Some(discount),
            Effect::Markup(_) | Effect::Rate(_) => None,
        }
    }

    /// Whether this rule takes off the fraction that `other` takes off, for all usage and periods of
    /// `other`.
    fn discounts_at_least_like(&self, other: &Self) -> bool {
        let mut selectors = self.selectors.iter().zip(&other.selectors);
        self.discount() == other.discount()
            && self.periods.cover(other.periods)
            && selectors.all(|(own, others)| own.is_none() || own == others)
    }

    /// Whether two rules with equal selectors can apply to one charge.
    fn meets(&self, other: &Self) -> bool {
        let mut kinds = ChargeKind::ALL.into_iter();
        kinds.any(|kind| self.has_kind(kind) && other.has_kind(kind))
            && self.periods.overlaps(other.periods)
    }

    fn describe(&self) -> String {
        let mut parts = vec![self.effect.to_string()];
        let selectors = SELECTORS.iter().zip(self.selectors());
        parts.extend(selectors.filter_map(|(key, value)| Some(format!("{key}={}", value?))));
        if let Some(kinds) = &self.kinds {
            let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
            parts.push(format!("kind={}", names.join(",")));
        }
        parts.extend(self.periods.from.map(|from| format!("from={from}")));
        parts.extend(self.periods.until.map(|until| format!("until={until}")));
        parts.join(" ")
    }
}

type EffectOfRate = fn(Rate) -> Effect;

impl Effect {
    fn read(section: &Section) -> Option<Self> {
        let effects: [(&str, Allowed, EffectOfRate); 3] = [
            ("discount", Allowed::Fraction, Self::Discount),
            ("markup", Allowed::NotNegative, Self::Markup),
            ("rate", Allowed::NotNegative, Self::Rate),
        ];
        let stated = effects.into_iter().filter_map(|(key, allowed, effect)| {
            section.field(key).map(|field| (field, allowed, effect))
        });
        match stated.collect::<Vec<_>>().as_slice() {
            [(field, allowed, effect)] => field.rate(*allowed).map(effect),
            [] => {
                section
                    .refuse("a price rule needs one of `discount`, `markup` and `rate`; add one");
                None
            }
            _ => {
                section.refuse(
                    "a price rule has only one of `discount`, `markup` and `rate`; \
                     remove the others",
                );
                None
            }
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Discount(rate) => write!(f, "discount {rate}"),
            Self::Markup(rate) => write!(f, "markup {rate}"),
            Self::Rate(rate) => write!(f, "rate {rate}"),
        }
    }
}

/// Reads an account of the customer. A rule for another account would never apply, and nobody would notice.
fn read_account(field: &Field, ownerships: &[Ownership]) -> Option<String> {
    let account = field.parsed::<AccountId>()?;
    if !ownerships.iter().any(|ownership| ownership.account == account) {
        field.refuse(format!(
            "account {account} is not in the customer's `accounts`, so the rule never applies; \
             add it there or correct it"
        ));
    }
    Some(account.to_string())
}

/// Reads one kind or a list of kinds.
fn read_kinds(field: &Field) -> Option<BTreeSet<ChargeKind>> {
    let names = ChargeKind::ALL.map(|kind| (kind.name(), kind));
    if field.is_text() {
        return field.choice(&names).map(|kind| BTreeSet::from([kind]));
    }
    let list = field.list()?;
    if list.is_empty() {
        field.refuse("`kind` is empty, so the rule never applies; name a kind or remove it");
    }
    let kinds: Vec<_> = list.iter().map(|kind| kind.choice(&names)).collect();
    kinds.into_iter().collect()
}
