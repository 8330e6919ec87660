//! What a bill reads of a customer's contract: everything that is added, converted, rounded and taxed after
//! the charges of the runs are known. A run reads nothing of this.

mod base;
mod custom_line;
mod invoice;
mod known;
pub(crate) mod own_plan;
mod section;
mod selector;
mod settled;
mod support;
mod tax;
mod tiers;

use std::collections::BTreeMap;

use money::{Amount, Currency};

pub use base::{Base, Stage};
pub use custom_line::{CustomLine, Fee, Quantity};
pub use invoice::{Corrections, InvoiceTerms, Rounding, RoundingScope, Shared};
pub use own_plan::{OwnPlan, PlanPart};
pub use section::Section;
pub use selector::{Selector, Subject, Texts};
pub use settled::{Carry, Credit, Minimum, Prepaid, SpendCommitment, Withholding};
pub use support::{AwsPlan, Enrolled, Support, SupportScope, SupportTable};
pub use tax::Tax;
pub use tiers::{Reach, Tier, Tiers};

pub use crate::day_rule::{DayRule, MonthDay};
pub use crate::pattern::Pattern;

pub(crate) use invoice::KEYS as INVOICE_KEYS;
pub(crate) use known::Outside;

use crate::document::{Field, Section as Table};
use crate::id::read_id;
use crate::ownership::Ownership;
use crate::problem::Position;
use known::Known;

/// What a bill reads of a customer's contract. Lists are in the order of the file.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The invoices of a bill. A customer without `[[customer.invoice]]` has one invoice that takes
    /// everything. The last invoice takes what no other invoice takes, so it has no conditions.
    pub invoices: Vec<InvoiceTerms>,
    /// How money that belongs to no single account is divided between several invoices.
    pub shared: Shared,
    pub corrections: Corrections,
    pub support: Vec<Support>,
    /// Parts of support plans that the reseller shares over its customers.
    pub plan_parts: Vec<PlanPart>,
    pub lines: Vec<CustomLine>,
    pub minimums: Vec<Minimum>,
    pub commitments: Vec<SpendCommitment>,
    pub credits: Vec<Credit>,
    pub prepaid: Vec<Prepaid>,
    /// Small bills that are not sent, but carried over to the next period.
    pub carry: Option<Carry>,
}

/// An amount in a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money {
    pub amount: Amount,
    pub currency: Currency,
}

impl Terms {
    /// Whether a customer may owe something in a period in which it uses nothing.
    pub fn asks_without_usage(&self) -> bool {
        !self.lines.is_empty()
            || !self.minimums.is_empty()
            || !self.commitments.is_empty()
            || self.carry.is_some()
            || self.corrections == Corrections::NextInvoice
            // What others spend changes the customer's part.
            || !self.plan_parts.is_empty()
    }

    /// Whether a bill takes over something from the bills before: balances or corrections.
    pub fn takes_over(&self) -> bool {
        self.has_balances() || self.corrections == Corrections::NextInvoice
    }

    /// Whether a bill takes over balances from the bill before.
    pub fn has_balances(&self) -> bool {
        !self.credits.is_empty()
            || !self.prepaid.is_empty()
            || !self.commitments.is_empty()
            || self.carry.is_some()
    }

    /// The keys of a customer that bills read.
    pub(crate) const KEYS: [&str; 10] = [
        "invoice",
        "shared",
        "corrections",
        "carry",
        "line",
        "support",
        "minimum",
        "commitment",
        "credit",
        "prepaid",
    ];

