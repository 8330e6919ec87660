//! Lines that a message to a person is about.

use serde::{Deserialize, Serialize};

use crate::AccountId;

/// A line of a report by its account and its number among the account's lines. The first line is 1; the
/// order is that of the plan's files and of their lines. Where the line stands in AWS's files is looked up
/// only when a message names the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AccountLine {
    pub account: AccountId,
    pub number: u64,
}

/// A line and the text of a message about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineNote {
    pub line: AccountLine,
    pub text: String,
}
