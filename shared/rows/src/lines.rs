//! The rows of a file as line items.

use cur::{Column, Layout, LineItem, Row};
use parquet::file::metadata::RowGroupMetaData;

use crate::batch::{Batch, rows_of};
use crate::cells::{Cells, cells};
use crate::{ReportFile, RowsError};

/// How many rows are held as columns before they become lines.
const ROWS_IN_BATCH: usize = 1024;

impl ReportFile {
    /// Hands on every row as a line item with these columns. `layout` is the layout of this file.
    pub fn lines<E: From<RowsError>>(
        &self,
        layout: &Layout,
        columns: &[Column],
        mut on_line: impl FnMut(&LineItem<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.batches().try_for_each(|batch| batch.lines(layout, columns, &mut on_line))
    }

    fn rows_before(&self, group: usize) -> u64 {
        let before = self.groups().iter().take(group);
        before.map(|group| group.num_rows().unsigned_abs()).sum()
    }
}

impl Batch<'_> {
    /// Hands on each row of the batch as a line item with these columns.
    pub fn lines<E: From<RowsError>>(
        &self,
        layout: &Layout,
        columns: &[Column],
        mut on_line: impl FnMut(&LineItem<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let present = columns.iter().copied().filter(|column| layout.position(*column).is_some());
        let present: Vec<Column> = present.collect();
        let positions: Vec<usize> =
            present.iter().filter_map(|column| layout.position(*column)).collect();
        let layout = layout.of_only(&present);
        let mut number = self.file.rows_before(self.groups.start);
        for (index, group) in self.groups() {
            let mut columns = positions
                .iter()
                .map(|column| self.cells(group, *column))
                .collect::<Result<Vec<Box<dyn Cells>>, RowsError>>()?;
            let mut row = Row::default();
            let mut left = rows_of(group);
            while left > 0 {
                let count = left.min(ROWS_IN_BATCH);
                for (cells, position) in columns.iter_mut().zip(&positions) {
                    let in_column = |error| self.file.in_column(error, index, *position);
                    cells.read(count).map_err(in_column)?;
                }
                for _ in 0..count {
                    row.clear();
                    for cells in &mut columns {
                        row.push(cells.next());
                    }
                    number += 1;
                    on_line(&row.line(number, &layout))?;
                }
                left -= count;
            }
        }
        Ok(())
    }

    fn cells(&self, group: &RowGroupMetaData, column: usize) -> Result<Box<dyn Cells>, RowsError> {
        let reader = self.column(self.side_by_side(), group, column)?;
        cells(&self.file.columns()[column], reader)
    }
}
