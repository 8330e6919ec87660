//! Parts of a contract that look at several periods, or at the total of an invoice: minimums, commitments,
//! credits, prepaid balances, small bills that are carried over, and withholding.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use cur::BillingPeriod;
use money::rounding::{Mode, round};
use money::{Amount, Currency, Rate};

use super::invoice::MODES;
use super::known::Known;
use super::{Section, Selector};
use crate::charge_kind::ChargeKind;
use crate::day::Day;
use crate::document::{Allowed, Field, Section as Table};
use crate::periods::Periods;

/// `[[customer.minimum]]`: the least amount of a period. What is missing is a line of its own.
#[derive(Debug, Clone)]
pub struct Minimum {
    pub id: String,
    pub name: String,
    pub amount: Amount,
    pub currency: Currency,
    /// `counts`: the sections that count.
    pub counts: BTreeSet<Section>,
    /// `measured = "before_discounts"`: price rules and the section `discount` do not count.
    /// `"after_discounts"`: they do.
    pub before_discounts: bool,
    pub only_with_usage: bool,
    pub invoice: Option<String>,
    pub periods: Periods,
}

/// `[[customer.commitment]]`: an amount that a customer has promised to spend over several periods. The last
/// period has a line with what is missing.
#[derive(Debug, Clone)]
pub struct SpendCommitment {
    pub id: String,
    pub name: String,
    pub amount: Amount,
    pub currency: Currency,
    pub from: BillingPeriod,
    pub until: BillingPeriod,
    /// `counts`: the sections that count, each with the most that counts of it over all periods.
    pub counts: Vec<(Section, Option<Amount>)>,
    pub before_discounts: bool,
    pub invoice: Option<String>,
}

/// `[[customer.credit]]`: a credit that the reseller gives. It pays charges until its balance is used up.
#[derive(Debug, Clone)]
pub struct Credit {
    pub id: String,
    pub name: String,
    pub amount: Amount,
    pub currency: Currency,
    /// The first and the last period in which it pays.
    pub periods: Periods,
    /// What it may pay: the conditions of `of`. Support, taxes and Marketplace only if `kind` names them.
    pub of: Selector,
    /// `invoice`: only charges of this invoice.
    pub invoice: Option<String>,
}

/// `[[customer.prepaid]]`: money that the customer has paid before. It pays totals, with tax.
#[derive(Debug, Clone)]
pub struct Prepaid {
    pub id: String,
    pub name: String,
    pub amount: Amount,
    /// It pays invoices in this currency only.
    pub currency: Currency,
    /// The day of the payment: the oldest balance is used first.
    pub paid: NaiveDate,
    /// The first and the last period in which it pays.
    pub periods: Periods,
    pub invoice: Option<String>,
}

/// `carry = { below = "2000", periods = 12 }`: a bill whose sum before tax is smaller is not sent. Its items
/// stand on the next bill, at most so many periods later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carry {
    pub below: Amount,
    pub periods: u32,
}

/// `withholding = { name, rate, of, mode }`: a tax that the customer keeps back and pays for the reseller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withholding {
    pub name: String,
    pub rate: Rate,
    /// `of = "subtotal"`: before taxes. `of = "total"`: with taxes.
    pub of_total: bool,
    pub mode: Mode,
}

const EXAMPLE_AMOUNT: &str = r#""1000.00""#;
const EXAMPLE_PERIOD: &str = r#""2026-10""#;

/// What all tables of this file have.
struct Common {
    name: String,
    amount: Amount,
    currency: Currency,
    invoice: Option<String>,
}

impl Common {
    fn read(table: &Table, id: Option<&str>, known: &Known) -> Option<Self> {
        let name = table.optional("name", super::super::document::Field::text);
        let amount = table.required("amount", EXAMPLE_AMOUNT);
        let amount = amount.and_then(|amount| amount.amount(Allowed::Positive));
        let currency = known.currency_of(table);
        let invoice = table.optional("invoice", |invoice| known.invoice(invoice));
        Some(Self {
            name: name?.or(id)?.to_owned(),
            amount: amount?,
            currency: currency?,
            invoice: invoice?,
        })
    }
}

