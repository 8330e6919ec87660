//! The sum of charges that a fee, a support plan or a minimum is computed from.

use super::Selector;

/// What is added up.
#[derive(Debug, Clone)]
pub struct Base {
    /// `base`
    pub stage: Stage,
    /// The conditions of `of`.
    pub of: Selector,
    /// The conditions of `except`: charges that meet them do not count.
    pub except: Vec<Selector>,
}

/// Which price of a charge counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Stage {
    /// The standard price, also of what commitments cover. Where no list price is known, the charge before
    /// rules counts.
    List,
    /// The price after commitments and before price rules.
    BeforeRules,
    /// The charge, after price rules.
    #[default]
    Charge,
    /// As `BeforeRules`, but an upfront payment counts hour by hour and not when it is paid: usage and
    /// fees of commitments count with AWS's amortized cost.
    Amortized,
}

impl Stage {
    pub const ALL: [Self; 4] = [Self::List, Self::BeforeRules, Self::Charge, Self::Amortized];

    pub const fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::BeforeRules => "before_rules",
            Self::Charge => "charge",
            Self::Amortized => "amortized",
        }
    }
}
