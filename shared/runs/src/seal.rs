//! Seals a run: the whole run is proved from its books and receipts, the proof is written, and the pointer
//! moves.

use std::collections::BTreeMap;

use books::Books;
use cur::{AccountLine, LineNote};
use laws::Tallies;
use pipeline::{Plan, Reconciliation, SplitReceipt, Step, keys};
use reports::Place;

use crate::work::refuse_broken;
use crate::{App, Entry, Failure, Outcome};

impl App {
    /// Runs after the last step is complete.
    pub(crate) async fn seal(&self, plan: &Plan) -> Result<Outcome, Failure> {
        if self.results.head(&keys::reconciliation(&plan.run_id)).await?.is_some() {
            // An earlier message has proved the run already. The current run may be another one by now, so
            // the comparison is made again when the pointer moves.
            return self.make_current(plan, Entry::Sealed).await;
        }
        let contracts = self.contracts(plan).await?;
        let books = self.books(plan).await?;
        let mut reconciliation = books.reconcile(plan, &contracts);
        self.put_places(&mut reconciliation.report_checks, plan).await?;
        let unknown = books::unknown_costs(&books.recalculated);
        reconciliation.unknown_costs = self.with_places(unknown, plan).await?;
        refuse_broken(&reconciliation.laws)?;
        if contracts.strict_report() {
            refuse_faulty_report(&reconciliation)?;
        }
        let replaced = self.replaced_by(plan).await?;
        reconciliation.changes =
            replaced.map(|before| books::changes(&before, &reconciliation.sums()));
        self.write_once(&keys::book(&plan.run_id, Step::PublishDatasets), &books.spend()).await?;
        self.write_once(&keys::reconciliation(&plan.run_id), &reconciliation).await?;
        self.make_current(plan, Entry::Sealed).await
    }

    async fn books(&self, plan: &Plan) -> Result<Books, Failure> {
        let previous = match &plan.previous_run {
            Some(previous) => self.find(&keys::reconciliation(previous)).await?,
            None => None,
        };
        Ok(Books {
            split: self.split_book(plan).await?,
            recalculated: self.receipts(plan, Step::RecalculateAccount).await?,
            allocated: self.receipts(plan, Step::AllocateCommitments).await?,
            published: self.receipts(plan, Step::PublishDatasets).await?,
            previous,
        })
    }

    /// Adds to each example the place of its line in AWS's file. The places are looked up here, when each
    /// check has one example left. If each account looked up its own examples, a file would be read once
    /// for every account.
    async fn put_places(&self, checks: &mut Tallies, plan: &Plan) -> Result<(), Failure> {
        let (lines, examples): (Vec<AccountLine>, Vec<&mut String>) = checks
            .values_mut()
            .filter_map(|tally| Some((tally.line.take()?, tally.example.as_mut()?)))
            .unzip();
        let places = self.places(plan, &lines).await?;
        for (example, place) in examples.into_iter().zip(places) {
            *example = format!("{place}: {example}");
        }
        Ok(())
    }

    /// The first missing cell of each commitment, with the line of AWS's file that has the cell.
    async fn with_places(
        &self,
        notes: BTreeMap<String, LineNote>,
        plan: &Plan,
    ) -> Result<BTreeMap<String, String>, Failure> {
        let lines: Vec<AccountLine> = notes.values().map(|note| note.line).collect();
        let places = self.places(plan, &lines).await?;
        let texts = notes.into_iter().zip(places);
        Ok(texts.map(|((arn, note), place)| (arn, format!("{place}: {}", note.text))).collect())
    }

    /// The places of lines in AWS's files.
    pub(crate) async fn places(
        &self,
        plan: &Plan,
        lines: &[AccountLine],
    ) -> Result<Vec<Place>, Failure> {
        if lines.is_empty() {
            return Ok(Vec::new());
        }
        let receipts: Vec<SplitReceipt> = self.receipts(plan, Step::SplitReport).await?;
        Ok(reports::places(&self.reports, plan, &receipts, lines).await?)
    }
}

/// Called only if the contracts ask for it. Otherwise a report that disagrees with itself is shown, and
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
