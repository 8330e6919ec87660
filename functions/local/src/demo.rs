//! `sluice demo`: two payers and three customers, from AWS's reports to invoices and a note.
//!
//! The demo reads no clock. The days of issue are fixed, so it gives the same bytes on every machine.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use cur::BillingPeriod;
use generator::{Generation, Layout, Options, Summary};
use laws::Check;
use pipeline::{DocumentKind, IssuedDocument, Reconciliation, keys};
use runs::App;
use serde::Serialize;

use crate::args::{Compression, DemoArgs, IssueArgs};
use crate::bills::{self, Issued, standings};
use crate::finished::Finished;
use crate::run::{RunOptions, run};
use crate::standing::Standing;
use crate::{generate, show};

/// The contracts name the payers and the accounts that the reports have.
const CONTRACTS: &str = include_str!("demo/contracts.toml");
const PERIOD: &str = "2026-10";
const OTHER_PAYER: &str = "888877776666";
const ISSUED_ON: &str = "2026-11-05";
const CORRECTED_ON: &str = "2026-11-12";

/// What happened, as `--json` prints it.
#[derive(Debug, Default, Serialize)]
struct Outcome {
    /// The runs of the first reports, one for each payer.
    runs: Vec<Finished>,
    /// The runs after AWS had restated the period of one payer.
    restated: Vec<Finished>,
    /// The bills after that, before the note was issued.
    changed: Vec<Standing>,
    /// The invoices, and the note about what AWS has restated.
    issued: Vec<IssuedDocument>,
    /// Why bills were not issued.
    refused: Vec<String>,
    /// The bills at the end.
    bills: Vec<Standing>,
    /// The laws of the current runs, of the bills, and of what was issued.
    laws: Vec<Check>,
    is_good: bool,
}

/// Plays the demo. With `--json`, it prints one JSON document at the end and nothing else.
pub(crate) async fn demo(args: &DemoArgs, out: &mut (dyn Write + Send)) -> anyhow::Result<bool> {
    if !args.json {
        return Ok(play(args, out).await?.is_good);
    }
    let outcome = play(args, &mut io::sink()).await?;
    serde_json::to_writer_pretty(&mut *out, &outcome)?;
    writeln!(out)?;
    Ok(outcome.is_good)
}

async fn play(args: &DemoArgs, out: &mut (dyn Write + Send)) -> anyhow::Result<Outcome> {
    let demo = Demo::new(args)?;
    let reports = Reports::of(demo.period)?;

    writeln!(out, "1. AWS delivers the final reports of two payers for {PERIOD}.")?;
    reports.deliver(&demo.run.source, out)?;
    demo.place_contracts(&reports)?;

    writeln!(out, "\n2. Sluice bills both reports. Each customer gets one bill over both payers.")?;
    let mut outcome = Outcome { runs: run(&demo.run).await?, ..Outcome::default() };
    if is_bad(&outcome.runs, &demo.run.out, out)? {
        return Ok(outcome);
    }
    writeln!(out, "   AWS has issued its invoices for all lines, so the bills are final.\n")?;
    show::bills(&demo.standings().await?, out)?;
    for run in proofs(&outcome.runs) {
        show::unassigned(run, out)?;
    }

    writeln!(out, "\n3. The reseller issues the bills on {ISSUED_ON}. One of the invoices:\n")?;
    outcome.refused = demo.issue(ISSUED_ON, out).await?;
    if !outcome.refused.is_empty() {
        return Ok(outcome);
    }
    demo.show_first(|kind| kind == DocumentKind::Invoice, out).await?;

    let payer = reports.first.payer;
    writeln!(out, "4. AWS restates {PERIOD} of payer {payer}: it had measured too much usage.")?;
    writeln!(out, "   Sluice makes a new run from the new report, and new bills from the run.\n")?;
    generate::report(&Options { revision: 1, ..reports.first }, &demo.run.source)?;
    outcome.restated = run(&demo.run).await?;
    if is_bad(&outcome.restated, &demo.run.out, out)? {
        return Ok(outcome);
    }
    for run in proofs(&outcome.restated).filter(|run| run.payer_account_id == payer) {
        show::changes(run, out)?;
    }
    outcome.changed = demo.standings().await?;
    show::bills(&outcome.changed, out)?;

    writeln!(
        out,
        "\n5. The reseller issues on {CORRECTED_ON} what has changed. The invoice stays"
    )?;
    writeln!(out, "   as it is, and a note corrects it:\n")?;
    outcome.refused = demo.issue(CORRECTED_ON, out).await?;
    if !outcome.refused.is_empty() {
        return Ok(outcome);
    }
    demo.show_first(|kind| kind != DocumentKind::Invoice, out).await?;

    demo.finish(&mut outcome).await?;
    show::bills(&outcome.bills, out)?;
    writeln!(out, "6. A law compares two sums that must be equal to the last digit.\n")?;
    writeln!(out, "{}", show::laws_in_short(&outcome.laws))?;
    outcome.is_good = outcome.laws.iter().all(|law| law.holds);
    demo.show_files(out)?;
    demo.show_next(out)?;
    Ok(outcome)
}

