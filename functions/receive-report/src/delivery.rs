//! What a place in the report bucket turns out to be: a delivery, or something else that AWS puts there.

use chrono::DateTime;
use contracts::Contracts;
use cur::{ExportKind, Manifest};
use pipeline::{ManifestRef, PlannedFile};
use reports::{Beginning, FileError};
use runs::{App, Failure};
use serde::Serialize;
use storage::{ErrorKind, ObjectInfo};

/// The kind of object at a place.
pub enum Found {
    Delivery(Delivery),
    /// The object is there, and the contracts do not bill from it.
    PassedOver(PassedOver),
}

/// A delivery as it was found.
pub struct Delivery {
    pub manifest: Manifest,
    pub(crate) place: ManifestRef,
    /// When it was written, for deliveries whose id carries no time.
    pub(crate) modified: String,
}

impl Delivery {
    /// When AWS made it, as it says itself, or else when it was written.
    pub fn delivered_at(&self) -> &str {
        self.manifest.delivered_at.as_deref().unwrap_or(&self.modified)
    }
}

/// Something else that AWS delivers to the bucket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct PassedOver {
    pub report: String,
    pub reason: String,
}

pub(crate) fn other_report(report: &str, contracts: &Contracts) -> Option<PassedOver> {
    let billed = contracts.report().filter(|billed| *billed != report)?;
    let reason = format!("report `{report}` is not the one that is billed, `{billed}`");
    Some(PassedOver { report: report.to_owned(), reason })
}

pub(crate) fn other_kind(report: &str, kind: ExportKind) -> Option<PassedOver> {
    let reason = format!("report `{report}` is {kind}; only cost and usage reports are billed");
    (kind != ExportKind::CostAndUsage).then(|| PassedOver { report: report.to_owned(), reason })
}

/// `None` also for a file that nobody can read.
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

/// Seconds since 1970 as AWS writes a time.
pub(crate) fn iso(unix: i64) -> String {
    let time = DateTime::from_timestamp(unix, 0).unwrap_or_default();
    time.format("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}
