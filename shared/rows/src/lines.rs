//! The rows of a row group as line items.

use cur::{Column, Layout, LineItem, Row};

use crate::cells::{Cells, cells};
use crate::{ReportFile, RowsError};

/// Rows held as columns before they become lines.
const ROWS_IN_BATCH: usize = 1024;

impl ReportFile {
    /// Hands on every row of the file with these of its columns. The layout is the file's.
    pub fn lines<E: From<RowsError>>(
        &self,
        layout: &Layout,
        columns: &[Column],
        mut on_line: impl FnMut(&LineItem<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        for group in 0..self.group_count() {
            self.lines_of_group(group, layout, columns, &mut on_line)?;
        }
        Ok(())
    }

    /// Hands on every row of a row group with these of its columns.
    pub fn lines_of_group<E: From<RowsError>>(
        &self,
        group: usize,
        layout: &Layout,
        columns: &[Column],
        mut on_line: impl FnMut(&LineItem<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let present: Vec<Column> =
            columns.iter().copied().filter(|column| layout.position(*column).is_some()).collect();
        let mut cells = present
            .iter()
            .filter_map(|column| layout.position(*column))
            .map(|position| Ok((position, self.cells_of(group, position)?)))
            .collect::<Result<Vec<(usize, Box<dyn Cells>)>, RowsError>>()?;
        let layout = layout.of_only(&present);
        let mut row = Row::default();
        let mut number = self.rows_before(group);
        let mut left = usize::try_from(self.group(group).num_rows()).unwrap_or_default();
        while left > 0 {
            let count = left.min(ROWS_IN_BATCH);
            for (position, cells) in &mut cells {
                cells.read(count).map_err(|error| self.in_column(error, group, *position))?;
            }
            for _ in 0..count {
                row.clear();
                for (_, cells) in &mut cells {
                    row.push(cells.next());
                }
                number += 1;
                on_line(&row.line(number, &layout))?;
            }
            left -= count;
        }
        Ok(())
    }

    fn cells_of(&self, group: usize, column: usize) -> Result<Box<dyn Cells>, RowsError> {
        let reader = self.column(group, column)?;
        cells(&self.columns()[column], reader).map_err(|error| self.in_column(error, group, column))
    }

    pub(crate) fn in_column(&self, error: RowsError, group: usize, column: usize) -> RowsError {
        error.in_column(group, &self.columns()[column].path().string())
    }

    fn rows_before(&self, group: usize) -> u64 {
        let before = self.metadata.row_groups().iter().take(group);
        before.map(|group| group.num_rows().unsigned_abs()).sum()
    }
}
