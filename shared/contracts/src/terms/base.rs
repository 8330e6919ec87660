//! The sum of charges that a fee, a support plan or a minimum is computed from.

use super::Selector;
use super::known::Known;
use super::selector::CONDITIONS;
use crate::charge_kind::ChargeKind;
use crate::document::{Field, Section as Table};

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

impl Base {
    /// Whether the conditions look at nothing but kinds and services.
    pub(crate) fn is_by_kind_and_service(&self) -> bool {
        let is_it = |of: &Selector| {
            let Selector { regions, usage_types, accounts, payers, .. } = of;
            regions.is_none() && usage_types.is_none() && accounts.is_none() && payers.is_none()
        };
        is_it(&self.of) && self.except.iter().all(is_it)
    }

    /// The keys of a base.
    pub(crate) const KEYS: [&str; 3] = ["base", "of", "except"];

    /// Reads `base`, `of` and `except`. If `of` names no kinds, these kinds count.
    pub(crate) fn read(
        table: &Table,
        known: &Known,
        stage: Stage,
        kinds: &[ChargeKind],
    ) -> Option<Self> {
        let stages = Stage::ALL.map(|stage| (stage.name(), stage));
        let stated = table.optional("base", |base| base.choice(&stages));
        let of = table.optional("of", |of| Selector::read_table(of, "`of`", known));
        let except = table.optional("except", |except| except.each(|one| excepted(one, known)));
        let mut of = of?.unwrap_or_default();
        of.kinds.get_or_insert_with(|| kinds.iter().copied().collect());
        Some(Self { stage: stated?.unwrap_or(stage), of, except: except?.unwrap_or_default() })
    }
}

fn excepted(field: &Field, known: &Known) -> Option<Selector> {
    let table = field.section("`except`", &CONDITIONS)?;
    if !Selector::is_in(&table) {
        table.refuse("`except` without conditions leaves nothing; add a condition or remove it");
    }
    Selector::read(&table, known)
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