    /// Reads the terms of a customer. What is wrong is reported and left out.
    ///
    /// `passes_support`: whether AWS's own lines of support are passed on.
    pub(crate) fn read(
        customer: &Table,
        id: &str,
        ownerships: &[Ownership],
        outside: Outside,
        passes_support: bool,
    ) -> Self {
        let mut known = Known {
            outside,
            ownerships,
            currency: us_dollar(),
            invoices: Vec::new(),
            lines: customer.texts_in("line", "id"),
        };
        let own = InvoiceTerms {
            id: id.to_owned(),
            takes: Selector::default(),
            name: id.to_owned(),
            address: None,
            order_number: None,
            currency: us_dollar(),
            rounding: Rounding::default(),
            fx: None,
            taxes: Vec::new(),
            withholding: None,
            due: None,
        };
        let own = own.read_over(customer, &known);
        known.currency = own.currency;
        let invoices = InvoiceTerms::read_all(customer, own, &known);
        known.invoices =
            invoices.iter().map(|invoice| (invoice.id.clone(), invoice.currency)).collect();
        let shared = customer.field("shared").and_then(|shared| Shared::read(&shared, &known));
        let corrections = customer.field("corrections").and_then(|of| Corrections::read(&of));
        let mut parts = Parts { customer, known: &known, ids: BTreeMap::new() };
        let (support, plan_parts) = parts.read_support(passes_support);
        Self {
            shared: shared.unwrap_or(Shared::BySpend),
            corrections: corrections.unwrap_or_default(),
            lines: parts.read("line", "[[customer.line]]", &CustomLine::KEYS, CustomLine::read),
            support,
            plan_parts,
            minimums: parts.read("minimum", "[[customer.minimum]]", &Minimum::KEYS, Minimum::read),
            commitments: parts.read(
                "commitment",
                "[[customer.commitment]]",
                &SpendCommitment::KEYS,
                SpendCommitment::read,
            ),
            credits: parts.read("credit", "[[customer.credit]]", &Credit::KEYS, Credit::read),
            prepaid: parts.read("prepaid", "[[customer.prepaid]]", &Prepaid::KEYS, Prepaid::read),
            carry: customer.field("carry").and_then(|carry| read_carry(&carry, &invoices)),
            invoices,
        }
    }
}

/// Reads `carry`. Its amount has no currency of its own, so all invoices must have one.
fn read_carry(field: &Field, invoices: &[InvoiceTerms]) -> Option<Carry> {
    let mut currencies = invoices.iter().map(|invoice| invoice.currency);
    if let Some(first) = currencies.next()
        && let Some(other) = currencies.find(|currency| *currency != first)
    {
        field.refuse(format!(
            "`carry` has one amount for all invoices of the customer, and they are in {first} and {other}; \
             remove `carry`, or choose one currency"
        ));
    }
    Carry::read(field)
}

/// Reads the tables of a customer that have ids. All of them share one space of ids, because items on
/// invoices are told apart by them.
struct Parts<'a> {
    customer: &'a Table<'a>,
    known: &'a Known<'a>,
    ids: BTreeMap<String, Position>,
}

impl Parts<'_> {
    fn read<T>(
        &mut self,
        key: &str,
        title: &'static str,
        keys: &[&str],
        read: fn(&Table, Option<&str>, &Known) -> Option<T>,
    ) -> Vec<T> {
        let field = self.customer.field(key);
        let tables = field.and_then(|field| field.sections(title, keys)).unwrap_or_default();
        let read = |table: &Table| {
            let id = table.required("id", r#""main""#).and_then(|id| read_id(&id));
            self.add(id, table);
            read(table, id, self.known)
        };
        tables.iter().filter_map(read).collect()
    }

    fn read_support(&mut self, passes_support: bool) -> (Vec<Support>, Vec<PlanPart>) {
        let field = self.customer.field("support");
        let tables = field.and_then(|field| field.sections("[[customer.support]]", &Support::KEYS));
        let mut plans: Vec<(Support, Position)> = Vec::new();
        let mut plan_parts = Vec::new();
        for table in tables.unwrap_or_default() {
            let id = match table.field("id") {
                Some(id) => read_id(&id),
                None => Some(Support::default_id(&table)),
            };
            self.add(id, &table);
            if passes_support {
                table.warn(
                    "AWS's own support lines are charged beside this plan; write `support = \"retain\"` in \
                     `adjustments` to keep them from the customer"
                        .to_owned(),
                );
            }
            if let Some(plan) = table.field("part_of") {
                plan_parts.extend(PlanPart::read(&table, &plan, id, self.known));
            } else if let Some(plan) = Support::read(&table, id, self.known) {
                plan.refuse_second(&table, &plans);
                plans.push((plan, table.position()));
            }
        }
        (plans.into_iter().map(|(plan, _)| plan).collect(), plan_parts)
    }

    /// Remembers an id. Refuses it if another table has it.
    fn add(&mut self, id: Option<&str>, table: &Table) {
        let Some(id) = id else { return };
        let position = table.field("id").map_or(table.position(), |field| field.position());
        if let Some(first) = self.ids.get(id) {
            table.refuse_at(
                position,
                format!(
                    "the id `{id}` is already there (see {first}); give each line, support plan, minimum, \
                     commitment, credit and prepaid balance of a customer its own `id`"
                ),
            );
        } else {
            self.ids.insert(id.to_owned(), position);
        }
    }
}

#[expect(clippy::expect_used, reason = "USD is in ISO 4217 for good")]
pub(crate) fn us_dollar() -> Currency {
    "USD".parse().expect("USD is a currency")
}
