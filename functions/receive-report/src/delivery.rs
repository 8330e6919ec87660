//! What `receive-report` finds under a key of the report bucket: a delivery, or another export.

use chrono::DateTime;
use contracts::Contracts;
use cur::{AccountId, ExportKind, Manifest};
use pipeline::{ManifestRef, PlannedFile};
use reports::{Beginning, FileError};
use runs::{App, Failure};
use serde::Serialize;
use storage::{ErrorKind, ObjectInfo};

/// What a manifest or a folder is of.
pub enum Found {
    Delivery(Delivery),
    /// An export or a report that the contracts do not bill from.
    PassedOver(PassedOver),
}

/// A delivery in the report bucket.
pub struct Delivery {
    pub manifest: Manifest,
    /// The manifest, or the folder of a delivery without one.
    pub(crate) source: ManifestRef,
    /// When the manifest was written, for deliveries whose id has no time.
    pub(crate) modified: String,
}

impl Delivery {
    /// When AWS made the delivery, by the delivery itself, or else when it was written.
    pub fn delivered_at(&self) -> &str {
        self.manifest.delivered_at.as_deref().unwrap_or(&self.modified)
    }
}

/// An export or a report that is not billed, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct PassedOver {
    pub report: String,
    pub reason: String,
    /// The report that the payer is billed from, if that is why this one is not.
    #[serde(skip)]
    pub billed: Option<String>,
}

/// Whether the payer is billed from another report. `payer` is `None` if nothing says whose report it is.
pub(crate) fn other_report(
    report: &str,
    payer: Option<AccountId>,
    contracts: &Contracts,
) -> Option<PassedOver> {
    let billed = payer.map_or_else(|| contracts.report(), |payer| contracts.report_of(payer));
    let billed = billed.filter(|billed| *billed != report)?;
    let reason = format!("report `{report}` is not the one that is billed, `{billed}`");
    Some(PassedOver { report: report.to_owned(), reason, billed: Some(billed.to_owned()) })
}

pub(crate) fn other_kind(report: &str, kind: ExportKind) -> Option<PassedOver> {
    let reason = format!("report `{report}` is {kind}; only cost and usage reports are billed");
    let passed_over = || PassedOver { report: report.to_owned(), reason, billed: None };
    (kind != ExportKind::CostAndUsage).then(passed_over)
}

/// How a file begins; `None` if the file has no header or cannot be read.
pub(crate) async fn beginning(file: &PlannedFile, app: &App) -> Result<Option<Beginning>, Failure> {
    match reports::beginning(&app.reports, file).await {
        Ok(beginning) => Ok(beginning),
        Err(FileError::Storage(error)) if error.kind == ErrorKind::Transient => Err(error.into()),
        Err(_) => Ok(None),
    }
}

pub(crate) fn planned(info: ObjectInfo) -> PlannedFile {
    let ObjectInfo { key, etag, size_bytes, .. } = info;
    PlannedFile { key, etag, size_bytes }
}

/// A time in seconds since 1970, as AWS writes times.
pub(crate) fn iso(unix: i64) -> String {
    let time = DateTime::from_timestamp(unix, 0).unwrap_or_default();
    time.format("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}
