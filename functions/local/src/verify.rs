//! `sluice verify`: does a sealed run once more from the accounts' own lines, and compares every object byte
//! by byte. So both sides of every law, the margin, the totals and the checks are derived again from what
//! they speak of, and not read from where they are written.

mod bills;
mod derived_store;
mod planned_reports;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use allocate_commitments::AllocationOfDay;
use anyhow::{Context, bail};
use commitments::KeptReason;
use money::Amount;
use pipeline::{
    AllocateReceipt, Compression, Current, Plan, Reconciliation, Step, keys, version_of,
};
use runs::{App, Arrival, Stop, to_json};
use serde::Serialize;
use storage::{FolderStore, MemoryStore, Store};

use crate::args::VerifyArgs;
use crate::progress::Progress;
use crate::reread::reread_files;
use crate::world::{GivenUp, World};
use derived_store::{DerivedStore, first_difference};
use planned_reports::PlannedReports;

/// The outcome of the proof of one run or bill.
#[derive(Debug, Serialize)]
pub struct Proof {
    /// What was proved: a run, a bill, or all issued documents.
    pub name: String,
    /// The number of objects of each folder that were derived and compared.
    pub compared: BTreeMap<String, u64>,
    /// Objects that are not what they should be, each with its key.
    pub differences: Vec<String>,
    /// The facts that cannot be derived, in words.
    pub not_derived: Vec<String>,
    pub replay: ReplayProof,
}

/// AWS's rules applied again to what AWS has billed. Where they come out differently, commitments stayed as
/// AWS applied them, and the policy of the contracts could not be followed.
#[derive(Debug, Default, Serialize)]
pub struct ReplayProof {
    /// Hours of groups of commitments.
    pub compared: u64,
    /// Where AWS's rules leave a choice.
    pub ties: Vec<String>,
    pub differences: Vec<String>,
    /// The part of that money that reached accounts beyond the policy, by commitment.
    pub moved: BTreeMap<String, Amount>,
}

impl Proof {
    pub fn holds(&self) -> bool {
        self.differences.is_empty() && self.replay.moved.is_empty()
    }
}

pub(crate) async fn command(args: &VerifyArgs, out: &mut dyn Write) -> anyhow::Result<bool> {
    let proofs = verify(&args.dir, args.reports.as_deref()).await?;
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &proofs)?;
        writeln!(out)?;
    } else {
        for proof in &proofs {
            show(proof, out)?;
        }
    }
    Ok(proofs.iter().all(Proof::holds))
}

fn show(proof: &Proof, out: &mut dyn Write) -> std::io::Result<()> {
    let verdict = if proof.holds() { "PROVED" } else { "NOT PROVED" };
    writeln!(out, "{verdict}  {}", proof.name)?;
    for (folder, objects) in &proof.compared {
        writeln!(out, "  {folder}: {objects} derived and compared")?;
    }
    for difference in &proof.differences {
        writeln!(out, "  DIFFERS  {difference}")?;
    }
    for not_derived in &proof.not_derived {
        writeln!(out, "  not derived: {not_derived}")?;
    }
    let ReplayProof { compared, ties, differences, moved } = &proof.replay;
    if *compared > 0 {
        writeln!(
            out,
            "AWS's rules applied again: {compared} hours of groups of commitments compared with the \
             report, {} ties, {} differences",
            ties.len(),
            differences.len()
        )?;
    }
    for (kind, list) in [("tie", ties), ("DIFFERS", differences)] {
        for line in list.iter().take(LISTED) {
            writeln!(out, "  {kind}  {line}")?;
        }
        if let Some(more @ 1..) = list.len().checked_sub(LISTED) {
            writeln!(out, "  {kind}  and {more} more; `--json` lists them all")?;
        }
    }
    for (commitment, amount) in moved {
        writeln!(
            out,
            "  MOVED  {amount} of {commitment} stayed with accounts that the policy does not let it \
             reach, because AWS's rules and the report disagree"
        )?;
    }
    Ok(())
}

/// The number of differences of a kind that a person is shown.
const LISTED: usize = 5;

