//! What the folder names of a report say: the report's own folder, its billing period, and the time of a
//! delivery.
//!
//! Legacy reports have `<report>/20261001-20261101/` or, for Athena,
//! `<report>/<report>/year=2026/month=9/`; data exports have `<export>/data/BILLING_PERIOD=2026-10/` and
//! `<export>/metadata/…` beside it.

use chrono::NaiveDateTime;

use crate::{BillingPeriod, Generation};

/// The report's own folder, with a slash at the end: all files and manifests of the report lie below it.
pub(crate) fn root_of(key: &str) -> &str {
    let folder = key.rfind('/').map_or("", |slash| &key[..=slash]);
    let mut start = 0;
    let mut root = folder;
    for part in folder.split_inclusive('/') {
        // A prefix may look like the folder of a period, so the last such folder counts.
        if is_period_folder(part.trim_end_matches('/')) {
            root = &folder[..start];
        }
        start += part.len();
    }
    without_tree(root)
}

/// Whether the files of one period lie below a folder with this name. `month=` needs no case of its own,
/// because it lies below `year=`. Exports of other kinds may have a folder for each day,
/// `date=2026-10-31`.
fn is_period_folder(name: &str) -> bool {
    in_range(name).is_some()
        || in_export(name).is_some()
        || ["year", "date"].iter().any(|part| value_of(name, part).is_some())
}

/// Removes the last folder if it is not the report's own. A data export has its files below `data` and
/// `metadata`, and a report for Athena repeats its name: `costs/costs/`.
fn without_tree(root: &str) -> &str {
    let (above, last) = split_last(root);
    let is_tree = matches!(last, "data" | "metadata") || split_last(above).1 == last;
    if is_tree && !last.is_empty() { above } else { root }
}

/// Splits `a/b/c/` into `a/b/` and `c`.
fn split_last(folder: &str) -> (&str, &str) {
    let folder_name = folder.strip_suffix('/').unwrap_or(folder);
    match folder_name.rfind('/') {
        Some(slash) => (&folder_name[..=slash], &folder_name[slash + 1..]),
        None => ("", folder_name),
    }
}

/// The name of the report that this file belongs to.
pub(crate) fn report_of(key: &str) -> &str {
    split_last(root_of(key)).1
}

/// The name of a delivery's folder below the folder of its period. `None` if each delivery overwrites the
/// one before.
pub(crate) fn version_of(folder: &str) -> Option<&str> {
    let (_, name) = split_last(folder);
    let is_period = is_period_folder(name) || value_of(name, "month").is_some();
    (!is_period).then_some(name)
}

/// The generation of the report in a folder. Only data exports have folders `BILLING_PERIOD=2026-10`.
pub(crate) fn generation_of(folder: &str) -> Generation {
    let is_export = folder.split('/').any(|name| in_export(name).is_some());
    if is_export { Generation::DataExports } else { Generation::Legacy }
}

/// The billing period that the folders of a key name.
pub(crate) fn period_of(key: &str) -> Option<BillingPeriod> {
    let mut year = None;
    let mut period = None;
    for folder in key.split('/') {
        if let Some(named) = in_range(folder).or_else(|| in_export(folder)) {
            period = Some(named);
        } else if let Some(named) = value_of(folder, "year") {
            year = named.parse().ok();
        } else if let (Some(year), Some(month)) = (year, value_of(folder, "month")) {
            period = month.parse().ok().and_then(|month| BillingPeriod::new(year, month));
        }
    }
    period
}

/// Reads `20261001-20261101`. Only the start counts: AWS's documentation ends the period on its last day,
/// AWS's reports on the day after.
fn in_range(folder: &str) -> Option<BillingPeriod> {
    let (start, end) = folder.split_once('-')?;
    let is_date = |text: &str| text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_date(start) && is_date(end)).then_some(())?;
    BillingPeriod::new(start[..4].parse().ok()?, start[4..6].parse().ok()?)
}

/// Reads `BILLING_PERIOD=2026-10`, in capitals or small letters.
fn in_export(folder: &str) -> Option<BillingPeriod> {
    value_of(folder, "billing_period")?.parse().ok()
}

fn value_of<'a>(folder: &'a str, name: &str) -> Option<&'a str> {
    let (found, value) = folder.split_once('=')?;
    found.eq_ignore_ascii_case(name).then_some(value)
}

/// Whether a path has no empty part and no part that leads up.
pub(crate) fn is_plain(path: &str) -> bool {
    path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// Reads `20220503T120125Z` or `2026-04-16T15:24:15.653Z`, alone or before `-<execution id>`. The result is
/// ISO 8601 with milliseconds: all results have one length, so their order as text is their order in time.
pub(crate) fn timestamp(text: &str) -> Option<String> {
    let (moment, rest) = text.split_once('Z')?;
    (rest.is_empty() || rest.starts_with('-')).then_some(())?;
    let moment = ["%Y%m%dT%H%M%S%.f", "%Y-%m-%dT%H:%M:%S%.f"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(moment, format).ok())?;
    Some(moment.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
}
