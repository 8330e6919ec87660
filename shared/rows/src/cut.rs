//! Cuts the rows of a file into one file for each owner. Every column keeps its type, and every value its
//! bytes.
//!
//! Parquet keeps a column's values together, so rows are cut column by column. One pass over the columns
//! serves only some of the owners, so that memory is bounded: their packed columns have about
//! [`PASS_BYTES`], and there are at most [`PASS_CHUNKS`] of them. The next pass reads the columns again
//! for the next owners.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{Compression, GzipLevel, Type, ZstdLevel};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl, get_typed_column_reader};
use parquet::column::writer::{
    ColumnCloseResult, ColumnWriter, get_column_writer, get_typed_column_writer_mut,
};
use parquet::data_type::{
    BoolType, ByteArrayType, DataType, DoubleType, FixedLenByteArrayType, FloatType, Int32Type,
    Int64Type, Int96Type,
};
use parquet::file::properties::{
    EnabledStatistics, WriterProperties, WriterPropertiesPtr, WriterVersion,
};
use parquet::file::writer::{SerializedFileWriter, SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescriptor;

use crate::RowsError;
use crate::batch::{Batch, rows_of};
use crate::error::caught;

/// How many bytes the packed columns of all owners of a pass have, about.
const PASS_BYTES: u64 = 16 * 1024 * 1024;
/// How many columns all owners of a pass have together, at most. The notes on each take about a kilobyte.
const PASS_CHUNKS: usize = 32 * 1024;
/// How large the dictionary of distinct values of one column of one owner may be. Ids of lines never
/// repeat, so a larger dictionary would only hold memory for every owner of a pass.
const DICTIONARY_BYTES: usize = 256 * 1024;
/// How many rows are taken from a column at a time.
const ROWS_IN_BATCH: usize = 8 * 1024;

/// How the cut files are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    Zstd,
    Gzip,
}

/// The rows of one owner that go into one file.
struct Piece {
    owner: u32,
    rows: usize,
}

/// One column of one piece, packed.
struct Chunk {
    bytes: Vec<u8>,
    close: ColumnCloseResult,
}

impl Batch<'_> {
    /// Cuts the rows by owner and hands on the files. `owners` has a number for each row; the numbers begin
    /// at 0 and have no gap. Each owner gets one file, or several if its rows are too many for one.
    pub fn cut<E: From<RowsError>>(
        &self,
        owners: &[u32],
        codec: Codec,
        mut on_file: impl FnMut(u32, Bytes) -> Result<(), E>,
    ) -> Result<(), E> {
        let bytes = self.packed_bytes();
        let (pieces, piece_of_row) = pieces(owners, bytes);
        let properties = self.properties(codec)?;
        let mut start = 0;
        while start < pieces.len() {
            let end = start + self.pass(&pieces[start..], owners.len(), bytes);
            let chunks = self.chunks(&piece_of_row, start..end, &properties)?;
            for (piece, chunks) in pieces[start..end].iter().zip(chunks) {
                on_file(piece.owner, self.assemble(piece, chunks, &properties)?)?;
            }
            start = end;
        }
        Ok(())
    }

    /// How many of the pieces one pass over the columns can serve.
    fn pass(&self, pieces: &[Piece], all_rows: usize, all_bytes: u64) -> usize {
        let most = (PASS_CHUNKS / self.file.columns().len().max(1)).max(1);
        let rows = rows_in(PASS_BYTES, all_rows, all_bytes);
        let mut taken = 0;
        let fits = |piece: &&Piece| {
            taken += piece.rows;
            taken <= rows
        };
        pieces.iter().take(most).take_while(fits).count().max(1)
    }

    /// Reads all columns once and returns the columns of these pieces.
    fn chunks(
        &self,
        piece_of_row: &[u32],
        pieces: Range<usize>,
        properties: &WriterPropertiesPtr,
    ) -> Result<Vec<Vec<Chunk>>, RowsError> {
        let source = self.in_turn();
        let mut chunks: Vec<Vec<Chunk>> = pieces.clone().map(|_| Vec::new()).collect();
        for (index, descriptor) in self.file.columns().iter().enumerate() {
            let groups = self.groups().map(|(number, group)| {
                let reader = self.column(Arc::clone(&source), group, index)?;
                Ok(Group { number, rows: rows_of(group), reader })
            });
            let groups = groups.collect::<Result<Vec<_>, RowsError>>()?;
            let column = Column { descriptor, piece_of_row, pieces: pieces.clone(), properties };
            let column = column.cut(groups)?;
            chunks.iter_mut().zip(column).for_each(|(chunks, chunk)| chunks.push(chunk));
        }
        Ok(chunks)
    }

    /// Puts a piece's columns together into a file of one row group.
    fn assemble(
        &self,
        piece: &Piece,
        chunks: Vec<Chunk>,
        properties: &WriterPropertiesPtr,
    ) -> Result<Bytes, RowsError> {
        let schema = self.file.metadata.file_metadata().schema_descr().root_schema_ptr();
        let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::clone(properties))?;
        let mut group = writer.next_row_group()?;
        for Chunk { bytes, close } in chunks {
            group.append_column(&Bytes::from(bytes), close)?;
        }
        let written = group.close()?.num_rows();
        assert_eq!(usize::try_from(written), Ok(piece.rows), "a file has its piece's rows");
        Ok(writer.into_inner()?.into())
    }

    /// The settings of our own tables, and the key-value metadata of the report's file.
    fn properties(&self, codec: Codec) -> Result<WriterPropertiesPtr, RowsError> {
        let compression = match codec {
            Codec::Zstd => Compression::ZSTD(ZstdLevel::try_new(1)?),
            Codec::Gzip => Compression::GZIP(GzipLevel::try_new(1)?),
        };
        let notes = self.file.metadata.file_metadata().key_value_metadata().cloned();
        let properties = WriterProperties::builder()
            .set_created_by("sluice version 1".to_owned())
            .set_writer_version(WriterVersion::PARQUET_1_0)
            .set_compression(compression)
            .set_dictionary_page_size_limit(DICTIONARY_BYTES)
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_offset_index_disabled(true)
            .set_key_value_metadata(notes);
        Ok(Arc::new(properties.build()))
    }
}

