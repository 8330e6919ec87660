//! `sluice demo`: makes a small report and bills it.

use std::fs;
use std::io::Write;
use std::path::Path;

use cur::BillingPeriod;
use datasets::InvoiceFile;
use generator::{Generation, Layout, Options};
use pipeline::{Plan, Reconciliation, keys};
use serde::de::DeserializeOwned;

use crate::args::{Compression, DemoArgs, RunArgs};
use crate::{generate, run, show};

const ACCOUNTS: u32 = 24;
const LINES: u64 = 60_000;

pub(crate) async fn demo(args: &DemoArgs, out: &mut (dyn Write + Send)) -> anyhow::Result<bool> {
    let period: BillingPeriod = "2026-10".parse()?;
    let options = Options {
        generation: Generation::Cur2,
        accounts: ACCOUNTS,
        lines: LINES,
        seed: 1,
        period,
        files: 2,
        layout: Layout::CreateNew,
        is_final: false,
    };
    let source = args.out.join("report-bucket");
    generate::write(&options, &source)?;
    let run = RunArgs {
        contracts: source.join("contracts.toml"),
        rates: Some(source.join("savings-plan-rates.csv")),
        source,
        out: args.out.join("results-bucket"),
        manifest: None,
        manifest_less: false,
        compression: Compression::default(),
        json: args.json,
    };
    if args.json {
        return run::command(&run, out).await;
    }
    writeln!(
        out,
        "A made-up report for {ACCOUNTS} accounts and their payer is in {}; its contracts are in {}.\n",
        run.source.display(),
        run.contracts.display()
    )?;
    let finished = run::run_and_show(&run, out).await?;
    for proof in finished.iter().filter_map(|run| run.reconciliation.as_ref()) {
        first_invoice(proof, &run.out, out)?;
        what_next(&run, out)?;
    }
    Ok(finished.iter().all(|run| run.is_sealed))
}

/// Shows the first invoice.
fn first_invoice(
    proof: &Reconciliation,
    results: &Path,
    out: &mut (dyn Write + Send),
) -> anyhow::Result<()> {
    let invoiced = proof.customers.iter().find(|customer| customer.invoice_total.is_some());
    let Some(customer) = invoiced else { return Ok(()) };
    let plan: Plan = read(&results.join(keys::plan(&proof.run_id)))?;
    let key = keys::billing(&plan, &customer.customer, "invoice.json");
    let invoice: InvoiceFile = read(&results.join(key))?;
    Ok(show::invoice(&invoice, out)?)
}

fn read<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}

fn what_next(run: &RunArgs, out: &mut (dyn Write + Send)) -> std::io::Result<()> {
    let source = run.source.display();
    let (results, contracts) = (run.out.display(), run.contracts.display());
    writeln!(out, "Try next (`cargo install --path functions/local` installs `sluice`):")?;
    writeln!(out, "  sluice verify {results}")?;
    writeln!(out, "  change a discount in {contracts}, then")?;
    let rates = run.rates.as_ref().map(|rates| format!(" --rates {}", rates.display()));
    let rates = rates.unwrap_or_default();
    writeln!(out, "  sluice run --source {source} --contracts {contracts}{rates} --out {results}")
}
