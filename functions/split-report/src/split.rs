//! Splits one report file from its first byte to its last.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::panic;
use std::sync::Arc;

use cur::{FileFormat, LineItem, LineTotals, Records};
use pipeline::{Plan, PlannedFile, SplitReceipt};
use reports::{FileError, chunk, format_of, in_chunks, packing, unpacked, unreadable};
use storage::{BlockingRanges, BlockingReader, Store};
use tokio::runtime::Handle;
use tokio::task;

use crate::account_objects::AccountObjects;
use crate::account_rows::AccountRows;
use crate::error::{Broken, ContentError, SplitError};
use crate::limits::{Bounded, Limits, TooMuch};
use crate::route::{REQUIRED, route};
use crate::uploads::Uploads;

/// Splits one file of the plan into its accounts' objects. When it returns, all of them exist.
pub async fn split(
    plan: &Plan,
    file: &PlannedFile,
    reports: &Arc<dyn Store>,
    results: &Arc<dyn Store>,
) -> Result<SplitReceipt, SplitError> {
    split_within(Limits::OF_A_FILE, plan, file, reports, results).await
}

/// Splits a file within other limits, for tests that reach a limit.
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
    // Unpacking and parsing never wait. On an async thread they would stop the runtime from reading and
    // writing.
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
    // AWS overwrites a file that it does not need any more with an empty file. The handler decides whether
    // this file may be empty, because that depends on the next file.
    if file.size_bytes == 0 {
        return Ok(SplitReceipt { file: file.key.clone(), totals, accounts: BTreeMap::new() });
    }
    let mut reader = BlockingReader::new(object.clone());
    let found = format_of(&mut reader).map_err(|error| unreadable("", error))?;
    if found != named {
        return Err(FileError::OtherFormat { named, found }.into());
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
    let failed = |error| stopped(format, error);
    in_chunks(stream, &mut chunk(), failed, |chunk| records.push(chunk, &mut route))?;
    records.finish(&mut route)
}

/// Takes the error of a limit out of the I/O error.
fn stopped(format: FileFormat, error: io::Error) -> Broken {
    match error.downcast::<TooMuch>() {
        Ok(error) => ContentError::TooMuch(error).into(),
        Err(error) => unreadable(packing(format), error).into(),
    }
}