/// Proves every current run of a results bucket, and with the report bucket also what only AWS's files say.
pub async fn verify(dir: &Path, reports: Option<&Path>) -> anyhow::Result<Vec<Proof>> {
    let folder = |path| -> Arc<dyn Store> { Arc::new(FolderStore::new(path)) };
    let proofs = verify_store(folder(dir), reports.map(folder)).await?;
    if proofs.is_empty() {
        bail!("nothing is sealed in `{}`", dir.display());
    }
    Ok(proofs)
}

/// Proves every current run and every bill of a results bucket, and everything that was issued.
pub async fn verify_store(
    stored: Arc<dyn Store>,
    reports: Option<Arc<dyn Store>>,
) -> anyhow::Result<Vec<Proof>> {
    let pointers = stored.list(keys::current_prefix()).await?;
    if pointers.is_empty() {
        return Ok(Vec::new());
    }
    let mut proofs = Vec::new();
    for pointer in pointers {
        let proof = prove(&stored, reports.as_ref(), &pointer).await;
        proofs.push(proof.with_context(|| format!("`{pointer}`"))?);
    }
    let nothing: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let app = World::new(nothing, Arc::clone(&stored), Compression::default()).app;
    for pointer in stored.list(keys::billed_prefix()).await? {
        let proof = bills::prove(&pointer, &app).await;
        proofs.push(proof.with_context(|| format!("`{pointer}`"))?);
    }
    proofs.extend(bills::prove_issued(&stored, &app).await?);
    if let Some(last) = proofs.last_mut() {
        last.differences.extend(bills::missing(&app).await?);
        last.differences.extend(bills::foreign_lines(&stored).await?);
    }
    Ok(proofs)
}

async fn prove(
    stored: &Arc<dyn Store>,
    reports: Option<&Arc<dyn Store>>,
    pointer: &str,
) -> anyhow::Result<Proof> {
    let empty: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let of_reports = reports.unwrap_or(&empty);
    let world = |reports: &Arc<dyn Store>, results| {
        World::new(Arc::clone(reports), results, Compression::default())
    };
    let app = world(of_reports, Arc::clone(stored)).app;
    let current: Current = app.need(pointer).await?;
    let plan = app.plan(&current.run_id).await?;
    if plan.run_id != current.run_id {
        bail!("`{}` is the plan of run {}", keys::plan(&current.run_id), plan.run_id);
    }
    if plan.engine_version != receive_report::ENGINE_VERSION {
        bail!(
            "run {} was sealed by version {} of Sluice, and this is version {}: prove the run with the version \
             that sealed it",
            plan.run_id,
            plan.engine_version,
            receive_report::ENGINE_VERSION
        );
    }
    let mut proof = Proof {
        name: format!("run {}", plan.run_id),
        compared: BTreeMap::new(),
        differences: pinned(&plan, &app).await?,
        not_derived: Vec::new(),
        replay: ReplayProof::default(),
    };
    proof.differences.extend(pointer_differs(pointer, &current, &plan, stored).await?);
    // A proof that cannot be read is compared like any other object.
    let reconciliation: Option<Reconciliation> =
        app.find(&keys::reconciliation(&plan.run_id)).await.unwrap_or_default();
    if reconciliation.as_ref().is_some_and(|proof| proof.plan_version != plan.version()) {
        let key = keys::plan(&plan.run_id);
        proof.differences.push(format!("`{key}` is not the plan that the run was proved with"));
    }
    let of_then = MemoryStore::default();
    of_then.put(keys::CONTRACTS, app.need_bytes(&keys::pinned_contracts(&plan.run_id)).await?);
    if let Some(before) = before(reconciliation.as_ref(), &app, &mut proof).await? {
        of_then.put(pointer, serde_json::to_vec(&before)?);
    }
    let derived = DerivedStore::new(Arc::clone(stored), plan.clone(), of_then);
    let planned: Arc<dyn Store> = Arc::new(PlannedReports::new(Arc::clone(of_reports), &plan));
    let again = world(&planned, Arc::new(derived.clone()));
    again.app.begin(&plan, Arrival::First).await?;
    if reports.is_none() {
        proof.not_derived.push(NO_REPORTS.to_owned());
        reread_files(&plan, &again).await?;
    }
    let drained = again.drain_runs(&Progress::new(true)).await;
    for given_up in drained.given_up {
        let GivenUp { work, reason } = given_up;
        proof.differences.push(format!("{work} cannot be done again: {reason}"));
    }
    if let Some((_, reason)) = drained.held {
        proof.differences.push(format!("the run is current, and nobody has accepted it: {reason}"));
    }
    if drained.superseded {
        proof.differences.push("a report file is not the one that was billed".to_owned());
    }
    compare(&plan, reconciliation.as_ref(), &derived, stored, &mut proof).await?;
    proof.replay = replay(&plan, &again.app).await?;
    Ok(proof)
}

