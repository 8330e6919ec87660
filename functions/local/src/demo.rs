//! `sluice demo`: makes a small report and bills it.

use std::fs;
use std::io::Write;
use std::path::Path;

use cur::BillingPeriod;
use generator::{Generation, Layout, Options};
use pipeline::{Bill, BillPointer, keys};

use crate::args::{Compression, DemoArgs, RunArgs};
use crate::{Finished, generate, run, show};

const ACCOUNTS: u32 = 24;
const LINES: u64 = 60_000;

pub(crate) async fn demo(args: &DemoArgs, out: &mut (dyn Write + Send)) -> anyhow::Result<bool> {
    let period: BillingPeriod = "2026-10".parse()?;
    let options = Options {
        generation: Generation::Cur2,
        payer: generator::PAYER.parse()?,
        accounts: ACCOUNTS,
        lines: LINES,
        seed: 1,
        period,
        files: 2,
        layout: Layout::CreateNew,
        is_final: false,
        revision: 0,
    };
    let source = args.out.join("report-bucket");
    generate::with_contracts(&options, &source)?;
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
    for sealed in finished.iter().filter(|run| run.is_sealed) {
        first_invoice(&sealed.bills, &run.out, out)?;
        what_next(&run, out)?;
    }
    Ok(finished.iter().all(Finished::is_good))
}

/// Shows the first invoice.
fn first_invoice(
    bills: &[BillPointer],
    results: &Path,
    out: &mut (dyn Write + Send),
) -> anyhow::Result<()> {
    let Some(pointer) = bills.iter().find(|bill| !bill.invoices.is_empty()) else { return Ok(()) };
    let BillPointer { customer_id, billing_period, bill_id, .. } = pointer;
    let key = keys::bill(customer_id, *billing_period, bill_id, "bill.json");
    let bill: Bill = serde_json::from_slice(&fs::read(results.join(key))?)?;
    for invoice in bill.invoices.iter().take(1) {
        show::invoice(&bill, invoice, out)?;
    }
    Ok(())
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
