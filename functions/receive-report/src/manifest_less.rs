//! A bucket to which report files are replicated and manifests are not: a folder is taken for a delivery.
//!
//! A manifest is written when all of its files are there, and lists them. Without it nobody can know that
//! a folder is complete, or that all of its files are of one delivery. The run says so, see
//! [`pipeline::Plan::not_guaranteed`].

use contracts::Contracts;
use cur::{AccountId, Manifest};
use pipeline::{ManifestRef, keys};
use runs::{App, Failure};
use storage::ObjectInfo;

use crate::{Delivery, iso};

/// The report files of a folder, as they are now.
pub(crate) async fn find(
    folder: &str,
    contracts: &Contracts,
    app: &App,
) -> Result<Option<Delivery>, Failure> {
    let infos = files(folder, app).await?;
    let Some(modified) = infos.iter().map(|info| info.modified_unix).max() else {
        return Ok(None);
    };
    let modified = iso(modified);
    let files: Vec<String> = infos.into_iter().map(|info| info.key).collect();
    let manifest = Manifest::of_folder(folder, payer(folder, contracts)?, &files, &modified)
        .map_err(|error| Failure::Reject(format!("`{folder}`: {error}")))?;
    let place = ManifestRef { key: folder.to_owned(), etag: String::new() };
    Ok(Some(Delivery { manifest, place, modified }))
}

async fn files(folder: &str, app: &App) -> Result<Vec<ObjectInfo>, Failure> {
    let mut keys = app.reports.list(folder).await?;
    keys.retain(|key| Manifest::folder_of(key) == Some(folder));
    let reports = app.clone();
    let infos = runs::in_order(keys, move |key| {
        let app = reports.clone();
        async move { Ok(app.reports.head(&key).await?) }
    });
    Ok(infos.await?.into_iter().flatten().collect())
}

/// A folder does not say whose report it is, unless one above it is named after the account, as some
/// replications do.
fn payer(folder: &str, contracts: &Contracts) -> Result<AccountId, Failure> {
    let named = folder.split('/').filter_map(|name| name.parse().ok());
    let known: Vec<AccountId> = named.filter(|payer| contracts.payer_is_known(*payer)).collect();
    known.last().copied().or_else(|| contracts.only_payer()).ok_or_else(|| {
        Failure::Reject(format!(
            "`{folder}` has no manifest to say which payer its report is of: name the one payer \
             account under `[reseller]` of `{}` with `payers`, or have a folder named after it",
            keys::CONTRACTS
        ))
    })
}
