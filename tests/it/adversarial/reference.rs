//! CSV as RFC 4180 defines it, read byte by byte, slowly and simply. `cur::Records` must find the same
//! records. The fuzz target `records` compares both readers as well.

use cur::{Column, CsvError, LineError, LineItem, Place, Records};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    /// The line on which the record begins.
    pub(crate) line: u64,
    /// The bytes of the record as they stand in the file.
    pub(crate) raw: Vec<u8>,
    /// The fields without their quotes.
    pub(crate) fields: Vec<Vec<u8>>,
}

/// The place of the reader within a record.
enum State {
    FieldStart,
    Plain,
    Quoted,
    AfterQuote,
    AfterReturn,
}

struct Reader {
    state: State,
    record: Record,
    field: Vec<u8>,
    line: u64,
    records: Vec<Record>,
}

/// The records up to the first mistake, including the header, and the mistake.
pub(crate) fn read(bytes: &[u8]) -> (Vec<Record>, Option<CsvError>) {
    let record = Record { line: 1, raw: Vec::new(), fields: Vec::new() };
    let (field, records) = (Vec::new(), Vec::new());
    let mut reader = Reader { state: State::FieldStart, record, field, line: 1, records };
    let mut rest = bytes;
    if let Some(after) = bytes.strip_prefix(BYTE_ORDER_MARK) {
        reader.record.raw.extend_from_slice(BYTE_ORDER_MARK);
        rest = after;
    }
    let mistake = rest.iter().find_map(|byte| reader.take(*byte).err());
    let mistake = mistake.or_else(|| reader.finish().err());
    (reader.records, mistake)
}

impl Reader {
    fn take(&mut self, byte: u8) -> Result<(), CsvError> {
        self.record.raw.push(byte);
        self.line += u64::from(byte == b'\n');
        match (&self.state, byte) {
            (State::Quoted, b'"') => self.state = State::AfterQuote,
            (State::Quoted, _) => self.field.push(byte),
            (State::FieldStart, b'"') => self.state = State::Quoted,
            (State::AfterQuote, b'"') => {
                self.field.push(byte);
                self.state = State::Quoted;
            }
            (State::AfterReturn, b'\n') => self.end_record()?,
            (State::AfterReturn, _) | (State::Plain, b'"') => return Err(self.malformed()),
            (_, b',') => self.end_field(),
            (_, b'\n') => self.end_record()?,
            (_, b'\r') => self.state = State::AfterReturn,
            (State::AfterQuote, _) => return Err(self.malformed()),
            (State::FieldStart | State::Plain, _) => {
                self.field.push(byte);
                self.state = State::Plain;
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), CsvError> {
        match self.state {
            State::Quoted => Err(CsvError::UnclosedQuote { line: self.record.line }),
            State::AfterReturn => Err(self.malformed()),
            _ if self.record.raw.is_empty() => Ok(()),
            _ => self.end_record(),
        }
    }

    fn malformed(&self) -> CsvError {
        CsvError::Malformed { line: self.record.line }
    }

    fn end_field(&mut self) {
        self.record.fields.push(std::mem::take(&mut self.field));
        self.state = State::FieldStart;
    }

    fn end_record(&mut self) -> Result<(), CsvError> {
        self.end_field();
        let next = Record { line: self.line, raw: Vec::new(), fields: Vec::new() };
        let record = std::mem::replace(&mut self.record, next);
        // An empty line is no record.
        if matches!(record.raw.as_slice(), b"\n" | b"\r\n") {
            return Ok(());
        }
        let expected = self.records.first().map(|header| header.fields.len());
        match (expected, record.fields.len()) {
            (Some(expected), found) if found != expected => {
                Err(CsvError::FieldCount { line: record.line, found, expected })
            }
            _ => {
                self.records.push(record);
                Ok(())
            }
        }
    }
}

/// A line as `Records` reads it: its place, its bytes, and every column that is read.
type Seen = (u64, Vec<u8>, Vec<Option<String>>);

/// Reads the bytes in pieces, whose lengths are repeated, and with the reference reader. Both must find the
/// same lines, cells and mistake.
pub(crate) fn check(bytes: &[u8], pieces: &[usize]) {
    let (records, mistake) = read(bytes);
    let (lines, found) = pushed(bytes, pieces);
    if let Some(CsvError::Layout(_)) = found {
        // A header with a column twice. Only a header without any other mistake is refused for this reason.
        let header = &records.first().unwrap().fields;
        assert!(Column::ALL.iter().any(|column| positions(header, *column).len() > 1));
        return;
    }
    let (header, rest) = match records.split_first() {
        Some((header, rest)) => (header.fields.as_slice(), rest),
        None => (&[][..], &[][..]),
    };
    let expected: Vec<Seen> = rest
        .iter()
        .map(|record| {
            let cell = |column: Column| match positions(header, column).first() {
                None => Some(String::new()),
                Some(position) => String::from_utf8(record.fields[*position].clone())
                    .ok()
                    .filter(|text| !text.contains('\0')),
            };
            (record.line, record.raw.clone(), Column::ALL.map(cell).into())
        })
        .collect();
    assert_eq!(lines, expected);
    assert_eq!(found, mistake);
}

/// The positions of the column, under the first of its names that the header has.
fn positions(header: &[Vec<u8>], column: Column) -> Vec<usize> {
    let is_named = |position: usize, name: &str| {
        let found = header[position].as_slice();
        let found = if position == 0 {
            found.strip_prefix(BYTE_ORDER_MARK).unwrap_or(found)
        } else {
            found
        };
        found == name.as_bytes()
    };
    let of = |name: &&str| -> Vec<usize> {
        (0..header.len()).filter(|position| is_named(*position, name)).collect()
    };
    column.names().iter().map(of).find(|found| !found.is_empty()).unwrap_or_default()
}

fn pushed(bytes: &[u8], pieces: &[usize]) -> (Vec<Seen>, Option<CsvError>) {
    let mut lines = Vec::new();
    let mut see = |line: &LineItem<'_>| -> Result<(), CsvError> {
        let text = |cell: Result<std::borrow::Cow<'_, str>, LineError>| cell.ok().map(Into::into);
        let cells = Column::ALL.map(|column| text(line.text(column))).into();
        let Place::Line(number) = line.place() else { panic!("CSV has lines") };
        lines.push((number, line.raw().to_vec(), cells));
        Ok(())
    };
    let mut records = Records::new(&[]);
    let mut rest = bytes;
    let mut pieces = pieces.iter().cycle();
    while !rest.is_empty() {
        let length = pieces.next().copied().unwrap_or(rest.len()).clamp(1, rest.len());
        let (piece, after) = rest.split_at(length);
        if let Err(error) = records.push(piece, &mut see) {
            return (lines, Some(error));
        }
        rest = after;
    }
    let error = records.finish(&mut see).err();
    (lines, error)
}
