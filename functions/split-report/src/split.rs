//! One report file from end to end: bytes, records, accounts.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::panic;
use std::sync::Arc;

use cur::{AccountId, Column, CsvError, FileFormat, LineError, LineItem, Records, UnknownFormat};
use pipeline::{LineTotals, Plan, PlannedFile, SplitReceipt};
use rows::RowsError;
use runs::Failure;
use storage::{BlockingRanges, BlockingReader, Store};
use tokio::runtime::Handle;
use tokio::task;

use crate::account_objects::AccountObjects;
use crate::account_rows::AccountRows;
use crate::limits::{Bounded, Limits, TooMuch};
use crate::unpack::{format_of, unpacked};
use crate::uploads::Uploads;

/// Unpacked bytes handed to the parser at a time: they stay in the CPU's cache, and a record cut in
/// two by them is rare.
const CHUNK_BYTES: usize = 256 * 1024;

/// What no line can be routed or counted without.
pub(crate) const REQUIRED: [Column; 3] =
    [Column::UsageAccountId, Column::LineItemType, Column::UnblendedCost];

/// Why a report file could not be split. The file is named.
#[derive(Debug, thiserror::Error)]
pub enum SplitError {
    #[error(transparent)]
    Storage(#[from] storage::Error),
    #[error(transparent)]
    Format(#[from] UnknownFormat),
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
    #[error("{0}")]
    Rows(RowsError),
    #[error(
        "its name says that it is {named}, and its bytes say {found}; the file was renamed, unpacked \
         or replaced after AWS wrote it"
    )]
    OtherFormat { named: FileFormat, found: FileFormat },
    #[error("the {0} data ends before its end; the file is cut off")]
    CutOff(&'static str),
    #[error("the {format} data is damaged: {reason}")]
    Damaged { format: &'static str, reason: String },
    #[error("the archive has no file in it; a report's has one")]
    NoMember,
    #[error(
        "the archive has {0} files in it; a report's has one, and it is not clear which to bill from"
    )]
    SeveralMembers(usize),
    #[error(
        "the archive's directory is longer than one file's can be; a report's archive has one file"
    )]
    LongDirectory,
    #[error("the file in the archive is encrypted; AWS does not encrypt reports in this way")]
    Encrypted,
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
    let format = FileFormat::of(&file.key)?;
    let object = BlockingRanges::new(Arc::clone(reports), &file.key, &file.etag, file.size_bytes);
    let uploads = Uploads::new(Arc::clone(results), Handle::current());
    let (plan, file) = (plan.clone(), file.clone());
    // Unpacking and parsing never wait, so they would starve the runtime that reads and writes.
    task::spawn_blocking(move || {
        let receipt = split_object(limits, &plan, &file, format, object, uploads);
        receipt.map_err(|error| error.in_file(&file))
    })
    .await
    .unwrap_or_else(|stopped| panic::resume_unwind(stopped.into_panic()))
}

fn split_object(
    limits: Limits,
    plan: &Plan,
    file: &PlannedFile,
    named: FileFormat,
    object: BlockingRanges,
    uploads: Uploads,
) -> Result<SplitReceipt, Broken> {
    let mut totals = LineTotals::default();
    let stem = named.stem(&file.key);
    // AWS overwrites a file that is no longer needed with an empty one.
    if file.size_bytes == 0 {
        return Ok(SplitReceipt { file: file.key.clone(), totals, accounts: BTreeMap::new() });
    }
    let mut reader = BlockingReader::new(object.clone());
    let found = format_of(&mut reader).map_err(|error| unreadable("", error))?;
    if found != named {
        return Err(ContentError::OtherFormat { named, found }.into());
    }
    let accounts = if found == FileFormat::Parquet {
        AccountRows::new(plan, stem, uploads).split(limits, object, &mut totals)?
    } else {
        let mut objects = AccountObjects::new(plan, stem, uploads);
        unpacked(found, reader, |stream| {
            let mut stream = Bounded::new(stream, limits.unpacked_bytes);
            split_stream(limits, &mut stream, found, &mut totals, &mut objects)
        })?;
        objects.finish()?
    };
    Ok(SplitReceipt { file: file.key.clone(), totals, accounts })
}

fn split_stream(
    limits: Limits,
    stream: &mut dyn Read,
    format: FileFormat,
    totals: &mut LineTotals,
    objects: &mut AccountObjects,
) -> Result<(), Broken> {
    let mut route = |line: &LineItem<'_>| {
        let (account, one) = route(line)?;
        totals.add(&one);
        objects.add(account, line, &one)?;
        Ok::<_, Broken>(limits.check(totals, objects.accounts())?)
    };
    let mut records = Records::new(&REQUIRED);
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let length = match stream.read(&mut chunk) {
            Ok(0) => return records.finish(&mut route),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(unreadable(packing(format), error)),
        };
        records.push(chunk.get(..length).unwrap_or_default(), &mut route)?;
    }
}

/// What the bytes around the lines are called.
const fn packing(format: FileFormat) -> &'static str {
    match format {
        FileFormat::CsvGzip => "gzip",
        FileFormat::CsvZip => "zip",
        FileFormat::Csv | FileFormat::Parquet => "",
    }
}

/// Whose line it is, and the line as totals of one: counted as read, and by its account once more as it
/// is written.
pub(crate) fn route(line: &LineItem<'_>) -> Result<(AccountId, LineTotals), Broken> {
    // Types are checked here so that a new one stops the run before anything is built on it.
    line.line_item_type()?;
    Ok((line.usage_account()?, count(line)?))
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
pub(crate) enum Broken {
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
pub(crate) fn unreadable(format: &'static str, error: io::Error) -> Broken {
    let error = match error.downcast::<TooMuch>() {
        Ok(error) => return ContentError::TooMuch(error).into(),
        Err(error) => error,
    };
    match error.downcast::<storage::Error>() {
        Ok(error) => Broken::Storage(error),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            ContentError::CutOff(format).into()
        }
        Err(error) => ContentError::Damaged { format, reason: error.to_string() }.into(),
    }
}

impl From<ContentError> for Broken {
    fn from(reason: ContentError) -> Self {
        Self::Content(reason)
    }
}

impl From<TooMuch> for Broken {
    fn from(error: TooMuch) -> Self {
        Self::Content(error.into())
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

impl From<RowsError> for Broken {
    fn from(error: RowsError) -> Self {
        match error {
            RowsError::Read(error) => unreadable("Parquet", error),
            other => Self::Content(ContentError::Rows(other)),
        }
    }
}

impl From<storage::Error> for Broken {
    fn from(error: storage::Error) -> Self {
        Self::Storage(error)
    }
}
