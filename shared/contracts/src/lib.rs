//! Reads and checks `contracts.toml`, which has the contracts of the reseller with its customers.
//!
//! Reading is pure: it takes a text and returns [`Contracts`], or all [`Problems`] of the text. A file
//! that was read may still not fit a report: its payer or an exchange rate may be missing. That is checked
//! later. `README.md` beside this crate is the reference of the file's keys.

mod charge_kind;
mod commitment_policy;
mod customer;
mod day;
mod day_rule;
mod document;
mod fx;
mod id;
mod issuer;
mod owners;
mod ownership;
pub mod parts;
mod pattern;
mod payer;
mod payer_sharing;
mod periods;
mod price;
mod problem;
mod report;
mod reseller;
mod suggest;
pub mod terms;
mod warnings;

use std::collections::{BTreeMap, BTreeSet};

use commitments::{Assignment, Eligibility, Order, PayerSharing};
use cur::{AccountId, BillingPeriod};
use toml::de::DeTable;

pub use charge_kind::{ChargeKind, UnknownChargeKind};
pub use commitments::{Purchase, Sharing, Unused};
pub use customer::{Adjustment, Basis, Customer};
pub use fx::{Fx, FxChoice, MissingRate};
pub use issuer::{InvoiceDate, Issuer, Language, NumberFormat};
pub use pattern::Pattern;
pub use payer::Payer;
pub use periods::Periods;
pub use price::{Effect, PriceRule, RuleSubject};
pub use problem::{Position, Problem, Problems};

use commitment_policy::CommitmentPolicy;
use document::Section;
use fx::FxRates;
use owners::Owners;
use report::Report;
use reseller::Reseller;
use terms::Outside;
use terms::OwnPlan;

/// A contracts file in which nothing is wrong.
#[derive(Debug, Clone)]
pub struct Contracts {
    reseller: Reseller,
    payers: Vec<Payer>,
    /// The accepted payers; `None` accepts every payer.
    accepted: Option<BTreeSet<AccountId>>,
    issuer: Issuer,
    fx: FxRates,
    plans: Vec<OwnPlan>,
    commitments: CommitmentPolicy,
    /// In the order of the file.
    customers: Vec<Customer>,
    owners: Owners,
    warnings: Vec<Problem>,
}

