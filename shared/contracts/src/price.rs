//! `[[customer.price]]`: price rules, and which of them applies to a charge.
//!
//! One rule applies to a charge: the most specific of the rules whose conditions the charge meets. The
//! conditions that rules state are compared in the order `account`, `usage_type`, `operation`, `service`,
//! `region`, `purchase`, `kind`. At the first condition that only one of two rules states, that rule is more
//! specific. So account and service beat account, account beats service, and service beats a rule without
//! conditions. If two rules state the same conditions, an exact text beats a pattern, at the first condition
//! where the charge meets one rule by an exact text and the other by a pattern.

mod conditions;
mod list;

use std::fmt;

use commitments::Purchase;
use cur::BillingPeriod;
use money::Rate;

use crate::charge_kind::ChargeKind;
use crate::document::{Allowed, Section};
use crate::ownership::Ownership;
use crate::periods::Periods;
use crate::problem::Position;

use conditions::Conditions;
pub use conditions::RuleSubject;
pub(crate) use list::PriceList;

const KEYS: [&str; 12] = [
    "service",
    "account",
    "region",
    "usage_type",
    "operation",
    "purchase",
    "kind",
    "discount",
    "markup",
    "rate",
    "from",
    "until",
];

/// A rule of a contract.
#[derive(Debug, Clone)]
pub struct PriceRule {
    /// The rule in one line, such as `discount 0.05 service=AmazonEC2 from=2026-10`. All rules of a
    /// customer have different ids.
    pub id: String,
    pub effect: Effect,
    conditions: Conditions,
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

impl PriceRule {
    /// Reads a rule; `None` if something in it is wrong.
    fn read(section: &Section, ownerships: &[Ownership]) -> Option<Self> {
        let effect = Effect::read(section);
        let conditions = Conditions::read(section, ownerships);
        let periods = Periods::read(section);
        let mut rule = Self {
            id: String::new(),
            effect: effect?,
            conditions: conditions?,
            periods: periods?,
            position: section.position(),
        };
        rule.id = rule.describe();
        Some(rule)
    }

    /// Whether the rule is for the kind and the purchase of a charge.
    fn is_for(&self, subject: &RuleSubject) -> bool {
        self.conditions.have_kind(subject.kind) && self.conditions.have_purchase(subject.purchase)
    }

    /// Whether a rule with texts for the same charges can apply to one charge with this rule.
    fn meets(&self, other: &Self) -> bool {
        self.conditions.share_kind_and_purchase(&other.conditions)
            && self.periods.overlaps(other.periods)
    }

    /// Whether the rule takes something off usage that savings plans cover.
    pub(crate) fn discounts_planned_usage(&self) -> bool {
        self.discounts_usage() && self.conditions.have_purchase(Some(Purchase::SavingsPlan))
    }

    /// Whether the rule takes something off all usage of a service, whatever was used and however it was
    /// purchased.
    pub(crate) fn discounts_all_of(&self, service: &str) -> bool {
        self.discounts_usage() && self.conditions.are_for_all_of(service)
    }

    fn discounts_usage(&self) -> bool {
        self.discount().is_some_and(|discount| discount > Rate::ZERO)
            && self.conditions.have_kind(ChargeKind::Usage)
    }

    /// Whether this rule takes off charges of `kind` the fraction that `other` takes off usage, for all texts
    /// and periods of `other`.
    pub(crate) fn discounts_like(&self, kind: ChargeKind, other: &Self) -> bool {
        self.conditions.have_kind(kind)
            && self.discount() == other.discount()
            && self.periods.cover(other.periods)
            && self.conditions.texts_cover(&other.conditions)
    }

    fn discount(&self) -> Option<Rate> {
        match self.effect {
            Effect::Discount(discount) => Some(discount),
            Effect::Markup(_) | Effect::Rate(_) => None,
        }
    }

    fn describe(&self) -> String {
        let limit = |key: &str, period: Option<BillingPeriod>| {
            period.map(|period| format!("{key}={period}")).unwrap_or_default()
        };
        let mut parts = vec![
            self.effect.to_string(),
            self.conditions.to_string(),
            limit("from", self.periods.from),
            limit("until", self.periods.until),
        ];
        parts.retain(|part| !part.is_empty());
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
