//! `[[customer.invoice]]`: an invoice with its own address, currency, rounding and tax.

use std::collections::BTreeMap;

use money::rounding::{Mode, round};
use money::{Amount, Currency};

use super::known::Known;
use super::selector::CONDITIONS;
use super::{DayRule, Selector, Tax, Withholding};
use crate::document::{Allowed, Field, Section as Table};
use crate::fx::FxChoice;
use crate::id::read_id;
use crate::problem::Position;

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
    /// `due`, counted from the invoice's date; `None`: as the issuer says.
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

/// The keys that a customer and each of its invoices can have.
pub(crate) const KEYS: [&str; 9] =
    ["name", "address", "order_number", "currency", "rounding", "fx", "tax", "withholding", "due"];

impl InvoiceTerms {
    /// Reads what a table says of an invoice. The rest stays. A value that is wrong is reported, and stays
    /// as well.
    pub(crate) fn read_over(self, table: &Table, known: &Known) -> Self {
        let text = |key| table.field(key).and_then(|field| field.text().map(str::to_owned));
        let currency = table.field("currency").and_then(|currency| currency.parsed());
        let currency = currency.unwrap_or(self.currency);
        let rounding = if let Some(rounding) = table.field("rounding") {
            Rounding::read(&rounding, currency)
        } else {
            if let (Some(field), Some(unit)) = (table.field("currency"), self.rounding.unit) {
                check_unit(&field, unit, currency);
            }
            self.rounding
        };
        let fx = table.field("fx").and_then(|fx| FxChoice::read(&fx, known.outside.fx));
        let taxes = table.field("tax").and_then(|tax| Tax::read_all(&tax, known));
        let withholding = table.field("withholding").and_then(|tax| Withholding::read(&tax));
        let due = table.field("due").and_then(|due| DayRule::read(&due));
        Self {
            name: text("name").unwrap_or(self.name),
            address: text("address").or(self.address),
            order_number: text("order_number").or(self.order_number),
            currency,
            rounding,
            fx: fx.or(self.fx),
            taxes: taxes.unwrap_or(self.taxes),
            withholding: withholding.or(self.withholding),
            due: due.or(self.due),
            ..self
        }
    }

    /// Reads the invoices of a customer. A customer without such tables has one invoice, `own`.
    pub(crate) fn read_all(customer: &Table, own: Self, known: &Known) -> Vec<Self> {
        let keys = [&["id"], &KEYS[..], &CONDITIONS[..]].concat();
        let tables = customer.field("invoice");
        let tables = tables.and_then(|invoice| invoice.sections("[[customer.invoice]]", &keys));
        let tables = tables.unwrap_or_default();
        let mut first: BTreeMap<&str, Position> = BTreeMap::new();
        let mut invoices = Vec::new();
        for (number, table) in (1..).zip(&tables) {
            let id_field = table.required("id", r#""main""#);
            let id = id_field.as_ref().and_then(read_id).unwrap_or_default();
            if let Some(field) = id_field.filter(|_| !id.is_empty()) {
                check_id(&field, id, first.get(id));
                first.entry(id).or_insert(field.position());
            }
            match (Selector::is_in(table), number == tables.len()) {
                (true, true) => table.refuse(
                    "the last [[customer.invoice]] has no conditions, because what no other invoice takes \
                     must stand somewhere; remove them, or add an invoice without conditions",
                ),
                (false, false) => table.refuse(
                    "this invoice has no conditions, so it takes everything, and those after it get \
                     nothing; put it last, or add a condition such as `account`",
                ),
                _ => {}
            }
            let takes = Selector::read(table, known).unwrap_or_default();
            let of_customer = Self { id: id.to_owned(), takes, ..own.clone() };
            invoices.push(of_customer.read_over(table, known));
        }
        if invoices.is_empty() { vec![own] } else { invoices }
    }
}

fn check_id(field: &Field, id: &str, first: Option<&Position>) {
    if let Some(position) = first {
        field.refuse(format!(
            "the invoice `{id}` is already there (see {position}); give each its own `id`"
        ));
    }
    if id == BY_SPEND {
        field.refuse(format!(
            "`id` cannot be `{id}`, because `shared` has this word; choose another"
        ));
    }
}

const BY_SPEND: &str = "by_spend";

impl Shared {
    pub(crate) fn read(field: &Field, known: &Known) -> Option<Self> {
        if field.text()? == BY_SPEND {
            return Some(Self::BySpend);
        }
        known.invoice(field).map(Self::To)
    }
}

impl Corrections {
    pub(crate) fn read(field: &Field) -> Option<Self> {
        field.choice(&[("notes", Self::Notes), ("next_invoice", Self::NextInvoice)])
    }
}

impl Default for Rounding {
    fn default() -> Self {
        Self { mode: Mode::HalfUp, per: RoundingScope::Service, unit: None }
    }
}

impl Rounding {
    fn read(field: &Field, currency: Currency) -> Self {
        let default = Self::default();
        let Some(table) = field.section("rounding", &["mode", "per", "unit"]) else {
            return default;
        };
        let scopes = [
            ("line", RoundingScope::Line),
            ("service", RoundingScope::Service),
            ("account", RoundingScope::Account),
            ("invoice", RoundingScope::Invoice),
        ];
        let mode = table.field("mode").and_then(|mode| mode.choice(&MODES));
        let per = table.field("per").and_then(|per| per.choice(&scopes));
        let unit = table.field("unit").and_then(|field| {
            let unit = field.amount(Allowed::Positive)?;
            check_unit(&field, unit, currency);
            Some(unit)
        });
        Self { mode: mode.unwrap_or(default.mode), per: per.unwrap_or(default.per), unit }
    }
}

/// Refuses a unit that is not a whole number of coins. `field` is what has to change.
fn check_unit(field: &Field, unit: Amount, currency: Currency) {
    let decimals = currency.minor_units();
    if !round(unit, decimals, Mode::Down).difference.is_zero() {
        field.refuse(format!(
            "amounts cannot be rounded to multiples of {unit} in {currency}, whose smallest coin has \
             {decimals} decimals; change `unit`"
        ));
    }
}
