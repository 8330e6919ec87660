//! `recalculate-account`: prices an account's lines at standard rates and classifies them, and lists
//! what commitments have to do with its hours.

use std::io::{self, Read};
use std::sync::Arc;

use billing::{LineGroup, Needs, OfReport, Rated, Rater};
use commitments::DemandRow;
use contracts::Contracts;
use cur::{AccountId, Column, CsvError, LayoutError, LineError, LineNote, Records};
use datasets::encode_parquet;
use pipeline::{Compression, Plan, RecalculateReceipt, RunId, SplitReceipt, Step, keys};
use reports::in_chunks;
use rows::{ReportFile, RowsError};
use runs::{App, Failure, Outcome};
use storage::{BlockingRanges, BlockingReader, ObjectInfo, Store};

pub async fn handle(run: &RunId, account: AccountId, app: &App) -> Result<Outcome, Failure> {
    let plan = app.plan(run).await?;
    if !app.is_done(run, Step::RecalculateAccount, account.as_str()).await? {
        recalculate(&plan, account, app).await?;
    }
    app.advance(&plan, Step::RecalculateAccount).await?;
    Ok(Outcome::Done)
}

async fn recalculate(plan: &Plan, account: AccountId, app: &App) -> Result<(), Failure> {
    let rated = rate_again(plan, account, app).await?;

    let groups = encode_parquet(rated.groups.chunk_by(same_day))
        .map_err(|error| Failure::Reject(error.to_string()))?;
    app.results.create(&keys::rated(plan, account), groups).await?;
    if !rated.demand.is_empty() {
        let skus =
            encode_parquet([&rated.skus]).map_err(|error| Failure::Reject(error.to_string()))?;
        app.results.create(&keys::skus(plan, account), skus).await?;
        let demand = encode_parquet(rated.demand.chunk_by(|a, b| a.usage_date == b.usage_date))
            .map_err(|error| Failure::Reject(error.to_string()))?;
        app.results.create(&keys::demand(plan, account), demand).await?;
    }
    let receipt = receipt(account, rated);
    app.write_receipt(&plan.run_id, Step::RecalculateAccount, account.as_str(), &receipt).await
}

/// Rates the account's lines from its objects and writes nothing. Also what a proof begins with.
pub async fn rate_again(plan: &Plan, account: AccountId, app: &App) -> Result<Rated, Failure> {
    let contracts = app.contracts(plan).await?;
    let receipts: Vec<SplitReceipt> = app.receipts(&plan.run_id, Step::SplitReport).await?;
    let objects = objects_of(&receipts, account, app).await?;
    let report = OfReport {
        payer: plan.payer_account_id,
        period: plan.billing_period,
        has_manifest: !plan.manifest.is_folder(),
    };
    let rater = Rater::new(account, report, needs(&contracts, account, plan));
    let refused = match rate(rater, objects, app).await? {
        Ok(done) => return Ok(done),
        Err(refused) => refused,
    };
    let reason = reports::with_place(&app.reports, plan, &receipts, &refused).await?;
    Err(Failure::Reject(reason))
}

fn same_day(a: &LineGroup, b: &LineGroup) -> bool {
    a.usage_date == b.usage_date
}

/// Some of the account's own lines, and the report file that they are of.
struct OwnLines {
    object: ObjectInfo,
    file: String,
}

/// The account's own lines: one or more objects a report file.
async fn objects_of(
    receipts: &[SplitReceipt],
    account: AccountId,
    app: &App,
) -> Result<Vec<OwnLines>, Failure> {
    let shares = receipts.iter().filter_map(|receipt| {
        let share = receipt.accounts.get(&account)?;
        Some(share.objects.iter().map(|key| (key.clone(), receipt.file.clone())))
    });
    let app = app.clone();
    runs::in_order(shares.flatten().collect(), move |(key, file)| {
        let app = app.clone();
        async move {
            let found = app.results.head(&key).await?;
            let object = found.ok_or_else(|| Failure::Reject(format!("`{key}` is missing")))?;
            Ok(OwnLines { object, file })
        }
    })
    .await
}

/// An account that belongs to nobody is billed to nobody; others may still be billed by what it bought.
fn needs(contracts: &Contracts, account: AccountId, plan: &Plan) -> Needs {
    let customer = contracts.owner_of(account, plan.billing_period);
    Needs::of(customer.map(|customer| customer.basis), contracts.sharing())
}

