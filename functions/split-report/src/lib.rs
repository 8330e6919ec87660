//! Splits a report file: streams it once and routes each line to its usage account's own objects.

mod account_objects;
mod account_rows;
mod compressor;
mod limits;
mod split;
mod uploads;

use pipeline::{Message, Plan, RunId, SplitReceipt, Step};
use reports::{Beginning, FileError};
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
                if receipt.totals.all_lines() == 0
                    && let Some(changed) = refuse_hole(&plan, file, app).await?
                {
                    return app.superseded(&plan, &changed.to_string()).await;
                }
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

/// Where an overwritten export has become shorter, AWS leaves the files at its end empty. So an empty file
/// before one with lines is a file that lost its lines, and the run would bill too little. Each empty file
/// is compared with the next one only: the run ends if any of them is followed by lines.
///
/// `Some` if AWS has replaced the next file meanwhile. One that cannot be read is refused by its own unit.
async fn refuse_hole(
    plan: &Plan,
    file: usize,
    app: &App,
) -> Result<Option<storage::Error>, Failure> {
    let Some(next) = plan.files.get(file + 1) else { return Ok(None) };
    match reports::beginning(&app.reports, next).await {
        Ok(Some(Beginning { first_line: Some(_), .. })) => Err(Failure::Reject(format!(
            "`{}` is empty, and `{}` after it is not: AWS leaves files empty only at the end of a \
             report, so this one has lost its lines; restore it, or let AWS deliver the report again",
            plan.files[file].key, next.key
        ))),
        Err(FileError::Storage(error)) if error.kind == ErrorKind::Changed => Ok(Some(error)),
        Err(FileError::Storage(error)) if error.kind == ErrorKind::Transient => Err(error.into()),
        Ok(_) | Err(_) => Ok(None),
    }
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
