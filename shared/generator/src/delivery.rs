//! The keys of a report's files, and the manifests that list them.

use chrono::Days;
use cur::AccountId;
use serde::Serialize;

use crate::account::PAYER;
use crate::columns::columns;
use crate::field::Column;
use crate::options::{Generation, Layout, Options};
use crate::random::{mix, uuid, write_hex};

const BUCKET: &str = "example-report-bucket";
const REPORT: &str = "sluice-demo";
/// How many days after the first delivery AWS restates a period, and then again.
const DAYS_TO_RESTATE: u64 = 7;

/// The folder of the bucket that has the reports of a payer. Several payers may deliver into one bucket.
fn prefix(payer: AccountId) -> String {
    if payer.as_str() == PAYER { "cur".to_owned() } else { format!("cur-{payer}") }
}

/// The keys of one delivery.
pub(crate) struct Delivery {
    generation: Generation,
    /// The id of this version of the report.
    id: String,
    seed: u64,
    payer: AccountId,
    /// The period as the manifest of a legacy report has it.
    period: Period,
    data_folder: String,
    manifest_keys: Vec<String>,
}

impl Delivery {
    pub(crate) fn new(options: &Options) -> Self {
        let (start, end) = (options.period.first_day(), options.period.end());
        let days = 2 + DAYS_TO_RESTATE * u64::from(options.revision);
        let delivered = end.checked_add_days(Days::new(days)).unwrap_or(end);
        let prefix = prefix(options.payer);
        let manifest = |folder: &str| format!("{folder}/{REPORT}-Manifest.json");
        let (id, version, root, data_root) = match options.generation {
            Generation::Legacy => {
                let id = delivered.format("%Y%m%dT120125Z").to_string();
                let folder = format!(
                    "{prefix}/{REPORT}/{}-{}",
                    start.format("%Y%m%d"),
                    end.format("%Y%m%d")
                );
                (id.clone(), id, folder.clone(), folder)
            }
            Generation::Cur2 => {
                let id = uuid(mix(options.seed, 0xe8ec + u64::from(options.revision)));
                let version = format!("{}-{id}", delivered.format("%Y-%m-%dT12:01:25.653Z"));
                let folder =
                    |kind| format!("{prefix}/{REPORT}/{kind}/BILLING_PERIOD={}", options.period);
                (id, version, folder("metadata"), folder("data"))
            }
        };
        let (data_folder, manifest_keys) = match options.layout {
            Layout::CreateNew => (
                format!("{data_root}/{version}"),
                vec![manifest(&format!("{root}/{version}")), manifest(&root)],
            ),
            Layout::Overwrite => (data_root, vec![manifest(&root)]),
        };
        let midnight = |day: chrono::NaiveDate| day.format("%Y%m%dT000000.000Z").to_string();
        Self {
            generation: options.generation,
            id,
            seed: options.seed,
            payer: options.payer,
            period: Period { start: midnight(start), end: midnight(end) },
            data_folder,
            manifest_keys,
        }
    }

    /// The key of a report file. The first file has the number 1.
    pub(crate) fn file_key(&self, number: u64) -> String {
        format!("{}/{REPORT}-{number:05}.csv.gz", self.data_folder)
    }

    /// The keys of the manifests. If each version has a folder of its own, there are two manifests with one
    /// content: that of the version, and that of the newest version.
    pub(crate) fn manifest_keys(&self) -> &[String] {
        &self.manifest_keys
    }

    pub(crate) fn manifest(&self, file_keys: &[String]) -> serde_json::Result<Vec<u8>> {
        let columns = columns(self.generation);
        match self.generation {
            Generation::Legacy => {
                serde_json::to_vec_pretty(&self.legacy_manifest(&columns, file_keys))
            }
            Generation::Cur2 => serde_json::to_vec(&self.export_manifest(&columns, file_keys)),
        }
    }

    fn legacy_manifest<'a>(
        &'a self,
        columns: &[Column],
        report_keys: &'a [String],
    ) -> LegacyManifest<'a> {
        let mut report_id = Vec::new();
        for salt in 0..4 {
            write_hex(mix(self.seed, salt), &mut report_id);
        }
        LegacyManifest {
            assembly_id: &self.id,
            account: self.payer.as_str(),
            columns: columns.iter().map(legacy_column).collect(),
            charset: "UTF-8",
            compression: "GZIP",
            content_type: "text/csv",
            report_id: String::from_utf8_lossy(&report_id).into_owned(),
            report_name: REPORT,
            billing_period: &self.period,
            bucket: BUCKET,
            report_keys,
            additional_artifact_keys: [],
        }
    }

    fn export_manifest(&self, columns: &[Column], file_keys: &[String]) -> ExportManifest<'_> {
        let export = uuid(mix(0xe80a, 1));
        ExportManifest {
            execution_id: &self.id,
            export_arn: format!(
                "arn:aws:bcm-data-exports:us-east-1:{}:export/{REPORT}-{export}",
                self.payer
            ),
            columns: columns
                .iter()
                .map(|column| ExportColumn { name: column.name, type_name: column.type_name })
                .collect(),
            data_files: file_keys.iter().map(|key| format!("s3://{BUCKET}/{key}")).collect(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LegacyManifest<'a> {
    assembly_id: &'a str,
    account: &'a str,
    columns: Vec<LegacyColumn>,
    charset: &'a str,
    compression: &'a str,
    content_type: &'a str,
    report_id: String,
    report_name: &'a str,
    billing_period: &'a Period,
    bucket: &'a str,
    report_keys: &'a [String],
    additional_artifact_keys: [&'a str; 0],
}

#[derive(Serialize)]
struct LegacyColumn {
    category: &'static str,
    name: &'static str,
    #[serde(rename = "type")]
    type_name: &'static str,
}

fn legacy_column(column: &Column) -> LegacyColumn {
    let (category, name) = column.name.split_once('/').unwrap_or(("", column.name));
    LegacyColumn { category, name, type_name: column.type_name }
}

#[derive(Serialize)]
struct Period {
    start: String,
    end: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExportManifest<'a> {
    execution_id: &'a str,
    export_arn: String,
    columns: Vec<ExportColumn>,
    data_files: Vec<String>,
}

#[derive(Serialize)]
struct ExportColumn {
    name: &'static str,
    #[serde(rename = "type")]
    type_name: &'static str,
}
