//! Which deliveries lie in a report bucket, and which of them are the newest.

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;
use cur::{AccountId, BillingPeriod, Manifest};
use pipeline::keys;
use receive_report::{Delivery, find};
use runs::{App, Failure, parse_contracts};
use storage::{Error, Store};

/// Manifest keys to be billed: the newest delivery of each payer, report and period, and manifests that
/// cannot be read, so that they are not passed over in silence.
pub(crate) async fn newest(reports: &dyn Store) -> Result<Vec<String>, Error> {
    let mut newest: BTreeMap<(AccountId, String, BillingPeriod), (Rank, String)> = BTreeMap::new();
    let mut unreadable = Vec::new();
    for key in reports.list("").await? {
        if !Manifest::is_manifest_key(&key) {
            continue;
        }
        let Some(object) = reports.get(&key).await? else {
            continue;
        };
        let Ok(manifest) = Manifest::parse(&key, &object.bytes) else {
            unreadable.push(key);
            continue;
        };
        let rank = rank(&key, &manifest, object.info.modified_unix);
        let report = (manifest.payer_account_id, manifest.report, manifest.billing_period);
        let entry = newest.entry(report).or_insert_with(|| (rank.clone(), key.clone()));
        if rank > entry.0 {
            *entry = (rank, key);
        }
    }
    let mut keys: Vec<String> = newest.into_values().map(|(_, key)| key).collect();
    keys.extend(unreadable);
    Ok(keys)
}

/// The same where there are no manifests: folders of report files. Those that nobody can place come last.
pub(crate) async fn newest_folders(app: &App) -> Result<Vec<String>, Failure> {
    let keys = app.reports.list("").await?;
    let folders: BTreeSet<&str> = keys.iter().filter_map(|key| Manifest::folder_of(key)).collect();
    let contracts = parse_contracts(keys::CONTRACTS, &app.need_bytes(keys::CONTRACTS).await?)?;
    let mut newest: BTreeMap<(AccountId, String, BillingPeriod), (Option<String>, &str)> =
        BTreeMap::new();
    let mut unplaced = Vec::new();
    for folder in folders {
        let Ok(Some(Delivery { manifest, .. })) = find(folder, &contracts, app).await else {
            unplaced.push(folder.to_owned());
            continue;
        };
        let report = (manifest.payer_account_id, manifest.report, manifest.billing_period);
        let entry = newest.entry(report).or_default();
        *entry = entry.clone().max((manifest.delivered_at, folder));
    }
    let folders = newest.into_values().map(|(_, folder)| folder.to_owned());
    Ok(folders.chain(unplaced).collect())
}

/// Compared from left to right, the largest is the newest.
type Rank = (std::cmp::Reverse<usize>, String, std::cmp::Reverse<String>);

/// AWS keeps one manifest a period above those of single deliveries and overwrites it with the latest,
/// so the shallower one wins; among equals the later one.
fn rank(key: &str, manifest: &Manifest, modified_unix: i64) -> Rank {
    let modified = || {
        let time = DateTime::from_timestamp(modified_unix, 0).unwrap_or_default();
        time.format("%Y-%m-%dT%H:%M:%S.000Z").to_string()
    };
    let delivered_at = manifest.delivered_at.clone().unwrap_or_else(modified);
    let depth = key.matches('/').count();
    (std::cmp::Reverse(depth), delivered_at, std::cmp::Reverse(key.to_owned()))
}
