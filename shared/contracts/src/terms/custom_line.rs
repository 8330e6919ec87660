//! `[[customer.line]]`: a fee or a discount of the reseller's own.

use money::{Amount, Currency, Rate};

use super::{Base, Section, Tiers};
use crate::periods::Periods;

/// A custom line.
#[derive(Debug, Clone)]
pub struct CustomLine {
    /// Unique within the customer.
    pub id: String,
    /// The text on the invoice; the id if the file has no name.
    pub name: String,
    /// `section`: `fee` (default), `discount`, `support`, `subscription` or `marketplace`.
    pub section: Section,
    pub fee: Fee,
    /// `minimum` and `maximum` of the absolute amount, in `currency`.
    pub minimum: Option<Amount>,
    pub maximum: Option<Amount>,
    /// `currency` of the amounts in this table; the customer's by default.
    pub currency: Currency,
    /// `only_with_usage = true`: nothing is due in a period in which nothing was charged.
    pub only_with_usage: bool,
    /// `invoice`: the invoice that the line stands on; `None`: as `shared` says.
    pub invoice: Option<String>,
    pub periods: Periods,
}

/// How the amount of a line is computed. Each table has exactly one of these keys.
#[derive(Debug, Clone)]
pub enum Fee {
    /// `amount = "100"`: the same in each period.
    Fixed(Amount),
    /// `percent = "0.10"`, or a list of tiers, of `base`, `of` and `except`. Negative for a discount, which
    /// must then stand in the section `discount`.
    Percent { rates: Tiers, base: Base },
    /// `unit_price = "8.25"`, or a list of tiers, for each unit of `quantity` above `included`.
    Units { prices: Tiers, quantity: Quantity, included: Amount },
}

/// `quantity`
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Quantity {
    /// `quantity = "5"`
    Stated(Amount),
    /// `quantity = "accounts"`: the accounts with a charge in the period.
    Accounts,
}

impl CustomLine {
    pub fn periods(&self) -> Periods {
        self.periods
    }
}

/// A line that is wholly reduced to one rate has one tier.
impl Tiers {
    pub fn flat(rate: Rate) -> Self {
        Self { tiers: vec![super::Tier { up_to: None, rate }], reach: super::Reach::Slices }
    }
}