/// Reads `measured`. There is no default: contracts differ, and the difference is money.
fn read_measured(table: &Table) -> Option<bool> {
    let measured = table.required("measured", r#""before_discounts" or "after_discounts""#)?;
    measured.choice(&[("before_discounts", true), ("after_discounts", false)])
}

impl Minimum {
    pub(crate) const KEYS: [&str; 10] = [
        "id",
        "name",
        "amount",
        "currency",
        "counts",
        "measured",
        "only_with_usage",
        "invoice",
        "from",
        "until",
    ];

    /// Reads a minimum; `None` if something in it is wrong.
    pub(crate) fn read(table: &Table, id: Option<&str>, known: &Known) -> Option<Self> {
        let common = Common::read(table, id, known);
        let counts = table
            .optional("counts", |counts| counts.each(|section| Section::read(section, &COUNTED)));
        let before_discounts = read_measured(table);
        let only_with_usage = table.optional("only_with_usage", Field::flag);
        let periods = Periods::read(table);
        let Common { name, amount, currency, invoice } = common?;
        Some(Self {
            id: id?.to_owned(),
            name,
            amount,
            currency,
            counts: counts?.unwrap_or_else(|| BTreeSet::from(Section::CHARGES)),
            before_discounts: before_discounts?,
            only_with_usage: only_with_usage?.unwrap_or_default(),
            invoice,
            periods: periods?,
        })
    }
}

/// The sections that can count. Discounts count by `measured`, and taxes of AWS never do.
const COUNTED: [Section; 8] = [
    Section::Charge(ChargeKind::Usage),
    Section::Charge(ChargeKind::CommitmentFee),
    Section::Charge(ChargeKind::Support),
    Section::Charge(ChargeKind::Fee),
    Section::Charge(ChargeKind::Subscription),
    Section::Charge(ChargeKind::Marketplace),
    Section::Charge(ChargeKind::Credit),
    Section::Charge(ChargeKind::Refund),
];

impl SpendCommitment {
    pub(crate) const KEYS: [&str; 9] =
        ["id", "name", "amount", "currency", "from", "until", "counts", "measured", "invoice"];

    /// Reads a commitment; `None` if something in it is wrong.
    pub(crate) fn read(table: &Table, id: Option<&str>, known: &Known) -> Option<Self> {
        let common = Common::read(table, id, known);
        let counts = table.optional("counts", read_counts);
        let before_discounts = read_measured(table);
        let [from, until] = ["from", "until"].map(|key| table.required(key, EXAMPLE_PERIOD));
        let periods = Periods::read(table);
        let (Some(_), Some(_)) = (from, until) else { return None };
        let Common { name, amount, currency, invoice } = common?;
        let periods = periods?;
        let all = || Section::CHARGES.map(|section| (section, None)).to_vec();
        Some(Self {
            id: id?.to_owned(),
            name,
            amount,
            currency,
            from: periods.from?,
            until: periods.until?,
            counts: counts?.unwrap_or_else(all),
            before_discounts: before_discounts?,
            invoice,
        })
    }
}

/// Reads sections, each as a text or as a table with the most that counts of it.
fn read_counts(field: &Field) -> Option<Vec<(Section, Option<Amount>)>> {
    let counts: Vec<(Section, Option<Amount>)> = field.each(|counted| {
        if !counted.is_table() {
            return Some((Section::read(counted, &COUNTED)?, None));
        }
        let table = counted.section("`counts`", &["section", "at_most"])?;
        let section = table.required("section", r#""marketplace""#);
        let section = section.and_then(|section| Section::read(&section, &COUNTED));
        let at_most = table.required("at_most", r#""25000""#);
        let at_most = at_most.and_then(|amount| amount.amount(Allowed::Positive));
        Some((section?, Some(at_most?)))
    })?;
    let mut seen = BTreeSet::new();
    for (section, _) in &counts {
        if !seen.insert(*section) {
            field.refuse(format!("`counts` has `{section}` twice; remove one"));
        }
    }
    Some(counts)
}

impl Credit {
    pub(crate) const KEYS: [&str; 8] =
        ["id", "name", "amount", "currency", "from", "until", "of", "invoice"];

    /// Reads a credit; `None` if something in it is wrong.
    pub(crate) fn read(table: &Table, id: Option<&str>, known: &Known) -> Option<Self> {
        let common = Common::read(table, id, known);
        let of = table.optional("of", |of| Selector::read_table(of, "`of`", known));
        let periods = Periods::read(table);
        let Common { name, amount, currency, invoice } = common?;
        Some(Self {
            id: id?.to_owned(),
            name,
            amount,
            currency,
            periods: periods?,
            of: of?.unwrap_or_default(),
            invoice,
        })
    }
}

impl Prepaid {
    pub(crate) const KEYS: [&str; 8] =
        ["id", "name", "amount", "currency", "paid", "from", "until", "invoice"];

    /// Reads a balance; `None` if something in it is wrong.
    pub(crate) fn read(table: &Table, id: Option<&str>, known: &Known) -> Option<Self> {
        let common = Common::read(table, id, known);
        let paid = table.required("paid", r#""2026-10-31""#).and_then(|paid| paid.parsed::<Day>());
        let periods = Periods::read(table);
        let Common { name, amount, currency, invoice } = common?;
        if !round(amount, currency.minor_units(), Mode::Down).difference.is_zero() {
            table.refuse(format!(
                "nobody can have paid {amount} in {currency}, whose smallest coin has {} decimals; change \
                 `amount`",
                currency.minor_units()
            ));
        }
        let is_paid = |(id, of): &(String, Currency)| {
            *of == currency && invoice.as_ref().is_none_or(|invoice| invoice == id)
        };
        if !known.invoices.iter().any(is_paid) {
            table.refuse(format!(
                "a balance in {currency} never pays anything, because it pays invoices in its own currency \
                 only; set `currency` to that of an invoice"
            ));
        }
        Some(Self {
            id: id?.to_owned(),
            name,
            amount,
            currency,
            paid: paid?.0,
            periods: periods?,
            invoice,
        })
    }
}

impl Carry {
    pub(crate) fn read(field: &Field) -> Option<Self> {
        let table = field.section("`carry`", &["below", "periods"])?;
        let below = table.required("below", r#""2000""#);
        let below = below.and_then(|below| below.amount(Allowed::Positive));
        let periods = table.required("periods", "12").and_then(|periods| periods.count());
        Some(Self { below: below?, periods: periods?.get() })
    }
}

impl Withholding {
    pub(crate) fn read(field: &Field) -> Option<Self> {
        let table = field.section("`withholding`", &["name", "rate", "of", "mode"])?;
        let name = table.required("name", r#""withholding tax""#).and_then(|name| name.text());
        let rate =
            table.required("rate", r#""0.10""#).and_then(|rate| rate.rate(Allowed::Fraction));
        let of_total =
            table.optional("of", |of| of.choice(&[("subtotal", false), ("total", true)]));
        let mode = table.optional("mode", |mode| mode.choice(&MODES));
        Some(Self {
            name: name?.to_owned(),
            rate: rate?,
            of_total: of_total?.unwrap_or_default(),
            mode: mode?.unwrap_or(Mode::Down),
        })
    }
}
