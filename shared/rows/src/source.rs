//! The bytes of a Parquet file, read through a window that moves forward.

use std::io::Read;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::{fmt, io};

use bytes::{Buf, Bytes};
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

/// Reads a range of a file that does not change.
pub type ReadAt = Arc<dyn Fn(Range<u64>) -> io::Result<Bytes> + Send + Sync>;

/// The most bytes of a page or a footer. Writers make pages of one MiB by default.
const READ_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The most bytes that a page may unpack to. The page's header says how many before it is unpacked.
const PAGE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// How many bytes one request to storage asks for.
const REQUEST_BYTES: u64 = 8 * 1024 * 1024;
/// Room for a page's header. It may have the smallest and the largest value of the column in it.
const HEADER_BYTES: usize = 256 * 1024;

/// A source holds one window, or the range that is held, and nothing else.
pub(crate) struct Source {
    read: ReadAt,
    size_bytes: u64,
    /// How many bytes are read at a time.
    window_bytes: u64,
    /// The range that is read at once and kept.
    held: Range<u64>,
    window: Mutex<Window>,
}

#[derive(Clone, Default)]
struct Window {
    start: u64,
    bytes: Bytes,
}

impl Source {
    /// A source that reads no more than it is asked for.
    pub(crate) fn new(read: ReadAt, size_bytes: u64) -> Self {
        Self { read, size_bytes, window_bytes: 0, held: 0..0, window: Mutex::default() }
    }

    /// A source that reads a window at a time. Columns that are read side by side need a source each;
    /// columns that are read one after the other can share one.
    pub(crate) fn with_window(self, bytes: u64) -> Self {
        Self { window_bytes: bytes, ..self }
    }

    pub(crate) fn holding(self, range: Range<u64>) -> Self {
        Self { held: range, ..self }
    }

    /// At least this many bytes from `start` on, or all bytes until the end.
    fn window_at(&self, start: u64, length: usize) -> Result<Bytes> {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        let range = self.range(start, length as u64);
        let is_inside =
            window.start <= start && range.end <= window.start + window.bytes.len() as u64;
        if !is_inside {
            let wanted = if self.held.contains(&start) {
                self.held.clone()
            } else {
                start..self.range(start, self.window_bytes).end.max(range.end)
            };
            *window = Window::default();
            *window = Window { start: wanted.start, bytes: self.fetch(wanted)? };
        }
        let offset = usize::try_from(start - window.start)?;
        Ok(window.bytes.slice(offset.min(window.bytes.len())..))
    }

    /// The range of this length, cut where the held range or the file ends.
    fn range(&self, start: u64, length: u64) -> Range<u64> {
        let end = if self.held.contains(&start) { self.held.end } else { self.size_bytes };
        start..start.saturating_add(length).min(end)
    }

    /// Reads a range in several requests, so that no request takes so long that it times out.
    fn fetch(&self, range: Range<u64>) -> Result<Bytes> {
        let read =
            |range| (self.read)(range).map_err(|error| ParquetError::External(Box::new(error)));
        let length = range.end.saturating_sub(range.start);
        if length <= REQUEST_BYTES {
            return if length == 0 { Ok(Bytes::new()) } else { read(range) };
        }
        let mut bytes = Vec::with_capacity(usize::try_from(length)?);
        for start in range.clone().step_by(usize::try_from(REQUEST_BYTES)?) {
            bytes.extend_from_slice(&read(start..range.end.min(start + REQUEST_BYTES))?);
        }
        Ok(bytes.into())
    }
}

impl Length for Source {
    fn len(&self) -> u64 {
        self.size_bytes
    }
}

impl ChunkReader for Source {
    type T = Box<dyn Read>;

    /// Parquet's library calls this to read the header of a page.
    fn get_read(&self, start: u64) -> Result<Self::T> {
        let bytes = self.window_at(start, HEADER_BYTES)?;
        if unpacked_bytes(&bytes).is_some_and(|unpacked| unpacked > PAGE_BYTES_MAX) {
            return Err(too_large("a page unpacks to", PAGE_BYTES_MAX));
        }
        Ok(Box::new(bytes.reader()))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        if length > READ_BYTES_MAX {
            return Err(too_large("a page or the footer has", READ_BYTES_MAX as u64));
        }
        let bytes = self.window_at(start, length)?;
        if bytes.len() < length {
            return Err(ParquetError::EOF("the file ends before its data does".to_owned()));
        }
        Ok(bytes.slice(..length))
    }
}

fn too_large(what: &str, bytes_max: u64) -> ParquetError {
    ParquetError::General(format!("{what} more than {} MiB", bytes_max >> 20))
}

/// The unpacked size of a page, by the page's header. The header is in Thrift's compact protocol: its first
/// field is the type of the page, its second the size. Each field begins with `0x15`, which means: the
/// field after the one before, and a 32-bit integer.
fn unpacked_bytes(header: &[u8]) -> Option<u64> {
    const NEXT_INTEGER: u8 = 0x15;
    let mut rest = header.strip_prefix(&[NEXT_INTEGER])?;
    let _page_type = variable_integer(&mut rest)?;
    rest = rest.strip_prefix(&[NEXT_INTEGER])?;
    // Zigzag encoding doubles a number that is not negative, and a size never is.
    Some(variable_integer(&mut rest)? >> 1)
}

fn variable_integer(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..35).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.size_bytes)
    }
}
