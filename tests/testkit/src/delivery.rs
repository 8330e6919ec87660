//! One delivery of a report, laid out as AWS does it: files first, then the manifests.

use std::io::Write;

use bytes::Bytes;
use cur::{BillingPeriod, Column, Generation};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use storage::MemoryStore;

use crate::Line;

pub const PAYER: &str = "999988887777";
pub const REPORT: &str = "costs";
/// The start of October 2026, the period of a delivery that names no other.
const PERIOD_START: &str = "2026-10-01T00:00:00Z";
const BUCKET: &str = "reports";
const PREFIX: &str = "cur";

/// Where AWS puts a delivery: into a folder of its own, or over the delivery before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    CreateNew,
    Overwrite,
}

#[derive(Debug, Clone)]
pub struct Delivery {
    pub generation: Generation,
    pub layout: Layout,
    pub payer: String,
    pub report: String,
    pub period: BillingPeriod,
    /// For example `20261103T120125Z`. The folder of a legacy report has this name, and the folder of an
    /// export begins with it.
    pub delivered_at: String,
    /// The text of each report file.
    pub files: Vec<String>,
}

impl Delivery {
    /// A delivery of October 2026, in one file.
    pub fn new(generation: Generation, delivered_at: &str, lines: &[Line]) -> Self {
        Self {
            generation,
            layout: Layout::CreateNew,
            payer: PAYER.to_owned(),
            report: REPORT.to_owned(),
            period: BillingPeriod::new(2026, 10).unwrap(),
            delivered_at: delivered_at.to_owned(),
            files: vec![csv(generation, lines)],
        }
    }

    /// Splits the lines over this number of files.
    #[must_use]
    pub fn in_files(mut self, lines: &[Line], count: usize) -> Self {
        let size = lines.len().div_ceil(count).max(1);
        let parts = (1..).step_by(size).zip(lines.chunks(size));
        self.files = parts.map(|(first, part)| csv_from(first, self.generation, part)).collect();
        self
    }

    #[must_use]
    pub fn overwriting(mut self) -> Self {
        self.layout = Layout::Overwrite;
        self
    }

    /// Puts the whole delivery in AWS's order: a manifest comes after all files that it names.
    pub fn put(&self, bucket: &MemoryStore) {
        for (key, file) in self.file_keys().iter().zip(&self.files) {
            bucket.put(key, gzip(file));
        }
        self.put_manifests(bucket);
    }

    pub fn put_manifests(&self, bucket: &MemoryStore) {
        for key in self.manifest_keys() {
            bucket.put(&key, self.manifest());
        }
    }

    pub fn file_keys(&self) -> Vec<String> {
        let folder = self.folder("data", true);
        (1..=self.files.len()).map(|n| format!("{folder}/{}-{n:05}.csv.gz", self.report)).collect()
    }

    /// The keys of the manifests. If each delivery has its own folder, the delivery's manifest is the first
    /// and the manifest of the period's latest delivery is the second.
    pub fn manifest_keys(&self) -> Vec<String> {
        let key = |folder: String| format!("{folder}/{}-Manifest.json", self.report);
        let latest = key(self.folder("metadata", false));
        match self.layout {
            Layout::CreateNew => vec![key(self.folder("metadata", true)), latest],
            Layout::Overwrite => vec![latest],
        }
    }

    /// The folder of a file or manifest. A data export has one tree for its files and one for its
    /// manifests; a legacy report has one tree for both.
    fn folder(&self, tree: &str, is_version: bool) -> String {
        let (period, version) = match self.generation {
            Generation::Legacy => {
                let [start, end] = [self.period.first_day(), self.period.end()];
                let period = format!("{}-{}", start.format("%Y%m%d"), end.format("%Y%m%d"));
                (period, self.delivered_at.clone())
            }
            Generation::DataExports => {
                let period = format!("{tree}/BILLING_PERIOD={}", self.period);
                (period, format!("{}-{}", self.delivered_at, self.execution_id()))
            }
        };
        let folder = format!("{PREFIX}/{}/{period}", self.report);
        if is_version && self.layout == Layout::CreateNew {
            format!("{folder}/{version}")
        } else {
            folder
        }
    }

    /// An id that differs for each delivery and does not say when the delivery was.
    fn execution_id(&self) -> String {
        let digits: String = self.delivered_at.chars().filter(char::is_ascii_digit).rev().collect();
        format!("6ddf17ff-b767-346c-b1dd-{digits:0>12.12}")
    }

    pub fn manifest(&self) -> String {
        let files = self.file_keys();
        let manifest = match self.generation {
            Generation::Legacy => json!({
                "assemblyId": self.delivered_at,
                "account": self.payer,
                "columns": [{ "category": "identity", "name": "LineItemId", "type": "String" }],
                "charset": "UTF-8",
                "compression": "GZIP",
                "contentType": "text/csv",
                "reportName": self.report,
                "billingPeriod": {
                    "start": self.period.first_day().format("%Y%m%dT000000.000Z").to_string(),
                    "end": self.period.end().format("%Y%m%dT000000.000Z").to_string(),
                },
                "bucket": BUCKET,
                "reportKeys": files,
                "additionalArtifactKeys": [],
            }),
            Generation::DataExports => json!({
                "executionId": self.execution_id(),
                "exportArn": format!(
                    "arn:aws:bcm-data-exports:us-east-1:{}:export/{}-0a1b2c3d-0000-4000-8000-0123456789ab",
                    self.payer, self.report
                ),
                "columns": [{ "name": "identity_line_item_id", "type": "string" }],
                "dataFiles":
                    files.iter().map(|key| format!("s3://{BUCKET}/{key}")).collect::<Vec<_>>(),
            }),
        };
        serde_json::to_string_pretty(&manifest).unwrap()
    }
}

/// Columns that are in every report and that Sluice does not read.
const UNREAD: [[&str; 2]; 2] = [
    ["lineItem/BlendedCost", "line_item_blended_cost"],
    ["resourceTags/user:Project", "resource_tags"],
];

/// The text of a report file, with its header.
pub fn csv(generation: Generation, lines: &[Line]) -> String {
    csv_from(1, generation, lines)
}

/// The text of a report file whose first line is line number `first` of the delivery. So no two lines of a
/// delivery have the same id.
pub fn csv_from(first: usize, generation: Generation, lines: &[Line]) -> String {
    let unread = UNREAD.map(|names| pick(&names, generation));
    let names = Column::ALL.map(|column| pick(column.names(), generation));
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(names.iter().chain(&unread)).unwrap();
    for (number, line) in (first..).zip(lines) {
        let id = format!("{number:a>52}");
        let cells = Column::ALL.map(|column| match column {
            Column::LineItemId if line.get(column).is_empty() => id.as_str(),
            Column::PayerAccountId if line.get(column).is_empty() => PAYER,
            Column::BillingPeriodStartDate if line.get(column).is_empty() => PERIOD_START,
            _ => line.get(column),
        });
        writer.write_record(cells.iter().chain(&["", "café"])).unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

/// Picks the name for this kind of report. Only the names of legacy reports have a slash.
fn pick(names: &[&'static str], generation: Generation) -> &'static str {
    let is_legacy = generation == Generation::Legacy;
    names.iter().find(|name| name.contains('/') == is_legacy).unwrap()
}

/// The same text always gives the same bytes, because the header has no time.
pub fn gzip(text: impl AsRef<[u8]>) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_ref()).unwrap();
    encoder.finish().unwrap().into()
}