/// Reads and rates off the async threads: it is all computation. Says which line cannot be rated.
async fn rate(
    mut rater: Rater,
    objects: Vec<OwnLines>,
    app: &App,
) -> Result<Result<Rated, LineNote>, Failure> {
    let store = Arc::clone(&app.results);
    let work = move || {
        for OwnLines { object, file } in objects {
            match rate_object(&mut rater, &object, &store) {
                Ok(()) => {}
                Err(ObjectError::Line(error)) => {
                    return Ok(Err(LineNote { line: rater.last_line(), text: error.of_cell() }));
                }
                // Every object of a file has the file's header.
                Err(ObjectError::Layout(error)) => {
                    return Err(Failure::Reject(format!("`{file}`: {error}")));
                }
                Err(error) => return Err(error.of(&object.key)),
            }
        }
        Ok(Ok(rater.finish()))
    };
    tokio::task::spawn_blocking(work).await.map_err(|panic| Failure::Retry(panic.to_string()))?
}

#[derive(Debug, thiserror::Error)]
enum ObjectError {
    #[error("{0}")]
    Line(#[from] LineError),
    #[error("{0}")]
    Layout(LayoutError),
    #[error("{0}")]
    Csv(CsvError),
    #[error("{0}")]
    Rows(RowsError),
    #[error("{0}")]
    Read(#[from] io::Error),
}

impl From<CsvError> for ObjectError {
    fn from(error: CsvError) -> Self {
        match error {
            CsvError::Layout(error) => Self::Layout(error),
            other => Self::Csv(other),
        }
    }
}

impl From<RowsError> for ObjectError {
    fn from(error: RowsError) -> Self {
        match error {
            RowsError::Read(error) => Self::Read(error),
            RowsError::Layout(error) => Self::Layout(error),
            other => Self::Rows(other),
        }
    }
}

impl ObjectError {
    fn of(self, key: &str) -> Failure {
        match self {
            Self::Read(error) => Failure::reading(key, error),
            Self::Line(_) | Self::Layout(_) | Self::Csv(_) | Self::Rows(_) => {
                Failure::Reject(format!("`{key}`, {self}"))
            }
        }
    }
}

fn rate_object(
    rater: &mut Rater,
    object: &ObjectInfo,
    store: &Arc<dyn Store>,
) -> Result<(), ObjectError> {
    let ObjectInfo { key, etag, size_bytes, .. } = object;
    let object = BlockingRanges::new(Arc::clone(store), key, etag, *size_bytes);
    if keys::has_rows(key) {
        return rate_rows(rater, object);
    }
    let reader = BlockingReader::new(object);
    let mut reader: Box<dyn Read> = match keys::compression_of(key) {
        Some(Compression::Gzip) => Box::new(flate2::read::MultiGzDecoder::new(reader)),
        _ => Box::new(zstd::Decoder::new(reader)?),
    };
    let mut records = Records::new(billing::REQUIRED_COLUMNS);
    in_chunks(&mut reader, ObjectError::Read, |chunk| {
        records.push(chunk, |line| Ok::<_, ObjectError>(rater.add(line)?))
    })?;
    records.finish(|line| Ok(rater.add(line)?))
}

fn rate_rows(rater: &mut Rater, object: BlockingRanges) -> Result<(), ObjectError> {
    let size_bytes = object.size_bytes();
    let file = ReportFile::open(size_bytes, Arc::new(move |range| object.read(range)))?;
    let layout = file.layout(billing::REQUIRED_COLUMNS)?;
    file.lines(&layout, &Column::ALL, |line| Ok(rater.add(line)?))
}

fn receipt(account: AccountId, rated: Rated) -> RecalculateReceipt {
    let mut demand_days: Vec<_> =
        rated.demand.iter().map(|row: &DemandRow| row.usage_date).collect();
    demand_days.dedup();
    RecalculateReceipt {
        account,
        totals: rated.totals,
        amortized_cost: rated.amortized_cost,
        line_groups: rated.groups.len() as u64,
        demand_days,
        not_hourly: rated.not_hourly,
        commitments: rated.commitments,
        reservations: rated.reservations,
        plans: rated.plans,
        product_codes: rated.product_codes,
        support_suspects: rated.support_suspects,
        line_item_types: rated.line_item_types,
        currencies: rated.currencies,
        report_checks: rated.report_checks,
    }
}
