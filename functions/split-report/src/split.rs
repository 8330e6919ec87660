//! One report file from end to end: bytes, records, accounts.

use std::io::{self, Read};
use std::panic;
use std::sync::Arc;

use cur::{Column, CsvError, FileFormat, LineError, LineItem, Records, UnreadableFormat};
use flate2::read::MultiGzDecoder;
use pipeline::{LineTotals, Plan, PlannedFile, SplitReceipt};
use runs::Failure;
use storage::{BlockingReader, Store};
use tokio::runtime::Handle;
use tokio::task;

use crate::account_objects::AccountObjects;
use crate::limits::{Bounded, Limits, TooMuch};
use crate::uploads::Uploads;

/// Unpacked bytes handed to the parser at a time: they stay in the CPU's cache, and a record cut in
/// two by them is rare.
const CHUNK_BYTES: usize = 256 * 1024;

/// What no line can be routed or counted without.
const REQUIRED: [Column; 3] = [Column::UsageAccountId, Column::LineItemType, Column::UnblendedCost];

/// Why a report file could not be split. The file is named.
#[derive(Debug, thiserror::Error)]
pub enum SplitError {
    #[error(transparent)]
    Storage(#[from] storage::Error),
    #[error(transparent)]
    Format(#[from] UnreadableFormat),
    #[error("`{file}`: {reason}")]
    Content { file: String, reason: ContentError },
}

/// What is wrong inside a report file.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    #[error("{0}")]
    Csv(#[from] CsvError),
    #[error("{0}")]
    Line(#[from] LineError),
    #[error("{0}")]
    TooMuch(#[from] TooMuch),
    #[error("the gzip data ends before its end; the file is cut off")]
    CutOff,
    #[error("the gzip data is damaged: {0}")]
    Damaged(io::Error),
}

impl From<SplitError> for Failure {
    fn from(error: SplitError) -> Self {
        match error {
            SplitError::Storage(error) => error.into(),
            SplitError::Format(_) | SplitError::Content { .. } => Self::Reject(error.to_string()),
        }
    }
}

/// Splits one file of the plan into its accounts' objects. When it returns, all of them exist.
pub async fn split(
    plan: &Plan,
    file: &PlannedFile,
    reports: &Arc<dyn Store>,
    results: &Arc<dyn Store>,
) -> Result<SplitReceipt, SplitError> {
    split_within(Limits::OF_A_FILE, plan, file, reports, results).await
}

/// The same within other limits, for those who want to see one reached.
pub async fn split_within(
    limits: Limits,
    plan: &Plan,
    file: &PlannedFile,
    reports: &Arc<dyn Store>,
    results: &Arc<dyn Store>,
) -> Result<SplitReceipt, SplitError> {
    let stem = FileFormat::of(&file.key)?.stem(&file.key);
    let reader = BlockingReader::new(Arc::clone(reports), &file.key, &file.etag, file.size_bytes);
    let uploads = Uploads::new(Arc::clone(results), Handle::current());
    let objects = AccountObjects::new(plan, stem, uploads);
    let file = file.clone();
    // Unpacking and parsing never wait, so they would starve the runtime that reads and writes.
    task::spawn_blocking(move || split_stream(limits, &file, reader, objects))
        .await
        .unwrap_or_else(|stopped| panic::resume_unwind(stopped.into_panic()))
}

fn split_stream(
    limits: Limits,
    file: &PlannedFile,
    reader: impl Read,
    mut objects: AccountObjects,
) -> Result<SplitReceipt, SplitError> {
    let mut totals = LineTotals::default();
    // AWS overwrites a file that is no longer needed with an empty one.
    if file.size_bytes > 0 {
        let mut route = |line: &LineItem<'_>| {
            route(line, &mut totals, &mut objects)?;
            Ok::<_, Broken>(check_counts(limits, &totals, &objects)?)
        };
        let mut records = Records::new(&REQUIRED);
        let mut decoder = Bounded::new(MultiGzDecoder::new(reader), limits.unpacked_bytes);
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let length = match decoder.read(&mut chunk) {
                Ok(0) => break,
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(unreadable(error).in_file(file)),
            };
            let chunk = chunk.get(..length).unwrap_or_default();
            records.push(chunk, &mut route).map_err(|error| error.in_file(file))?;
        }
        records.finish(&mut route).map_err(|error| error.in_file(file))?;
    }
    let accounts = objects.finish()?;
    Ok(SplitReceipt { file: file.key.clone(), totals, accounts })
}

/// Counts a line as read, and hands it to its account, which counts it again as it is written.
fn route(
    line: &LineItem<'_>,
    totals: &mut LineTotals,
    objects: &mut AccountObjects,
) -> Result<(), Broken> {
    // Types are checked here so that a new one stops the run before anything is built on it.
    line.line_item_type()?;
    let account = line.usage_account()?;
    let one = count(line)?;
    totals.add(&one);
    objects.add(account, line, &one)?;
    Ok(())
}

fn check_counts(
    limits: Limits,
    totals: &LineTotals,
    objects: &AccountObjects,
) -> Result<(), ContentError> {
    if totals.all_lines() > limits.lines {
        return Err(TooMuch { limit: limits.lines, what: "lines" }.into());
    }
    if objects.accounts() > limits.accounts {
        return Err(TooMuch { limit: limits.accounts as u64, what: "usage accounts" }.into());
    }
    Ok(())
}

/// A line as totals of one.
fn count(line: &LineItem<'_>) -> Result<LineTotals, LineError> {
    let cost = line.required_amount(Column::UnblendedCost)?;
    Ok(if cur::is_split_cost_line(line)? {
        LineTotals { split_cost_lines: 1, split_cost_unblended_cost: cost, ..LineTotals::default() }
    } else {
        LineTotals { lines: 1, unblended_cost: cost, ..LineTotals::default() }
    })
}

/// What stopped the stream, before the file's name is put to it.
enum Broken {
    Content(ContentError),
    Storage(storage::Error),
}

impl Broken {
    fn in_file(self, file: &PlannedFile) -> SplitError {
        match self {
            Self::Content(reason) => SplitError::Content { file: file.key.clone(), reason },
            Self::Storage(error) => SplitError::Storage(error),
        }
    }
}

/// A storage error and a limit travel inside the I/O error; anything else is the decoder's.
fn unreadable(error: io::Error) -> Broken {
    let error = match error.downcast::<TooMuch>() {
        Ok(error) => return ContentError::TooMuch(error).into(),
        Err(error) => error,
    };
    match error.downcast::<storage::Error>() {
        Ok(error) => Broken::Storage(error),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => ContentError::CutOff.into(),
        Err(error) => ContentError::Damaged(error).into(),
    }
}

impl From<ContentError> for Broken {
    fn from(reason: ContentError) -> Self {
        Self::Content(reason)
    }
}

impl From<CsvError> for Broken {
    fn from(error: CsvError) -> Self {
        Self::Content(error.into())
    }
}

impl From<LineError> for Broken {
    fn from(error: LineError) -> Self {
        Self::Content(error.into())
    }
}

impl From<storage::Error> for Broken {
    fn from(error: storage::Error) -> Self {
        Self::Storage(error)
    }
}
