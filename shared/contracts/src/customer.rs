//! `[[customer]]`: a customer and its contract.

use std::collections::BTreeMap;

use cur::{AccountId, BillingPeriod};
use money::Currency;

use crate::charge_kind::ChargeKind;
use crate::document::{Field, Section};
use crate::ownership::Ownership;
use crate::price::{PriceList, PriceRule, RuleSubject};
use crate::problem::Position;
use crate::terms::{Rounding, Tax, Terms};

/// A customer and its contract.
#[derive(Debug, Clone)]
pub struct Customer {
    /// Unique in the file. Keys of objects have the id in them, so it is `[a-z0-9][a-z0-9._-]*` with at
    /// most 64 characters.
    pub id: String,
    /// The name on the invoice; the id if the file has no name.
    pub name: String,
    /// `list` by default.
    pub basis: Basis,
    /// What a bill reads of the contract.
    pub terms: Terms,
    pub(crate) id_position: Position,
    pub(crate) ownerships: Vec<Ownership>,
    adjustments: BTreeMap<ChargeKind, Adjustment>,
    pub(crate) prices: PriceList,
}

/// The cost of usage before a price rule is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Basis {
    /// The standard price, less the benefit of commitments under the sharing policy.
    #[default]
    List,
    /// `UnblendedCost` of the report, with the fees and negations of commitments.
    Unblended,
    /// AWS's own amortized cost of the line.
    Amortized,
}

impl Basis {
    pub const ALL: [Self; 3] = [Self::List, Self::Unblended, Self::Amortized];

    pub const fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Unblended => "unblended",
            Self::Amortized => "amortized",
        }
    }
}

/// What happens to money in the report that is neither usage nor the fee of a commitment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Adjustment {
    /// The customer is charged the line's `UnblendedCost`.
    Pass,
    /// The customer is charged nothing. The reseller keeps the money, and the margin shows it.
    Retain,
}

/// The kinds of charges that `adjustments` can have, each with its default.
const ADJUSTMENTS: [(ChargeKind, Adjustment); 8] = [
    (ChargeKind::Credit, Adjustment::Retain),
    (ChargeKind::Refund, Adjustment::Retain),
    (ChargeKind::Fee, Adjustment::Pass),
    (ChargeKind::Discount, Adjustment::Retain),
    (ChargeKind::Tax, Adjustment::Retain),
    (ChargeKind::Support, Adjustment::Pass),
    (ChargeKind::Subscription, Adjustment::Pass),
    (ChargeKind::Marketplace, Adjustment::Pass),
];

impl Customer {
    /// The accounts that the customer owns in a period, in the order of their ids.
    pub fn accounts_in(&self, period: BillingPeriod) -> impl Iterator<Item = AccountId> {
        self.ownerships
            .iter()
            .filter(move |ownership| ownership.periods.contains(period))
            .map(|ownership| ownership.account)
    }

    /// Whether lines of a kind are passed on or retained. Usage and fees of commitments always pass here,
    /// because the basis decides their cost.
    pub fn adjustment(&self, kind: ChargeKind) -> Adjustment {
        self.adjustments.get(&kind).copied().unwrap_or(Adjustment::Pass)
    }

    /// The most specific price rule that applies to a charge of a billing period, if there is one.
    pub fn price_rule(&self, subject: &RuleSubject, period: BillingPeriod) -> Option<&PriceRule> {
        self.prices.find(subject, period)
    }

    /// The price rules that are in force in a billing period, in the order of the file.
    pub fn price_rules_in(&self, period: BillingPeriod) -> Vec<&PriceRule> {
        self.prices.in_period(period)
    }

    pub(crate) fn read_all(document: &Section) -> Vec<Self> {
        let keys = [
            "id",
            "name",
            "accounts",
            "basis",
            "currency",
            "rounding",
            "tax",
            "adjustments",
            "price",
        ];
        let customers = document.field("customer");
        let sections = customers.and_then(|customers| customers.sections("[[customer]]", &keys));
        sections.unwrap_or_default().iter().map(Self::read).collect()
    }

    /// Reads a customer. A value that is wrong is reported and replaced by a default, so that the customer
    /// can still be compared with the other customers.
    fn read(section: &Section) -> Self {
        let id_field = section.required("id", r#""acme""#);
        let id = id_field.as_ref().and_then(read_id);
        let name = section.field("name").and_then(|name| name.text());
        let basis = section
            .field("basis")
            .and_then(|basis| basis.choice(&Basis::ALL.map(|basis| (basis.name(), basis))));
        let currency = section.field("currency").and_then(|currency| currency.parsed());
        let rounding = section.field("rounding").map(|rounding| Rounding::read(&rounding));
        let mut ownerships = section
            .required("accounts", r#"["111122223333"]"#)
            .and_then(|accounts| accounts.list())
            .map(|accounts| accounts.iter().filter_map(Ownership::read).collect::<Vec<_>>())
            .unwrap_or_default();
        ownerships.sort_by_key(|ownership| (ownership.account, ownership.position));
        Self {
            name: name.or(id).unwrap_or_default().to_owned(),
            id: id.unwrap_or_default().to_owned(),
            basis: basis.unwrap_or_default(),
            terms: Terms::plain(
                id.unwrap_or_default(),
                name.or(id).unwrap_or_default(),
                currency.unwrap_or_else(us_dollar),
                rounding.unwrap_or_default(),
                section.field("tax").and_then(|tax| Tax::read(&tax)),
            ),
            id_position: id_field.map_or(section.position(), |id| id.position()),
            adjustments: read_adjustments(section),
            prices: PriceList::read(section, &ownerships),
            ownerships,
        }
    }
}

/// The name of unassigned accounts in keys and tables. A file system or a reader could take an id for this
/// name if it differs only by case or punctuation.
const UNASSIGNED: &str = "unassigned";

/// Reads an id. An id that is refused is returned too, because other tables may refer to it.
fn read_id<'d>(field: &Field<'d>) -> Option<&'d str> {
    let id = field.text()?;
    let is_letter_or_digit = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let starts_well = id.bytes().next().is_some_and(is_letter_or_digit);
    let goes_on_well = id.bytes().all(|byte| is_letter_or_digit(byte) || b"._-".contains(&byte));
    let letters: String = id.chars().filter(char::is_ascii_alphanumeric).collect();
    if letters.eq_ignore_ascii_case(UNASSIGNED) {
        field.refuse(format!(
            "`id` cannot be `{id}`: this is the name of what belongs to no customer; choose another"
        ));
    } else if !(starts_well && goes_on_well && id.len() <= 64) {
        field.refuse(format!(
            "`id` cannot be `{id}`: use at most 64 of a-z, 0-9, `.`, `_` and `-`, \
             starting with a letter or a digit"
        ));
    }
    Some(id)
}

#[expect(clippy::expect_used, reason = "USD is in ISO 4217 for good")]
fn us_dollar() -> Currency {
    "USD".parse().expect("USD is a currency")
}

fn read_adjustments(customer: &Section) -> BTreeMap<ChargeKind, Adjustment> {
    let mut adjustments = BTreeMap::from(ADJUSTMENTS);
    let names = ADJUSTMENTS.map(|(kind, _)| kind.name());
    let choices = [("pass", Adjustment::Pass), ("retain", Adjustment::Retain)];
    let field = customer.field("adjustments");
    if let Some(section) = field.and_then(|field| field.section("adjustments", &names)) {
        for (kind, adjustment) in &mut adjustments {
            let stated = section.field(kind.name()).and_then(|stated| stated.choice(&choices));
            *adjustment = stated.unwrap_or(*adjustment);
        }
    }
    adjustments
}
