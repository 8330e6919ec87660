//! A line item of a file that is no text, as the record that a CSV file would have for it.

use crate::{Layout, LineItem, Place};

/// Cells of one row, in the order of a layout. Whoever reads line items need not know the format.
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

    /// Adds the next cell. Where cells end is known, so only one that looks quoted needs quotes.
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

    /// The row as a line item, the `number`th of its file.
    pub fn line<'a>(&'a self, number: u64, layout: &'a Layout) -> LineItem<'a> {
        assert_eq!(self.ends.len(), layout.field_count(), "a row has a cell for each column");
        LineItem::new(&self.record, Place::Row(number), &self.ends, layout)
    }
}
