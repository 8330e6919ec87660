//! The manifest: the list of files of one delivery of a report.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::file_format::name_of;
use crate::{
    AccountId, BillingPeriod, ExportKind, FileFormat, Generation, InvalidAccountId, UnknownFormat,
    paths,
};

/// One delivery of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    pub generation: Generation,
    pub payer_account_id: AccountId,
    pub report: String,
    pub billing_period: BillingPeriod,
    /// AWS's assembly id or execution id. Sluice only compares it.
    pub delivery_id: String,
    /// When AWS made the delivery, such as `2022-05-03T12:05:25.000Z`; `None` if neither the delivery's id
    /// nor a folder of its files says it.
    pub delivered_at: Option<String>,
    /// The bucket that the manifest names. In a copy of a bucket, manifests name the original bucket.
    pub bucket: Option<String>,
    /// Keys in the report bucket, in the manifest's order. The list may be empty.
    pub files: Vec<String>,
}

/// The part of a manifest that says which report it is of. It is read before the rest is checked, because
/// manifests of other exports are passed over and may have anything else in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    pub report: String,
    /// `None` if the manifest does not say whose report it is.
    pub payer_account_id: Option<AccountId>,
    /// The kind of the export by its columns; `None` if the manifest lists too few columns to tell.
    pub kind: Option<ExportKind>,
    /// The report's files; empty if the manifest lists a file that its report cannot have.
    pub files: Vec<String>,
}

/// Why a manifest is refused. The caller adds the manifest's key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    #[error("it is not a manifest: {0}")]
    NotJson(String),
    #[error(
        "it lists neither reportKeys nor dataFiles, or both: a report's manifest has one of them"
    )]
    NoGeneration,
    #[error("it has no {0}")]
    Missing(&'static str),
    #[error("its account: {0}")]
    Account(#[from] InvalidAccountId),
    #[error("`{0}` is not the start of a billing period such as 20261001T000000.000Z")]
    Start(String),
    #[error("it speaks of two billing periods, {0} and {1}")]
    TwoPeriods(BillingPeriod, BillingPeriod),
    #[error("it lists two files named `{0}`, which would overwrite each other")]
    SameName(String),
    #[error(transparent)]
    Format(#[from] UnknownFormat),
    #[error("it says that its files are {said}, and lists `{file}`")]
    OtherFormat { said: FileFormat, file: String },
    #[error("it names two buckets, `{0}` and `{1}`: a delivery lies in one")]
    TwoBuckets(String, String),
    #[error(
        "it lists `{file}`, which is not below `{root}`, the report's own folder: a manifest may \
         only name files of its report"
    )]
    Outside { file: String, root: String },
}

/// The fields of both generations; other fields are ignored. The positions of columns are read from the
/// files' own headers and not from here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ManifestJson {
    account: Option<String>,
    assembly_id: Option<String>,
    report_name: Option<String>,
    compression: Option<String>,
    bucket: Option<String>,
    billing_period: Option<PeriodJson>,
    report_keys: Option<Vec<String>>,
    execution_id: Option<String>,
    export_arn: Option<String>,
    data_files: Option<Vec<FileJson>>,
    /// JSON of any form, because an unusual column is no reason to refuse a delivery.
    #[serde(default)]
    columns: serde_json::Value,
}

#[derive(Deserialize)]
struct PeriodJson {
    start: String,
}

/// AWS writes URIs. Other tools write the other spellings.
#[derive(Deserialize)]
#[serde(untagged)]
enum FileJson {
    Text(String),
    #[serde(rename_all = "camelCase")]
    Object {
        #[serde(alias = "path", alias = "uri")]
        file_path: String,
    },
}

impl Manifest {
    /// Whether an object is the manifest of a report, by its key. Reports for Redshift also have a file
    /// `…-RedshiftManifest.json`, which is not a manifest of this kind.
    pub fn is_manifest_key(key: &str) -> bool {
        let name = name_of(key);
        name.ends_with("Manifest.json") && !name.ends_with("RedshiftManifest.json")
    }

