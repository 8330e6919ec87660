//! Rates that change with the amount they are applied to.

use money::{Amount, Rate};

use crate::document::{Allowed, Field, Section as Table};

/// At least one tier; each but the last ends where the next begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tiers {
    pub tiers: Vec<Tier>,
    pub reach: Reach,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tier {
    /// The tier ends here, this amount included. `None` for the last tier, which has no end.
    pub up_to: Option<Amount>,
    pub rate: Rate,
}

/// What the rate of a tier is applied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// `tiers = "slices"`: each rate to the part of the amount within its tier. 10 % to 10,000 and 7 %
    /// above: 11,000 gives 1,000 + 70.
    Slices,
    /// `tiers = "whole"`: the rate of the tier that the amount lies in to the whole amount: 11,000 gives 770.
    Whole,
}

impl Tiers {
    /// One rate for every amount.
    pub fn flat(rate: Rate) -> Self {
        Self { tiers: vec![Tier { up_to: None, rate }], reach: Reach::Slices }
    }

    /// Reads one rate, or a list of tiers. `tiers` of the table says what the rates of a list apply to.
    pub(crate) fn read(table: &Table, field: &Field, allowed: Allowed) -> Option<Self> {
        let list = if field.is_list() { field.list()? } else { Vec::new() };
        let reach = match list.len() {
            0 | 1 => {
                table.refuse_keys(&["tiers"], "is for several rates, and there is one; remove it");
                Some(Reach::Slices)
            }
            _ => Reach::read(table, field),
        };
        if !field.is_list() {
            return field.rate(allowed).map(Self::flat);
        }
        if list.is_empty() {
            field.refuse(format!("`{}` is empty; write a rate, or a list of tiers", field.name()));
            return None;
        }
        let mut tiers = Vec::new();
        // The last end so far; `None` if it is not known.
        let mut end = Some(Amount::ZERO);
        for (number, tier) in (1..).zip(&list) {
            let read = Tier::read(tier, number == list.len(), end, allowed);
            end = read.as_ref().and_then(|tier| tier.up_to);
            tiers.push(read);
        }
        Some(Self { tiers: tiers.into_iter().collect::<Option<_>>()?, reach: reach? })
    }
}

impl Reach {
    /// Reads `tiers`, which the rates in `field` need.
    fn read(table: &Table, field: &Field) -> Option<Self> {
        let tiers = table.field("tiers");
        if tiers.is_none() {
            field.refuse(format!(
                "`{}` has several rates, so say what they apply to; add tiers = \"slices\" if each is for \
                 its part of the amount, or tiers = \"whole\" if one is for all of it",
                field.name()
            ));
        }
        tiers?.choice(&[("slices", Self::Slices), ("whole", Self::Whole)])
    }
}

impl Tier {
    fn read(field: &Field, is_last: bool, begin: Option<Amount>, allowed: Allowed) -> Option<Self> {
        let table = field.section("a tier", &["up_to", "rate"])?;
        let rate = table.required("rate", r#""0.07""#).and_then(|rate| rate.rate(allowed));
        let up_to = table.optional("up_to", |up_to| up_to.amount(Allowed::Positive));
        match (table.field("up_to"), is_last) {
            (Some(field), true) => {
                field.refuse_name("the last tier has no end; remove `up_to`, or add a tier");
            }
            (None, false) => {
                table.refuse("only the last tier has no end; add `up_to`, or put this tier last");
                return None;
            }
            _ => {}
        }
        if let (Some(Some(end)), Some(begin)) = (up_to, begin)
            && end <= begin
            && let Some(field) = table.field("up_to")
        {
            field.refuse(format!(
                "`up_to` is {end}, but the tier begins at {begin}; sort the tiers by `up_to`"
            ));
        }
        Some(Self { up_to: up_to?, rate: rate? })
    }
}
