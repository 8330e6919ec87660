//! The options for a generated report.

use cur::{AccountId, BillingPeriod};

/// The generation of the report: the cost and usage report of 2015, or CUR 2.0 of Data Exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generation {
    Legacy,
    Cur2,
}

/// Whether each version of the report gets a folder of its own, or overwrites the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    CreateNew,
    Overwrite,
}

#[derive(Debug, Clone)]
pub struct Options {
    pub generation: Generation,
    /// The payer account. Two payers have different usage accounts if the first six digits of their ids are
    /// different, and their reports fit into one bucket.
    pub payer: AccountId,
    /// How many usage accounts there are, without the payer account.
    pub accounts: u32,
    /// How many lines the report should have. A report with every type of line has at least some 1,200.
    pub lines: u64,
    pub seed: u64,
    pub period: BillingPeriod,
    /// How many report files to write; 0 means one for each million lines, as AWS does.
    pub files: u32,
    pub layout: Layout,
    /// Whether AWS has issued the invoices of all lines. Otherwise some accounts are still open.
    pub is_final: bool,
    /// How often AWS has restated the period. Each time it finds that it had measured too much usage of one
    /// more resource.
    pub revision: u32,
}