const NO_REPORTS: &str = "the totals of AWS's files, and where AWS's files have the lines that are named: say \
                          where the report bucket is with --reports";

/// Compares the plan and the files that are pinned beside the plan with the id of the run.
async fn pinned(plan: &Plan, app: &App) -> anyhow::Result<Vec<String>> {
    let mut differences = Vec::new();
    let mut compare = |key: String, is_right: bool| {
        if !is_right {
            differences.push(format!("`{key}` is not what the run's id was made of"));
        }
    };
    let run = &plan.run_id;
    compare(keys::plan(run), receive_report::run_id(plan) == *run);
    let contracts = app.need_bytes(&keys::pinned_contracts(run)).await?;
    compare(keys::pinned_contracts(run), version_of(&contracts) == plan.contracts_version);
    if let Some(version) = &plan.rates_version {
        let rates = app.need_bytes(&keys::pinned_rates(run)).await?;
        compare(keys::pinned_rates(run), version_of(&rates) == *version);
    }
    Ok(differences)
}

/// Compares the pointer with the plan of its run. The runs that the pointer named before are history: the
/// proof only looks whether their plans are there.
async fn pointer_differs(
    key: &str,
    current: &Current,
    plan: &Plan,
    stored: &Arc<dyn Store>,
) -> anyhow::Result<Vec<String>> {
    let mut differences = Vec::new();
    let is_right = key == keys::current(plan.payer_account_id, plan.billing_period)
        && *current
            == Current {
                replaced: current.replaced.clone(),
                before: current.before.clone(),
                moves: current.moves,
                ..Current::of(plan)
            };
    if !is_right {
        differences.push(format!("`{key}` does not say what the plan of its run says"));
    }
    for run in &current.replaced {
        if stored.head(&keys::plan(run)).await?.is_none() {
            differences.push(format!("`{key}` names run {run}, of which there is no plan"));
        }
    }
    Ok(differences)
}

/// The pointer as it was when the run was sealed, by the run that its proof was compared with.
async fn before(
    reconciliation: Option<&Reconciliation>,
    app: &App,
    proof: &mut Proof,
) -> anyhow::Result<Option<Current>> {
    let Some(Reconciliation { run_id: run, changes: Some(changes), .. }) = reconciliation else {
        return Ok(None);
    };
    let Some(plan) = app.find::<Plan>(&keys::plan(&changes.replaces)).await? else {
        let (key, gone) = (keys::reconciliation(run), &changes.replaces);
        proof
            .differences
            .push(format!("`{key}` compares with run {gone}, of which no plan is left"));
        return Ok(None);
    };
    Ok(Some(Current::of(&plan)))
}

/// Puts down what is different, what is there and should not be, and how much was compared.
async fn compare(
    plan: &Plan,
    reconciliation: Option<&Reconciliation>,
    derived: &DerivedStore,
    stored: &Arc<dyn Store>,
    proof: &mut Proof,
) -> anyhow::Result<()> {
    let compared = derived.compared();
    for key in &compared.keys {
        *proof.compared.entry(folder_of(key).to_owned()).or_default() += 1;
    }
    let lines_are_given = proof.not_derived.iter().any(|what| what == NO_REPORTS);
    let proved_apart = keys::reconciliation(&plan.run_id);
    for (key, difference) in &compared.differences {
        let is_excused = match reconciliation {
            Some(proof_stored) if *key == proved_apart && lines_are_given => {
                is_same_but_for(proof_stored, derived, stored).await?
            }
            _ => false,
        };
        if !is_excused {
            proof.differences.push(format!("`{key}` {difference}"));
        }
    }
    let run = &plan.run_id;
    let origins = keys::Origins::new(plan);
    for folder in keys::folders_of_run(plan) {
        for key in stored.list(&folder).await? {
            let is_input = if keys::is_of_lines(&key) {
                let is_read = keys::account_of(&key).is_some() && origins.of(&key).is_some();
                lines_are_given && is_read
            } else {
                keys::is_input(run, &key)
            };
            let is_note = keys::is_note(run, &key) || is_marker(&key, stored).await?;
            if !is_input && !is_note && !compared.keys.contains(&key) {
                proof.differences.push(format!("`{key}` is there, and no step has written it"));
            }
        }
    }
    Ok(())
}

