//! `[[support]]`: a support plan that the reseller pays for itself and shares over its customers by what they
//! spend.

use std::collections::BTreeSet;

use cur::AccountId;
use money::Currency;

use super::known::{Known, Outside};
use super::support::{KINDS, SupportTable};
use super::{Base, Stage, us_dollar};
use crate::document::{Field, Section as Table};
use crate::id::read_id;
use crate::periods::Periods;

/// A plan of the reseller.
#[derive(Debug, Clone)]
pub struct OwnPlan {
    /// Unique in the file.
    pub id: String,
    /// The text on invoices; the plan's title by default.
    pub name: String,
    pub table: SupportTable,
    /// What is added up over all customers: by default the price before rules. Its conditions look at kinds
    /// and services only.
    pub base: Base,
    pub currency: Currency,
    /// `payers`: the payers whose customers share the plan; `None`: all payers.
    pub payers: Option<BTreeSet<AccountId>>,
    pub periods: Periods,
}

/// `[[customer.support]]` with `part_of`: the customer's part of a plan of the reseller.
#[derive(Debug, Clone)]
pub struct PlanPart {
    /// Unique within the customer; the plan's id by default.
    pub id: String,
    /// The text on the invoice; the plan's name by default.
    pub name: String,
    /// The id of the plan.
    pub plan: String,
    pub invoice: Option<String>,
}

impl OwnPlan {
    const KEYS: [&'static str; 13] = [
        "id", "name", "plan", "minimum", "rates", "tiers", "base", "of", "except", "currency",
        "payers", "from", "until",
    ];

    /// Reads all plans. What is wrong is reported and left out.
    pub(crate) fn read_all(document: &Table, outside: Outside) -> Vec<Self> {
        let field = document.field("support");
        let tables = field.and_then(|field| field.sections("[[support]]", &Self::KEYS));
        let mut plans: Vec<Self> = Vec::new();
        for table in tables.unwrap_or_default() {
            let Some(plan) = Self::read(&table, outside) else { continue };
            if plans.iter().any(|other| other.id == plan.id) {
                table.refuse(format!(
                    "the plan `{}` is already there; give each its own `id`",
                    plan.id
                ));
            }
            plans.push(plan);
        }
        plans
    }

    fn read(table: &Table, outside: Outside) -> Option<Self> {
        let known = Known {
            outside,
            ownerships: &[],
            currency: us_dollar(),
            invoices: Vec::new(),
            lines: Vec::new(),
        };
        let id = table.required("id", r#""enterprise""#).and_then(|id| read_id(&id));
        let name = table.optional("name", Field::text);
        let support = SupportTable::read(table);
        let currency = SupportTable::currency(table, support.as_ref());
        let base = Base::read(table, &known, Stage::BeforeRules, &KINDS);
        if base.as_ref().is_some_and(|base| !base.is_by_kind_and_service()) {
            table.refuse(
                "the base of a plan for all customers is known by kind and service only; remove `region`, \
                 `usage_type`, `account` and `payer` from `of` and `except`",
            );
        }
        let payers = table.optional("payers", |payers| payers.each(|payer| known.payer(payer)));
        let periods = Periods::read(table);
        let support = support?;
        Some(Self {
            id: id?.to_owned(),
            name: name?.unwrap_or(support.title()).to_owned(),
            base: base?,
            currency: currency?,
            payers: payers?,
            periods: periods?,
            table: support,
        })
    }
}

impl PlanPart {
    /// Reads the table of a customer's part.
    pub(crate) fn read(
        table: &Table,
        plan: &Field,
        id: Option<&str>,
        known: &Known,
    ) -> Option<Self> {
        let others = [
            "plan", "minimum", "rates", "tiers", "scope", "accounts", "base", "of", "except",
            "currency", "from", "until",
        ];
        table.refuse_keys(&others, "is said by the plan that `part_of` names; remove it here");
        let name = table.optional("name", Field::text);
        let invoice = table.optional("invoice", |invoice| known.invoice(invoice));
        let text = plan.text()?;
        let Some(of) = known.outside.plans.iter().find(|of| of.id == text) else {
            plan.refuse(format!(
                "the file has no plan `{text}`; add `[[support]]` with `id = \"{text}\"`, or correct it"
            ));
            return None;
        };
        Some(Self {
            id: id?.to_owned(),
            name: name?.unwrap_or(&of.name).to_owned(),
            plan: of.id.clone(),
            invoice: invoice?,
        })
    }
}
