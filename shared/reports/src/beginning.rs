//! Reads how a report file begins: its header tells the kind of export, its first line the payer.

use std::panic;
use std::sync::Arc;

use cur::{Column, ExportKind, FileFormat};
use pipeline::PlannedFile;
use storage::{BlockingRanges, Store};
use tokio::task;

use crate::FileError;
use crate::file::{Stop, look_through};

/// The kind of export by a file's header, and the file's first line if it has lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beginning {
    pub kind: ExportKind,
    pub first_line: Option<FirstLine>,
}

/// Two cells of the first line; a cell is empty if the file has no such column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstLine {
    pub payer: String,
    pub period_start: String,
}

/// Reads the header and the first line of a file, and no more. `None` if the file has no header.
pub async fn beginning(
    store: &Arc<dyn Store>,
    file: &PlannedFile,
) -> Result<Option<Beginning>, FileError> {
    if file.size_bytes == 0 {
        return Ok(None);
    }
    let named = FileFormat::of(&file.key)?;
    let object = BlockingRanges::new(Arc::clone(store), &file.key, &file.etag, file.size_bytes);
    let work = task::spawn_blocking(move || begins(object, named));
    work.await.unwrap_or_else(|stopped| panic::resume_unwind(stopped.into_panic()))
}

fn begins(object: BlockingRanges, named: FileFormat) -> Result<Option<Beginning>, FileError> {
    const READ: [Column; 2] = [Column::PayerAccountId, Column::BillingPeriodStartDate];
    let mut first_line = None;
    let layout = look_through(object, named, &READ, |line| {
        let [payer, period_start] =
            READ.map(|column| line.text(column).map(String::from).unwrap_or_default());
        first_line = Some(FirstLine { payer, period_start });
        Err(Stop::Enough)
    })?;
    Ok(layout.map(|layout| Beginning { kind: layout.kind(), first_line }))
}
