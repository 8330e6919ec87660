//! The plan of a run. It fixes everything that decides the outcome before any work starts.

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
    /// AWS's assembly id or execution id. Nothing is read from it.
    pub delivery_id: String,
    /// The time at which AWS delivered the report, ISO 8601 in UTC. It orders the deliveries of one report.
    pub delivered_at: String,
    pub manifest: ManifestRef,
    /// SHA-256 of the part of `contracts.toml` that runs read. This part is stored beside the plan.
    pub contracts_version: String,
    /// SHA-256 of the savings plan rates, if the bucket has any.
    pub rates_version: Option<String>,
    pub compression: Compression,
    /// The sealed run of the previous period. News is what that run did not have.
    pub previous_run: Option<RunId>,
    pub files: Vec<PlannedFile>,
}

impl Plan {
    /// SHA-256 of the whole plan.
    pub fn version(&self) -> String {
        // Structs of plain fields can always be serialised.
        version_of(&serde_json::to_vec(self).unwrap_or_default())
    }

    /// What cannot be guaranteed for this run, in words.
    pub fn not_guaranteed(&self) -> Vec<String> {
        if self.manifest.is_folder() {
            MANIFEST_LESS.map(str::to_owned).to_vec()
        } else {
            Vec::new()
        }
    }
}

/// The guarantees that only a manifest can give.
const MANIFEST_LESS: [&str; 2] = [
    "that the delivery is complete: without a manifest nobody says which files belong to it, and the run \
     has those that lay in the folder",
    "that it is the newest delivery, or only one: its time is that of its folder's name or of its newest \
     file, and a file of an older delivery that was not overwritten counts with the others",
];

/// Where the plan came from: a manifest, or a folder without one. The key of a folder ends with a slash.
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

/// A report file as it was when the plan was made. Only the version with this ETag is ever read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedFile {
    pub key: String,
    pub etag: String,
    pub size_bytes: u64,
}

impl PlannedFile {
    /// The file's name without its folders and its extension. No two files of a plan have the same stem.
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
    /// Runs of the same delivery that were current earlier, under other contracts.
    pub replaced: Vec<RunId>,
    /// The run that was current before, of whatever delivery.
    #[serde(default)]
    pub before: Option<RunId>,
    /// How often the pointer has moved.
    #[serde(default)]
    pub moves: u64,
}

impl Current {
    /// A pointer to a planned run, made as if the run were the first of its delivery.
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
            before: None,
            moves: 1,
        }
    }
}
