//! `receive-report`: a manifest was created. Checks the manifest, pins the files that it lists, and starts
//! a run.

mod delivery;
mod manifest_less;

use std::time::Duration;

use bytes::Bytes;
use contracts::Contracts;
use cur::{ExportKind, Heading, Manifest};
use pipeline::{
    Current, ManifestRef, Notice, Plan, PlannedFile, RecalculateRequest, RunId, Step, keys,
    version_of,
};
use runs::{
    App, Arrival, Entry, Failure, Outcome, parse_contracts, parse_rates, run_part, to_json,
};
use serde_json::json;
use storage::Created;

pub use delivery::{Delivery, Found, PassedOver};

use delivery::{beginning, iso, other_kind, other_report, planned};

/// A part of every run id, so that a new version computes everything again.
pub const ENGINE_VERSION: &str = env!("CARGO_PKG_VERSION");

pub async fn handle(notice: &Notice, app: &App) -> Result<Outcome, Failure> {
    match notice {
        Notice::ObjectCreated { bucket, key } => match started_by(key, app) {
            Some(key) => receive(key, Some(bucket), Again::Ignore, app).await,
            // Only a manifest starts a run, because data files arrive before the delivery is complete.
            None => Ok(Outcome::Ignored(format!("`{key}` is not a manifest"))),
        },
        Notice::Recalculate(request) => recalculate(request, app).await,
        Notice::Resume(request) => receive(&request.manifest, None, Again::Resume, app).await,
        Notice::Accept(request) => accept(&request.run, app).await,
    }
}

/// What to do with a run that was started before and is not sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Again {
    /// The run is under way: the event is of the delivery's other manifest, or has come twice.
    Ignore,
    /// The run has stopped: a person asks to resume it.
    Resume,
}

/// The key to start a run from, after the object `key` was created: the key itself if it is a manifest. If
/// there are no manifests, the folder of the object.
fn started_by<'a>(key: &'a str, app: &App) -> Option<&'a str> {
    if Manifest::is_manifest_key(key) {
        return Some(key);
    }
    let folder = if key.ends_with('/') { Some(key) } else { Manifest::folder_of(key) };
    folder.filter(|_| app.settings.manifest_less)
}

/// Bills the delivery that is current again, with the contracts as they are now.
async fn recalculate(request: &RecalculateRequest, app: &App) -> Result<Outcome, Failure> {
    let (payer, period) = (request.payer_account_id, request.billing_period);
    let current: Option<Current> = app.find(&keys::current(payer, period)).await?;
    let current = current.ok_or_else(|| {
        Failure::Reject(format!(
            "nothing is sealed for payer {payer} and {period}, so there is nothing to calculate \
             again; a delivered report starts its first run by itself"
        ))
    })?;
    let plan = app.plan(&current.run_id).await?;
    receive(&plan.manifest.key, None, Again::Resume, app).await
}

/// Makes a held run current. The request may come twice or late: the acceptance is for this run only and
/// stays, and a run that another run has replaced does not become current again.
async fn accept(run: &RunId, app: &App) -> Result<Outcome, Failure> {
    let plan: Option<Plan> = app.find(&keys::plan(run)).await?;
    let plan = plan.ok_or_else(|| Failure::Reject(format!("there is no run {run}")))?;
    if app.results.head(&keys::reconciliation(run)).await?.is_none() {
        return Err(Failure::Reject(format!(
            "run {run} is not proved, so there is nothing to accept: it is under way, or it has stopped"
        )));
    }
    app.write_once(&keys::accepted(run), &json!({ "run_id": run })).await?;
    app.make_current(&plan, Entry::Sealed).await
}

