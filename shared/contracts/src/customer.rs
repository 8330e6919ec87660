//! `[[customer]]`: a customer and its contract.

use std::collections::BTreeMap;

use cur::{AccountId, BillingPeriod};

use crate::charge_kind::ChargeKind;
use crate::document::{Field, Section};
use crate::id::read_id;
use crate::ownership::{Owned, Ownership};
use crate::price::{PriceList, PriceRule, RuleSubject};
use crate::problem::Position;
use crate::terms::{INVOICE_KEYS, Outside, Terms};

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
    /// The accounts that the customer names in a period, in the order of their ids. It also has the other
    /// accounts of [`Self::payers_in`].
    pub fn accounts_in(&self, period: BillingPeriod) -> impl Iterator<Item = AccountId> {
        self.owned_in(period).filter_map(|owned| match owned {
            Owned::Account(account) => Some(account),
            Owned::Payer(_) => None,
        })
    }

    /// The payers all of whose accounts are the customer's in a period, unless another customer names them.
    pub fn payers_in(&self, period: BillingPeriod) -> impl Iterator<Item = AccountId> {
        self.owned_in(period).filter_map(|owned| match owned {
            Owned::Account(_) => None,
            Owned::Payer(payer) => Some(payer),
        })
    }

    fn owned_in(&self, period: BillingPeriod) -> impl Iterator<Item = Owned> {
        let owned = self.ownerships.iter();
        owned.filter(move |owned| owned.periods.contains(period)).map(|owned| owned.of)
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

    pub(crate) fn read_all(document: &Section, outside: Outside) -> Vec<Self> {
        let own = ["id", "accounts", "payers", "basis", "adjustments", "price"];
        let keys = [&own[..], &INVOICE_KEYS[..], &Terms::KEYS[..]].concat();
        let customers = document.field("customer");
        let sections = customers.and_then(|customers| customers.sections("[[customer]]", &keys));
        let read = |section: &Section| Self::read(section, outside);
        sections.unwrap_or_default().iter().map(read).collect()
    }

    /// Reads a customer. A value that is wrong is reported and replaced by a default, so that the customer
    /// can still be compared with the other customers.
    fn read(section: &Section, outside: Outside) -> Self {
        let id_field = section.required("id", r#""acme""#);
        let id = id_field.as_ref().and_then(read_id).unwrap_or_default();
        let basis = section
            .field("basis")
            .and_then(|basis| basis.choice(&Basis::ALL.map(|basis| (basis.name(), basis))));
        let ownerships = read_ownerships(section, outside);
        let adjustments = read_adjustments(section);
        let passes_support = adjustments.get(&ChargeKind::Support) == Some(&Adjustment::Pass);
        Self {
            id: id.to_owned(),
            name: section.text_of("name").unwrap_or(id).to_owned(),
            basis: basis.unwrap_or_default(),
            terms: Terms::read(section, id, &ownerships, outside, passes_support),
            id_position: id_field.map_or(section.position(), |id| id.position()),
            adjustments,
            prices: PriceList::read(section, &ownerships),
            ownerships,
        }
    }
}

/// Reads `accounts` and `payers`. A customer needs one of them.
fn read_ownerships(section: &Section, outside: Outside) -> Vec<Ownership> {
    let payers = section.field("payers");
    let accounts = match payers {
        Some(_) => section.field("accounts"),
        None => section.required("accounts", r#"["111122223333"]"#),
    };
    let list = |field: Option<Field>, read: fn(&Field) -> Option<Ownership>| {
        let list = field.and_then(|field| field.list()).unwrap_or_default();
        list.iter().filter_map(read).collect::<Vec<_>>()
    };
    let mut ownerships = list(accounts, Ownership::read_account);
    for payer in list(payers, Ownership::read_payer) {
        if let (Owned::Payer(id), Some(accepted)) = (payer.of, outside.payers)
            && !accepted.contains(&id)
        {
            section.refuse_at(
                payer.position,
                format!(
                    "payer {id} is not among the payers of this file, so none of its reports is billed; add \
                     it to `payers` of [reseller] or correct it"
                ),
            );
        }
        ownerships.push(payer);
    }
    ownerships.sort_by_key(|ownership| (ownership.of, ownership.position));
    ownerships
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
