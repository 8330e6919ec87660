//! `[[customer.line]]`: a fee or a discount of the reseller's own.

use money::{Amount, Currency, Rate};

use super::known::Known;
use super::{Base, Section, Stage, Tiers};
use crate::charge_kind::ChargeKind;
use crate::document::{Allowed, Field, Section as Table};
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// `quantity = "5"`
    Stated(Amount),
    /// `quantity = "accounts"`: the accounts with a charge in the period.
    Accounts,
}

/// The sections that a line may stand in. The first one is the default.
const SECTIONS: [Section; 5] = [
    Section::Charge(ChargeKind::Fee),
    DISCOUNT,
    Section::Charge(ChargeKind::Support),
    Section::Charge(ChargeKind::Subscription),
    Section::Charge(ChargeKind::Marketplace),
];

const DISCOUNT: Section = Section::Charge(ChargeKind::Discount);

/// The kinds of charges that a percentage is of, unless `of` names others.
const KINDS: [ChargeKind; 5] = [
    ChargeKind::Usage,
    ChargeKind::CommitmentFee,
    ChargeKind::Fee,
    ChargeKind::Subscription,
    ChargeKind::Marketplace,
];

impl CustomLine {
    pub(crate) const KEYS: [&str; 19] = [
        "id",
        "name",
        "section",
        "amount",
        "percent",
        "unit_price",
        "tiers",
        "base",
        "of",
        "except",
        "quantity",
        "included",
        "minimum",
        "maximum",
        "currency",
        "only_with_usage",
        "invoice",
        "from",
        "until",
    ];

    /// Reads a line; `None` if something in it is wrong.
    pub(crate) fn read(table: &Table, id: Option<&str>, known: &Known) -> Option<Self> {
        let name = table.optional("name", super::super::document::Field::text);
        let section = table.optional("section", |section| Section::read(section, &SECTIONS));
        let section = section.map(|section| section.unwrap_or(SECTIONS[0]));
        let fee = Fee::read(table, section, known);
        let [minimum, maximum] = ["minimum", "maximum"]
            .map(|key| table.optional(key, |limit| limit.amount(Allowed::Positive)));
        if let (Some(Some(minimum)), Some(Some(maximum))) = (minimum, maximum)
            && maximum < minimum
            && let Some(field) = table.field("maximum")
        {
            field.refuse(format!(
                "`maximum` {maximum} is less than `minimum` {minimum}; correct one of them"
            ));
        }
        let currency = known.currency_of(table);
        let only_with_usage = table.optional("only_with_usage", Field::flag);
        let invoice = table.optional("invoice", |invoice| known.invoice(invoice));
        let periods = Periods::read(table);
        let id = id?;
        Some(Self {
            id: id.to_owned(),
            name: name?.unwrap_or(id).to_owned(),
            section: section?,
            fee: fee?,
            minimum: minimum?,
            maximum: maximum?,
            currency: currency?,
            only_with_usage: only_with_usage?.unwrap_or_default(),
            invoice: invoice?,
            periods: periods?,
        })
    }

    pub fn periods(&self) -> Periods {
        self.periods
    }
}

impl Fee {
    fn read(table: &Table, section: Option<Section>, known: &Known) -> Option<Self> {
        let keys = ["amount", "percent", "unit_price"];
        let stated: Vec<Field> = keys.iter().filter_map(|key| table.field(key)).collect();
        let [field] = stated.as_slice() else {
            table.refuse(match stated.len() {
                0 => "a line needs one of `amount`, `percent` and `unit_price`; add one",
                _ => {
                    "a line has only one of `amount`, `percent` and `unit_price`; remove the others"
                }
            });
            return None;
        };
        let is_percent = field.name() == "percent";
        let is_units = field.name() == "unit_price";
        if !is_percent {
            table.refuse_keys(&Base::KEYS, "says what `percent` is of; remove it");
        }
        if !is_units {
            table.refuse_keys(&["quantity", "included"], "is for `unit_price`; remove it");
        }
        if !is_percent && !is_units {
            table.refuse_keys(&["tiers"], "is for `percent` and `unit_price`; remove it");
            let limits = ["minimum", "maximum"];
            table.refuse_keys(&limits, "is for `percent` and `unit_price`; remove it");
            let amount = field.amount(Allowed::Any)?;
            check_sign(field, section, [amount], Amount::ZERO);
            return Some(Self::Fixed(amount));
        }
        let allowed = if is_percent { Allowed::SignedFraction } else { Allowed::Any };
        let rates = Tiers::read(table, field, allowed);
        if let Some(rates) = &rates {
            check_sign(field, section, rates.tiers.iter().map(|tier| tier.rate), Rate::ZERO);
        }
        if is_percent {
            let base = Base::read(table, known, Stage::default(), &KINDS);
            return Some(Self::Percent { rates: rates?, base: base? });
        }
        let quantity = table.required("quantity", r#""1""#).and_then(|of| Quantity::read(&of));
        let included = table.optional("included", |of| of.amount(Allowed::NotNegative));
        let included = included?.unwrap_or_default();
        Some(Self::Units { prices: rates?, quantity: quantity?, included })
    }
}

/// A discount stands in the section of discounts, and nothing else does. So a sign that was forgotten or
/// added by mistake is found.
fn check_sign<T: PartialOrd + Copy>(
    field: &Field,
    section: Option<Section>,
    numbers: impl IntoIterator<Item = T>,
    zero: T,
) {
    let Some(section) = section else { return };
    let numbers: Vec<T> = numbers.into_iter().collect();
    let has_negative = numbers.iter().any(|number| *number < zero);
    let has_positive = numbers.iter().any(|number| *number > zero);
    let name = field.name();
    if section != DISCOUNT && has_negative {
        field.refuse(format!(
            "`{name}` is less than 0, and only a discount may be; add section = \"discount\""
        ));
    } else if section == DISCOUNT && (has_positive || !has_negative) {
        field.refuse(format!(
            "`{name}` must be less than 0 in the section `discount`; write a minus in front, or choose \
             another section"
        ));
    }
}

impl Quantity {
    fn read(field: &Field) -> Option<Self> {
        let is_word = |text: &str| text.starts_with(|first: char| first.is_alphabetic());
        if field.is_text() && is_word(field.text()?) {
            return field.choice(&[("accounts", Self::Accounts)]);
        }
        field.amount(Allowed::Positive).map(Self::Stated)
    }
}
