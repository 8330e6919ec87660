//! Splits a report file: streams it once and routes each line to its usage account's own objects.

mod account_objects;
mod account_rows;
mod compressor;
mod limits;
mod split;
mod uploads;

use pipeline::{Message, RunId, SplitReceipt, Step};
use runs::{App, Failure, Outcome};
use storage::ErrorKind;

pub use limits::Limits;
pub use split::{SplitError, split, split_within};

/// Splits the plan's report file with this index.
pub async fn handle(run: &RunId, file: usize, app: &App) -> Result<Outcome, Failure> {
    let step = Step::SplitReport;
    let unit = Message::SplitReport { run: run.clone(), file }.unit();
    let plan = app.plan(run).await?;
    if app.receipt::<SplitReceipt>(run, step, &unit).await?.is_none() {
        let planned = plan.files.get(file).ok_or_else(|| {
            Failure::Reject(format!("the plan has no file {file}, only {}", plan.files.len()))
        })?;
        match split(&plan, planned, &app.reports, &app.results).await {
            Ok(receipt) => {
                log(&plan.run_id, &receipt);
                app.write_receipt(run, step, &unit, &receipt).await?;
            }
            Err(SplitError::Storage(error)) if error.kind == ErrorKind::Changed => {
                return app.superseded(&plan, &error.to_string()).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    app.advance(&plan, step).await?;
    Ok(Outcome::Done)
}

fn log(run: &RunId, receipt: &SplitReceipt) {
    let objects: usize = receipt.accounts.values().map(|account| account.objects.len()).sum();
    tracing::info!(
        %run,
        file = receipt.file,
        lines = receipt.totals.all_lines(),
        unblended_cost = %receipt.totals.unblended_cost,
        accounts = receipt.accounts.len(),
        objects,
        "report file split"
    );
}
