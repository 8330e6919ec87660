//! A push parser for CSV: it takes the bytes of a report file as they are read, and hands on line items.

use std::mem;

use crate::scan::{BLOCK_BYTES, Marks, Scanner, through};
use crate::{Column, Layout, LayoutError, LineItem, Place};

/// The parser of one CSV file. It copies a record only if the record lies in more than one chunk.
///
/// The parser accepts what RFC 4180 defines, with LF or CRLF, and refuses everything else. It skips empty
/// lines, as other CSV readers do. After an error the parser cannot be used any more.
pub struct Records {
    required: Vec<Column>,
    layout: Option<Layout>,
    scanner: Scanner,
    /// The first bytes of a record whose end is not read yet.
    carried: Vec<u8>,
    /// The positions at which the fields of the current record end, counted from its beginning.
    ends: Vec<usize>,
    /// The line on which the current record begins.
    record_line: u64,
    /// The line on which the next byte stands.
    line: u64,
}

/// Why a file is not the CSV that AWS writes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CsvError {
    #[error(transparent)]
    Layout(#[from] LayoutError),
    #[error(
        "line {line}: the record has {found} fields, the header {expected}; the file is damaged or \
         two files were joined"
    )]
    FieldCount { line: u64, found: usize, expected: usize },
    #[error(
        "line {line}: the record has a quote or a carriage return where CSV allows none; the file \
         was changed after AWS wrote it"
    )]
    Malformed { line: u64 },
    #[error("line {line}: a quote is never closed; the file is cut off or damaged")]
    UnclosedQuote { line: u64 },
    #[error("line {line}: the record is longer than {} MiB", Records::RECORD_BYTES_MAX >> 20)]
    TooLong { line: u64 },
    #[error("line {line}: the record has more than {} fields", Records::FIELDS_MAX)]
    TooManyFields { line: u64 },
}

impl Records {
    /// Real records have about a thousand bytes. A hostile file can make the parser hold no more than this.
    const RECORD_BYTES_MAX: usize = 16 * 1024 * 1024;
    /// Real reports have some hundred columns, and one more for each tag. The parser holds eight bytes for
    /// each field, so a record of commas alone would need eight times its length.
    const FIELDS_MAX: usize = 16 * 1024;

    /// A file that lacks one of the required columns is refused when its header is read.
    pub fn new(required: &[Column]) -> Self {
        Self {
            required: required.to_vec(),
            layout: None,
            scanner: Scanner::new(),
            carried: Vec::new(),
            ends: Vec::new(),
            record_line: 1,
            line: 1,
        }
    }

    /// The file's layout, once its header has been read.
    pub const fn layout(&self) -> Option<&Layout> {
        self.layout.as_ref()
    }

    /// Takes the next bytes of the file and hands on the lines that end in them. A chunk may end anywhere.
    pub fn push<E: From<CsvError>>(
        &mut self,
        chunk: &[u8],
        mut on_line: impl FnMut(&LineItem<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut start = 0;
        let (blocks, rest) = chunk.as_chunks();
        for (index, block) in blocks.iter().enumerate() {
            let marks = self.scanner.scan(block, BLOCK_BYTES);
            start = self.take(chunk, start, index * BLOCK_BYTES, &marks, &mut on_line)?;
        }
        if !rest.is_empty() {
            let mut block = [0; BLOCK_BYTES];
            block[..rest.len()].copy_from_slice(rest);
            let marks = self.scanner.scan(&block, rest.len());
            start = self.take(chunk, start, chunk.len() - rest.len(), &marks, &mut on_line)?;
        }
        self.carried.extend_from_slice(&chunk[start..]);
        self.check_size(self.carried.len())?;
        Ok(())
    }

    /// Ends the file, and hands on the last line if it has no line end.
    pub fn finish<E: From<CsvError>>(
        &mut self,
        mut on_line: impl FnMut(&LineItem<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.scanner.is_inside_quotes() {
            return Err(CsvError::UnclosedQuote { line: self.record_line }.into());
        }
        if self.scanner.is_after_return() {
            return Err(CsvError::Malformed { line: self.record_line }.into());
        }
        let record = mem::take(&mut self.carried);
        if !record.is_empty() {
            self.ends.push(record.len());
            self.emit(&record, &mut on_line)?;
        }
        Ok(())
    }

    /// Goes through the delimiters of one block. The block begins at `offset` of the chunk, and the current
    /// record begins at `start`. Returns where the first record begins that has no end yet.
    fn take<E: From<CsvError>>(
        &mut self,
        chunk: &[u8],
        mut start: usize,
        offset: usize,
        marks: &Marks,
        on_line: &mut impl FnMut(&LineItem<'_>) -> Result<(), E>,
    ) -> Result<usize, E> {
        let mut delimiters = marks.delimiters;
        while delimiters != 0 {
            let bit = delimiters.trailing_zeros() as usize;
            delimiters &= delimiters - 1;
            let at = offset + bit;
            self.ends.push(self.carried.len() + at - start);
            if (marks.record_ends >> bit) & 1 == 1 {
                self.end_record(&chunk[start..=at], on_line)?;
                start = at + 1;
                self.record_line = self.line + lines(marks.line_feeds & through(bit));
            }
        }
        if marks.malformed {
            return Err(CsvError::Malformed { line: self.record_line }.into());
        }
        self.line += lines(marks.line_feeds);
        self.check_size(self.carried.len())?;
        Ok(start)
    }

    /// Ends a record with these bytes of the chunk. The record may have begun in an earlier chunk.
    fn end_record<E: From<CsvError>>(
        &mut self,
        bytes: &[u8],
        on_line: &mut impl FnMut(&LineItem<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.carried.is_empty() {
            return self.emit(bytes, on_line);
        }
        let mut record = mem::take(&mut self.carried);
        record.extend_from_slice(bytes);
        self.emit(&record, on_line)?;
        record.clear();
        self.carried = record;
        Ok(())
    }

    fn emit<E: From<CsvError>>(
        &mut self,
        record: &[u8],
        on_line: &mut impl FnMut(&LineItem<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.check_size(record.len())?;
        if record.ends_with(b"\r\n")
            && let Some(end) = self.ends.last_mut()
        {
            *end -= 1;
        }
        match &self.layout {
            _ if matches!(record, b"\n" | b"\r\n") => {}
            None => {
                let layout = Layout::resolve(record, &self.ends, &self.required);
                self.layout = Some(layout.map_err(CsvError::Layout)?);
            }
            Some(layout) => {
                let (found, expected) = (self.ends.len(), layout.field_count());
                if found != expected {
                    let line = self.record_line;
                    return Err(CsvError::FieldCount { line, found, expected }.into());
                }
                let place = Place::Line(self.record_line);
                on_line(&LineItem::new(record, place, &self.ends, layout))?;
            }
        }
        self.ends.clear();
        Ok(())
    }

    /// Refuses a record that is too large, whether its end is read or not.
    fn check_size(&self, bytes: usize) -> Result<(), CsvError> {
        if bytes > Self::RECORD_BYTES_MAX {
            return Err(CsvError::TooLong { line: self.record_line });
        }
        if self.ends.len() > Self::FIELDS_MAX {
            return Err(CsvError::TooManyFields { line: self.record_line });
        }
        Ok(())
    }
}

fn lines(line_feeds: u64) -> u64 {
    u64::from(line_feeds.count_ones())
}
