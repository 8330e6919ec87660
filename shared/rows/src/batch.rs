//! Row groups that are done together: small ones in memory at once, a large one through windows.

use std::ops::Range;
use std::sync::Arc;

use parquet::column::reader::{ColumnReader, get_column_reader};
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::SerializedPageReader;

use crate::limits::GROUP_ROWS_MAX;
use crate::source::Source;
use crate::{ReportFile, RowsError};

/// Packed row groups that are held at once. An account gets one file of all of them together.
const HELD_BYTES: u64 = 32 * 1024 * 1024;
/// Columns of a larger group are read one after the other: many of them come in one request.
const WINDOW_BYTES: u64 = 8 * 1024 * 1024;
/// Those that are read side by side have a window each.
const SMALL_WINDOW_BYTES: u64 = 1024 * 1024;

/// Some row groups of a file, one after the other.
pub struct Batch<'a> {
    pub(crate) file: &'a ReportFile,
    pub(crate) groups: Range<usize>,
    /// All of the groups' bytes, if they are held.
    held: Option<Arc<Source>>,
}

impl ReportFile {
    /// The whole file, in batches that memory has room for.
    pub fn batches(&self) -> impl Iterator<Item = Batch<'_>> {
        let mut start = 0;
        std::iter::from_fn(move || {
            let groups = self.groups().get(start..)?;
            let first = groups.first()?;
            let (mut rows, mut bytes) = (0, bytes_of(first));
            let fits = |group: &&RowGroupMetaData| {
                rows += group.num_rows();
                let next = bytes_of(group);
                bytes = both(bytes.clone(), next);
                rows <= GROUP_ROWS_MAX && is_held(&bytes)
            };
            let count = groups.iter().take_while(fits).count();
            let batch = Batch::new(self, start..start + count.max(1));
            start = batch.groups.end;
            Some(batch)
        })
    }
}

impl<'a> Batch<'a> {
    fn new(file: &'a ReportFile, groups: Range<usize>) -> Self {
        let all = file.groups()[groups.clone()].iter().map(bytes_of);
        let bytes = all.reduce(both).unwrap_or_default();
        let held = is_held(&bytes).then(|| Arc::new(file.source().holding(bytes)));
        Self { file, groups, held }
    }

    pub(crate) fn packed_bytes(&self) -> u64 {
        self.groups().map(|(_, group)| group.compressed_size().unsigned_abs()).sum()
    }

    /// The groups with their numbers in the file.
    pub(crate) fn groups(&self) -> impl Iterator<Item = (usize, &'a RowGroupMetaData)> {
        self.groups.clone().zip(&self.file.groups()[self.groups.clone()])
    }

    /// Where columns are read from that are read one after the other.
    pub(crate) fn in_turn(&self) -> Arc<Source> {
        let window = || Arc::new(self.file.source().with_window(WINDOW_BYTES));
        self.held.clone().unwrap_or_else(window)
    }

    /// Where a column is read from while others are.
    pub(crate) fn side_by_side(&self) -> Arc<Source> {
        let window = || Arc::new(self.file.source().with_window(SMALL_WINDOW_BYTES));
        self.held.clone().unwrap_or_else(window)
    }

    pub(crate) fn column(
        &self,
        source: Arc<Source>,
        group: &RowGroupMetaData,
        column: usize,
    ) -> Result<ColumnReader, RowsError> {
        let pages = SerializedPageReader::new(source, group.column(column), rows_of(group), None)?;
        Ok(get_column_reader(Arc::clone(&self.file.columns()[column]), Box::new(pages)))
    }
}

pub(crate) fn rows_of(group: &RowGroupMetaData) -> usize {
    usize::try_from(group.num_rows()).unwrap_or_default()
}

fn is_held(bytes: &Range<u64>) -> bool {
    bytes.end - bytes.start <= HELD_BYTES
}

/// From the beginning of its first column to the end of its last. Opening has seen that they are there.
fn bytes_of(group: &RowGroupMetaData) -> Range<u64> {
    let chunks = group.columns().iter().map(|chunk| {
        let (start, length) = chunk.byte_range();
        start..start + length
    });
    chunks.reduce(both).unwrap_or_default()
}

/// From where the first of two begins to where the last ends.
fn both(a: Range<u64>, b: Range<u64>) -> Range<u64> {
    a.start.min(b.start)..a.end.max(b.end)
}
