//! `sluice demo`: a small report, billed before your eyes.

use std::io::Write;

use cur::BillingPeriod;
use generator::{Generation, Layout, Options};

use crate::args::{Compression, DemoArgs, RunArgs};
use crate::{generate, run};

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
    };
    let source = args.out.join("report-bucket");
    generate::write(&options, &source)?;
    let run = RunArgs {
        contracts: source.join("contracts.toml"),
        source,
        out: args.out.join("results-bucket"),
        manifest: None,
        manifest_less: false,
        compression: Compression::default(),
        json: args.json,
    };
    if !args.json {
        writeln!(
            out,
            "A made-up report for {ACCOUNTS} accounts is in {}; its contracts are in {}.\n",
            run.source.display(),
            run.contracts.display()
        )?;
    }
    run::command(&run, out).await
}