fn proofs(runs: &[Finished]) -> impl Iterator<Item = &Reconciliation> {
    runs.iter().filter_map(|run| run.reconciliation.as_ref())
}

/// Shows the runs in full if one of them is not sealed, or its bills could not be made.
fn is_bad(runs: &[Finished], results: &Path, out: &mut dyn Write) -> io::Result<bool> {
    let is_bad = !runs.iter().all(Finished::is_good);
    if is_bad {
        show::runs(runs, results, out)?;
    }
    Ok(is_bad)
}

/// The first reports of both payers. They are small, so that everything takes some seconds.
struct Reports {
    first: Options,
    second: Options,
}

impl Reports {
    fn of(period: BillingPeriod) -> anyhow::Result<Self> {
        let first = Options {
            generation: Generation::Cur2,
            payer: generator::PAYER.parse()?,
            accounts: 6,
            lines: 16_000,
            seed: 3,
            period,
            files: 2,
            layout: Layout::CreateNew,
            is_final: true,
            revision: 0,
        };
        let second = Options {
            generation: Generation::Legacy,
            payer: OTHER_PAYER.parse()?,
            accounts: 4,
            lines: 8_000,
            seed: 20,
            files: 1,
            ..first.clone()
        };
        Ok(Self { first, second })
    }

    fn deliver(&self, bucket: &Path, out: &mut dyn Write) -> anyhow::Result<()> {
        for (options, form) in [(&self.first, "CUR 2.0"), (&self.second, "a legacy report")] {
            let Summary { lines, unblended_cost_by_account: accounts, .. } =
                generate::report(options, bucket)?;
            let lines = show::grouped(&lines.to_string());
            let (payer, accounts) = (options.payer, accounts.len());
            writeln!(out, "   Payer {payer}: {lines} lines of {accounts} accounts, as {form}.")?;
        }
        Ok(())
    }

    /// The rates of the savings plans of both payers, under one header.
    fn rates(&self) -> String {
        let [first, second] = [&self.first, &self.second].map(generator::savings_plan_rates);
        let without_header = second.split_once('\n').map_or("", |(_, rates)| rates);
        first + without_header
    }
}

/// The folders and files of a demo.
struct Demo {
    period: BillingPeriod,
    run: RunOptions,
    rates: PathBuf,
    /// Contracts with another premium on the exchange rate.
    what_if: PathBuf,
}

impl Demo {
    fn new(args: &DemoArgs) -> anyhow::Result<Self> {
        let folder = &args.out;
        // What another demo has issued stays issued, so a second demo in its folder would tell another story.
        if folder.read_dir().is_ok_and(|mut files| files.next().is_some()) {
            bail!(
                "`{}` is not empty: remove it, or name a new folder with --out",
                folder.display()
            );
        }
        let source = folder.join("report-bucket");
        let rates = source.join(generate::RATES);
        Ok(Self {
            period: PERIOD.parse()?,
            what_if: source.join("what-if.toml"),
            run: RunOptions {
                contracts: source.join(generate::CONTRACTS),
                rates: Some(rates.clone()),
                out: folder.join("results-bucket"),
                source,
                manifest: None,
                manifest_less: false,
                compression: Compression::default().into(),
                is_quiet: args.json,
            },
            rates,
        })
    }

