//! What the program says, as text that a terminal shows and does not obey: customers name themselves, and
//! errors quote cells of a report.

use std::io::{self, Write};

/// Hands everything on but line ends as [`cur::printable`] text.
pub struct PlainText<W>(pub W);

impl<W: Write> Write for PlainText<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Whoever formats text writes it in pieces that are text.
        for line in String::from_utf8_lossy(bytes).split_inclusive('\n') {
            let text = line.strip_suffix('\n').unwrap_or(line);
            self.0.write_all(cur::printable(text).as_bytes())?;
            self.0.write_all(&line.as_bytes()[text.len()..])?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
