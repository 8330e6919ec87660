//! What is sent from one step to the next, and what wakes the first.

use chrono::NaiveDate;
use cur::{AccountId, BillingPeriod};
use serde::{Deserialize, Serialize};

use crate::{RunId, Step, Table};

/// One unit of work of one step. The JSON is the body of an SQS message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Message {
    /// Split the plan's report file with this index.
    SplitReport {
        run: RunId,
        file: usize,
    },
    /// Register this table's partitions of the run.
    RegisterPartitions {
        run: RunId,
        table: Table,
    },
    RecalculateAccount {
        run: RunId,
        account: AccountId,
    },
    /// Hand out benefit for the hours of one day, UTC.
    AllocateCommitments {
        run: RunId,
        day: NaiveDate,
    },
    /// Publish what one customer (or `_unassigned`) is charged.
    PublishDatasets {
        run: RunId,
        customer: String,
    },
}

impl Message {
    pub fn step(&self) -> Step {
        match self {
            Self::SplitReport { .. } => Step::SplitReport,
            Self::RegisterPartitions { .. } => Step::RegisterPartitions,
            Self::RecalculateAccount { .. } => Step::RecalculateAccount,
            Self::AllocateCommitments { .. } => Step::AllocateCommitments,
            Self::PublishDatasets { .. } => Step::PublishDatasets,
        }
    }

    pub fn run(&self) -> &RunId {
        match self {
            Self::SplitReport { run, .. }
            | Self::RegisterPartitions { run, .. }
            | Self::RecalculateAccount { run, .. }
            | Self::AllocateCommitments { run, .. }
            | Self::PublishDatasets { run, .. } => run,
        }
    }

    /// The unit within the step: it names the receipt.
    pub fn unit(&self) -> String {
        match self {
            Self::SplitReport { file, .. } => format!("{file:05}"),
            Self::RegisterPartitions { table, .. } => table.to_string(),
            Self::RecalculateAccount { account, .. } => account.to_string(),
            Self::AllocateCommitments { day, .. } => day.to_string(),
            Self::PublishDatasets { customer, .. } => customer.clone(),
        }
    }

    pub fn to_json(&self) -> String {
        // Enums of plain fields always serialise.
        serde_json::to_string(self).unwrap_or_default()
    }

    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}

/// What wakes `receive-report`, whatever it was wrapped in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// An object was created in the report bucket. Its key is decoded.
    ObjectCreated { bucket: String, key: String },
    /// Someone asks for a payer's period to be computed again with the contracts as they are now.
    Recalculate(RecalculateRequest),
    /// Someone asks for a delivery's run to go on where it stopped.
    Resume(ResumeRequest),
    /// Someone says that a run which is held is right.
    Accept(AcceptRequest),
}

/// `{"recalculate": {"payer_account_id": "…", "billing_period": "YYYY-MM"}}` without its envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecalculateRequest {
    pub payer_account_id: AccountId,
    pub billing_period: BillingPeriod,
}

/// `{"resume": {"manifest": "…-Manifest.json"}}` without its envelope. The key is as it is, not encoded.
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
