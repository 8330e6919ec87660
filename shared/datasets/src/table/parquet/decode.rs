//! Reads Parquet files into rows.

use std::panic::{self, AssertUnwindSafe};

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use money::Amount;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl, get_typed_column_reader};
use parquet::data_type::{
    ByteArrayType, DataType, FixedLenByteArray, FixedLenByteArrayType, Int32Type, Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use parquet::file::statistics::Statistics;

use super::schema;
use crate::table::{Column, DecodeError, Kind, Place, Row, Value, read_row};

/// How many rows are held as columns at a time before they become rows.
const ROWS_IN_BATCH: usize = 4096;

/// Reads all rows, after a check of the columns.
pub fn decode_parquet<R: Row>(bytes: Bytes) -> Result<Vec<R>, DecodeError> {
    decode(bytes, None)
}

/// Reads the rows whose `date_column` is `day`. Row groups that cannot have the day are not decompressed.
/// So reading one day costs about as much as the row group is large that has the day.
pub fn decode_parquet_day<R: Row>(
    bytes: Bytes,
    date_column: &str,
    day: NaiveDate,
) -> Result<Vec<R>, DecodeError> {
    let column = R::COLUMNS
        .iter()
        .position(|column| column.name == date_column && column.kind == Kind::Date);
    let Some(column) = column else {
        panic!("`{date_column}` is no date column of the dataset");
    };
    decode(bytes, Some(Selection { column, day }))
}

/// Selects the rows that have this day in this column.
#[derive(Clone, Copy)]
struct Selection {
    column: usize,
    day: NaiveDate,
}

impl Selection {
    /// Returns whether a row group may have the day. A row group without statistics may have any day.
    fn may_be_in(self, group: &RowGroupMetaData) -> bool {
        let Some(Statistics::Int32(days)) = group.column(self.column).statistics() else {
            return true;
        };
        let day = self.day.to_epoch_days();
        days.min_opt().is_none_or(|first| *first <= day)
            && days.max_opt().is_none_or(|last| day <= *last)
    }

    fn includes(self, row: &[Value<'_>]) -> bool {
        row.get(self.column) == Some(&Value::Date(self.day))
    }
}

/// The library panics if a page is not as long as it says, which happens in damaged files. No value that
/// the panic could leave half changed is used afterwards.
fn decode<R: Row>(bytes: Bytes, selection: Option<Selection>) -> Result<Vec<R>, DecodeError> {
    let rows = panic::catch_unwind(AssertUnwindSafe(|| decode_sound(bytes, selection)));
    rows.unwrap_or(Err(DecodeError::Damaged))
}

fn decode_sound<R: Row>(bytes: Bytes, selection: Option<Selection>) -> Result<Vec<R>, DecodeError> {
    let file = SerializedFileReader::new(bytes)?;
    schema::check(R::COLUMNS, file.metadata().file_metadata().schema_descr())?;
    let mut rows = Vec::new();
    let mut rows_before = 0;
    for (index, group) in file.metadata().row_groups().iter().enumerate() {
        if selection.is_none_or(|selection| selection.may_be_in(group)) {
            let group = file.get_row_group(index)?;
            read_group(group.as_ref(), selection, rows_before, &mut rows)?;
        }
        rows_before += u64::try_from(group.num_rows()).unwrap_or_default();
    }
    Ok(rows)
}

fn read_group<R: Row>(
    group: &dyn RowGroupReader,
    selection: Option<Selection>,
    mut rows_before: u64,
    rows: &mut Vec<R>,
) -> Result<(), DecodeError> {
    let mut columns = R::COLUMNS
        .iter()
        .enumerate()
        .map(|(index, column)| Ok(ColumnCells::new(column, group.get_column_reader(index)?)))
        .collect::<Result<Vec<_>, ParquetError>>()?;
    let mut left = usize::try_from(group.metadata().num_rows()).unwrap_or_default();
    while left > 0 {
        let count = left.min(ROWS_IN_BATCH);
        for column in &mut columns {
            column.read(count)?;
        }
        read_batch(&columns, count, selection, rows_before, rows)?;
        left -= count;
        rows_before += count as u64;
    }
    Ok(())
}

fn read_batch<R: Row>(
    columns: &[ColumnCells],
    count: usize,
    selection: Option<Selection>,
    rows_before: u64,
    rows: &mut Vec<R>,
) -> Result<(), DecodeError> {
    let mut values = Vec::with_capacity(columns.len());
    for (row, number) in (0..count).zip(rows_before + 1..) {
        values.clear();
        for column in columns {
            values.push(column.value(row)?);
        }
        if selection.is_none_or(|selection| selection.includes(&values)) {
            let row = read_row(&values)
                .map_err(|error| DecodeError::Cell { place: Place::Row(number), error })?;
            rows.push(row);
        }
    }
    Ok(())
}

/// A column while it is read: its reader, and its cells of the current batch.
enum ColumnCells {
    Text(Typed<ByteArrayType>),
    Integer(Typed<Int64Type>),
    Amount(Typed<FixedLenByteArrayType>),
    /// Parquet does not store absent values. The list has one entry for each row, with `None` for an absent
    /// value.
    OptionalAmount(Typed<FixedLenByteArrayType>, Vec<Option<Amount>>),
    Date(Typed<Int32Type>),
    Hour(Typed<Int64Type>),
}

struct Typed<T: DataType> {
    reader: ColumnReaderImpl<T>,
    cells: Vec<T::T>,
    /// 1 or 0 for each row: whether the row has a cell. The list stays empty if the column is required.
    present: Vec<i16>,
}

impl ColumnCells {
    fn new(column: &Column, reader: ColumnReader) -> Self {
        match column.kind {
            Kind::Text => Self::Text(Typed::new(reader)),
            Kind::Integer => Self::Integer(Typed::new(reader)),
            Kind::Amount => Self::Amount(Typed::new(reader)),
            Kind::OptionalAmount => Self::OptionalAmount(Typed::new(reader), Vec::new()),
            Kind::Date => Self::Date(Typed::new(reader)),
            Kind::Hour => Self::Hour(Typed::new(reader)),
        }
    }

    fn read(&mut self, count: usize) -> Result<(), ParquetError> {
        match self {
            Self::Text(column) => column.read(count),
            Self::Amount(column) => column.read(count),
            Self::OptionalAmount(column, amounts) => {
                column.read(count)?;
                let mut cells = column.cells.iter();
                amounts.clear();
                for present in &column.present {
                    let cell = (*present > 0).then(|| cells.next()).flatten();
                    amounts.push(cell.map(amount).transpose()?);
                }
                Ok(())
            }
            Self::Date(column) => column.read(count),
            Self::Integer(column) | Self::Hour(column) => column.read(count),
        }
    }

    fn value(&self, row: usize) -> Result<Value<'_>, ParquetError> {
        Ok(match self {
            Self::Text(column) => Value::Text(column.cells[row].as_utf8()?),
            Self::Integer(column) => Value::Integer(column.cells[row]),
            Self::Amount(column) => Value::Amount(amount(&column.cells[row])?),
            Self::OptionalAmount(_, amounts) => Value::OptionalAmount(amounts[row]),
            Self::Date(column) => Value::Date(
                NaiveDate::from_epoch_days(column.cells[row])
                    .ok_or_else(|| out_of_range("a date"))?,
            ),
            Self::Hour(column) => Value::Hour(
                DateTime::<Utc>::from_timestamp_millis(column.cells[row])
                    .ok_or_else(|| out_of_range("a timestamp"))?,
            ),
        })
    }
}

impl<T: DataType> Typed<T> {
    fn new(reader: ColumnReader) -> Self {
        Self { reader: get_typed_column_reader(reader), cells: Vec::new(), present: Vec::new() }
    }

    /// Reads exactly `count` rows. If the column has fewer rows than its row group says, the file is
    /// broken.
    fn read(&mut self, count: usize) -> Result<(), ParquetError> {
        self.cells.clear();
        self.present.clear();
        let (rows, _, _) =
            self.reader.read_records(count, Some(&mut self.present), None, &mut self.cells)?;
        if rows == count {
            Ok(())
        } else {
            Err(ParquetError::EOF("a column ends before its row group".to_owned()))
        }
    }
}

fn amount(cell: &FixedLenByteArray) -> Result<Amount, ParquetError> {
    let bytes = cell.data().try_into().map_err(|_| out_of_range("an amount"))?;
    Ok(Amount::from_units(i128::from_be_bytes(bytes)))
}

fn out_of_range(what: &str) -> ParquetError {
    ParquetError::General(format!("{what} is out of range"))
}
