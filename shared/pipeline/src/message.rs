//! The messages from one step to the next, and the notices that start the first step.

use chrono::NaiveDate;
use cur::{AccountId, BillingPeriod};
use serde::{Deserialize, Serialize};

use crate::{RunId, Step, Table};

/// One unit of work of a run. The JSON is the body of an SQS message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub run: RunId,
    pub unit: Unit,
    pub page: Page,
}

/// A step, and the part of its work that one message asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Unit {
    /// Split the plan's report file with this index.
    SplitReport { file: usize },
    /// Register this table's partitions of the run.
    RegisterPartitions { table: Table },
    /// Price one account's lines.
    RecalculateAccount { account: AccountId },
    /// Hand out commitments for the hours of one day, UTC.
    AllocateCommitments { day: NaiveDate },
    /// Publish the charges of one customer (or of `_unassigned`).
    PublishDatasets { customer: String },
}

/// The units of a step are counted by pages, so that no worker has to look at all of them. With 2,000
/// units, a worker looks at the receipts of its own page of 50. The worker that completes a page looks at
/// the 40 pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Counted from 0.
    pub number: usize,
    /// The number of units on the page.
    pub units: usize,
    /// The number of pages of the step.
    pub of: usize,
}

/// Small enough that one request can list all receipts of a page.
const UNITS_A_PAGE: usize = 50;

impl Unit {
    pub const fn step(&self) -> Step {
        match self {
            Self::SplitReport { .. } => Step::SplitReport,
            Self::RegisterPartitions { .. } => Step::RegisterPartitions,
            Self::RecalculateAccount { .. } => Step::RecalculateAccount,
            Self::AllocateCommitments { .. } => Step::AllocateCommitments,
            Self::PublishDatasets { .. } => Step::PublishDatasets,
        }
    }

    /// The unit's name within the step. Its receipt has this name.
    pub fn name(&self) -> String {
        match self {
            Self::SplitReport { file } => format!("{file:05}"),
            Self::RegisterPartitions { table } => table.to_string(),
            Self::RecalculateAccount { account } => account.to_string(),
            Self::AllocateCommitments { day } => day.to_string(),
            Self::PublishDatasets { customer } => customer.clone(),
        }
    }
}

impl Message {
    /// The messages of a step, in the order of its units.
    pub fn of_step(run: &RunId, units: Vec<Unit>) -> Vec<Self> {
        let all = units.len();
        let page = |index: usize| {
            let number = index / UNITS_A_PAGE;
            let units = (all - number * UNITS_A_PAGE).min(UNITS_A_PAGE);
            Page { number, units, of: all.div_ceil(UNITS_A_PAGE) }
        };
        let message = |(index, unit)| Self { run: run.clone(), unit, page: page(index) };
        units.into_iter().enumerate().map(message).collect()
    }

    pub const fn step(&self) -> Step {
        self.unit.step()
    }

    pub fn to_json(&self) -> String {
        // Enums of plain fields can always be serialised.
        serde_json::to_string(self).unwrap_or_default()
    }

    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}

/// An event that starts `receive-report`, without its envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// An object was created in the report bucket. Its key is decoded.
    ObjectCreated { bucket: String, key: String },
    /// A person asks to compute a payer's period again, under the contracts as they are now.
    Recalculate(RecalculateRequest),
    /// A person asks that the run of a delivery goes on where it stopped.
    Resume(ResumeRequest),
    /// A person accepts a run that is held.
    Accept(AcceptRequest),
}

/// `{"recalculate": {"payer_account_id": "…", "billing_period": "YYYY-MM"}}` without its envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecalculateRequest {
    pub payer_account_id: AccountId,
    pub billing_period: BillingPeriod,
}

/// `{"resume": {"manifest": "…-Manifest.json"}}` without its envelope. The key is the plain key, not
/// URL-encoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResumeRequest {
    pub manifest: String,
}

/// `{"accept": {"run": "…"}}` without its envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptRequest {
    pub run: RunId,
}
