//! Writes rows as Parquet files.

use std::mem;
use std::sync::Arc;

use bytes::Bytes;
use money::Amount;
use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{
    ByteArray, ByteArrayType, FixedLenByteArray, FixedLenByteArrayType, Int32Type, Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::ColumnPath;

use super::schema::{self, AMOUNT_BYTES, PRECISION};
use crate::table::{Column, EncodeError, Kind, Row, Value, write_row};

/// The largest number of rows in a row group. Larger row groups are not compressed better and cost memory.
const MAX_ROWS_IN_GROUP: usize = 128 * 1024;
/// The number of cells given to the library at a time. The library itself uses batches of this size.
const CELLS_IN_BATCH: usize = 1024;
/// The smallest number of units that has 39 digits, which is too large for an amount.
const UNITS_LIMIT: u128 = 10_u128.pow(PRECISION);

/// Writes each group of rows as a row group of its own, so that a reader can take one and leave the others.
/// A long group becomes several row groups. A file without rows has the columns only.
pub fn encode_parquet<'a, R: Row + 'a>(
    groups: impl IntoIterator<Item: IntoIterator<Item = &'a R>>,
) -> Result<Bytes, EncodeError> {
    // Zstandard makes the smallest files. People keep these files, and Athena charges by the bytes that it
    // reads.
    encode(groups, Compression::ZSTD(ZstdLevel::try_new(1)?))
}

/// Like [`encode_parquet`], but packed with Snappy, for files that only the next step reads. The files are
/// a little larger. Writing small row groups takes a tenth of the time, because for Zstandard the library
/// sets up a compressor for each column of each row group.
pub fn encode_parquet_lightly<'a, R: Row + 'a>(
    groups: impl IntoIterator<Item: IntoIterator<Item = &'a R>>,
) -> Result<Bytes, EncodeError> {
    encode(groups, Compression::SNAPPY)
}

fn encode<'a, R: Row + 'a>(
    groups: impl IntoIterator<Item: IntoIterator<Item = &'a R>>,
    compression: Compression,
) -> Result<Bytes, EncodeError> {
    let schema = schema::schema(R::COLUMNS)?;
    let properties = Arc::new(properties(R::COLUMNS, compression));
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, properties)?;
    let mut group = RowGroup::new(R::COLUMNS);
    for rows in groups {
        for row in rows {
            group.push(row)?;
            if group.rows == MAX_ROWS_IN_GROUP {
                group.flush(&mut writer)?;
            }
        }
        group.flush(&mut writer)?;
    }
    Ok(writer.into_inner()?.into())
}

fn properties(columns: &[Column], compression: Compression) -> WriterProperties {
    let mut builder = WriterProperties::builder()
        // The name is not the name and version of the library, because these would change every file with
        // each update. The form `<name> version <number>` matters: a reader that cannot parse the name may
        // ignore the statistics.
        .set_created_by("sluice version 1".to_owned())
        // Every engine reads this version.
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_compression(compression)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true);
    for column in columns {
        // Texts, days and hours repeat, so a dictionary makes them smaller. Amounts seldom repeat, and
        // looking up each of them would cost time.
        let repeats = matches!(column.kind, Kind::Text | Kind::Date | Kind::Hour);
        let path = ColumnPath::from(column.name);
        builder = builder.set_column_dictionary_enabled(path, repeats);
    }
    builder.build()
}

/// The rows of one row group, stored by column.
struct RowGroup {
    rows: usize,
    columns: Vec<Buffer>,
}

/// The cells of a column as Parquet stores them. Texts and amounts stand one after the other in `bytes`, so
/// they can be given to the library as slices, without a copy.
enum Buffer {
    Text { bytes: Vec<u8>, ends: Vec<usize> },
    Integer(Vec<i64>),
    Amount { bytes: Vec<u8> },
    OptionalAmount { bytes: Vec<u8>, present: Vec<i16> },
    Date(Vec<i32>),
    Hour(Vec<i64>),
}

impl RowGroup {
    fn new(columns: &[Column]) -> Self {
        Self { rows: 0, columns: columns.iter().map(|c| Buffer::new(c.kind)).collect() }
    }

    fn push<R: Row>(&mut self, row: &R) -> Result<(), EncodeError> {
        let mut too_large = None;
        write_row(row, |index, column, value| {
            if let Err(amount) = self.columns[index].push(column, value) {
                too_large = Some(EncodeError::TooLarge { column: column.name, amount });
            }
        });
        self.rows += 1;
        too_large.map_or(Ok(()), Err)
    }

