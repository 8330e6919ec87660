//! The proof of a run, with every sum that it rests on.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use billing::MarginTerms;
use commitments::{CommitmentSums, Kept, KeptReason, ReplayTally};
use contracts::Contracts;
use cur::{AccountId, LineTotals};
use money::Amount;
use pipeline::{
    AllocateReceipt, CustomerTotals, Margin, News, Plan, PublishReceipt, RecalculateReceipt,
    Reconciliation, SplitBook, UNASSIGNED, Unmatched,
};

use statement::SpendOfCustomers;

use crate::costs::tallies;
use crate::unmatched::unmatched;

/// Everything that the proof of a run adds up, and the proof of the previous period.
pub struct Books {
    pub split: SplitBook,
    pub recalculated: Vec<RecalculateReceipt>,
    pub allocated: Vec<AllocateReceipt>,
    pub published: Vec<PublishReceipt>,
    pub previous: Option<Reconciliation>,
}

impl Books {
    /// The book of the last step: what each customer spends. Bills read it if customers share a support plan.
    pub fn spend(&self) -> SpendOfCustomers {
        let customers = self.published.iter().filter(|receipt| receipt.customer != UNASSIGNED);
        customers.map(|receipt| (receipt.customer.clone(), receipt.spend.clone())).collect()
    }

    /// Adds everything up once more and says for each law whether it holds.
    pub fn reconcile(&self, plan: &Plan, contracts: &Contracts) -> Reconciliation {
        let product_codes = union(self.recalculated.iter().map(|account| &account.product_codes));
        let line_item_types =
            union(self.recalculated.iter().map(|account| &account.line_item_types));
        Reconciliation {
            run_id: plan.run_id.clone(),
            payer_account_id: plan.payer_account_id,
            report: plan.report.clone(),
            billing_period: plan.billing_period,
            delivery_id: plan.delivery_id.clone(),
            delivered_at: plan.delivered_at.clone(),
            contracts_version: plan.contracts_version.clone(),
            engine_version: plan.engine_version.clone(),
            plan_version: plan.version(),
            report_totals: self.split.read,
            empty_files: self.split.empty_files.clone(),
            margin: self.margin(),
            customers: self.published.iter().map(customer_totals).collect(),
            unassigned: self.unassigned(),
            laws: self.laws(contracts),
            replay: self.replay(),
            kept: self.kept(),
            disagreements: union(self.allocated.iter().map(|day| &day.disagreements)),
            unknown_costs: BTreeMap::new(),
            unknown_usage: union(self.allocated.iter().map(|day| &day.unknown_usage)),
            missing_rates: union(self.allocated.iter().map(|day| &day.missing_rates)),
            unknown_assignments: self.unknown_assignments(plan, contracts),
            unmatched: self.unmatched(plan, contracts),
            support_suspects: union(self.recalculated.iter().map(|of| &of.support_suspects)),
            report_checks: self.report_checks(),
            news: self.news(&product_codes, &line_item_types),
            product_codes,
            line_item_types,
            changes: None,
            not_guaranteed: plan.not_guaranteed(),
        }
    }

    /// The totals of all lines, counted when the lines were written into the objects of accounts.
    pub(crate) fn written(&self) -> LineTotals {
        sum(self.split.accounts.values())
    }

    /// The totals of all lines, counted when the lines were read back and rated.
    pub(crate) fn rated(&self) -> LineTotals {
        sum(self.recalculated.iter().map(|account| &account.totals))
    }

    pub(crate) fn published(&self, amount: fn(&PublishReceipt) -> Amount) -> Amount {
        self.published.iter().map(amount).sum()
    }

    pub(crate) fn replay(&self) -> ReplayTally {
        self.allocated.iter().fold(ReplayTally::default(), |mut sum, day| {
            sum.add(&day.replay);
            sum
        })
    }

    /// The commitments that stayed as AWS applied them, by commitment and reason, over all days.
    fn kept(&self) -> Vec<Kept> {
        let mut kept: BTreeMap<(&str, KeptReason), Kept> = BTreeMap::new();
        for of_day in self.allocated.iter().flat_map(|day| &day.kept) {
            match kept.entry((&of_day.commitment, of_day.reason)) {
                Entry::Vacant(entry) => _ = entry.insert(of_day.clone()),
                Entry::Occupied(mut entry) => entry.get_mut().add(of_day),
            }
        }
        kept.into_values().collect()
    }

