//! The output of the program, as text that a terminal shows and does not obey. A cell of a report or a name
//! that a customer chose may hold escape sequences, and errors quote them.

use std::io::{self, Write};

/// Passes all text on as [`cur::printable`] text, except for line ends.
pub struct PlainText<W>(pub W);

impl<W: Write> Write for PlainText<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Formatting code writes each piece as whole characters, so no character is cut at the end of
        // `bytes`.
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
