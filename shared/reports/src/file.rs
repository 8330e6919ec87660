//! Reads a report file from its first byte to its last, in chunks or line by line.

use std::io::{self, Read};
use std::sync::Arc;

use cur::{Column, FileFormat, Layout, LineItem, Records};
use rows::ReportFile;
use storage::{BlockingRanges, BlockingReader};

use crate::unpack::{format_of, unpacked};
use crate::{FileError, unreadable};

/// How many unpacked bytes are handed on at a time. So many fit into the CPU's cache, and few records lie
/// in two chunks.
const CHUNK_BYTES: usize = 256 * 1024;

/// Room for one chunk.
pub fn chunk() -> Vec<u8> {
    vec![0; CHUNK_BYTES]
}

/// Hands on the bytes of a stream until the stream ends, in chunks that fit into `chunk`.
pub fn in_chunks<E>(
    stream: &mut (impl Read + ?Sized),
    chunk: &mut [u8],
    failed: impl Fn(io::Error) -> E,
    mut on_chunk: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    loop {
        match stream.read(chunk) {
            Ok(0) => return Ok(()),
            Ok(length) => on_chunk(chunk.get(..length).unwrap_or_default())?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failed(error)),
        }
    }
}

/// The name of the format around the lines, for error messages.
pub const fn packing(format: FileFormat) -> &'static str {
    match format {
        FileFormat::CsvGzip => "gzip",
        FileFormat::CsvZip => "zip",
        FileFormat::Csv | FileFormat::Parquet => "",
    }
}

/// Why no more lines are handed on.
pub(crate) enum Stop {
    /// The caller has found what it looked for.
    Enough,
    Failed(FileError),
}

impl<E: Into<FileError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Hands on each line of a file with these columns, until the file ends or the caller has seen enough.
/// Returns the file's layout; `None` if the file has no header.
pub(crate) fn look_through(
    object: BlockingRanges,
    named: FileFormat,
    columns: &[Column],
    on_line: impl FnMut(&LineItem<'_>) -> Result<(), Stop>,
) -> Result<Option<Layout>, FileError> {
    let mut reader = BlockingReader::new(object.clone());
    let found = format_of(&mut reader).map_err(|error| unreadable("", error))?;
    if found != named {
        return Err(FileError::OtherFormat { named, found });
    }
    let mut layout = None;
    let stopped = if found == FileFormat::Parquet {
        look_through_rows(object, columns, &mut layout, on_line)
    } else {
        unpacked(found, reader, |stream| look_through_text(stream, found, &mut layout, on_line))
    };
    match stopped {
        Ok(()) | Err(Stop::Enough) => Ok(layout),
        Err(Stop::Failed(error)) => Err(error),
    }
}

fn look_through_text(
    stream: &mut dyn Read,
    format: FileFormat,
    layout: &mut Option<Layout>,
    mut on_line: impl FnMut(&LineItem<'_>) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let mut records = Records::new(&[]);
    let failed = |error| unreadable(packing(format), error).into();
    let read = in_chunks(stream, &mut chunk(), failed, |chunk| records.push(chunk, &mut on_line));
    let read = read.and_then(|()| records.finish(&mut on_line));
    *layout = records.layout().cloned();
    read
}

fn look_through_rows(
    object: BlockingRanges,
    columns: &[Column],
    layout: &mut Option<Layout>,
    on_line: impl FnMut(&LineItem<'_>) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let size_bytes = object.size_bytes();
    let file = ReportFile::open(size_bytes, Arc::new(move |range| object.read(range)))?;
    let layout = layout.insert(file.layout(&[])?);
    file.lines(layout, columns, on_line)
}