    fn flush(&mut self, writer: &mut SerializedFileWriter<Vec<u8>>) -> Result<(), EncodeError> {
        if self.rows == 0 {
            return Ok(());
        }
        let mut group = writer.next_row_group()?;
        for buffer in &mut self.columns {
            if let Some(mut column) = group.next_column()? {
                buffer.write_to(&mut column)?;
                column.close()?;
            }
        }
        group.close()?;
        self.rows = 0;
        Ok(())
    }
}

impl Buffer {
    const fn new(kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::Text { bytes: Vec::new(), ends: Vec::new() },
            Kind::Integer => Self::Integer(Vec::new()),
            Kind::Amount => Self::Amount { bytes: Vec::new() },
            Kind::OptionalAmount => Self::OptionalAmount { bytes: Vec::new(), present: Vec::new() },
            Kind::Date => Self::Date(Vec::new()),
            Kind::Hour => Self::Hour(Vec::new()),
        }
    }

    /// Adds a cell. The error is the amount that `decimal(38,18)` cannot hold.
    fn push(&mut self, column: &Column, value: Value<'_>) -> Result<(), Amount> {
        match (self, value) {
            (Self::Text { bytes, ends }, Value::Text(text)) => {
                bytes.extend_from_slice(text.as_bytes());
                ends.push(bytes.len());
            }
            (Self::Amount { bytes }, Value::Amount(amount)) => push_amount(bytes, amount)?,
            (Self::OptionalAmount { bytes, present }, Value::OptionalAmount(amount)) => {
                present.push(i16::from(amount.is_some()));
                if let Some(amount) = amount {
                    push_amount(bytes, amount)?;
                }
            }
            (Self::Integer(cells), Value::Integer(integer)) => cells.push(integer),
            (Self::Date(cells), Value::Date(date)) => cells.push(date.to_epoch_days()),
            (Self::Hour(cells), Value::Hour(hour)) => cells.push(hour.timestamp_millis()),
            (_, other) => panic!(
                "column `{}` is {:?} and is written as {:?}",
                column.name,
                column.kind,
                other.kind()
            ),
        }
        Ok(())
    }

    /// Writes the cells and empties the buffer.
    fn write_to(&mut self, column: &mut SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        match self {
            Self::Text { bytes, ends } => {
                write_texts(column, &mem::take(bytes).into(), ends)?;
                ends.clear();
            }
            Self::Amount { bytes } => write_amounts(column, &mem::take(bytes).into(), None)?,
            Self::OptionalAmount { bytes, present } => {
                write_amounts(column, &mem::take(bytes).into(), Some(present))?;
                present.clear();
            }
            Self::Date(cells) => {
                column.typed::<Int32Type>().write_batch(cells, None, None)?;
                cells.clear();
            }
            Self::Integer(cells) | Self::Hour(cells) => {
                column.typed::<Int64Type>().write_batch(cells, None, None)?;
                cells.clear();
            }
        }
        Ok(())
    }
}

fn push_amount(bytes: &mut Vec<u8>, amount: Amount) -> Result<(), Amount> {
    if amount.units().unsigned_abs() >= UNITS_LIMIT {
        return Err(amount);
    }
    bytes.extend_from_slice(&amount.units().to_be_bytes());
    Ok(())
}

fn write_texts(
    column: &mut SerializedColumnWriter<'_>,
    bytes: &Bytes,
    ends: &[usize],
) -> Result<(), ParquetError> {
    let writer = column.typed::<ByteArrayType>();
    let mut batch = Vec::with_capacity(CELLS_IN_BATCH);
    let mut start = 0;
    for ends in ends.chunks(CELLS_IN_BATCH) {
        batch.clear();
        for end in ends {
            batch.push(ByteArray::from(bytes.slice(start..*end)));
            start = *end;
        }
        writer.write_batch(&batch, None, None)?;
    }
    Ok(())
}

/// `present` says for each row whether it has an amount. `None` means that all rows have one.
fn write_amounts(
    column: &mut SerializedColumnWriter<'_>,
    bytes: &Bytes,
    present: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let length = usize::from(AMOUNT_BYTES);
    let amounts: Vec<FixedLenByteArray> = (0..bytes.len())
        .step_by(length)
        .map(|start| ByteArray::from(bytes.slice(start..start + length)).into())
        .collect();
    column.typed::<FixedLenByteArrayType>().write_batch(&amounts, present, None)?;
    Ok(())
}
