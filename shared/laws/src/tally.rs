//! How often a report check was made, and how often it failed.

use std::collections::BTreeMap;

use cur::AccountLine;
use money::Dropped;
use serde::{Deserialize, Serialize};

use crate::ReportCheck;

/// The report checks, and how often each was made and failed.
pub type Tallies = BTreeMap<ReportCheck, Tally>;

/// How often a check was made, how often it failed, and the first failure as a text.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    pub checked: u64,
    pub broken: u64,
    pub example: Option<String>,
    /// Only for `digits_kept`. For each column, the values in the cells less the amounts that were read
    /// from them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dropped: BTreeMap<String, Dropped>,
    /// The line of the example. It is removed once the line's place in AWS's file has been written before
    /// the example.
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

    /// Records a check of one line, and remembers the line of the first failure.
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