    pub fn parse(key: &str, bytes: &[u8]) -> Result<Self, ManifestError> {
        let json = read(bytes)?;
        match (&json.report_keys, &json.data_files) {
            (Some(keys), None) => legacy(key, &json, keys),
            (None, Some(files)) => data_exports(key, &json, files),
            _ => Err(ManifestError::NoGeneration),
        }
    }

    /// Reads which report the manifest is of, and which kind of export the report is.
    pub fn heading(key: &str, bytes: &[u8]) -> Result<Heading, ManifestError> {
        let json = read(bytes)?;
        let payer_account_id = account(&json).and_then(|account| account.parse().ok());
        match (&json.report_keys, &json.data_files) {
            // The service of 2015 delivers cost and usage reports only.
            (Some(_), None) => Ok(Heading {
                report: legacy_name(key, &json),
                payer_account_id,
                kind: Some(ExportKind::CostAndUsage),
                files: Vec::new(),
            }),
            (None, Some(files)) => {
                let located = located(key, &json, files.iter().map(FileJson::location));
                Ok(Heading {
                    report: exported_name(key, &json),
                    payer_account_id,
                    kind: kind_said(&json.columns),
                    files: located.map(|located| located.keys).unwrap_or_default(),
                })
            }
            _ => Err(ManifestError::NoGeneration),
        }
    }

    /// The folder of a report file, if the folder's name has a billing period as AWS writes it. Where
    /// there are no manifests, all files of one folder are taken for one delivery.
    pub fn folder_of(key: &str) -> Option<&str> {
        let folder = &key[..=key.rfind('/')?];
        let is_report = FileFormat::of(key).is_ok() && paths::period_of(folder).is_some();
        is_report.then_some(folder)
    }

    /// The name of the report in a folder that [`Self::folder_of`] returned.
    pub fn report_of_folder(folder: &str) -> &str {
        paths::report_of(folder)
    }

    /// Makes a manifest for a folder that [`Self::folder_of`] returned. The newest of its files was
    /// written at `modified`.
    pub fn of_folder(
        folder: &str,
        payer_account_id: AccountId,
        files: &[String],
        modified: &str,
    ) -> Result<Self, ManifestError> {
        let billing_period = paths::period_of(folder);
        let billing_period = billing_period.ok_or(ManifestError::Missing("billing period"))?;
        let version = paths::version_of(folder);
        let delivered_at = version.and_then(paths::timestamp);
        let delivered_at = delivered_at.unwrap_or_else(|| modified.to_owned());
        let mut stems = Stems::default();
        for file in files {
            stems.add(FileFormat::of(file)?, file)?;
        }
        Ok(Self {
            generation: paths::generation_of(folder),
            payer_account_id,
            report: paths::report_of(folder).to_owned(),
            billing_period,
            delivery_id: version.unwrap_or(&delivered_at).to_owned(),
            delivered_at: Some(delivered_at),
            bucket: None,
            files: files.to_vec(),
        })
    }
}

/// The names of a delivery's files without folder and extension. The objects made from a file are named
/// after it, so two files with one name would overwrite each other's objects.
#[derive(Default)]
struct Stems(BTreeSet<String>);

impl Stems {
    fn add(&mut self, format: FileFormat, file: &str) -> Result<(), ManifestError> {
        let stem = format.stem(file);
        let is_new = self.0.insert(stem.to_owned());
        is_new.then_some(()).ok_or_else(|| ManifestError::SameName(stem.to_owned()))
    }
}

fn read(bytes: &[u8]) -> Result<ManifestJson, ManifestError> {
    serde_json::from_slice(bytes).map_err(|error| ManifestError::NotJson(error.to_string()))
}

