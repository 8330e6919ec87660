//! `[[customer.support]]`: a support plan that the reseller charges.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use cur::AccountId;
use money::{Amount, Currency};

use super::known::Known;
use super::{Base, Stage, Tiers, us_dollar};
use crate::charge_kind::ChargeKind;
use crate::day::PeriodOrDay;
use crate::document::{Allowed, Field, Section as Table};
use crate::problem::Position;

/// A support plan.
#[derive(Debug, Clone)]
pub struct Support {
    /// Unique within the customer; the plan's name by default, or `support` for a table of one's own.
    pub id: String,
    /// The text on the invoice; the plan's title by default.
    pub name: String,
    pub table: SupportTable,
    /// `scope`; the plan's own by default.
    pub scope: SupportScope,
    /// `accounts` that are enrolled; `None`: all accounts of the customer.
    pub accounts: Option<BTreeSet<AccountId>>,
    /// What the plan is computed from: by default the price before rules, without support, Marketplace,
    /// taxes, credits, refunds and discounts.
    pub base: Base,
    /// `currency` of the table; USD by default.
    pub currency: Currency,
    /// `invoice`: the invoice that the plan stands on; `None`: as `shared` says.
    pub invoice: Option<String>,
    pub enrolled: Enrolled,
}

/// The minimum and the rates of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SupportTable {
    /// `plan = "business_support_plus"`: a plan of AWS, by AWS's table that is in force in the period.
    Aws(AwsPlan),
    /// `minimum` and `rates` of the reseller's own.
    Own { minimum: Amount, rates: Tiers },
}

/// The plans of AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AwsPlan {
    Developer,
    Business,
    EnterpriseOnRamp,
    BusinessSupportPlus,
    Enterprise,
    UnifiedOperations,
    PartnerLed,
}

impl AwsPlan {
    pub const ALL: [Self; 7] = [
        Self::Developer,
        Self::Business,
        Self::EnterpriseOnRamp,
        Self::BusinessSupportPlus,
        Self::Enterprise,
        Self::UnifiedOperations,
        Self::PartnerLed,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Developer => "developer",
            Self::Business => "business",
            Self::EnterpriseOnRamp => "enterprise_on_ramp",
            Self::BusinessSupportPlus => "business_support_plus",
            Self::Enterprise => "enterprise",
            Self::UnifiedOperations => "unified_operations",
            Self::PartnerLed => "partner_led",
        }
    }

    /// The name as AWS writes it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Developer => "Developer Support",
            Self::Business => "Business Support",
            Self::EnterpriseOnRamp => "Enterprise On-Ramp Support",
            Self::BusinessSupportPlus => "Business Support+",
            Self::Enterprise => "Enterprise Support",
            Self::UnifiedOperations => "Unified Operations",
            Self::PartnerLed => "Partner-Led Support",
        }
    }

    /// The scope in which AWS applies the plan's table.
    pub const fn scope(self) -> SupportScope {
        match self {
            Self::Developer | Self::Business | Self::BusinessSupportPlus => SupportScope::Account,
            Self::EnterpriseOnRamp
            | Self::Enterprise
            | Self::UnifiedOperations
            | Self::PartnerLed => SupportScope::Customer,
        }
    }
}

/// The accounts whose charges are added up before the table is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SupportScope {
    /// Each account by itself.
    Account,
    /// The customer's accounts of each payer together.
    Payer,
    /// All accounts of the customer together.
    Customer,
}

/// The days on which accounts are enrolled. An account that is enrolled on 21 of 31 days counts with 21 ÷ 31
/// of its charges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Enrolled {
    /// `from = "2026-10-11"` or a period.
    pub from: Option<NaiveDate>,
    /// `until`, this day included.
    pub until: Option<NaiveDate>,
}

/// The kinds of charges that a plan is computed from, unless `of` names others.
pub(crate) const KINDS: [ChargeKind; 4] =
    [ChargeKind::Usage, ChargeKind::CommitmentFee, ChargeKind::Fee, ChargeKind::Subscription];

const SCOPES: [(&str, SupportScope); 3] = [
    ("account", SupportScope::Account),
    ("payer", SupportScope::Payer),
    ("customer", SupportScope::Customer),
];

impl Support {
    pub(crate) const KEYS: [&str; 16] = [
        "part_of", "id", "name", "plan", "minimum", "rates", "tiers", "scope", "accounts", "base",
        "of", "except", "currency", "invoice", "from", "until",
    ];

