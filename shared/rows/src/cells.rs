//! The cells of one Parquet column as the text that AWS's CSV would have.
//!
//! Nothing is computed. A double becomes the shortest decimal that reads back as the same double, as Java
//! prints it in CSV reports. A decimal becomes its digits.

use std::io::Write;

use chrono::{DateTime, NaiveDate, SecondsFormat};
use parquet::basic::{ConvertedType, LogicalType, TimeUnit};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{DataType, Int96};
use parquet::schema::types::ColumnDescriptor;

use crate::RowsError;
use crate::error::caught;

/// The cells of a batch of rows, from the first to the last.
pub(crate) trait Cells {
    /// Reads the next batch.
    fn read(&mut self, rows: usize) -> Result<(), RowsError>;

    /// The next row's cell; empty if the row has no value.
    fn next(&mut self) -> &[u8];
}

pub(crate) fn cells(
    column: &ColumnDescriptor,
    reader: ColumnReader,
) -> Result<Box<dyn Cells>, RowsError> {
    let kind = Kind::of(column)?;
    Ok(match reader {
        ColumnReader::BoolColumnReader(reader) => {
            Batch::boxed(column, reader, |value, text| write(text, format_args!("{value}")))
        }
        ColumnReader::Int32ColumnReader(reader) => {
            Batch::boxed(column, reader, move |value, text| kind.integer(i64::from(*value), text))
        }
        ColumnReader::Int64ColumnReader(reader) => {
            Batch::boxed(column, reader, move |value, text| kind.integer(*value, text))
        }
        ColumnReader::Int96ColumnReader(reader) => Batch::boxed(column, reader, moment_of_int96),
        ColumnReader::FloatColumnReader(reader) => {
            Batch::boxed(column, reader, |value, text| write(text, format_args!("{value:e}")))
        }
        ColumnReader::DoubleColumnReader(reader) => {
            Batch::boxed(column, reader, |value, text| write(text, format_args!("{value:e}")))
        }
        ColumnReader::ByteArrayColumnReader(reader) => {
            Batch::boxed(column, reader, move |value, text| kind.bytes(value.data(), text))
        }
        ColumnReader::FixedLenByteArrayColumnReader(reader) => {
            Batch::boxed(column, reader, move |value, text| kind.bytes(value.data(), text))
        }
    })
}

/// The meaning of a column's values.
#[derive(Clone, Copy)]
enum Kind {
    Plain,
    Decimal { scale: u32 },
    Date,
    Moment { units_in_second: i64 },
}

impl Kind {
    /// Newer files state the logical type, older files the converted type.
    fn of(column: &ColumnDescriptor) -> Result<Self, RowsError> {
        let moment = |units_in_second| Self::Moment { units_in_second };
        Ok(match (column.logical_type_ref(), column.converted_type()) {
            (Some(LogicalType::Decimal(_)), _) | (None, ConvertedType::DECIMAL) => {
                Self::decimal(column)?
            }
            (Some(LogicalType::Date), _) | (None, ConvertedType::DATE) => Self::Date,
            (Some(LogicalType::Timestamp(kind)), _) => match kind.unit {
                TimeUnit::MILLIS => moment(1_000),
                TimeUnit::MICROS => moment(1_000_000),
                TimeUnit::NANOS => moment(1_000_000_000),
            },
            (None, ConvertedType::TIMESTAMP_MILLIS) => moment(1_000),
            (None, ConvertedType::TIMESTAMP_MICROS) => moment(1_000_000),
            _ => Self::Plain,
        })
    }

    /// An `i128` holds 38 digits. No table format has decimals with more.
    fn decimal(column: &ColumnDescriptor) -> Result<Self, RowsError> {
        let (scale, precision) = (column.type_scale(), column.type_precision());
        match u32::try_from(scale) {
            Ok(scale) if precision <= 38 && scale <= 38 => Ok(Self::Decimal { scale }),
            _ => Err(RowsError::damaged(format!("a decimal({precision},{scale})"))),
        }
    }

    fn integer(self, value: i64, text: &mut Vec<u8>) {
        match self {
            Self::Plain => write(text, format_args!("{value}")),
            Self::Decimal { scale } => decimal(value.into(), scale, text),
            Self::Date => date(value, text),
            Self::Moment { units_in_second } => {
                let nanos_in_unit = 1_000_000_000 / units_in_second;
                let seconds = value.div_euclid(units_in_second);
                let nanos = value.rem_euclid(units_in_second) * nanos_in_unit;
                moment(seconds, nanos, text);
            }
        }
    }

