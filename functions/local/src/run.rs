//! `sluice run`: bills the reports in a folder.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use pipeline::{BillPointer, BillRequest, Compression, Current, Reconciliation, keys};
use receive_report::{Delivery, Found};
use runs::{Failure, Outcome, parse_contracts};
use storage::{FolderStore, Replaced, Store};

use crate::args::RunArgs;
use crate::deliveries::Deliveries;
use crate::finished::Finished;
use crate::progress::Progress;
use crate::world::World;
use crate::{bills, show};

pub struct RunOptions {
    pub source: PathBuf,
    pub contracts: PathBuf,
    /// The file of savings plan rates. Without it, rates that are already in the results bucket stay.
    pub rates: Option<PathBuf>,
    pub out: PathBuf,
    pub manifest: Option<String>,
    pub manifest_less: bool,
    pub compression: Compression,
    pub is_quiet: bool,
}

pub(crate) async fn command(args: &RunArgs, out: &mut dyn Write) -> anyhow::Result<bool> {
    let finished = run_and_show(args, out).await?;
    if finished.iter().all(|run| run.passed_over.is_some()) {
        bail!("nothing was billed: {}", what_is_missing(args, &finished));
    }
    Ok(finished.iter().all(Finished::is_good))
}

/// The message for the case that every delivery was passed over. It names the setting that helps.
fn what_is_missing(args: &RunArgs, passed_over: &[Finished]) -> String {
    let exports = || passed_over.iter().filter_map(|run| run.passed_over.as_ref());
    let there: BTreeSet<&str> = exports().map(|export| export.report.as_str()).collect();
    let billed = exports().filter_map(|export| export.billed.as_deref());
    let missing: BTreeSet<&str> = billed.filter(|billed| !there.contains(billed)).collect();
    let list = |names: BTreeSet<&str>| names.into_iter().collect::<Vec<_>>().join("`, `");
    if missing.is_empty() {
        return "no delivery is a cost and usage report: let AWS deliver one to this bucket, as CUR 2.0 or \
                as a legacy report"
            .to_owned();
    }
    format!(
        "no delivery is of report `{}`, which `{}` names; the bucket has `{}`: set `report` to the one to \
         bill from, or leave it out",
        list(missing),
        args.contracts.display(),
        list(there)
    )
}

pub(crate) async fn run_and_show(
    args: &RunArgs,
    out: &mut dyn Write,
) -> anyhow::Result<Vec<Finished>> {
    let options = RunOptions {
        source: args.source.clone(),
        contracts: args.contracts.clone(),
        rates: args.rates.clone(),
        out: args.out.clone(),
        manifest: args.manifest.clone(),
        manifest_less: args.manifest_less,
        compression: args.compression.into(),
        is_quiet: args.json,
    };
    let finished = run(&options).await?;
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &finished)?;
        writeln!(out)?;
    } else {
        show::runs(&finished, &options.out, out)?;
        let store: Arc<dyn Store> = Arc::new(FolderStore::new(&options.out));
        let app = World::new(Arc::clone(&store), store, options.compression).app;
        let billed = finished.iter().flat_map(|run| &run.bills);
        let billed: BTreeSet<BillRequest> = billed.map(BillPointer::request).collect();
        show::bills(&bills::of(&app, billed).await?, out)?;
    }
    Ok(finished)
}

/// Bills the newest delivery of each payer, report and period, or the one delivery that the options name.
pub async fn run(options: &RunOptions) -> anyhow::Result<Vec<Finished>> {
    if !options.source.is_dir() {
        bail!("`{}` is not a folder", options.source.display());
    }
    let reports: Arc<dyn Store> = Arc::new(FolderStore::new(&options.source));
    let results: Arc<dyn Store> = Arc::new(FolderStore::new(&options.out));
    place_config(options, results.as_ref()).await?;
    let mut world = World::new(reports, results, options.compression);
    world.app.settings.manifest_less = options.manifest_less;
    let deliveries = match &options.manifest {
        Some(key) => Deliveries::only(key),
        None => Deliveries::in_bucket(&world.app).await?,
    };
    if deliveries.is_empty() {
        bail!("no report in `{}`: expected {}", options.source.display(), expected(options));
    }
    let mut finished = Vec::new();
    for manifest in deliveries.to_bill {
        finished.push(bill(&world, manifest, options.is_quiet).await?);
    }
    finished.extend(deliveries.passed_over.into_iter().map(|(export, manifest)| Finished {
        manifest,
        passed_over: Some(export),
        ..Finished::default()
    }));
    Ok(finished)
}

