//! Texts with stars.

use std::fmt;

use serde::Deserialize;

/// A text in which each `*` stands for any characters, or for none. A text without a star stands for itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(from = "String")]
pub struct Pattern {
    first: String,
    /// The texts between the first star and the last one.
    middle: Vec<String>,
    /// The text after the last star. `None` without a star.
    last: Option<String>,
}

impl From<String> for Pattern {
    fn from(pattern: String) -> Self {
        let mut parts = pattern.split('*').map(str::to_owned);
        let first = parts.next().unwrap_or_default();
        let mut middle: Vec<String> = parts.collect();
        let last = middle.pop();
        Self { first, middle, last }
    }
}

impl Pattern {
    pub fn matches(&self, text: &str) -> bool {
        let Some(rest) = text.strip_prefix(self.first.as_str()) else { return false };
        let Some(last) = &self.last else { return rest.is_empty() };
        let Some(mut rest) = rest.strip_suffix(last.as_str()) else { return false };
        self.middle.iter().all(|part| match rest.split_once(part.as_str()) {
            Some((_, behind)) => {
                rest = behind;
                true
            }
            None => false,
        })
    }

    /// Whether there is a text that both patterns match. If both have a star, this depends on their ends
    /// alone: `A*B*C` and `AX*Y*ZC` both match `AX`, `B`, `Y` and `ZC` in one text.
    pub fn meets(&self, other: &Self) -> bool {
        match (&self.last, &other.last) {
            (None, _) => other.matches(&self.first),
            (_, None) => self.matches(&other.first),
            (Some(last), Some(of_other)) => {
                let begins = |a: &str, b: &str| a.starts_with(b) || b.starts_with(a);
                let ends = |a: &str, b: &str| a.ends_with(b) || b.ends_with(a);
                begins(&self.first, &other.first) && ends(last, of_other)
            }
        }
    }

    /// The text, if the pattern has no star.
    pub fn exact(&self) -> Option<&str> {
        self.last.is_none().then_some(&*self.first)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.first)?;
        self.middle.iter().chain(&self.last).try_for_each(|part| write!(f, "*{part}"))
    }
}
