//! A Parquet file of a report: its footer and its columns.

use std::sync::Arc;

use cur::{Column, Layout};
use parquet::file::metadata::{
    ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData,
};
use parquet::schema::types::ColumnDescriptor;

use crate::error::caught;
use crate::limits::{GROUP_BYTES_MAX, GROUP_ROWS_MAX};
use crate::source::Source;
use crate::{ReadAt, RowsError};

pub struct ReportFile {
    read: ReadAt,
    size_bytes: u64,
    pub(crate) metadata: ParquetMetaData,
}

impl ReportFile {
    /// Reads the footer.
    pub fn open(size_bytes: u64, read: ReadAt) -> Result<Self, RowsError> {
        let source = Source::new(Arc::clone(&read), size_bytes);
        let metadata = caught(|| ParquetMetaDataReader::new().parse_and_finish(&source))?;
        let file = Self { read, size_bytes, metadata };
        for (group, metadata) in file.metadata.row_groups().iter().enumerate() {
            file.check(group, metadata)?;
        }
        Ok(file)
    }

    /// The positions of the known columns. A file that lacks one of the required columns is refused.
    pub fn layout(&self, required: &[Column]) -> Result<Layout, RowsError> {
        let columns = self.columns();
        // The path of a nested value is not a name that AWS gives a column, so nested values are not read.
        let paths: Vec<String> = columns.iter().map(|column| column.path().string()).collect();
        let names: Vec<&str> = paths.iter().map(String::as_str).collect();
        Ok(Layout::of_columns(&names, required)?)
    }

    pub(crate) fn columns(&self) -> &[Arc<ColumnDescriptor>] {
        self.metadata.file_metadata().schema_descr().columns()
    }

    pub(crate) fn groups(&self) -> &[RowGroupMetaData] {
        self.metadata.row_groups()
    }

    pub(crate) fn source(&self) -> Source {
        Source::new(Arc::clone(&self.read), self.size_bytes)
    }

    pub(crate) fn in_column(&self, error: RowsError, group: usize, column: usize) -> RowsError {
        error.in_column(group, &self.columns()[column].path().string())
    }

    /// Checks what the footer says, because anybody may have written it: the data must lie in the file,
    /// and a row group must fit into memory.
    fn check(&self, group: usize, metadata: &RowGroupMetaData) -> Result<(), RowsError> {
        let rows = metadata.num_rows();
        let bytes = metadata.compressed_size();
        if !(0..=GROUP_ROWS_MAX).contains(&rows) || bytes > GROUP_BYTES_MAX {
            return Err(RowsError::GroupTooLarge { group, rows, mebibytes: bytes >> 20 });
        }
        let is_there = |chunk: &ColumnChunkMetaData| {
            let start = chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset());
            let end = start.checked_add(chunk.compressed_size());
            start >= 0
                && chunk.compressed_size() >= 0
                && end.is_some_and(|end| end.unsigned_abs() <= self.size_bytes)
        };
        let is_sound = metadata.columns().iter().all(is_there);
        is_sound
            .then_some(())
            .ok_or_else(|| RowsError::damaged("the footer speaks of data outside the file"))
    }
}
