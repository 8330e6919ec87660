//! Datasets as CSV, for people. Any spreadsheet opens these files, and none of them runs what is in a cell.
//!
//! A spreadsheet reads a cell that begins with `=`, `+`, `-`, `@` or a control character as a formula.
//! Strangers write the tags and descriptions of a report, so a cell may hold a formula that does harm. Such
//! a *text* gets an apostrophe in front. In most of Europe a spreadsheet separates cells by semicolons, so
//! a cell may begin in the middle of a text. So each part of a text between separators is protected like a
//! text of its own. Amounts keep their minus sign, because they are numbers. The rule is OWASP's:
//! <https://owasp.org/www-community/attacks/CSV_Injection>.
//!
//! Reading removes exactly the apostrophes that writing added. For this, a text that already looks
//! protected is protected once more: `'=1` is written as `''=1`.

use std::borrow::Cow;
use std::fmt::Display;

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, SecondsFormat, SubsecRound, Utc};
use money::Amount;

use super::{
    CellError, Column, DecodeError, EncodeError, Kind, Place, Row, Value, read_row, write_row,
};

/// Writes a header, and then one line for each row.
pub fn encode_csv<'a, R: Row + 'a>(
    rows: impl IntoIterator<Item = &'a R>,
) -> Result<Bytes, EncodeError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(R::COLUMNS.iter().map(|column| column.name))?;
    let mut record = csv::StringRecord::new();
    for row in rows {
        record.clear();
        write_row(row, |_, _, value| record.push_field(&cell_text(value)));
        writer.write_record(&record)?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(bytes.into())
}

/// Reads a file that [`encode_csv`] wrote. It checks the header first.
pub fn decode_csv<R: Row>(bytes: &[u8]) -> Result<Vec<R>, DecodeError> {
    let mut reader = csv::Reader::from_reader(bytes);
    check_header(R::COLUMNS, reader.headers()?)?;
    let mut rows = Vec::new();
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record)? {
        let row = read_record(&record).map_err(|error| DecodeError::Cell {
            place: Place::Line(record.position().map_or(0, csv::Position::line)),
            error,
        })?;
        rows.push(row);
    }
    Ok(rows)
}

fn check_header(columns: &'static [Column], header: &csv::StringRecord) -> Result<(), DecodeError> {
    if header.len() != columns.len() {
        return Err(DecodeError::ColumnCount { expected: columns.len(), found: header.len() });
    }
    for (index, (column, found)) in columns.iter().zip(header).enumerate() {
        if column.name != found {
            return Err(DecodeError::Column {
                number: index + 1,
                expected: format!("`{}`", column.name),
                found: format!("`{found}`"),
            });
        }
    }
    Ok(())
}

fn read_record<R: Row>(record: &csv::StringRecord) -> Result<R, CellError> {
    let cells: Vec<Cow<'_, str>> = record.iter().map(unprotect).collect();
    let values = R::COLUMNS
        .iter()
        .zip(&cells)
        .map(|(column, cell)| parse_cell(column, cell))
        .collect::<Result<Vec<_>, _>>()?;
    read_row(&values)
}

fn cell_text(value: Value<'_>) -> Cow<'_, str> {
    match value {
        Value::Text(text) => protect(text).into(),
        Value::Integer(integer) => integer.to_string().into(),
        Value::Amount(amount) => amount.to_string().into(),
        Value::OptionalAmount(amount) => {
            amount.map_or(Cow::Borrowed(""), |amount| amount.to_string().into())
        }
        Value::Date(date) => date.to_string().into(),
        Value::Hour(hour) => {
            hour.trunc_subsecs(3).to_rfc3339_opts(SecondsFormat::AutoSi, true).into()
        }
    }
}

fn parse_cell<'a>(column: &Column, cell: &'a str) -> Result<Value<'a>, CellError> {
    let refuse = |what: &str, error: &dyn Display| CellError {
        column: column.name,
        reason: format!("`{cell}` is not {what}: {error}"),
    };
    let parse_amount = || cell.parse::<Amount>().map_err(|error| refuse("an amount", &error));
    Ok(match column.kind {
        Kind::Text => Value::Text(cell),
        Kind::Integer => {
            Value::Integer(cell.parse().map_err(|error| refuse("a whole number", &error))?)
        }
        Kind::Amount => Value::Amount(parse_amount()?),
        Kind::OptionalAmount if cell.is_empty() => Value::OptionalAmount(None),
        Kind::OptionalAmount => Value::OptionalAmount(Some(parse_amount()?)),
        Kind::Date => Value::Date(
            cell.parse::<NaiveDate>()
                .map_err(|error| refuse("a date such as 2026-10-31", &error))?,
        ),
        Kind::Hour => Value::Hour(
            cell.parse::<DateTime<Utc>>()
                .map_err(|error| refuse("a time such as 2026-10-31T23:00:00Z", &error))?,
        ),
    })
}

/// A spreadsheet may begin a new cell after each of these characters, even inside quotes.
const SEPARATORS: [char; 7] = [',', ';', '|', '"', '\t', '\r', '\n'];

fn protect(text: &str) -> String {
    let mut cell = String::with_capacity(text.len());
    for part in text.split_inclusive(SEPARATORS) {
        if is_formula(part.trim_start_matches('\'')) {
            cell.push('\'');
        }
        cell.push_str(part);
    }
    cell
}

/// Removes the protecting apostrophes. No number or time begins with an apostrophe, so this is safe in
/// every column.
fn unprotect(cell: &str) -> Cow<'_, str> {
    let text = |part| match str::strip_prefix(part, '\'') {
        Some(text) if is_formula(text.trim_start_matches('\'')) => text,
        _ => part,
    };
    if cell.contains('\'') {
        cell.split_inclusive(SEPARATORS).map(text).collect()
    } else {
        cell.into()
    }
}

/// Spreadsheets with Japanese or Chinese settings read full-width signs like the plain signs.
fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\0', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}
