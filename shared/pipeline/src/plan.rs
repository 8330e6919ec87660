//! The plan of a run: everything that decides its outcome, pinned before any work starts.

use cur::{AccountId, BillingPeriod, FileFormat};
use serde::{Deserialize, Serialize};

use crate::{RunId, version_of};

/// `runs/<run>/plan.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    pub run_id: RunId,
    pub engine_version: String,
    pub payer_account_id: AccountId,
    pub report: String,
    pub billing_period: BillingPeriod,
    /// AWS's assembly id or execution id: opaque.
    pub delivery_id: String,
    /// When AWS delivered it, ISO 8601 in UTC: orders deliveries of one report.
    pub delivered_at: String,
    pub manifest: ManifestRef,
    /// SHA-256 of `contracts.toml`; the text itself is kept beside the plan.
    pub contracts_version: String,
    /// The same of the savings plan rates, where the bucket has any.
    pub rates_version: Option<String>,
    pub compression: Compression,
    /// The sealed run of the previous period, against which news is told.
    pub previous_run: Option<RunId>,
    pub files: Vec<PlannedFile>,
}

impl Plan {
    /// SHA-256 of everything that the plan says.
    pub fn version(&self) -> String {
        // Structs of plain fields always serialise.
        version_of(&serde_json::to_vec(self).unwrap_or_default())
    }

    /// What nobody can know of this run.
    pub fn not_guaranteed(&self) -> Vec<String> {
        if self.manifest.is_folder() {
            MANIFEST_LESS.map(str::to_owned).to_vec()
        } else {
            Vec::new()
        }
    }
}

/// What a manifest would have said.
const MANIFEST_LESS: [&str; 2] = [
    "that the delivery is complete: without a manifest nobody says which files belong to it, and the run \
     has those that lay in the folder",
    "that it is the newest delivery, or only one: its time is that of its folder's name or of its newest \
     file, and a file of an older delivery that was not overwritten counts with the others",
];

/// Where the plan came from: a manifest, or a folder (with its slash) that has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestRef {
    pub key: String,
    pub etag: String,
}

impl ManifestRef {
    pub fn is_folder(&self) -> bool {
        self.key.ends_with('/')
    }
}

/// A report file as it was when the manifest arrived. It is only ever read at this ETag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedFile {
    pub key: String,
    pub etag: String,
    pub size_bytes: u64,
}

impl PlannedFile {
    /// The file's name without its folders and its extension. No two files of a plan have the same.
    pub fn stem(&self) -> Option<&str> {
        FileFormat::of(&self.key).ok().map(|format| format.stem(&self.key))
    }
}

/// How an account's own lines are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    #[default]
    Zstd,
    Gzip,
}

impl Compression {
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Zstd => "zst",
            Self::Gzip => "gz",
        }
    }
}

/// `current/<payer>/<period>.json`: the sealed run that readers see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Current {
    pub run_id: RunId,
    pub payer_account_id: AccountId,
    pub billing_period: BillingPeriod,
    pub report: String,
    pub delivery_id: String,
    pub delivered_at: String,
    pub contracts_version: String,
    /// Runs of the same delivery that were current before, under other contracts.
    pub replaced: Vec<RunId>,
}

impl Current {
    /// A pointer to a planned run, as if the run were the first of its delivery.
    pub fn of(plan: &Plan) -> Self {
        Self {
            run_id: plan.run_id.clone(),
            payer_account_id: plan.payer_account_id,
            billing_period: plan.billing_period,
            report: plan.report.clone(),
            delivery_id: plan.delivery_id.clone(),
            delivered_at: plan.delivered_at.clone(),
            contracts_version: plan.contracts_version.clone(),
            replaced: Vec::new(),
        }
    }
}
