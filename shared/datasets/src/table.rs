//! Datasets as files: one list of columns serves for Parquet and for CSV, for writing and for reading.
//!
//! A dataset lists its columns once, with `row!`. From this list come both formats, the SQL types of the
//! Athena table, and the check of a file's columns when it is read. Nothing here knows what a column means.

mod csv;
mod error;
mod field;
mod parquet;

use std::fmt::Display;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};
use money::Amount;

pub use csv::{decode_csv, encode_csv};
pub use error::{CellError, DecodeError, EncodeError, Place};
pub(crate) use field::{Field, Shape, columns, count, list, row, shape};
pub use parquet::{decode_parquet, decode_parquet_day, encode_parquet, encode_parquet_lightly};

/// A column of a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
}

/// The type of a column. Only an `OptionalAmount` may be absent; a text without content is the empty text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Integer,
    Amount,
    OptionalAmount,
    Date,
    /// An instant in UTC, stored in whole milliseconds.
    Hour,
}

/// One cell of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    Text(&'a str),
    Integer(i64),
    Amount(Amount),
    OptionalAmount(Option<Amount>),
    Date(NaiveDate),
    Hour(DateTime<Utc>),
}

/// A row of a dataset: its columns, and how it becomes cells and is made from cells again.
///
/// `write` gives one value for each column and `read` takes one cell for each column. Both follow the order
/// of `COLUMNS` and the kinds of the columns. A row type that does otherwise has a mistake, and panics.
pub trait Row: Sized {
    const COLUMNS: &'static [Column];

    fn write(&self, cell: &mut impl FnMut(Value<'_>));

    fn read(cells: &mut Cells<'_>) -> Result<Self, CellError>;
}

/// The cells of one row. They are taken one by one, from the first to the last.
pub struct Cells<'a> {
    columns: &'static [Column],
    values: &'a [Value<'a>],
    taken: usize,
}

impl Column {
    pub const fn text(name: &'static str) -> Self {
        Self::new(name, Kind::Text)
    }

    pub const fn integer(name: &'static str) -> Self {
        Self::new(name, Kind::Integer)
    }

    pub const fn amount(name: &'static str) -> Self {
        Self::new(name, Kind::Amount)
    }

    pub const fn optional_amount(name: &'static str) -> Self {
        Self::new(name, Kind::OptionalAmount)
    }

    pub const fn date(name: &'static str) -> Self {
        Self::new(name, Kind::Date)
    }

    pub const fn hour(name: &'static str) -> Self {
        Self::new(name, Kind::Hour)
    }

    const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind }
    }
}

impl Kind {
    /// The type in Athena's DDL.
    pub const fn sql(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Integer => "bigint",
            Self::Amount | Self::OptionalAmount => "decimal(38,18)",
            Self::Date => "date",
            Self::Hour => "timestamp",
        }
    }
}

impl Value<'_> {
    const fn kind(&self) -> Kind {
        match self {
            Self::Text(_) => Kind::Text,
            Self::Integer(_) => Kind::Integer,
            Self::Amount(_) => Kind::Amount,
            Self::OptionalAmount(_) => Kind::OptionalAmount,
            Self::Date(_) => Kind::Date,
            Self::Hour(_) => Kind::Hour,
        }
    }
}

impl<'a> Cells<'a> {
    pub fn text(&mut self) -> &'a str {
        match self.take() {
            Value::Text(text) => text,
            other => self.wrong_kind(other),
        }
    }

    /// Takes a text and parses it as `T`, for example as an account id or a billing period.
    pub fn parse<T: FromStr<Err: Display>>(&mut self) -> Result<T, CellError> {
        let text = self.text();
        text.parse().map_err(|error| self.refuse(format_args!("`{text}`: {error}")))
    }

    pub fn integer(&mut self) -> i64 {
        match self.take() {
            Value::Integer(integer) => integer,
            other => self.wrong_kind(other),
        }
    }

    pub fn amount(&mut self) -> Amount {
        match self.take() {
            Value::Amount(amount) => amount,
            other => self.wrong_kind(other),
        }
    }

    pub fn optional_amount(&mut self) -> Option<Amount> {
        match self.take() {
            Value::OptionalAmount(amount) => amount,
            other => self.wrong_kind(other),
        }
    }

    pub fn date(&mut self) -> NaiveDate {
        match self.take() {
            Value::Date(date) => date,
            other => self.wrong_kind(other),
        }
    }

    pub fn hour(&mut self) -> DateTime<Utc> {
        match self.take() {
            Value::Hour(hour) => hour,
            other => self.wrong_kind(other),
        }
    }

    /// An error about the cell that was taken last: its value is not valid for its column.
    pub fn refuse(&self, reason: impl Display) -> CellError {
        CellError { column: self.last_column(), reason: reason.to_string() }
    }

    fn take(&mut self) -> Value<'a> {
        let Some(value) = self.values.get(self.taken) else {
            panic!("a row reads more than its {} columns", self.columns.len());
        };
        self.taken += 1;
        *value
    }

    fn last_column(&self) -> &'static str {
        let last = self.taken.checked_sub(1);
        last.and_then(|last| self.columns.get(last)).map_or("", |column| column.name)
    }

    fn wrong_kind(&self, found: Value<'_>) -> ! {
        panic!(
            "column `{}` is {:?} and is read as something else",
            self.last_column(),
            found.kind()
        )
    }
}

/// Reads a row from the values of its columns.
fn read_row<R: Row>(values: &[Value<'_>]) -> Result<R, CellError> {
    let mut cells = Cells { columns: R::COLUMNS, values, taken: 0 };
    let row = R::read(&mut cells)?;
    assert_eq!(cells.taken, R::COLUMNS.len(), "a row must read all of its columns");
    Ok(row)
}

/// Calls `cell` with each value of the row and its column.
fn write_row<R: Row>(row: &R, mut cell: impl FnMut(usize, &'static Column, Value<'_>)) {
    let mut written = 0;
    row.write(&mut |value| {
        let Some(column) = R::COLUMNS.get(written) else {
            panic!("a row writes more than its {} columns", R::COLUMNS.len());
        };
        cell(written, column, value);
        written += 1;
    });
    assert_eq!(written, R::COLUMNS.len(), "a row must write all of its columns");
}
