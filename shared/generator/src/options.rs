//! What a report is asked to be.

use cur::BillingPeriod;

/// Which report: the cost and usage report of 2015, or CUR 2.0 of Data Exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generation {
    Legacy,
    Cur2,
}

/// Whether every version of the report has a folder of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    CreateNew,
    Overwrite,
}

#[derive(Debug, Clone)]
pub struct Options {
    pub generation: Generation,
    /// Usage accounts, beside the payer account.
    pub accounts: u32,
    /// Lines wanted. A report with every type of line has some 1,200 at least.
    pub lines: u64,
    pub seed: u64,
    pub period: BillingPeriod,
    /// Report files; 0 means one a million lines, as AWS does.
    pub files: u32,
    pub layout: Layout,
}
