//! How often a report check was made, and how often it failed.

use std::collections::BTreeMap;

use cur::AccountLine;
use money::Dropped;
use serde::{Deserialize, Serialize};

use crate::ReportCheck;

/// The checks of a report and how each came out.
pub type Tallies = BTreeMap<ReportCheck, Tally>;

/// How often a check was made, how often it failed, and the first failure in words.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    pub checked: u64,
    pub broken: u64,
    pub example: Option<String>,
    /// Of `digits_kept`, by column: what its cells say, less the amounts that they were read as.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dropped: BTreeMap<String, Dropped>,
    /// The line that the example is of, until its place in AWS's file has been put before the words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<AccountLine>,
}

impl Tally {
    pub fn record(&mut self, holds: bool, describe: impl FnOnce() -> String) {
        self.checked += 1;
        if !holds {
            self.broken += 1;
            self.example.get_or_insert_with(describe);
        }
    }

    /// The same for a check of one line.
    pub fn record_line(
        &mut self,
        holds: bool,
        line: AccountLine,
        describe: impl FnOnce() -> String,
    ) {
        if !holds && self.broken == 0 {
            self.line = Some(line);
        }
        self.record(holds, describe);
    }

    pub fn add(&mut self, other: &Self) {
        self.checked += other.checked;
        self.broken += other.broken;
        if self.example.is_none() {
            self.example.clone_from(&other.example);
            self.line = other.line;
        }
        for (column, dropped) in &other.dropped {
            *self.dropped.entry(column.clone()).or_default() += dropped;
        }
    }
}
