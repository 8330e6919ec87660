//! A row of a Parquet file as the record that a CSV file would have.

use crate::{Layout, LineItem, Place};

/// The cells of one row, in the order of a layout. Code that reads line items need not know the file's
/// format.
#[derive(Debug, Default)]
pub struct Row {
    record: Vec<u8>,
    ends: Vec<usize>,
}

impl Row {
    pub fn clear(&mut self) {
        self.record.clear();
        self.ends.clear();
    }

    /// Adds the next cell. The row knows where each cell ends, so only a cell that begins with a quote is
    /// quoted.
    pub fn push(&mut self, cell: &[u8]) {
        if !self.ends.is_empty() {
            self.record.push(b',');
        }
        if cell.starts_with(b"\"") {
            self.record.push(b'"');
            for byte in cell {
                self.record.extend_from_slice(if *byte == b'"' {
                    b"\"\""
                } else {
                    std::slice::from_ref(byte)
                });
            }
            self.record.push(b'"');
        } else {
            self.record.extend_from_slice(cell);
        }
        self.ends.push(self.record.len());
    }

    /// The row as a line item. `number` is the row's number in its file, from 1.
    pub fn line<'a>(&'a self, number: u64, layout: &'a Layout) -> LineItem<'a> {
        assert_eq!(self.ends.len(), layout.field_count(), "a row has a cell for each column");
        LineItem::new(&self.record, Place::Row(number), &self.ends, layout)
    }
}