impl Contracts {
    /// Reads the text of `contracts.toml`, or returns everything that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Problems> {
        let report = Report::new(text);
        let (document, errors) = DeTable::parse_recoverable(text);
        let syntax = errors.iter().map(|error| syntax_problem(error, &report)).collect();
        // A file that is not TOML is not checked further: the parser may have misread the rest of it.
        if let Some(problems) = Problems::new(syntax) {
            return Err(problems);
        }
        let contracts = Self::read(document.get_ref(), &report);
        report.finish().map(|warnings| Self { warnings, ..contracts })
    }

    fn read(document: &DeTable, report: &Report) -> Self {
        let keys = ["reseller", "payer", "invoice", "fx", "support", "commitments", "customer"];
        let document = Section::new("the file", &keys, document, Position::START, report);
        let reseller = Reseller::read(&document);
        let fx = FxRates::read(&document);
        let payers = Payer::read_all(&document, reseller.payers.as_ref(), &fx);
        let stated = || payers.iter().map(|payer| payer.id).collect();
        let accepted = match &reseller.payers {
            None => document.field("payer").map(|_| stated()),
            list => list.clone(),
        };
        let outside = Outside { fx: &fx, payers: accepted.as_ref(), plans: &[] };
        let plans = OwnPlan::read_all(&document, outside);
        let outside = Outside { plans: &plans, ..outside };
        let customers = Customer::read_all(&document, outside);
        let commitments = CommitmentPolicy::read(&document, &customers);
        refuse_repeated_ids(&customers, report);
        let owners = Owners::new(&customers, report);
        let issuer =
            Issuer::read(&document, &reseller.name, customers.iter().any(is_billed_in_yen));
        warnings::warn(&customers, report);
        let warnings = Vec::new();
        Self {
            reseller,
            payers,
            accepted,
            issuer,
            fx,
            plans,
            commitments,
            customers,
            owners,
            warnings,
        }
    }

    /// Parts of the file that are valid and may be a mistake, in the order of the file.
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// The reseller's name.
    pub fn reseller_name(&self) -> &str {
        &self.reseller.name
    }

    /// Whether reports of this payer account are accepted. If the file names no payers, all are.
    pub fn payer_is_known(&self, payer: AccountId) -> bool {
        self.accepted.as_ref().is_none_or(|accepted| accepted.contains(&payer))
    }

    /// The payer account, if the file names exactly one.
    pub fn only_payer(&self) -> Option<AccountId> {
        let accepted = self.accepted.as_ref()?;
        accepted.first().copied().filter(|_| accepted.len() == 1)
    }

    /// What the file says of a payer account.
    pub fn payer(&self, id: AccountId) -> Option<&Payer> {
        self.payers.iter().find(|payer| payer.id == id)
    }

    /// The name of the report to bill a payer from; `None` if the file does not name one.
    pub fn report_of(&self, payer: AccountId) -> Option<&str> {
        let own = self.payer(payer).and_then(|payer| payer.report.as_deref());
        own.or(self.report())
    }

    /// The name of the report to bill from, for payers that name no other.
    pub fn report(&self) -> Option<&str> {
        self.reseller.report.as_deref()
    }

    /// Who issues invoices, and what all of them have in common.
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// A support plan that the reseller shares over its customers.
    pub fn own_plan(&self, id: &str) -> Option<&OwnPlan> {
        self.plans.iter().find(|plan| plan.id == id)
    }

    /// Whether a broken report check stops a run. By default it is only shown.
    pub fn strict_report(&self) -> bool {
        self.reseller.strict_report
    }

    /// Who may use the benefit of a commitment. Only customers that are billed by list price get a
    /// benefit. If there is no such customer, AWS's own application stays as it is.
    pub fn sharing(&self) -> Sharing {
        let is_by_list = |customer: &Customer| customer.basis == Basis::List;
        let sharing = self.commitments.sharing;
        let mut customers = self.customers.iter();
        let reaches_nobody = !self.customers.is_empty() && !customers.any(is_by_list);
        if sharing.is_handed_out() && reaches_nobody { Sharing::AsBilled } else { sharing }
    }

    /// Who pays for the unused part of a commitment.
    pub fn unused(&self) -> Unused {
        self.commitments.unused
    }

    /// The commitments that the file gives to a customer, whoever bought them, in the order of the file.
    pub fn assignments(&self) -> &[Assignment] {
        &self.commitments.assignments
    }

    /// Which accounts of a payer may benefit from which accounts' commitments in a billing period. The
    /// customers and `sharing` decide it.
    pub fn eligibility(&self, payer: AccountId, period: BillingPeriod) -> Eligibility {
        let customer = |at: usize| self.customers.get(at).map(|customer| customer.id.clone());
        let named = self.owners.named_in(period);
        let groups = named.filter_map(|(account, at)| Some((account, customer(at)?))).collect();
        let others = self.owners.of_payer(payer, period).and_then(customer);
        Eligibility::new(self.sharing().passes().iter().copied(), groups, BTreeSet::new())
            .with_others_in(others)
    }

    /// Whether a commitment that stays as AWS applied it stops a run. By default it is only named.
    pub fn strict_commitments(&self) -> bool {
        self.reseller.strict_commitments
    }

    /// How AWS itself shares commitments among the payer's accounts.
    pub fn payer_sharing(&self) -> &PayerSharing {
        &self.commitments.aws
    }

    /// The choices where AWS does not say in which order commitments are applied.
    pub fn order(&self) -> Order {
        self.commitments.order
    }

    /// How much of currency `to` one unit of currency `from` is worth, and where this rate comes from. It is
    /// for charges of a payer, or, without a payer, for money that belongs to none. `choice` is
    /// what the invoice or its customer says; if it is `None`, the payer decides. If the payer says nothing,
    /// it is the rate of the period in `[fx.FROM.TO]`.
    pub fn rate(
        &self,
        choice: Option<&FxChoice>,
        payer: Option<AccountId>,
        from: &str,
        to: &str,
        period: BillingPeriod,
    ) -> Result<Fx, MissingRate> {
        let of_payer = || self.payer(payer?)?.fx.as_ref();
        self.fx.rate(choice.or_else(of_payer), from, to, period)
    }

    /// The customers, in the order of the file.
    pub fn customers(&self) -> impl Iterator<Item = &Customer> {
        self.customers.iter()
    }

    pub fn customer(&self, id: &str) -> Option<&Customer> {
        self.customers.iter().find(|customer| customer.id == id)
    }

    /// The customer that owns an account of a payer in a billing period; `None` if the account is
    /// unassigned.
    pub fn owner_of(
        &self,
        account: AccountId,
        payer: AccountId,
        period: BillingPeriod,
    ) -> Option<&Customer> {
        self.customers.get(self.owners.of_account(account, payer, period)?)
    }
}

fn is_billed_in_yen(customer: &Customer) -> bool {
    customer.terms.invoices.iter().any(|invoice| invoice.currency.code() == "JPY")
}

fn syntax_problem(error: &toml::de::Error, report: &Report) -> Problem {
    let span = error.span().unwrap_or_default();
    let source = report.source(span.clone());
    let message = if source.parse::<BillingPeriod>().is_ok() {
        format!("a billing period is a string; write \"{source}\"")
    } else {
        format!("this is not TOML: {}", error.message())
    };
    Problem { position: report.position(span.start), message }
}

fn refuse_repeated_ids(customers: &[Customer], report: &Report) {
    let mut first: BTreeMap<&str, Position> = BTreeMap::new();
    // An empty id stands for a missing id, which has been reported.
    for customer in customers.iter().filter(|customer| !customer.id.is_empty()) {
        if let Some(position) = first.get(&*customer.id) {
            report.refuse(
                customer.id_position,
                format!(
                    "the customer `{}` is already there (see {position}); give each its own `id`",
                    customer.id
                ),
            );
        } else {
            first.insert(&customer.id, customer.id_position);
        }
    }
}