const fn expected(options: &RunOptions) -> &'static str {
    if options.manifest_less {
        "report files in a folder named after a billing period, as AWS names it"
    } else {
        "a `…-Manifest.json` somewhere below it, as AWS delivers it; where only data was replicated, ask \
         for --manifest-less"
    }
}

/// Copies contracts and rates to where the pipeline reads them, if they are valid.
async fn place_config(options: &RunOptions, results: &dyn Store) -> anyhow::Result<()> {
    let (text, shown) = read(&options.contracts)?;
    if let Err(problems) = contracts::Contracts::parse(&text) {
        bail!("{}", problems.display(&shown));
    }
    place(keys::CONTRACTS, text, results).await?;
    if let Some(rates) = &options.rates {
        let (text, shown) = read(rates)?;
        if let Err(Failure::Reject(reason) | Failure::Retry(reason)) =
            runs::parse_rates(&shown, text.as_bytes())
        {
            bail!("{reason}");
        }
        place(keys::SAVINGS_PLAN_RATES, text, results).await?;
    }
    Ok(())
}

/// Returns the text of a file, and its path as the user wrote it.
fn read(path: &Path) -> anyhow::Result<(String, String)> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read `{shown}`"))?;
    Ok((text, shown))
}

async fn place(key: &str, text: String, results: &dyn Store) -> anyhow::Result<()> {
    let there = results.head(key).await?;
    let expected = there.as_ref().map(|info| info.etag.as_str());
    match results.replace(key, text.into(), expected).await? {
        Replaced::Yes => Ok(()),
        Replaced::Conflict => bail!("`{key}` is being changed by someone else"),
    }
}

const REPLACED: &str = "a newer delivery has replaced this one";

async fn bill(world: &World, manifest: String, is_quiet: bool) -> anyhow::Result<Finished> {
    let progress = Progress::new(is_quiet);
    progress.say(&format!("receive-report {manifest}"));
    let mut failures = Vec::new();
    let mut held = None;
    match world.deliver(&manifest).await {
        Ok(Outcome::Ignored(reason)) => failures.push(reason),
        Ok(Outcome::Held { run, reason }) => held = Some((run, reason)),
        Ok(Outcome::Superseded) => failures.push(REPLACED.to_owned()),
        Ok(Outcome::Done | Outcome::Sealed) => {}
        Err(failure) => failures.push(failure.to_string()),
    }
    let drained = world.drain(&progress).await;
    if let Some((run, reason)) = drained.held.or(held) {
        let reconciliation = Some(world.app.need(&keys::reconciliation(&run)).await?);
        let held = Some(reason);
        return Ok(Finished { manifest, held, failures, reconciliation, ..Finished::default() });
    }
    if drained.superseded {
        failures.push(REPLACED.to_owned());
    }
    failures.extend(drained.given_up.into_iter().map(|message| message.reason));
    let reconciliation = if failures.is_empty() { sealed(world, &manifest).await? } else { None };
    let is_sealed = reconciliation.is_some();
    let mut bills = Vec::new();
    for BillRequest { customer, billing_period } in &drained.bills {
        bills.extend(world.app.find(&keys::billed(customer, *billing_period)).await?);
    }
    let not_billed = drained.not_billed;
    Ok(Finished {
        manifest,
        is_sealed,
        failures,
        reconciliation,
        not_billed,
        bills,
        ..Finished::default()
    })
}

/// The proof of the current run, if that run is of this delivery and under these contracts.
async fn sealed(world: &World, place: &str) -> anyhow::Result<Option<Reconciliation>> {
    let text = world.app.need_bytes(keys::CONTRACTS).await?;
    let contracts = parse_contracts(keys::CONTRACTS, &text)?;
    let found = receive_report::find(place, &contracts, &world.app).await?;
    let Some(Found::Delivery(Delivery { manifest, .. })) = found else { return Ok(None) };
    let pointer = keys::current(manifest.payer_account_id, manifest.billing_period);
    let Some(current) = world.app.find::<Current>(&pointer).await? else { return Ok(None) };
    let is_this_run = current.delivery_id == manifest.delivery_id
        && current.contracts_version == pipeline::version_of(&runs::run_part(&text));
    if !is_this_run {
        return Ok(None);
    }
    Ok(world.app.find(&keys::reconciliation(&current.run_id)).await?)
}