/// Athena marks the folder of a partition that has no objects yet by an empty object.
async fn is_marker(key: &str, stored: &Arc<dyn Store>) -> anyhow::Result<bool> {
    Ok(key.ends_with("_$folder$")
        && stored.head(key).await?.is_some_and(|object| object.size_bytes == 0))
}

/// The folder by which objects are counted.
fn folder_of(key: &str) -> &str {
    match key.split_once('/') {
        Some(("reports", rest)) => rest.split_once('/').map_or(rest, |(table, _)| table),
        Some((folder, _)) => folder,
        None => key,
    }
}

/// Returns whether the stored proof differs from the derived proof only in facts that cannot be derived.
async fn is_same_but_for(
    reconciliation: &Reconciliation,
    derived: &DerivedStore,
    stored: &Arc<dyn Store>,
) -> anyhow::Result<bool> {
    let key = keys::reconciliation(&reconciliation.run_id);
    let Some(object) = derived.get(&key).await? else { return Ok(false) };
    let mut again: Reconciliation = serde_json::from_slice(&object.bytes)?;
    for (check, tally) in &mut again.report_checks {
        let stored = reconciliation.report_checks.get(check);
        let stored = stored.and_then(|stored| stored.example.as_deref());
        if let (Some(stored), Some(example)) = (stored, &mut tally.example) {
            take_place(stored, example);
        }
    }
    for (arn, missing) in &mut again.unknown_costs {
        if let Some(stored) = reconciliation.unknown_costs.get(arn) {
            take_place(stored, missing);
        }
    }
    let stored = stored.get(&key).await?.map(|object| object.bytes);
    Ok(stored == Some(to_json(&key, &again)?))
}

/// Where a line stands in AWS's file, from the stored text if it says the same of the same file and line.
fn take_place(stored: &str, derived: &mut String) {
    let of_file = derived.split_inclusive('`').take(2).collect::<String>();
    let said =
        derived.split_once("which is kept in `").and_then(|(_, rest)| rest.split_once("`: "));
    if let Some((_, said)) = said
        && stored.starts_with(&of_file)
        && stored.ends_with(&format!(": {said}"))
    {
        stored.clone_into(derived);
    }
}

/// Adds up the outcome of AWS's rules from the receipts of the days. Days on which AWS's rules leave a
/// choice, or give another outcome than the report, are computed once more, because the receipts do not have
/// the words.
async fn replay(plan: &Plan, app: &App) -> anyhow::Result<ReplayProof> {
    let mut proof = ReplayProof::default();
    let days: Vec<AllocateReceipt> = app.receipts(plan, Step::AllocateCommitments).await?;
    for AllocateReceipt { day, replay, kept, .. } in days {
        proof.compared += replay.compared;
        for kept in kept.iter().filter(|kept| kept.reason == KeptReason::NotReplayed) {
            if !kept.beyond_policy.is_zero() {
                *proof.moved.entry(kept.commitment.clone()).or_default() += kept.beyond_policy;
            }
        }
        if replay.ties > 0 || replay.kept > 0 {
            let input = allocate_commitments::load(plan, day, app).await?;
            match allocate_commitments::allocate(plan, day, &input) {
                Ok(AllocationOfDay { replayed, .. }) => {
                    proof.ties.extend(replayed.ties.iter().map(ToString::to_string));
                    proof.differences.extend(replayed.differences.iter().map(ToString::to_string));
                }
                Err(Stop::Failure(failure)) => bail!("{day}: {failure}"),
                Err(_) => bail!("{day} cannot be allocated again"),
            }
        }
    }
    Ok(proof)
}
