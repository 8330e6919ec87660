//! Lines that a person is told of.

use serde::{Deserialize, Serialize};

use crate::AccountId;

/// A line of a report as its account knows it: the first is 1, in the order of the plan's files and of their
/// lines. Where it stands in AWS's files is looked up for those that a person is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AccountLine {
    pub account: AccountId,
    pub number: u64,
}

/// What is to be said of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineNote {
    pub line: AccountLine,
    pub text: String,
}
