//! Batches of row groups. Small row groups are held in memory together; a large one is read through
//! windows.

use std::ops::Range;
use std::sync::Arc;

use parquet::column::reader::{ColumnReader, get_column_reader};
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::SerializedPageReader;

use crate::limits::GROUP_ROWS_MAX;
use crate::source::Source;
use crate::{ReportFile, RowsError};

/// How many packed bytes of row groups are held at once. An account gets one file for all rows of a batch.
const HELD_BYTES: u64 = 32 * 1024 * 1024;
/// How much is read at a time of a larger group whose columns are read one after the other. One request
/// then brings many columns.
const WINDOW_BYTES: u64 = 8 * 1024 * 1024;
/// How much is read at a time of each column if columns are read side by side.
const SMALL_WINDOW_BYTES: u64 = 1024 * 1024;

/// Some neighbouring row groups of a file.
pub struct Batch<'a> {
    pub(crate) file: &'a ReportFile,
    pub(crate) groups: Range<usize>,
    /// All bytes of the groups, if they are held in memory.
    held: Option<Arc<Source>>,
}

impl ReportFile {
    /// Divides the file into batches that fit into memory.
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

    /// The groups, each with its number in the file.
    pub(crate) fn groups(&self) -> impl Iterator<Item = (usize, &'a RowGroupMetaData)> {
        self.groups.clone().zip(&self.file.groups()[self.groups.clone()])
    }

    /// The source for columns that are read one after the other.
    pub(crate) fn in_turn(&self) -> Arc<Source> {
        let window = || Arc::new(self.file.source().with_window(WINDOW_BYTES));
        self.held.clone().unwrap_or_else(window)
    }

    /// The source for a column that is read side by side with others.
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

/// The bytes from the beginning of the group's first column to the end of its last. `ReportFile::open` has
/// checked that they lie in the file.
fn bytes_of(group: &RowGroupMetaData) -> Range<u64> {
    let chunks = group.columns().iter().map(|chunk| {
        let (start, length) = chunk.byte_range();
        start..start + length
    });
    chunks.reduce(both).unwrap_or_default()
}

/// The smallest range that has both ranges in it.
fn both(a: Range<u64>, b: Range<u64>) -> Range<u64> {
    a.start.min(b.start)..a.end.max(b.end)
}