/// How many rows have about this many packed bytes.
fn rows_in(bytes: u64, all_rows: usize, all_bytes: u64) -> usize {
    let rows = (all_rows as u64).saturating_mul(bytes) / all_bytes.max(1);
    usize::try_from(rows).unwrap_or(usize::MAX).max(1)
}

/// Divides the rows into pieces: each has rows of one owner, and no more than a pass may hold. Also returns
/// the number of each row's piece.
fn pieces(owners: &[u32], bytes: u64) -> (Vec<Piece>, Vec<u32>) {
    let rows_max = rows_in(PASS_BYTES, owners.len(), bytes);
    let count = owners.iter().max().map_or(0, |last| *last as usize + 1);
    let mut rows = vec![0_usize; count];
    for owner in owners {
        rows[*owner as usize] += 1;
    }
    let mut pieces: Vec<Piece> = Vec::new();
    let mut first_piece = Vec::with_capacity(count);
    for (owner, all) in (0..).zip(&rows) {
        first_piece.push(u32::try_from(pieces.len()).unwrap_or(u32::MAX));
        for start in (0..*all).step_by(rows_max) {
            pieces.push(Piece { owner, rows: rows_max.min(all - start) });
        }
    }
    let mut seen = vec![0_usize; count];
    let piece_of = |owner: &u32| {
        let owner = *owner as usize;
        let within = seen[owner] / rows_max;
        seen[owner] += 1;
        first_piece[owner] + u32::try_from(within).unwrap_or(u32::MAX)
    };
    let piece_of_row = owners.iter().map(piece_of).collect();
    (pieces, piece_of_row)
}

/// One column that is cut into the pieces of a pass.
struct Column<'a> {
    descriptor: &'a Arc<ColumnDescriptor>,
    piece_of_row: &'a [u32],
    pieces: Range<usize>,
    properties: &'a WriterPropertiesPtr,
}

/// One row group of the column.
struct Group {
    number: usize,
    rows: usize,
    reader: ColumnReader,
}

/// The part of the current rows that one piece gets.
struct Part<T: DataType> {
    values: Vec<T::T>,
    definitions: Vec<i16>,
    repetitions: Vec<i16>,
    rows: usize,
}