/// Starts a run of a delivery. `key` is the key of its manifest, or its folder with a slash at the end.
async fn receive(
    key: &str,
    bucket: Option<&str>,
    again: Again,
    app: &App,
) -> Result<Outcome, Failure> {
    let config = config_now(app).await?;
    let contracts = parse_contracts(keys::CONTRACTS, &config.contracts)?;
    let delivery = match find(key, &contracts, app).await? {
        Some(Found::Delivery(delivery)) => delivery,
        Some(Found::PassedOver(export)) => return Ok(Outcome::Ignored(export.reason)),
        None => return Ok(Outcome::Ignored(format!("`{key}` is gone again"))),
    };
    let manifest = &delivery.manifest;
    let payer = manifest.payer_account_id;
    if !contracts.payer_is_known(payer) {
        return Err(Failure::Reject(format!(
            "`{key}` is a report of payer {payer}, which is not among the payers of `{}`: add it \
             there",
            keys::CONTRACTS
        )));
    }
    refuse_other_bucket(key, manifest, bucket, app)?;
    let files = pin(manifest, app).await?;
    let plan = plan(delivery, files, &config, app).await?;
    for missing in plan.not_guaranteed() {
        tracing::warn!(run = %plan.run_id, manifest = key, "not guaranteed {missing}");
    }
    let planned = store(&plan, config, app).await?;
    tracing::info!(run = %plan.run_id, manifest = key, files = plan.files.len(), "run planned");
    let arrival = match planned {
        Created::New => Arrival::First,
        Created::AlreadyThere => Arrival::Again,
    };
    if (arrival, again) == (Arrival::Again, Again::Ignore) {
        let first = app.plan(&plan.run_id).await?.manifest;
        if first.key != plan.manifest.key && is_started(&plan, app).await? {
            return Ok(Outcome::Ignored(format!("`{}` is of the same delivery", first.key)));
        }
    }
    app.begin(&plan, arrival).await?;
    if app.results.head(&keys::reconciliation(&plan.run_id)).await?.is_some() {
        // The run was sealed before. This happens when earlier contracts are put back.
        return app.make_current(&plan, Entry::Asked).await;
    }
    if (arrival, again) == (Arrival::Again, Again::Resume) {
        app.resume(&plan).await?;
    }
    Ok(Outcome::Done)
}

/// Finds a delivery by the key of its manifest, or by its folder with a slash at the end. `None` if the
/// bucket has no such object.
pub async fn find(key: &str, contracts: &Contracts, app: &App) -> Result<Option<Found>, Failure> {
    if key.ends_with('/') {
        return manifest_less::find(key, contracts, app).await;
    }
    let Some(object) = app.reports.get(key).await? else {
        return Ok(None);
    };
    let refused = |error| Failure::Reject(format!("`{key}`: {error}"));
    let heading = Manifest::heading(key, &object.bytes).map_err(refused)?;
    if let Some(other) = passed_over(&heading, contracts, app).await? {
        return Ok(Some(Found::PassedOver(other)));
    }
    let manifest = Manifest::parse(key, &object.bytes).map_err(refused)?;
    let modified = iso(object.info.modified_unix);
    let source = ManifestRef { key: object.info.key, etag: object.info.etag };
    Ok(Some(Found::Delivery(Delivery { manifest, source, modified })))
}

/// Whether a manifest is of an export that is not billed. The bucket may have other exports, and other
/// reports of the payer. Only a cost and usage report can be billed, and the contracts may name one.
async fn passed_over(
    heading: &Heading,
    contracts: &Contracts,
    app: &App,
) -> Result<Option<PassedOver>, Failure> {
    let report = &heading.report;
    if let Some(other) = other_report(report, heading.payer_account_id, contracts) {
        return Ok(Some(other));
    }
    let kind = match heading.kind {
        Some(kind) => Some(kind),
        None => kind_of_files(&heading.files, app).await?,
    };
    Ok(kind.and_then(|kind| other_kind(report, kind)))
}

/// The kind of export by the first file that has a header. A file that cannot be read is skipped here; the
/// run will report what is wrong with it.
async fn kind_of_files(files: &[String], app: &App) -> Result<Option<ExportKind>, Failure> {
    for key in files {
        if let Some(info) = app.reports.head(key).await?
            && let Some(beginning) = beginning(&planned(info), app).await?
        {
            return Ok(Some(beginning.kind));
        }
    }
    Ok(None)
}

/// Refuses a manifest that names another bucket. This bucket may have other files under the keys that the
/// manifest lists, and they would be billed.
fn refuse_other_bucket(
    key: &str,
    manifest: &Manifest,
    bucket: Option<&str>,
    app: &App,
) -> Result<(), Failure> {
    // A folder on a laptop has no bucket name. A delivery that is calculated again was checked when it
    // came.
    let bucket = bucket.filter(|bucket| !bucket.is_empty());
    let (Some(named), Some(bucket)) = (manifest.bucket.as_deref(), bucket) else {
        return Ok(());
    };
    if named == bucket || app.settings.replica_of.as_deref() == Some(named) {
        return Ok(());
    }
    Err(Failure::Reject(format!(
        "`{key}` names files of bucket `{named}`, and lies in `{bucket}`: if `{bucket}` is a copy of \
         it, say so with REPLICA_OF={named}"
    )))
}

