//! The manifest: which files make up one delivery of a report.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::file_format::name_of;
use crate::{AccountId, BillingPeriod, FileFormat, InvalidAccountId, UnreadableFormat};

/// Which of AWS's two services wrote the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generation {
    /// The cost and usage report of 2015.
    Legacy,
    /// CUR 2.0 through AWS Data Exports.
    DataExports,
}

/// One delivery of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    pub generation: Generation,
    pub payer_account_id: AccountId,
    pub report: String,
    pub billing_period: BillingPeriod,
    /// AWS's assembly id or execution id: opaque.
    pub delivery_id: String,
    /// `2022-05-03T12:05:25.000Z`, where the delivery's id or its files' folder says when it was made.
    pub delivered_at: Option<String>,
    /// Keys in the report bucket, in the manifest's order. None at all is legal.
    pub files: Vec<String>,
}

/// Why a manifest is refused. The caller says which.
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
    Format(#[from] UnreadableFormat),
}

/// The fields of both generations. AWS adds others, and columns are read from the files' own headers.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ManifestJson {
    account: Option<String>,
    assembly_id: Option<String>,
    report_name: Option<String>,
    billing_period: Option<PeriodJson>,
    report_keys: Option<Vec<String>>,
    execution_id: Option<String>,
    export_arn: Option<String>,
    data_files: Option<Vec<FileJson>>,
}

#[derive(Deserialize)]
struct PeriodJson {
    start: String,
}

/// AWS writes URIs; the other spellings are what other tools were made to read.
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
    /// Whether a new object is a report's manifest. Reports for Redshift have a second file that ends
    /// in the same word and is none.
    pub fn is_manifest_key(key: &str) -> bool {
        let name = name_of(key);
        name.ends_with("Manifest.json") && !name.ends_with("RedshiftManifest.json")
    }

    pub fn parse(key: &str, bytes: &[u8]) -> Result<Self, ManifestError> {
        let json: ManifestJson = serde_json::from_slice(bytes)
            .map_err(|error| ManifestError::NotJson(error.to_string()))?;
        match (&json.report_keys, &json.data_files) {
            (Some(keys), None) => legacy(key, &json, keys),
            (None, Some(files)) => data_exports(key, &json, files),
            _ => Err(ManifestError::NoGeneration),
        }
    }
}

fn legacy(key: &str, json: &ManifestJson, keys: &[String]) -> Result<Manifest, ManifestError> {
    let files = checked(keys.iter().map(|file| in_bucket(key, file)).collect())?;
    let delivery_id = needed(json.assembly_id.as_deref(), "assemblyId")?;
    let start = json.billing_period.as_ref().map(|period| period.start.as_str());
    let billing_period = starting(needed(start, "billingPeriod")?)?;
    let paths = files.iter().map(String::as_str).chain([key]);
    for here in paths.flat_map(|path| path.split('/')).filter_map(legacy_folder) {
        if here != billing_period {
            return Err(ManifestError::TwoPeriods(billing_period, here));
        }
    }
    Ok(Manifest {
        generation: Generation::Legacy,
        payer_account_id: needed(json.account.as_deref(), "account")?.parse()?,
        report: json.report_name.clone().unwrap_or_else(|| name_before_manifest(key)),
        billing_period,
        delivery_id: delivery_id.to_owned(),
        delivered_at: timestamp(delivery_id),
        files,
    })
}

