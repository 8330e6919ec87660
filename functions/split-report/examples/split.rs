//! Splits one report file of this machine into a folder and prints what it found, to measure with:
//! `/usr/bin/time -v target/release/examples/split report-00001.csv.gz out gzip`.
#![expect(clippy::print_stdout, reason = "a program for a terminal")]

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use cur::{AccountId, BillingPeriod};
use pipeline::{Compression, ManifestRef, Plan, PlannedFile, RunId};
use storage::{FolderStore, Store};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (file, out, compression) = match arguments.as_slice() {
        [file, out] => (file, out, Compression::Zstd),
        [file, out, format] if format == "gzip" => (file, out, Compression::Gzip),
        _ => anyhow::bail!("usage: split FILE.csv.gz FOLDER [gzip]"),
    };
    let path = Path::new(file);
    let key = path.file_name().and_then(|name| name.to_str()).context("the file has no name")?;
    let reports: Arc<dyn Store> = Arc::new(FolderStore::new(path.parent().unwrap_or(path)));
    let results: Arc<dyn Store> = Arc::new(FolderStore::new(out));
    let found = reports.head(key).await?.with_context(|| format!("there is no file {file}"))?;
    let planned = PlannedFile { key: found.key, etag: found.etag, size_bytes: found.size_bytes };

    let receipt = split_report::split(&plan(compression)?, &planned, &reports, &results).await?;
    for (account, written) in &receipt.accounts {
        let (lines, cost) = (written.totals.all_lines(), written.totals.unblended_cost);
        println!("{account}  {lines:>10} lines  {cost:>30}");
    }
    let (lines, cost) = (receipt.totals.all_lines(), receipt.totals.unblended_cost);
    println!("{} accounts  {lines:>10} lines  {cost:>30}", receipt.accounts.len());
    Ok(())
}

/// A plan. Only the parts that name the objects matter here.
fn plan(compression: Compression) -> anyhow::Result<Plan> {
    Ok(Plan {
        run_id: RunId::of(["example"]),
        engine_version: String::new(),
        payer_account_id: "111122223333".parse::<AccountId>()?,
        report: "example".to_owned(),
        billing_period: "2026-10".parse::<BillingPeriod>()?,
        delivery_id: String::new(),
        delivered_at: String::new(),
        manifest: ManifestRef { key: String::new(), etag: String::new() },
        contracts_version: String::new(),
        rates_version: None,
        compression,
        previous_run: None,
        files: Vec::new(),
    })
}