impl Column<'_> {
    fn cut(&self, groups: Vec<Group>) -> Result<Vec<Chunk>, RowsError> {
        match self.descriptor.physical_type() {
            Type::BOOLEAN => self.cut_typed::<BoolType>(groups),
            Type::INT32 => self.cut_typed::<Int32Type>(groups),
            Type::INT64 => self.cut_typed::<Int64Type>(groups),
            Type::INT96 => self.cut_typed::<Int96Type>(groups),
            Type::FLOAT => self.cut_typed::<FloatType>(groups),
            Type::DOUBLE => self.cut_typed::<DoubleType>(groups),
            Type::BYTE_ARRAY => self.cut_typed::<ByteArrayType>(groups),
            Type::FIXED_LEN_BYTE_ARRAY => self.cut_typed::<FixedLenByteArrayType>(groups),
        }
    }

    fn cut_typed<T: DataType>(&self, groups: Vec<Group>) -> Result<Vec<Chunk>, RowsError> {
        let count = self.pieces.len();
        let mut sinks: Vec<_> = (0..count).map(|_| TrackedWrite::new(Vec::new())).collect();
        let mut writers: Vec<_> = sinks.iter_mut().map(|sink| self.writer(sink)).collect();
        let mut parts: Vec<Part<T>> = (0..count).map(|_| Part::new()).collect();
        let mut all = Part::<T>::new();
        let mut owners = self.piece_of_row;
        for Group { number, rows, reader } in groups {
            let in_column =
                |error: RowsError| error.in_column(number, &self.descriptor.path().string());
            let mut reader = get_typed_column_reader::<T>(reader);
            let (mut of_group, rest) = owners.split_at(rows);
            while !of_group.is_empty() {
                let rows = of_group.len().min(ROWS_IN_BATCH);
                all.read(&mut reader, rows).map_err(in_column)?;
                let (now, later) = of_group.split_at(all.rows);
                self.hand_out(&all, now, &mut parts).map_err(in_column)?;
                for (part, writer) in parts.iter_mut().zip(&mut writers) {
                    part.write_to(writer)?;
                }
                of_group = later;
            }
            owners = rest;
        }
        let closes: Vec<_> = writers.into_iter().map(ColumnWriter::close).collect();
        let chunks = sinks
            .into_iter()
            .zip(closes)
            .map(|(sink, close)| Ok(Chunk { close: close?, bytes: sink.into_inner()? }));
        chunks.collect()
    }

    fn writer<'s>(&self, sink: &'s mut TrackedWrite<Vec<u8>>) -> ColumnWriter<'s> {
        let pages = Box::new(SerializedPageWriter::new(sink));
        get_column_writer(Arc::clone(self.descriptor), Arc::clone(self.properties), pages)
    }

    /// Gives each row's levels and values to its piece, if this pass serves the piece.
    fn hand_out<T: DataType>(
        &self,
        all: &Part<T>,
        owners: &[u32],
        parts: &mut [Part<T>],
    ) -> Result<(), RowsError> {
        let has_value = self.descriptor.max_def_level();
        let (mut level, mut value) = (0, 0);
        for owner in owners {
            let levels = level..level + all.levels_of_row(level);
            let definitions = all.definitions.get(levels.clone()).unwrap_or_default();
            let repetitions = all.repetitions.get(levels.clone()).unwrap_or_default();
            let count = match has_value {
                0 => levels.len(),
                _ => definitions.iter().filter(|level| **level == has_value).count(),
            };
            let values = all.values.get(value..value + count);
            let values = values.ok_or_else(|| RowsError::damaged("it has too few values"))?;
            let piece = (*owner as usize).checked_sub(self.pieces.start);
            if let Some(part) = piece.and_then(|piece| parts.get_mut(piece)) {
                part.values.extend_from_slice(values);
                part.definitions.extend_from_slice(definitions);
                part.repetitions.extend_from_slice(repetitions);
                part.rows += 1;
            }
            level = levels.end;
            value += count;
        }
        Ok(())
    }
}

impl<T: DataType> Part<T> {
    fn new() -> Self {
        let (definitions, repetitions) = (Vec::new(), Vec::new());
        Self { values: Vec::new(), definitions, repetitions, rows: 0 }
    }

    fn clear(&mut self) {
        self.values.clear();
        self.definitions.clear();
        self.repetitions.clear();
        self.rows = 0;
    }

    fn read(&mut self, reader: &mut ColumnReaderImpl<T>, rows: usize) -> Result<(), RowsError> {
        self.clear();
        let Self { values, definitions, repetitions, .. } = self;
        let (definitions, repetitions) = (Some(definitions), Some(repetitions));
        let (read, _, _) = caught(|| reader.read_records(rows, definitions, repetitions, values))?;
        if read == 0 {
            return Err(RowsError::damaged("it ends before its row group"));
        }
        self.rows = read;
        Ok(())
    }

    /// How many levels the row has. A row of a nested column may have several: the first has repetition 0,
    /// the others more.
    fn levels_of_row(&self, start: usize) -> usize {
        let after = self.repetitions.get(start + 1..).unwrap_or_default();
        1 + after.iter().take_while(|level| **level > 0).count()
    }

    fn write_to(&mut self, writer: &mut ColumnWriter<'_>) -> Result<(), RowsError> {
        if self.rows > 0 {
            let some = |levels: &'_ Vec<i16>| !levels.is_empty();
            let definitions = some(&self.definitions).then_some(self.definitions.as_slice());
            let repetitions = some(&self.repetitions).then_some(self.repetitions.as_slice());
            let writer = get_typed_column_writer_mut::<T>(writer);
            writer.write_batch(&self.values, definitions, repetitions)?;
            self.clear();
        }
        Ok(())
    }
}