    /// The sums of each commitment over all allocated days, by ARN.
    pub(crate) fn handed_out(&self) -> BTreeMap<&str, CommitmentSums> {
        let mut sums: BTreeMap<&str, CommitmentSums> = BTreeMap::new();
        for (arn, of_day) in self.allocated.iter().flat_map(|receipt| &receipt.commitments) {
            sums.entry(arn).or_default().add(of_day);
        }
        sums
    }

    /// Assignments of commitments that the report does not have. They are looked for here as well, because
    /// no day is allocated if the report has no commitments.
    fn unknown_assignments(&self, plan: &Plan, contracts: &Contracts) -> Vec<String> {
        let in_report = tallies(&self.recalculated);
        let assigned = contracts.assignments().iter();
        let in_force = assigned.filter(|assigned| assigned.is_in_force(plan.billing_period));
        let arns = in_force.map(|assigned| assigned.arn.as_str());
        let unknown = arns.filter(|arn| !in_report.contains_key(arn));
        let of_days = self.allocated.iter().flat_map(|day| &day.unknown_assignments);
        let all: BTreeSet<&str> = unknown.chain(of_days.map(String::as_str)).collect();
        all.into_iter().map(str::to_owned).collect()
    }

    fn unmatched(&self, plan: &Plan, contracts: &Contracts) -> Unmatched {
        let in_report = self.recalculated.iter().map(|receipt| receipt.account).collect();
        unmatched(contracts, plan.billing_period, &in_report, &self.published)
    }

    fn margin(&self) -> Margin {
        let unblended_cost = self.split.read.unblended_cost;
        let customers = self.published.iter();
        let amortized_cost = customers
            .map(|customer| customer.amortized_cost)
            .try_fold(Amount::ZERO, |sum, cost| Some(sum + cost?));
        let charge = self.published(|customer| customer.charge);
        Margin {
            unblended_cost,
            upfront_timing: amortized_cost.map(|cost| cost - unblended_cost),
            amortized_cost,
            terms: self.margin_terms(),
            charge,
            margin: amortized_cost.map(|cost| charge - cost),
        }
    }

    pub(crate) fn margin_terms(&self) -> MarginTerms {
        let mut terms = MarginTerms::new();
        for (name, term) in self.published.iter().flat_map(|customer| &customer.margin_terms) {
            *terms.entry(*name).or_default() += *term;
        }
        terms
    }

    fn unassigned(&self) -> BTreeMap<AccountId, Amount> {
        let nobody = self.published.iter().filter(|receipt| receipt.customer == UNASSIGNED);
        let accounts: BTreeSet<AccountId> =
            nobody.flat_map(|receipt| receipt.accounts.iter().copied()).collect();
        self.recalculated
            .iter()
            .filter(|receipt| accounts.contains(&receipt.account))
            .map(|receipt| (receipt.account, receipt.totals.unblended_cost))
            .collect()
    }

    fn news(&self, product_codes: &[String], line_item_types: &[String]) -> News {
        let Some(previous) = &self.previous else {
            return News::default();
        };
        let new = |now: &[String], before: &[String]| {
            now.iter().filter(|name| !before.contains(name)).cloned().collect()
        };
        News {
            product_codes: new(product_codes, &previous.product_codes),
            line_item_types: new(line_item_types, &previous.line_item_types),
        }
    }
}

fn customer_totals(receipt: &PublishReceipt) -> CustomerTotals {
    CustomerTotals {
        customer: receipt.customer.clone(),
        accounts: receipt.accounts.clone(),
        lines: receipt.lines,
        unblended_cost: receipt.unblended_cost,
        amortized_cost: receipt.amortized_cost,
        list_cost: receipt.list_cost,
        benefit: receipt.benefit,
        charge: receipt.charge,
        margin: receipt.amortized_cost.map(|cost| receipt.charge - cost),
        margin_terms: receipt.margin_terms.clone(),
    }
}

fn sum<'a>(totals: impl Iterator<Item = &'a LineTotals>) -> LineTotals {
    totals.fold(LineTotals::default(), |mut sum, part| {
        sum.add(part);
        sum
    })
}

/// All items of all lists, sorted, each once.
pub(crate) fn union<'a, T: Clone + Ord + 'a>(lists: impl Iterator<Item = &'a Vec<T>>) -> Vec<T> {
    lists.flatten().collect::<BTreeSet<_>>().into_iter().cloned().collect()
}
