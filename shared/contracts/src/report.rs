//! Collects the problems of a file while the file is read.

use std::cell::RefCell;

use crate::problem::{Position, Problem, Problems};

/// The text of the file, and the problems that have been found in it. All readers share it: each adds the
/// problems that it finds and reads on, so that one pass finds all problems.
pub(crate) struct Report<'t> {
    text: &'t str,
    /// The byte at which each line starts.
    line_starts: Vec<usize>,
    problems: RefCell<Vec<Problem>>,
    warnings: RefCell<Vec<Problem>>,
}

impl<'t> Report<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        let newlines = text.match_indices('\n').map(|(newline, _)| newline + 1);
        Self {
            text,
            line_starts: std::iter::once(0).chain(newlines).collect(),
            problems: RefCell::default(),
            warnings: RefCell::default(),
        }
    }

    /// The text of a range of the file.
    pub(crate) fn source(&self, span: std::ops::Range<usize>) -> &'t str {
        self.text.get(span).unwrap_or_default()
    }

    pub(crate) fn position(&self, byte: usize) -> Position {
        let line = self.line_starts.partition_point(|start| *start <= byte);
        let start = line.checked_sub(1).and_then(|index| self.line_starts.get(index));
        let before = self.source(start.copied().unwrap_or_default()..byte);
        Position { line, column: before.chars().count() + 1 }
    }

    pub(crate) fn refuse(&self, position: Position, message: impl Into<String>) {
        let message = message.into();
        self.problems.borrow_mut().push(Problem { position, message });
    }

    /// Adds a warning: something that is valid and that a person should look at.
    pub(crate) fn warn(&self, position: Position, message: String) {
        self.warnings.borrow_mut().push(Problem { position, message });
    }

    /// The warnings, or the problems if there are any.
    pub(crate) fn finish(self) -> Result<Vec<Problem>, Problems> {
        let mut warnings = self.warnings.into_inner();
        warnings.sort();
        Problems::new(self.problems.into_inner()).map_or(Ok(warnings), Err)
    }
}
