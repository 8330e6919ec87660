//! Sealing: the whole run is proved from its receipts, the proof is written, the pointer is moved.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use commitments::{
    CommitmentSums, CommitmentTally, Kept, KeptReason, MissingRate, ReplayTally, Sharing, Units,
    commitment_rows_agree, says_fee,
};
use contracts::{Basis, Contracts};
use cur::{AccountId, AccountLine, LineNote, LineTotals};
use laws::{Check, Tally};
use money::Amount;
use pipeline::{
    AllocateReceipt, CustomerTotals, Margin, News, Plan, PublishReceipt, RecalculateReceipt,
    Reconciliation, SplitReceipt, Step, UNASSIGNED, Unmatched, keys,
};
use reports::places;
use runs::{App, Failure, Outcome};

use crate::load::{self, Derived};
use crate::refuse_broken;
use crate::unmatched::unmatched;

pub(crate) async fn seal(
    plan: &Plan,
    contracts: &Contracts,
    app: &App,
) -> Result<Outcome, Failure> {
    if app.results.head(&keys::reconciliation(&plan.run_id)).await?.is_some() {
        // It was proved before. What has become current since is compared when the pointer is moved.
        return app.make_current(plan, runs::Entry::Sealed).await;
    }
    let books = Books::load(plan, app).await?;
    let mut reconciliation = books.reconcile(plan, contracts);
    put_places(&mut reconciliation.report_checks, plan, &books.split, app).await?;
    reconciliation.unknown_costs = unknown_costs(&books, plan, app).await?;
    refuse_broken(&reconciliation.laws)?;
    if contracts.strict_report() {
        refuse_faulty_report(&reconciliation)?;
    }
    let replaced = app.replaced_by(plan).await?;
    reconciliation.changes = replaced.map(|before| books::changes(&before, &reconciliation.sums()));
    app.write_once(&keys::reconciliation(&plan.run_id), &reconciliation).await?;
    app.make_current(plan, runs::Entry::Sealed).await
}

/// Says where the lines stand that examples are of. They are looked up here, where one is left of each check,
/// and not where an account has found it: a file would be read once for every account.
async fn put_places(
    checks: &mut BTreeMap<String, Tally>,
    plan: &Plan,
    receipts: &[SplitReceipt],
    app: &App,
) -> Result<(), Failure> {
    let (lines, examples): (Vec<AccountLine>, Vec<&mut String>) = checks
        .values_mut()
        .filter_map(|tally| Some((tally.line.take()?, tally.example.as_mut()?)))
        .unzip();
    let places = places(&app.reports, plan, receipts, &lines).await?;
    for (example, place) in examples.into_iter().zip(places) {
        *example = format!("{place}: {example}");
    }
    Ok(())
}

/// Commitments of which a cost is unknown even when all of their lines are taken together, and where the
/// first cell stands that is missing.
async fn unknown_costs(
    books: &Books,
    plan: &Plan,
    app: &App,
) -> Result<BTreeMap<String, String>, Failure> {
    let unknown = load::unknown_costs(&books.recalculated).into_iter();
    let (arns, missing): (Vec<String>, Vec<LineNote>) = unknown.unzip();
    let lines: Vec<AccountLine> = missing.iter().map(|missing| missing.line).collect();
    let places = places(&app.reports, plan, &books.split, &lines).await?;
    let missing = missing.into_iter().zip(places);
    let texts = missing.map(|(missing, place)| format!("{place}: {}", missing.text));
    Ok(arns.into_iter().zip(texts).collect())
}

/// Every receipt of the run, and what the previous period had.
struct Books {
    split: Vec<SplitReceipt>,
    recalculated: Vec<RecalculateReceipt>,
    allocated: Vec<AllocateReceipt>,
    published: Vec<PublishReceipt>,
    previous: Option<Reconciliation>,
}

impl Books {
    async fn load(plan: &Plan, app: &App) -> Result<Self, Failure> {
        let run = &plan.run_id;
        let previous = match &plan.previous_run {
            Some(previous) => app.find(&keys::reconciliation(previous)).await?,
            None => None,
        };
        Ok(Self {
            split: app.receipts(run, Step::SplitReport).await?,
            recalculated: app.receipts(run, Step::RecalculateAccount).await?,
            allocated: app.receipts(run, Step::AllocateCommitments).await?,
            published: app.receipts(run, Step::PublishDatasets).await?,
            previous,
        })
    }

