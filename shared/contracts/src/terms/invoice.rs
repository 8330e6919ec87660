//! `[[customer.invoice]]`: an invoice with its own address, currency, rounding and tax.

use money::rounding::Mode;
use money::{Amount, Currency};

use super::{DayRule, Selector, Tax, Withholding};
use crate::document::Field;
use crate::fx::FxChoice;

/// One invoice of a bill. What the file does not say of the invoice, the customer says.
#[derive(Debug, Clone)]
pub struct InvoiceTerms {
    /// `id`; the customer's id if the customer has no `[[customer.invoice]]`.
    pub id: String,
    /// The charges that the invoice takes, if no invoice before it takes them.
    pub takes: Selector,
    /// `name`: the recipient.
    pub name: String,
    /// `address`, several lines.
    pub address: Option<String>,
    /// `order_number` of the recipient.
    pub order_number: Option<String>,
    pub currency: Currency,
    pub rounding: Rounding,
    /// `fx`; `None`: as the payer or the file says.
    pub fx: Option<FxChoice>,
    /// `tax`: one table or a list. An item has the first tax that takes it.
    pub taxes: Vec<Tax>,
    pub withholding: Option<Withholding>,
    /// `due`, counted from the period.
    pub due: Option<DayRule>,
}

/// How amounts of an invoice are rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rounding {
    pub mode: Mode,
    pub per: RoundingScope,
    /// `unit`: what sums are rounded to a multiple of, such as 1,000 yen; `None`: the smallest coin.
    pub unit: Option<Amount>,
}

/// The group of lines that is summed exactly and then rounded once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoundingScope {
    Line,
    Service,
    Account,
    Invoice,
}

/// `shared`: what becomes of money that belongs to no single account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shared {
    /// Each invoice gets a part in proportion to the part of the base that it takes.
    BySpend,
    /// One invoice gets everything.
    To(String),
}

/// `corrections`: how an issued period is corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Corrections {
    /// By a credit or debit note with its own number.
    #[default]
    Notes,
    /// By lines on the next invoice, which name their period.
    NextInvoice,
}

pub(crate) const MODES: [(&str, Mode); 4] = [
    ("half_up", Mode::HalfUp),
    ("half_even", Mode::HalfEven),
    ("up", Mode::Up),
    ("down", Mode::Down),
];

impl Default for Rounding {
    fn default() -> Self {
        Self { mode: Mode::HalfUp, per: RoundingScope::Service, unit: None }
    }
}

impl Rounding {
    pub(crate) fn read(field: &Field) -> Self {
        let default = Self::default();
        let Some(section) = field.section("rounding", &["mode", "per"]) else {
            return default;
        };
        let scopes = [
            ("line", RoundingScope::Line),
            ("service", RoundingScope::Service),
            ("account", RoundingScope::Account),
            ("invoice", RoundingScope::Invoice),
        ];
        let mode = section.field("mode").and_then(|mode| mode.choice(&MODES));
        let per = section.field("per").and_then(|per| per.choice(&scopes));
        Self { mode: mode.unwrap_or(default.mode), per: per.unwrap_or(default.per), unit: None }
    }
}
