//! Problems of a contracts file: each has a position, and says what is wrong and what to do.

use std::fmt;

/// A position in the file. Lines and columns are counted from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

impl Position {
    /// The position of a problem with the file as a whole, such as a missing table.
    pub(crate) const START: Self = Self { line: 1, column: 1 };
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// One problem or warning.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    pub position: Position,
    /// What is wrong and what to do, without a full stop.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.position, self.message)
    }
}

/// All problems of a contracts file, in the order of the file. There is at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// `None` if there are no problems.
    pub(crate) fn new(mut problems: Vec<Problem>) -> Option<Self> {
        problems.sort();
        (!problems.is_empty()).then_some(Self(problems))
    }

    pub fn as_slice(&self) -> &[Problem] {
        &self.0
    }

    /// The problems as a compiler prints them: one line each, `file:line:column: message`.
    pub fn display(&self, file: &str) -> impl fmt::Display {
        fmt::from_fn(move |f| self.write_lines(f, |f| write!(f, "{file}:")))
    }

    fn write_lines(
        &self,
        f: &mut fmt::Formatter<'_>,
        prefix: impl Fn(&mut fmt::Formatter<'_>) -> fmt::Result,
    ) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            prefix(f)?;
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_lines(f, |_| Ok(()))
    }
}

impl std::error::Error for Problems {}
