//! Unpacks a report file.

use std::cell::Cell;
use std::io::{self, Read, Seek, SeekFrom};
use std::rc::Rc;

use cur::FileFormat;
use flate2::read::MultiGzDecoder;
use zip::ZipArchive;
use zip::result::ZipError;

use crate::{FileError, unreadable};

/// The most bytes that are read to find the directory of an archive, and to read it. With one file it has
/// at most 64 KiB of comment, 64 KiB of name and a few bytes more.
const DIRECTORY_BYTES_MAX: u64 = 1024 * 1024;

/// The format by the file's first bytes. Afterwards the reader is at its beginning again.
pub fn format_of(reader: &mut (impl Read + Seek)) -> io::Result<FileFormat> {
    let mut beginning = Vec::new();
    reader.take(4).read_to_end(&mut beginning)?;
    reader.seek(SeekFrom::Start(0))?;
    Ok(FileFormat::of_bytes(&beginning))
}

/// Hands on the text as a stream. A gzip file may have several members, an archive only one file.
pub fn unpacked<E: From<FileError>>(
    format: FileFormat,
    mut reader: impl Read + Seek,
    read: impl FnOnce(&mut dyn Read) -> Result<(), E>,
) -> Result<(), E> {
    match format {
        FileFormat::CsvGzip => read(&mut MultiGzDecoder::new(reader)),
        FileFormat::CsvZip => unzipped(reader, read),
        FileFormat::Csv | FileFormat::Parquet => read(&mut reader),
    }
}

/// Reads the directory at the archive's end, and then the one file in it. The file's name in the archive
/// does not matter. Its checksum is compared when its end is read.
fn unzipped<E: From<FileError>>(
    reader: impl Read + Seek,
    read: impl FnOnce(&mut dyn Read) -> Result<(), E>,
) -> Result<(), E> {
    let left = Rc::new(Cell::new(DIRECTORY_BYTES_MAX));
    let reader = Metered { reader, left: Rc::clone(&left) };
    let mut archive = ZipArchive::new(reader).map_err(|error| match left.get() {
        0 => FileError::LongDirectory,
        _ => unzippable(error),
    })?;
    match archive.len() {
        0 => return Err(FileError::NoMember.into()),
        1 => {}
        count => return Err(FileError::SeveralMembers(count).into()),
    }
    left.set(u64::MAX);
    let mut member = archive.by_index(0).map_err(unzippable)?;
    read(&mut member)
}

fn unzippable(error: ZipError) -> FileError {
    match error {
        ZipError::Io(error) => unreadable("zip", error),
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => FileError::Encrypted,
        other => FileError::Damaged { format: "zip", reason: other.to_string() },
    }
}

/// Reads this many bytes and then fails, because the archive's directory is held in memory.
struct Metered<R> {
    reader: R,
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.left.get();
        if left == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let allowed = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let length = self.reader.read(&mut buffer[..allowed])?;
        self.left.set(left - length as u64);
        Ok(length)
    }
}

impl<R: Seek> Seek for Metered<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.reader.seek(to)
    }
}