/// The kind of an export by the columns that its manifest lists; `None` if they do not tell it.
fn kind_said(columns: &serde_json::Value) -> Option<ExportKind> {
    let columns = columns.as_array().into_iter().flatten();
    let names = columns.filter_map(|column| column.get("name")?.as_str());
    let kind = ExportKind::of_columns(names.map(str::as_bytes));
    (kind != ExportKind::Unknown).then_some(kind)
}

fn legacy(key: &str, json: &ManifestJson, keys: &[String]) -> Result<Manifest, ManifestError> {
    let files = located(key, json, keys.iter().map(String::as_str))?;
    let delivery_id = needed(json.assembly_id.as_deref(), "assemblyId")?;
    let start = json.billing_period.as_ref().map(|period| period.start.as_str());
    let period = starting(needed(start, "billingPeriod")?)?;
    for file in files.keys.iter().map(String::as_str).chain([key]) {
        agree(period, paths::period_of(file))?;
    }
    Ok(Manifest {
        generation: Generation::Legacy,
        payer_account_id: needed(json.account.as_deref(), "account")?.parse()?,
        report: legacy_name(key, json),
        billing_period: period,
        delivery_id: delivery_id.to_owned(),
        delivered_at: paths::timestamp(delivery_id),
        bucket: files.bucket,
        files: files.keys,
    })
}

fn data_exports(
    key: &str,
    json: &ManifestJson,
    files: &[FileJson],
) -> Result<Manifest, ManifestError> {
    let files = located(key, json, files.iter().map(FileJson::location))?;
    let delivery_id = needed(json.execution_id.as_deref(), "executionId")?;
    // The files come first: a delivery has two manifests with one list of files, and only one of these
    // manifests lies in the delivery's folder.
    let keys: Vec<&str> = files.keys.iter().map(String::as_str).chain([key]).collect();
    let billing_period = exported_period(json.billing_period.as_ref(), &keys)?;
    let mut folders = keys.iter().flat_map(|path| path.split('/'));
    let delivered_at = folders.find_map(paths::timestamp);
    Ok(Manifest {
        generation: Generation::DataExports,
        payer_account_id: needed(account(json), "account or exportArn")?.parse()?,
        report: exported_name(key, json),
        billing_period,
        delivery_id: delivery_id.to_owned(),
        delivered_at,
        bucket: files.bucket,
        files: files.keys,
    })
}

/// The payer. An export names it in its ARN:
/// `arn:aws:bcm-data-exports:us-east-1:111122223333:export/name-<uuid>`.
fn account(json: &ManifestJson) -> Option<&str> {
    let owner = || json.export_arn.as_deref()?.split(':').nth(4);
    json.account.as_deref().or_else(owner)
}

impl FileJson {
    fn location(&self) -> &str {
        match self {
            Self::Text(location) | Self::Object { file_path: location } => location,
        }
    }
}

fn needed<'a>(value: Option<&'a str>, name: &'static str) -> Result<&'a str, ManifestError> {
    value.filter(|value| !value.is_empty()).ok_or(ManifestError::Missing(name))
}

/// The files of a delivery, by their keys in the report bucket.
struct Located {
    bucket: Option<String>,
    keys: Vec<String>,
}

/// Checks that each file has a known format and lies in the report's own folder, and that no two files have
/// one name.
fn located<'a>(
    manifest_key: &str,
    json: &ManifestJson,
    locations: impl Iterator<Item = &'a str>,
) -> Result<Located, ManifestError> {
    let root = paths::root_of(manifest_key);
    let said = json.compression.as_deref().and_then(format_said);
    let mut located = Located { bucket: json.bucket.clone(), keys: Vec::new() };
    let mut stems = Stems::default();
    for location in locations {
        let (bucket, file) = in_bucket(manifest_key, location);
        match (&located.bucket, bucket) {
            (Some(first), Some(second)) if first != second => {
                return Err(ManifestError::TwoBuckets(first.clone(), second.to_owned()));
            }
            (None, Some(bucket)) => located.bucket = Some(bucket.to_owned()),
            _ => {}
        }
        let inside = file.strip_prefix(root).filter(|path| paths::is_plain(path));
        if inside.is_none() {
            return Err(ManifestError::Outside { file: file.to_owned(), root: root.to_owned() });
        }
        let format = FileFormat::of(file)?;
        if let Some(said) = said.filter(|said| *said != format) {
            return Err(ManifestError::OtherFormat { said, file: file.to_owned() });
        }
        stems.add(format, file)?;
        located.keys.push(file.to_owned());
    }
    Ok(located)
}