    /// The id of a table without `id`.
    pub(crate) fn default_id<'d>(table: &Table<'d>) -> &'d str {
        table.text_of("part_of").or(table.text_of("plan")).unwrap_or("support")
    }

    /// Reads a plan; `None` if something in it is wrong.
    pub(crate) fn read(table: &Table, id: Option<&str>, known: &Known) -> Option<Self> {
        let name = table.optional("name", Field::text);
        let support_table = SupportTable::read(table);
        let plan = match support_table {
            Some(SupportTable::Aws(plan)) => Some(plan),
            _ => None,
        };
        let scope = table.optional("scope", |scope| scope.choice(&SCOPES));
        let accounts =
            table.optional("accounts", |accounts| accounts.each(|account| known.account(account)));
        let base = Base::read(table, known, Stage::BeforeRules, &KINDS);
        let currency = SupportTable::currency(table, support_table.as_ref());
        let invoice = table.optional("invoice", |invoice| known.invoice(invoice));
        let enrolled = Enrolled::read(table);
        Some(Self {
            id: id?.to_owned(),
            name: name?.unwrap_or(support_table.as_ref()?.title()).to_owned(),
            table: support_table?,
            scope: scope?.unwrap_or(plan.map_or(SupportScope::Customer, AwsPlan::scope)),
            accounts: accounts?,
            base: base?,
            currency: currency?,
            invoice: invoice?,
            enrolled: enrolled?,
        })
    }

    /// Refuses the plan if an earlier one takes one of its accounts on one of its days.
    pub(crate) fn refuse_second(&self, table: &Table, earlier: &[(Self, Position)]) {
        let meets = |other: &Self| {
            let one_account = match (&self.accounts, &other.accounts) {
                (Some(own), Some(others)) => !own.is_disjoint(others),
                _ => true,
            };
            one_account && self.enrolled.overlaps(other.enrolled)
        };
        if let Some((other, position)) = earlier.iter().find(|(other, _)| meets(other)) {
            table.refuse(format!(
                "the plan `{}` (see {position}) takes the same accounts on the same days; part the two by \
                 `accounts`, or by `from` and `until`",
                other.id
            ));
        }
    }
}

impl SupportTable {
    pub(crate) fn title(&self) -> &'static str {
        match self {
            Self::Aws(plan) => plan.title(),
            Self::Own { .. } => "Support",
        }
    }

    /// Reads the currency of a table. The tables of AWS are in USD.
    pub(crate) fn currency(table: &Table, of: Option<&Self>) -> Option<Currency> {
        let currency = table.optional("currency", Field::parsed::<Currency>)?;
        if let (Some(Self::Aws(plan)), Some(currency)) = (of, currency)
            && currency != us_dollar()
            && let Some(field) = table.field("currency")
        {
            field.refuse(format!(
                "the table of `{}` is AWS's, in USD; remove `currency`, or write `minimum` and `rates` in \
                 {currency} in place of `plan`",
                plan.name()
            ));
        }
        Some(currency.unwrap_or_else(us_dollar))
    }

    pub(crate) fn read(table: &Table) -> Option<Self> {
        let plans = AwsPlan::ALL.map(|plan| (plan.name(), plan));
        match (table.field("plan"), table.field("rates")) {
            (Some(plan), _) => {
                let own = ["minimum", "rates", "tiers"];
                table.refuse_keys(&own, "is for a table of your own; remove it, or remove `plan`");
                plan.choice(&plans).map(Self::Aws)
            }
            (None, Some(rates)) => {
                let minimum = table.optional("minimum", |of| of.amount(Allowed::NotNegative));
                let rates = Tiers::read(table, &rates, Allowed::Fraction);
                Some(Self::Own { minimum: minimum?.unwrap_or_default(), rates: rates? })
            }
            (None, None) => {
                let names = AwsPlan::ALL.map(AwsPlan::name).join(", ");
                table.refuse(format!(
                    "a support plan needs `plan`, one of {names}, or `minimum` and `rates`; add one"
                ));
                None
            }
        }
    }
}

impl Enrolled {
    fn read(table: &Table) -> Option<Self> {
        let [from, until] =
            ["from", "until"].map(|key| table.optional(key, Field::parsed::<PeriodOrDay>));
        let from = from.map(|from| from.map(PeriodOrDay::first_day));
        let until = until.map(|until| until.map(PeriodOrDay::last_day));
        if let (Some(Some(first)), Some(Some(last))) = (from, until)
            && last < first
            && let Some(field) = table.field("until")
        {
            field.refuse("`until` is before `from`; `until` is the last day or billing period");
        }
        Some(Self { from: from?, until: until? })
    }

    fn overlaps(self, other: Self) -> bool {
        let starts_by_the_end = |one: Self, other: Self| match (one.from, other.until) {
            (Some(from), Some(until)) => from <= until,
            _ => true,
        };
        starts_by_the_end(self, other) && starts_by_the_end(other, self)
    }
}
