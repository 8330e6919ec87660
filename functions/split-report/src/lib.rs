//! Splits a report file: streams it once and routes each line to its usage account's own objects.

mod account_objects;
mod account_rows;
mod compressor;
mod error;
mod limits;
mod route;
mod split;
mod uploads;

use async_trait::async_trait;
use pipeline::{Message, Plan, RunId, SplitReceipt};
use reports::{Beginning, FileError};
use runs::{App, Failure, Outcome, Results, Stop, Work};
use storage::ErrorKind;

pub use error::SplitError;
pub use limits::Limits;
pub use route::count;
pub use split::{split, split_within};

/// Splits the plan's report file with this index.
pub async fn handle(message: &Message, file: usize, app: &App) -> Result<Outcome, Failure> {
    runs::handle(&Split { file }, message, app).await
}

/// One report file of a run.
struct Split {
    file: usize,
}

#[async_trait]
impl Work for Split {
    type Input = SplitReceipt;
    type Receipt = SplitReceipt;

    /// A report file is larger than memory, so the accounts' objects are written while it is read.
    async fn load(&self, plan: &Plan, app: &App) -> Result<SplitReceipt, Stop> {
        let file = plan.files.get(self.file).ok_or_else(|| {
            let files = plan.files.len();
            Failure::Reject(format!("the plan has no file {}, only {files}", self.file))
        })?;
        let receipt = match split(plan, file, &app.reports, &app.results).await {
            Ok(receipt) => receipt,
            Err(SplitError::Storage(error)) if error.kind == ErrorKind::Changed => {
                return Err(Stop::Superseded(error.to_string()));
            }
            Err(error) => return Err(error.into()),
        };
        if receipt.totals.all_lines() == 0 {
            refuse_hole(plan, self.file, app).await?;
        }
        Ok(receipt)
    }

    fn compute(&self, plan: &Plan, receipt: SplitReceipt) -> Result<Results<SplitReceipt>, Stop> {
        log(&plan.run_id, &receipt);
        Ok(Results { objects: Vec::new(), checks: Vec::new(), receipt })
    }
}

/// Refuses an empty file if the next file has lines. AWS leaves files empty only at the end of an export,
/// when an overwritten export has become shorter. An empty file before a file with lines has lost its
/// lines, and the run would bill too little. It is enough to compare each empty file with the next one,
/// because each empty file has a unit of its own.
///
/// If the next file cannot be read, its own unit refuses it.
async fn refuse_hole(plan: &Plan, file: usize, app: &App) -> Result<(), Stop> {
    let Some(next) = plan.files.get(file + 1) else { return Ok(()) };
    match reports::beginning(&app.reports, next).await {
        Ok(Some(Beginning { first_line: Some(_), .. })) => Err(Failure::Reject(format!(
            "`{}` is empty, and `{}` after it is not: AWS leaves files empty only at the end of a \
             report, so this one has lost its lines; restore it, or let AWS deliver the report again",
            plan.files[file].key, next.key
        ))
        .into()),
        Err(FileError::Storage(error)) if error.kind == ErrorKind::Changed => {
            Err(Stop::Superseded(error.to_string()))
        }
        Err(FileError::Storage(error)) if error.kind == ErrorKind::Transient => Err(error.into()),
        Ok(_) | Err(_) => Ok(()),
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
