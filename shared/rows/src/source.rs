//! The bytes of a Parquet file, through a window that moves forward.

use std::io::Read;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::{fmt, io};

use bytes::{Buf, Bytes};
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

/// Reads a range of a file that does not change.
pub type ReadAt = Arc<dyn Fn(Range<u64>) -> io::Result<Bytes> + Send + Sync>;

/// The largest page or footer. AWS writes pages of one MiB.
const READ_BYTES_MAX: usize = 64 * 1024 * 1024;
/// What a page unpacks to at most: its header says so before anything is unpacked.
const PAGE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Room for a page's header, which may have the column's smallest and largest value in it.
const HEADER_BYTES: usize = 256 * 1024;

/// Memory: one window.
pub(crate) struct Source {
    read: ReadAt,
    size_bytes: u64,
    window_bytes: usize,
    window: Mutex<Window>,
}

#[derive(Clone, Default)]
struct Window {
    start: u64,
    bytes: Bytes,
}

impl Source {
    /// Columns that are read side by side need a window each; one after the other they share one.
    pub(crate) fn new(read: ReadAt, size_bytes: u64, window_bytes: usize) -> Self {
        Self { read, size_bytes, window_bytes, window: Mutex::default() }
    }

    /// At least this many bytes from `start` on, or all there are.
    fn window_at(&self, start: u64, length: usize) -> Result<Bytes> {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        let end = start.saturating_add(length as u64).min(self.size_bytes);
        let is_inside = window.start <= start && end <= window.start + window.bytes.len() as u64;
        if !is_inside {
            let wanted = start.saturating_add(self.window_bytes as u64).min(self.size_bytes);
            *window = Window::default();
            let range = start..wanted.max(end);
            let bytes = if range.is_empty() { Bytes::new() } else { self.fetch(range)? };
            *window = Window { start, bytes };
        }
        let offset = usize::try_from(start - window.start)?;
        Ok(window.bytes.slice(offset.min(window.bytes.len())..))
    }

    fn fetch(&self, range: Range<u64>) -> Result<Bytes> {
        (self.read)(range).map_err(|error| ParquetError::External(Box::new(error)))
    }
}

impl Length for Source {
    fn len(&self) -> u64 {
        self.size_bytes
    }
}

impl ChunkReader for Source {
    type T = Box<dyn Read>;

    /// Parquet asks for this to read a page's header.
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

/// What a page's header, in Thrift's compact protocol, says of the page's size: its second field, after
/// the type of the page. Each begins with `0x15`: the field after the last, a 32-bit integer.
fn unpacked_bytes(header: &[u8]) -> Option<u64> {
    const NEXT_INTEGER: u8 = 0x15;
    let mut rest = header.strip_prefix(&[NEXT_INTEGER])?;
    let _page_type = variable_integer(&mut rest)?;
    rest = rest.strip_prefix(&[NEXT_INTEGER])?;
    // Zigzag: a size is never negative, and then it is doubled.
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