fn data_exports(
    key: &str,
    json: &ManifestJson,
    files: &[FileJson],
) -> Result<Manifest, ManifestError> {
    let files = checked(files.iter().map(|file| in_bucket(key, file.location())).collect())?;
    let delivery_id = needed(json.execution_id.as_deref(), "executionId")?;
    // "arn:aws:bcm-data-exports:us-east-1:111122223333:export/name-<uuid>"
    let arn = json.export_arn.as_deref();
    let owner = arn.and_then(|arn| arn.split(':').nth(4));
    let account = json.account.as_deref().or(owner);
    // Files come first: both manifests of a delivery list the same, but only one lies in its folder.
    let paths = files.iter().map(String::as_str).chain([key]);
    let folders: Vec<&str> = paths.flat_map(|path| path.split('/')).collect();
    let billing_period = exported_period(json.billing_period.as_ref(), &folders)?;
    let delivered_at = folders.iter().find_map(|folder| timestamp(folder));
    Ok(Manifest {
        generation: Generation::DataExports,
        payer_account_id: needed(account, "account or exportArn")?.parse()?,
        report: arn.and_then(export_name).unwrap_or_else(|| name_before_manifest(key)),
        billing_period,
        delivery_id: delivery_id.to_owned(),
        delivered_at,
        files,
    })
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

/// A file as the report bucket knows it. Where a report has no prefix, AWS lists its files with a slash
/// that their keys do not have, unless the manifest's own key has it too.
fn in_bucket(manifest_key: &str, location: &str) -> String {
    let path = match location.strip_prefix("s3://") {
        Some(uri) => uri.split_once('/').map_or("", |(_bucket, path)| path),
        None => location,
    };
    if manifest_key.starts_with('/') { path } else { path.trim_start_matches('/') }.to_owned()
}

/// Every file can be read, and no two write the same objects.
fn checked(files: Vec<String>) -> Result<Vec<String>, ManifestError> {
    let mut names = BTreeSet::new();
    for file in &files {
        FileFormat::of(file)?;
        if !names.insert(name_of(file)) {
            return Err(ManifestError::SameName(name_of(file).to_owned()));
        }
    }
    Ok(files)
}

/// `…/name-Manifest.json` names its report.
fn name_before_manifest(key: &str) -> String {
    let name = name_of(key);
    name.strip_suffix("-Manifest.json").unwrap_or(name).to_owned()
}

/// An export's name without the id that AWS appends to it.
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

/// Legacy reports say their period in their folder as well, `20261001-20261101`.
fn legacy_folder(name: &str) -> Option<BillingPeriod> {
    let (start, end) = name.split_once('-')?;
    let is_date = |text: &str| text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_date(start) && is_date(end)).then(|| starting(start).ok())?
}

/// Data exports say their period in their folder; a period in the manifest must be the same.
fn exported_period(
    in_manifest: Option<&PeriodJson>,
    folders: &[&str],
) -> Result<BillingPeriod, ManifestError> {
    let mut period = in_manifest.map(|period| starting(&period.start)).transpose()?;
    for folder in folders {
        let Some((name, value)) = folder.split_once('=') else {
            continue;
        };
        if !name.eq_ignore_ascii_case("billing_period") {
            continue;
        }
        let here = starting(value)?;
        match period {
            Some(before) if before != here => return Err(ManifestError::TwoPeriods(before, here)),
            _ => period = Some(here),
        }
    }
    period.ok_or(ManifestError::Missing("BILLING_PERIOD=YYYY-MM in its path"))
}

/// The period that begins with `2026-10`, `20261001T000000.000Z` or `2026-10-01T00:00:00Z`.
fn starting(text: &str) -> Result<BillingPeriod, ManifestError> {
    let digits: String = text.chars().filter(|character| *character != '-').take(6).collect();
    let period = digits.split_at_checked(4).map(|(year, month)| format!("{year}-{month}"));
    period
        .and_then(|period| period.parse().ok())
        .ok_or_else(|| ManifestError::Start(text.to_owned()))
}

/// `20220503T120125Z` or `2026-04-16T15:24:15.653Z`, alone or before `-<execution id>`, as ISO 8601 with
/// milliseconds, so that equal lengths sort by time.
fn timestamp(text: &str) -> Option<String> {
    let (moment, rest) = text.split_once('Z')?;
    (rest.is_empty() || rest.starts_with('-')).then_some(())?;
    let moment = ["%Y%m%dT%H%M%S%.f", "%Y-%m-%dT%H:%M:%S%.f"]
        .iter()
        .find_map(|format| chrono::NaiveDateTime::parse_from_str(moment, format).ok())?;
    Some(moment.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
}