    fn bytes(self, value: &[u8], text: &mut Vec<u8>) {
        match (self, two_complement(value)) {
            (Self::Decimal { scale }, Some(units)) => decimal(units, scale, text),
            _ => text.extend_from_slice(value),
        }
    }
}

/// Reads the bytes of a decimal: the highest byte comes first, and there are at most sixteen.
fn two_complement(bytes: &[u8]) -> Option<i128> {
    let first = bytes.first()?;
    let sign = if first & 0x80 == 0 { 0 } else { -1_i128 };
    let is_held = bytes.len() <= 16;
    is_held.then(|| bytes.iter().fold(sign, |value, byte| (value << 8) | i128::from(*byte)))
}

fn decimal(units: i128, scale: u32, text: &mut Vec<u8>) {
    let sign = if units < 0 { "-" } else { "" };
    let scale = scale as usize;
    let digits = format!("{:0>width$}", units.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let point = if scale == 0 { "" } else { "." };
    write(text, format_args!("{sign}{whole}{point}{fraction}"));
}

/// A number that is no day of the calendar stays a number, so that the code that needs the cell can name
/// it in its error.
fn date(days: i64, text: &mut Vec<u8>) {
    match i32::try_from(days).ok().and_then(NaiveDate::from_epoch_days) {
        Some(date) => write(text, format_args!("{date}")),
        None => write(text, format_args!("{days}")),
    }
}

/// Writes a time as AWS does: `2018-03-01T05:00:00Z`, with a fraction only if it is not zero.
fn moment(seconds: i64, nanos: i64, text: &mut Vec<u8>) {
    let moment = u32::try_from(nanos).ok().and_then(|n| DateTime::from_timestamp(seconds, n));
    match moment {
        Some(moment) => {
            let moment = moment.to_rfc3339_opts(SecondsFormat::AutoSi, true);
            text.extend_from_slice(moment.as_bytes());
        }
        None => write(text, format_args!("{seconds}")),
    }
}

/// The oldest way to store a time: nanoseconds since midnight, and the Julian day.
fn moment_of_int96(value: &Int96, text: &mut Vec<u8>) {
    const JULIAN_DAY_OF_1970: i64 = 2_440_588;
    const SECONDS_IN_DAY: i64 = 86_400;
    const NANOS_IN_SECOND: i64 = 1_000_000_000;
    let [low, high, day] = value.data() else {
        return;
    };
    let nanos = ((u64::from(*high) << 32) | u64::from(*low)).cast_signed();
    let seconds = (i64::from(*day) - JULIAN_DAY_OF_1970) * SECONDS_IN_DAY;
    let seconds = seconds + nanos.div_euclid(NANOS_IN_SECOND);
    moment(seconds, nanos.rem_euclid(NANOS_IN_SECOND), text);
}

/// Writing to memory cannot fail.
fn write(text: &mut Vec<u8>, value: std::fmt::Arguments<'_>) {
    let written = text.write_fmt(value);
    debug_assert!(written.is_ok());
}

struct Batch<T: DataType, W> {
    reader: ColumnReaderImpl<T>,
    write: W,
    may_be_absent: bool,
    values: Vec<T::T>,
    /// For each row, 1 if the row has a value. Empty if the column has a value in every row.
    present: Vec<i16>,
    next_row: usize,
    next_value: usize,
    text: Vec<u8>,
}

impl<T: DataType, W: Fn(&T::T, &mut Vec<u8>) + 'static> Batch<T, W> {
    fn boxed(column: &ColumnDescriptor, reader: ColumnReaderImpl<T>, write: W) -> Box<dyn Cells> {
        Box::new(Self {
            reader,
            write,
            may_be_absent: column.max_def_level() > 0,
            values: Vec::new(),
            present: Vec::new(),
            next_row: 0,
            next_value: 0,
            text: Vec::new(),
        })
    }
}

impl<T: DataType, W: Fn(&T::T, &mut Vec<u8>)> Cells for Batch<T, W> {
    fn read(&mut self, rows: usize) -> Result<(), RowsError> {
        self.values.clear();
        self.present.clear();
        (self.next_row, self.next_value) = (0, 0);
        let Self { reader, values, present, .. } = self;
        let (read, _, _) = caught(|| reader.read_records(rows, Some(present), None, values))?;
        if read == rows { Ok(()) } else { Err(RowsError::damaged("it ends before its row group")) }
    }

    fn next(&mut self) -> &[u8] {
        self.text.clear();
        let is_present =
            !self.may_be_absent || self.present.get(self.next_row).is_some_and(|level| *level > 0);
        self.next_row += 1;
        if is_present && let Some(value) = self.values.get(self.next_value) {
            self.next_value += 1;
            (self.write)(value, &mut self.text);
        }
        &self.text
    }
}