    fn place_contracts(&self, reports: &Reports) -> anyhow::Result<()> {
        let what_if = CONTRACTS.replace("premium = \"0.02\"", "premium = \"0.03\"");
        for (path, text) in [
            (&self.run.contracts, CONTRACTS),
            (&self.what_if, &what_if),
            (&self.rates, &reports.rates()),
        ] {
            generate::place(path, text)?;
        }
        Ok(())
    }

    fn app(&self) -> anyhow::Result<App> {
        Ok(bills::world(&self.run.out)?.app)
    }

    /// The bills, with what was issued of them.
    async fn standings(&self) -> anyhow::Result<Vec<Standing>> {
        standings(&self.app()?, Some(self.period), None).await
    }

    /// Issues what is not issued yet, and returns why something was refused.
    async fn issue(&self, day: &str, out: &mut (dyn Write + Send)) -> anyhow::Result<Vec<String>> {
        let args = IssueArgs {
            out: self.run.out.clone(),
            period: self.period,
            customer: None,
            date: Some(day.parse()?),
            force: false,
            json: self.run.is_quiet,
        };
        let Issued { refused, .. } = bills::issue_all(&args).await?;
        for reason in &refused {
            writeln!(out, "NOT ISSUED  {reason}")?;
        }
        Ok(refused)
    }

    /// All invoices and notes, by customers.
    async fn issued(&self) -> anyhow::Result<Vec<IssuedDocument>> {
        let app = self.app()?;
        let mut documents = Vec::new();
        for row in self.standings().await?.iter().flat_map(|standing| &standing.rows) {
            for number in &row.numbers {
                documents.push(app.need(&keys::issued(number)).await?);
            }
        }
        Ok(documents)
    }

    async fn show_first(
        &self,
        is_it: impl Fn(DocumentKind) -> bool,
        out: &mut (dyn Write + Send),
    ) -> anyhow::Result<()> {
        let issued = self.issued().await?;
        let first = issued.iter().find(|issued| is_it(issued.document.kind));
        Ok(show::document(first.context("nothing of the kind was issued")?, out)?)
    }

    /// Collects what is there at the end.
    async fn finish(&self, outcome: &mut Outcome) -> anyhow::Result<()> {
        let app = self.app()?;
        outcome.issued = self.issued().await?;
        outcome.bills = self.standings().await?;
        outcome.laws = proofs(&outcome.restated).flat_map(|run| run.laws.clone()).collect();
        for Standing { customer_id, billing_period: period, .. } in &outcome.bills {
            let bill = bills::current(customer_id, *period, &app).await?;
            let issued = bill_customer::issued_to(customer_id, *period, &app).await?;
            outcome.laws.extend(bill.laws.iter().cloned());
            outcome.laws.extend(books::corrections_explain(&bill, &issued, &[]));
        }
        Ok(())
    }

    fn show_files(&self, out: &mut dyn Write) -> io::Result<()> {
        let RunOptions { source, contracts, out: results, .. } = &self.run;
        for (what, path) in [
            ("Reports:", source.clone()),
            ("Contracts:", contracts.clone()),
            ("Issued documents:", results.join("issued")),
            ("Bills of customers:", results.join("invoices")),
            ("Tables for SQL:", results.join("reports")),
            ("Proofs:", results.join("runs")),
        ] {
            writeln!(out, "{what:<20} {}", path.display())?;
        }
        Ok(())
    }

    fn show_next(&self, out: &mut dyn Write) -> io::Result<()> {
        let RunOptions { source, out: results, contracts, .. } = &self.run;
        let [source, results, contracts, rates, what_if] =
            [source, results, contracts, &self.rates, &self.what_if].map(|path| path.display());
        let period = self.period;
        writeln!(out, "\nTry next (`cargo install --path functions/local` installs `sluice`).")?;
        writeln!(out, "Prove everything again, from AWS's files:")?;
        writeln!(out, "  sluice verify {results} --reports {source}")?;
        writeln!(out, "See the margin, from AWS's cost to the amounts due:")?;
        writeln!(out, "  sluice bills --out {results} --margin")?;
        writeln!(out, "What if Acme's premium on the exchange rate were 3 percent?")?;
        writeln!(
            out,
            "  sluice simulate --out {results} --contracts {what_if} --periods {period}"
        )?;
        writeln!(out, "Change a discount in the contracts, and bill again:")?;
        writeln!(
            out,
            "  sluice run --source {source} --contracts {contracts} --rates {rates} --out {results}"
        )
    }
}