/// The inputs of a run besides the report.
struct Config {
    contracts: Bytes,
    /// Rates of savings plans, which are needed only where no report shows a rate.
    rates: Option<Bytes>,
}

async fn config_now(app: &App) -> Result<Config, Failure> {
    let contracts = app.results.get(keys::CONTRACTS).await?.ok_or_else(|| {
        Failure::Reject(format!("there is no `{}` in the results bucket", keys::CONTRACTS))
    })?;
    let rates = app.results.get(keys::SAVINGS_PLAN_RATES).await?;
    if let Some(rates) = &rates {
        parse_rates(keys::SAVINGS_PLAN_RATES, &rates.bytes)?;
    }
    Ok(Config { contracts: contracts.bytes, rates: rates.map(|rates| rates.bytes) })
}

/// Looks up the `ETag` of every file. From here on the run reads only this version of each file.
async fn pin(manifest: &Manifest, app: &App) -> Result<Vec<PlannedFile>, Failure> {
    let app = app.clone();
    runs::in_order(manifest.files.clone(), move |key| {
        let app = app.clone();
        async move {
            // In a copy of a bucket a file may arrive after its manifest, so the message is retried.
            let info = app.reports.head(&key).await?.ok_or_else(|| {
                Failure::Retry(format!("the manifest names `{key}`, which is not in the bucket"))
            })?;
            Ok(planned(info))
        }
    })
    .await
}

async fn plan(
    delivery: Delivery,
    files: Vec<PlannedFile>,
    config: &Config,
    app: &App,
) -> Result<Plan, Failure> {
    let delivered_at = delivery.delivered_at().to_owned();
    let Delivery { manifest, source, .. } = delivery;
    let payer_account_id = manifest.payer_account_id;
    let billing_period = manifest.billing_period;
    let mut plan = Plan {
        run_id: RunId::of([]),
        engine_version: ENGINE_VERSION.to_owned(),
        payer_account_id,
        report: manifest.report,
        billing_period,
        delivery_id: manifest.delivery_id,
        delivered_at,
        manifest: source,
        contracts_version: version_of(&run_part(&config.contracts)),
        rates_version: config.rates.as_deref().map(version_of),
        compression: app.settings.compression,
        previous_run: None,
        files,
    };
    plan.run_id = run_id(&plan);
    if let Some(previous) = billing_period.previous() {
        let current: Option<Current> = app.find(&keys::current(payer_account_id, previous)).await?;
        plan.previous_run = current.map(|current| current.run_id);
    }
    Ok(plan)
}

/// Waits until the event of the other manifest has started the run. If that event never does, this one has
/// to.
async fn is_started(plan: &Plan, app: &App) -> Result<bool, Failure> {
    for _ in 0..STARTS_WAITED_FOR {
        if app.results.head(&keys::sent(&plan.run_id, Step::SplitReport)).await?.is_some() {
            return Ok(true);
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(false)
}

/// Both manifests of a delivery arrive at about the same time, and a run is started within a second.
const STARTS_WAITED_FOR: u32 = 20;
const PAUSE: Duration = Duration::from_millis(100);

/// The id of a run, made from everything that the run's bytes depend on. Both manifests of a delivery give
/// one id, and so does a delivery that is received again.
pub fn run_id(plan: &Plan) -> RunId {
    let period = plan.billing_period.to_string();
    let mut parts = vec![
        plan.engine_version.as_str(),
        plan.payer_account_id.as_str(),
        &plan.report,
        &period,
        &plan.delivery_id,
        &plan.contracts_version,
        plan.rates_version.as_deref().unwrap_or_default(),
        plan.compression.extension(),
    ];
    parts.extend(plan.files.iter().flat_map(|file| [file.key.as_str(), file.etag.as_str()]));
    RunId::of(parts)
}

/// Stores the run's inputs and then its plan, because a plan without its inputs is of no use. Says whether
/// the plan is new.
async fn store(plan: &Plan, config: Config, app: &App) -> Result<Created, Failure> {
    let contracts = run_part(&config.contracts);
    app.results.create(&keys::pinned_contracts(&plan.run_id), contracts).await?;
    if let Some(rates) = config.rates {
        app.results.create(&keys::pinned_rates(&plan.run_id), rates).await?;
    }
    let key = keys::plan(&plan.run_id);
    Ok(app.results.create(&key, to_json(&key, plan)?).await?)
}