/// Splits a location into bucket and key. If a report has no prefix, AWS lists its files with a slash in
/// front that their keys do not have. If the manifest's own key begins with a slash, so do the keys of its
/// files.
fn in_bucket<'a>(manifest_key: &str, location: &'a str) -> (Option<&'a str>, &'a str) {
    let (bucket, path) = match location.strip_prefix("s3://") {
        Some(uri) => match uri.split_once('/') {
            Some((bucket, path)) => (Some(bucket), path),
            None => (Some(uri), ""),
        },
        None => (None, location),
    };
    let has_slash = manifest_key.starts_with('/');
    (bucket, if has_slash { path } else { path.trim_start_matches('/') })
}

/// The format that a legacy manifest names. AWS writes it in capitals; other tools use small letters.
fn format_said(compression: &str) -> Option<FileFormat> {
    let formats = [
        ("gzip", FileFormat::CsvGzip),
        ("zip", FileFormat::CsvZip),
        ("parquet", FileFormat::Parquet),
    ];
    let found = formats.iter().find(|(name, _)| name.eq_ignore_ascii_case(compression));
    found.map(|(_, format)| *format)
}

fn legacy_name(key: &str, json: &ManifestJson) -> String {
    json.report_name.clone().unwrap_or_else(|| name_before_manifest(key))
}

fn exported_name(key: &str, json: &ManifestJson) -> String {
    let named = json.export_arn.as_deref().and_then(export_name);
    named.unwrap_or_else(|| name_before_manifest(key))
}

/// The report's name by the manifest's key: `name` for `…/name-Manifest.json`.
fn name_before_manifest(key: &str) -> String {
    let name = name_of(key);
    name.strip_suffix("-Manifest.json").unwrap_or(name).to_owned()
}

/// The export's name in its ARN, without the id that AWS appends to it.
fn export_name(arn: &str) -> Option<String> {
    const UUID_BYTES: usize = 36;
    let (_, resource) = arn.split_once(":export/")?;
    let name = resource
        .len()
        .checked_sub(UUID_BYTES)
        .and_then(|length| resource.get(..length))
        .and_then(|name| name.strip_suffix('-'));
    Some(name.unwrap_or(resource).to_owned())
}

/// The folder of a data export names its period. If the manifest also names a period, both must be equal.
fn exported_period(
    in_manifest: Option<&PeriodJson>,
    keys: &[&str],
) -> Result<BillingPeriod, ManifestError> {
    let in_manifest = in_manifest.map(|period| starting(&period.start)).transpose()?;
    let in_keys = keys.iter().find_map(|key| paths::period_of(key));
    let period = in_manifest
        .or(in_keys)
        .ok_or(ManifestError::Missing("BILLING_PERIOD=YYYY-MM in its path"))?;
    for key in keys {
        agree(period, paths::period_of(key))?;
    }
    Ok(period)
}

/// Refuses a path that names another period than the manifest.
fn agree(period: BillingPeriod, in_path: Option<BillingPeriod>) -> Result<(), ManifestError> {
    match in_path {
        Some(here) if here != period => Err(ManifestError::TwoPeriods(period, here)),
        _ => Ok(()),
    }
}

fn starting(text: &str) -> Result<BillingPeriod, ManifestError> {
    BillingPeriod::starting(text).ok_or_else(|| ManifestError::Start(text.to_owned()))
}
