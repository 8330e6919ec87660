//! An account's own lines, as `split-report` has written them.

use std::io::{self, Read};
use std::sync::Arc;

use cur::{AccountId, Column, CsvError, LayoutError, LineError, LineItem, Records};
use pipeline::{Compression, Plan, Table, keys};
use reports::{chunk, in_chunks};
use rows::{ReportFile, RowsError};
use runs::{App, Failure};
use storage::{BlockingRanges, BlockingReader, ObjectInfo, Store};
use zstd::zstd_safe::DCtx;

/// Some of an account's own lines, and the report file that they are of.
pub struct OwnLines {
    pub object: ObjectInfo,
    /// The index of the plan's file.
    pub file: usize,
}

/// The account's own lines, in the order of the report's files. The bucket is asked which objects there are:
/// a step is complete before the next one begins, so they are all there, and the laws notice any other.
pub async fn own_lines(
    plan: &Plan,
    account: AccountId,
    app: &App,
) -> Result<Vec<OwnLines>, Failure> {
    let origins = keys::Origins::new(plan);
    let mut found = Vec::new();
    for table in [Table::LineItems, Table::LineItemRows] {
        let folder = format!("{}/", keys::partition(plan, table, Some(account)));
        for object in app.results.list_objects(&folder).await? {
            let origin = origins.of(&object.key).ok_or_else(|| {
                Failure::Reject(format!("`{}` is no object of this run", object.key))
            })?;
            found.push((origin, OwnLines { object, file: origin.file }));
        }
    }
    found.sort_by_key(|(origin, _)| *origin);
    Ok(found.into_iter().map(|(_, lines)| lines).collect())
}

/// Why an object cannot be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
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
    pub fn of(self, key: &str) -> Failure {
        match self {
            Self::Read(error) => Failure::reading(key, error),
            Self::Line(_) | Self::Layout(_) | Self::Csv(_) | Self::Rows(_) => {
                Failure::Reject(format!("`{key}`, {self}"))
            }
        }
    }
}

/// Reads objects one after the other, with one buffer and one decompressor for all of them: an account has an
/// object for each report file, and setting both up costs more than reading a small object.
pub struct LineReader {
    store: Arc<dyn Store>,
    chunk: Vec<u8>,
    decompressor: DCtx<'static>,
}

impl LineReader {
    pub fn new(store: &Arc<dyn Store>) -> Self {
        Self { store: Arc::clone(store), chunk: chunk(), decompressor: DCtx::create() }
    }

    /// Gives every line of an object to `each`. The reader waits for the store, so it must not run on the
    /// async threads.
    pub fn read(
        &mut self,
        object: &ObjectInfo,
        required: &[Column],
        columns: &[Column],
        mut each: impl FnMut(&LineItem<'_>) -> Result<(), LineError>,
    ) -> Result<(), ObjectError> {
        let ObjectInfo { key, etag, size_bytes, .. } = object;
        let ranges = BlockingRanges::new(Arc::clone(&self.store), key, etag, *size_bytes);
        if keys::has_rows(key) {
            let file = ReportFile::open(*size_bytes, Arc::new(move |range| ranges.read(range)))?;
            let layout = file.layout(required)?;
            return file.lines(&layout, columns, |line| Ok(each(line)?));
        }
        let reader = BlockingReader::new(ranges);
        let mut unpacked: Box<dyn Read + '_> = match keys::compression_of(key) {
            Some(Compression::Gzip) => Box::new(flate2::read::MultiGzDecoder::new(reader)),
            _ => Box::new(zstd::Decoder::with_context(reader, &mut self.decompressor)),
        };
        let mut each = |line: &LineItem<'_>| Ok::<_, ObjectError>(each(line)?);
        let mut records = Records::new(required);
        in_chunks(&mut unpacked, &mut self.chunk, ObjectError::Read, |chunk| {
            records.push(chunk, &mut each)
        })?;
        records.finish(&mut each)
    }
}