    fn reconcile(&self, plan: &Plan, contracts: &Contracts) -> Reconciliation {
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
            report_totals: self.read(),
            empty_files: self.empty_files(),
            margin: self.margin(),
            customers: self.published.iter().map(customer_totals).collect(),
            unassigned: self.unassigned(),
            laws: self.laws(contracts),
            replay: self.replay(),
            kept: self.kept(),
            disagreements: union(self.allocated.iter().map(|day| &day.disagreements)),
            unknown_costs: BTreeMap::new(),
            unknown_usage: self.unknown_usage(),
            missing_rates: self.missing_rates(),
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

    /// The report's totals, as its files were read.
    fn read(&self) -> LineTotals {
        sum(self.split.iter().map(|file| &file.totals))
    }

    /// The same, as lines were written into account objects.
    fn written(&self) -> LineTotals {
        sum(self.split.iter().flat_map(|file| file.accounts.values()).map(|share| &share.totals))
    }

    /// The same, as lines were read back and rated.
    fn rated(&self) -> LineTotals {
        sum(self.recalculated.iter().map(|account| &account.totals))
    }

    fn empty_files(&self) -> Vec<String> {
        let empty = self.split.iter().filter(|file| file.totals.all_lines() == 0);
        empty.map(|file| file.file.clone()).collect()
    }

    fn published(&self, amount: fn(&PublishReceipt) -> Amount) -> Amount {
        self.published.iter().map(amount).sum()
    }

    fn laws(&self, contracts: &Contracts) -> Vec<Check> {
        let mut laws = self.every_line_once();
        laws.extend(self.cost_is_conserved());
        laws.extend(self.commitment_is_conserved(contracts));
        laws.extend(self.parts_sum_to_whole(contracts.sharing()));
        for customer in &self.published {
            let of_customer = customer.checks.iter();
            laws.extend(of_customer.filter(|check| check.law == "invoice_re_adds").cloned());
        }
        laws.push(self.aws_replays());
        let terms = self.margin_terms();
        laws.push(billing::margin_explains_itself(
            "all customers",
            self.published(|customer| customer.explained.charge),
            self.published(|customer| customer.explained.amortized_cost),
            terms.values(),
        ));
        laws
    }

    /// Law 1. Split-cost-allocation lines are lines too, though their money is another line's.
    fn every_line_once(&self) -> Vec<Check> {
        const LAW: &str = "every_line_once";
        let (read, written, rated) = (self.read(), self.written(), self.rated());
        let charged = self.published(|customer| customer.lines.into());
        let equal = |of, left: u64, right: u64| Check::equal(LAW, of, left.into(), right.into());
        vec![
            equal("lines read and written", read.all_lines(), written.all_lines()),
            equal("lines written and rated", written.all_lines(), rated.all_lines()),
            Check::equal(LAW, "lines rated and charged", rated.lines.into(), charged),
        ]
    }

    /// Law 2, at every hop.
    fn cost_is_conserved(&self) -> Vec<Check> {
        const LAW: &str = "cost_is_conserved";
        let (read, written, rated) = (self.read(), self.written(), self.rated());
        let charged = self.published(|customer| customer.unblended_cost);
        let split_cost = "split-cost lines, counted apart";
        vec![
            Check::equal(LAW, "report and accounts", read.unblended_cost, written.unblended_cost),
            Check::equal(LAW, "accounts and rated", written.unblended_cost, rated.unblended_cost),
            Check::equal(LAW, "report and customers", read.unblended_cost, charged),
            Check::equal(
                LAW,
                split_cost,
                read.split_cost_unblended_cost,
                rated.split_cost_unblended_cost,
            ),
        ]
    }

    /// Law 3. What was handed out anew is all that fee lines bought; what AWS did is all that its covered
    /// lines show. And benefit that was handed out has reached those who are billed by it.
    fn commitment_is_conserved(&self, contracts: &Contracts) -> Vec<Check> {
        const LAW: &str = "commitment_is_conserved";
        let sharing = contracts.sharing();
        let mut checks = Vec::new();
        let handed_out = self.handed_out();
        for (arn, tally) in self.commitments() {
            let sums = handed_out.get(arn).copied().unwrap_or_default();
            let mut equal = |of: &str, left, right| {
                checks.push(Check::equal(LAW, format!("{of} of {arn}"), left, right));
            };
            // Costs that lines do not say are derived elsewhere, and cannot be compared with the lines.
            let is_said = tally.uncosted.plain.is_zero();
            let has_fee = says_fee(arn, &tally);
            if sharing == Sharing::AsBilled {
                if is_said {
                    equal("cost used", sums.used_cost, tally.covered_cost);
                }
            } else if sharing.is_handed_out() && !has_fee {
                if is_said {
                    equal("cost used, without a fee", sums.used_cost, tally.covered_cost);
                }
            } else if sharing.is_handed_out() {
                equal("cost", sums.used_cost + sums.unused_cost, tally.purchased_cost);
                let Units { plain, normalized } = tally.purchased;
                let bought = if sums.is_normalized { normalized } else { plain };
                // AWS does not print normalized units for every service that has them.
                if !bought.is_zero() {
                    equal("units", sums.used + sums.unused, bought);
                }
            }
        }
        let is_by_list = |customer: &str| {
            contracts.customer(customer).is_some_and(|customer| customer.basis == Basis::List)
        };
        if sharing.is_handed_out() {
            let taken_off = self.allocated.iter().flat_map(|day| &day.taken_off);
            let to_list = taken_off.filter(|(customer, _)| is_by_list(customer));
            checks.push(Check::equal(
                LAW,
                "benefit handed out and charged less",
                to_list.map(|(_, amount)| *amount).sum(),
                self.published(|customer| customer.taken_off),
            ));
        }
        checks
    }

    /// Law 7: in every hour each group of commitments comes out by AWS's rules as AWS has billed it, or stays
    /// as AWS has billed it.
    fn aws_replays(&self) -> Check {
        let ReplayTally { compared, replayed, kept, .. } = self.replay();
        let of = "hours of groups of commitments: replayed or kept, and all";
        Check::equal("aws_replays", of, (replayed + kept).into(), compared.into())
    }

    fn replay(&self) -> ReplayTally {
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

    fn unknown_usage(&self) -> Vec<(String, String)> {
        let all: BTreeSet<&(String, String)> =
            self.allocated.iter().flat_map(|day| &day.unknown_usage).collect();
        all.into_iter().cloned().collect()
    }

    /// What lines say of each commitment, over all accounts.
    fn commitments(&self) -> BTreeMap<&str, CommitmentTally> {
        let mut commitments: BTreeMap<&str, CommitmentTally> = BTreeMap::new();
        for (arn, tally) in self.recalculated.iter().flat_map(|receipt| &receipt.commitments) {
            commitments.entry(arn).or_default().add(tally);
        }
        commitments
    }

    /// What the allocation made of each, over all days.
    fn handed_out(&self) -> BTreeMap<&str, CommitmentSums> {
        let mut sums: BTreeMap<&str, CommitmentSums> = BTreeMap::new();
        for (arn, of_day) in self.allocated.iter().flat_map(|receipt| &receipt.commitments) {
            sums.entry(arn).or_default().add(of_day);
        }
        sums
    }

    fn missing_rates(&self) -> Vec<MissingRate> {
        let all: BTreeSet<&MissingRate> =
            self.allocated.iter().flat_map(|day| &day.missing_rates).collect();
        all.into_iter().cloned().collect()
    }

    /// Where the report has no commitments at all, no day has looked for them.
    fn unknown_assignments(&self, plan: &Plan, contracts: &Contracts) -> Vec<String> {
        let in_report = self.commitments();
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

    /// Law 4: what was split by weight is the unused part of commitments, if contracts spread it.
    fn parts_sum_to_whole(&self, sharing: Sharing) -> Vec<Check> {
        const LAW: &str = "parts_sum_to_whole";
        let mut parts: BTreeMap<&str, Amount> = BTreeMap::new();
        for (commitment, part) in self.published.iter().flat_map(|customer| &customer.unused_shares)
        {
            *parts.entry(commitment).or_insert(Amount::ZERO) += *part;
        }
        if parts.is_empty() {
            return vec![Check::equal(LAW, "nothing was split", Amount::ZERO, Amount::ZERO)];
        }
        let wholes: BTreeMap<&str, Amount> = if sharing == Sharing::AsBilled {
            self.unused_as_billed()
        } else {
            self.handed_out().into_iter().map(|(arn, sums)| (arn, sums.unused_cost)).collect()
        };
        wholes
            .into_iter()
            .map(|(commitment, whole)| {
                let part = parts.get(commitment).copied().unwrap_or(Amount::ZERO);
                Check::equal(LAW, format!("unused of {commitment}"), part, whole)
            })
            .collect()
    }

    /// The unused part that fees say, or the part that follows where fees do not say it.
    fn unused_as_billed(&self) -> BTreeMap<&str, Amount> {
        let derived = Derived::of(&self.recalculated);
        let mut unused: BTreeMap<&str, Amount> = BTreeMap::new();
        for receipt in &self.recalculated {
            for (arn, tally) in &receipt.commitments {
                let cost = derived.find(arn, receipt.account).unused.unwrap_or(tally.unused_cost);
                *unused.entry(arn).or_default() += cost;
            }
        }
        unused
    }

    fn margin(&self) -> Margin {
        let unblended_cost = self.read().unblended_cost;
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

    fn margin_terms(&self) -> BTreeMap<String, Amount> {
        let mut terms = BTreeMap::new();
        for (name, term) in self.published.iter().flat_map(|customer| &customer.margin_terms) {
            *terms.entry(name.clone()).or_insert(Amount::ZERO) += *term;
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

    fn report_checks(&self) -> BTreeMap<String, Tally> {
        // Named even where no day had anything to check.
        let mut checks = BTreeMap::from([("negation_cancels".to_owned(), Tally::default())]);
        let accounts = self.recalculated.iter().map(|receipt| &receipt.report_checks);
        let days = self.allocated.iter().map(|receipt| &receipt.report_checks);
        for (name, tally) in accounts.chain(days).flatten() {
            checks.entry(name.clone()).or_default().add(tally);
        }
        let commitments = self.recalculated.iter().map(|receipt| &receipt.commitments);
        let handed_out = self.handed_out();
        let is_normalized = |arn: &str| handed_out.get(arn).is_some_and(|of| of.is_normalized);
        let agree = commitment_rows_agree(commitments, is_normalized);
        checks.insert("commitment_rows_agree".to_owned(), agree);
        checks.insert("one_currency".to_owned(), self.one_currency());
        let types = union(self.recalculated.iter().map(|account| &account.line_item_types));
        // The columns say again what the lines say.
        let has_discounts = types.iter().any(|name| name.ends_with("Discount"));
        // AWS leaves it out for some services; then it follows from the fees.
        let has_costs = self.published.iter().all(|customer| customer.amortized_cost.is_some());
        for (check, is_settled) in
            [("discounts_are_lines", has_discounts), ("effective_cost_present", has_costs)]
        {
            if let (Some(tally), true) = (checks.get_mut(check), is_settled) {
                *tally = Tally { checked: tally.checked, ..Tally::default() };
            }
        }
        checks
    }

    /// Invoices convert each currency by its own rate. Totals of the report and the margin add up numbers.
    fn one_currency(&self) -> Tally {
        let currencies = union(self.recalculated.iter().map(|account| &account.currencies));
        let mut tally = Tally::default();
        for currency in &currencies {
            tally.record(currencies.first() == Some(currency), || {
                let all = currencies.join(" and ");
                format!("the report is in {all}: its totals and the margin add them up as they are")
            });
        }
        tally
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
        invoice_total: receipt.invoice_total,
        invoice_currency: receipt.invoice_currency.clone(),
    }
}

fn sum<'a>(totals: impl Iterator<Item = &'a LineTotals>) -> LineTotals {
    totals.fold(LineTotals::default(), |mut sum, part| {
        sum.add(part);
        sum
    })
}

fn union<'a>(lists: impl Iterator<Item = &'a Vec<String>>) -> Vec<String> {
    lists.flatten().collect::<BTreeSet<_>>().into_iter().cloned().collect()
}

/// Only where the contracts ask for it: otherwise a report that disagrees with itself is shown, and
/// billed as it is.
fn refuse_faulty_report(reconciliation: &Reconciliation) -> Result<(), Failure> {
    match reconciliation.report_checks.iter().find(|(_, tally)| tally.broken > 0) {
        None => Ok(()),
        Some((name, tally)) => Err(Failure::Reject(format!(
            "report check `{name}` is broken {} of {} times and the contracts say \
             `strict_report = true`; first: {}",
            tally.broken,
            tally.checked,
            tally.example.as_deref().unwrap_or_default(),
        ))),
    }
}
