//! `recalculate-account`: prices an account's lines at standard rates, classifies them, and lists the usage
//! that commitments cover or could cover in each hour.

mod own_lines;

use async_trait::async_trait;
use billing::{Needs, OfReport, Rated, Rater};
use commitments::DemandRow;
use contracts::Contracts;
use cur::{AccountId, Column, LineItem, LineNote};
use datasets::encode_parquet_lightly;
use pipeline::{Message, Plan, RecalculateReceipt, keys};
use runs::{App, Failure, Outcome, Results, Stop, Work, encoded, encoded_lightly};

pub use own_lines::{LineReader, ObjectError, OwnLines, own_lines};

pub async fn handle(message: &Message, account: AccountId, app: &App) -> Result<Outcome, Failure> {
    runs::handle(&Recalculation { account }, message, app).await
}

/// One account of a run.
struct Recalculation {
    account: AccountId,
}

#[async_trait]
impl Work for Recalculation {
    type Input = Rated;
    type Receipt = RecalculateReceipt;

    /// An account may have more lines than fit into memory, so the lines are rated while they are read.
    async fn load(&self, plan: &Plan, app: &App) -> Result<Rated, Stop> {
        let contracts = app.contracts(plan).await?;
        let report = OfReport {
            payer: plan.payer_account_id,
            period: plan.billing_period,
            has_manifest: !plan.manifest.is_folder(),
        };
        let rater = Rater::new(self.account, report, needs(&contracts, self.account, plan));
        let objects = own_lines(plan, self.account, app).await?;
        let done = rate(rater, objects, plan, app).await?;
        done.map_err(|cell| Stop::Refused { reason: String::new(), cell: Some(cell) })
    }

    fn compute(&self, plan: &Plan, rated: Rated) -> Result<Results<RecalculateReceipt>, Stop> {
        let mut objects = vec![(keys::rated(plan, self.account), encoded(&rated.groups)?)];
        if !rated.demand.is_empty() {
            let demand = encode_parquet_lightly(whole_days(&rated.demand))
                .map_err(|error| Failure::Reject(error.to_string()))?;
            objects.push((keys::skus(plan, self.account), encoded_lightly(&rated.skus)?));
            objects.push((keys::demand(plan, self.account), demand));
        }
        Ok(Results { objects, checks: Vec::new(), receipt: receipt(self.account, rated) })
    }
}

/// A row group of demand has at least so many rows, because a row group costs as much as some hundred rows.
/// If an account has 30 rows a day, 18 days are one row group.
const GROUP_ROWS_MIN: usize = 512;

/// The demand in groups of whole days.
fn whole_days(demand: &[DemandRow]) -> Vec<&[DemandRow]> {
    let mut groups = Vec::new();
    let (mut first, mut end) = (0, 0);
    for day in demand.chunk_by(|a, b| a.usage_date == b.usage_date) {
        end += day.len();
        if end - first >= GROUP_ROWS_MIN {
            groups.push(&demand[first..end]);
            first = end;
        }
    }
    if first < end {
        groups.push(&demand[first..end]);
    }
    groups
}

/// An account without a customer is billed to nobody. But what the account bought may still decide what
/// other accounts are billed.
fn needs(contracts: &Contracts, account: AccountId, plan: &Plan) -> Needs {
    let customer = contracts.owner_of(account, plan.payer_account_id, plan.billing_period);
    Needs::of(customer.map(|customer| customer.basis), contracts.sharing())
}

/// Reads and rates the lines on a thread of their own, because this is all computation. The inner error
/// says which line cannot be rated.
async fn rate(
    mut rater: Rater,
    objects: Vec<OwnLines>,
    plan: &Plan,
    app: &App,
) -> Result<Result<Rated, LineNote>, Failure> {
    let mut reader = LineReader::new(&app.results);
    let files = plan.files.clone();
    let work = move || {
        for OwnLines { object, file } in objects {
            let each = |line: &LineItem<'_>| rater.add(line);
            match reader.read(&object, billing::REQUIRED_COLUMNS, &Column::ALL, each) {
                Ok(()) => {}
                Err(ObjectError::Line(error)) => {
                    return Ok(Err(LineNote { line: rater.last_line(), text: error.of_cell() }));
                }
                // Every object of a file has the header of the file, so the error is about AWS's file.
                Err(ObjectError::Layout(error)) => {
                    return Err(Failure::Reject(format!("`{}`: {error}", files[file].key)));
                }
                Err(error) => return Err(error.of(&object.key)),
            }
        }
        Ok(Ok(rater.finish()))
    };
    tokio::task::spawn_blocking(work).await.map_err(|panic| Failure::Retry(panic.to_string()))?
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
