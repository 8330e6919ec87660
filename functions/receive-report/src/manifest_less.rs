//! Deliveries without manifests, in a bucket to which only the report files are copied. A folder is taken
//! for a delivery.
//!
//! AWS writes a manifest when all files of a delivery exist, and lists them in it. Without the manifest
//! nobody can know that a folder is complete, or that all its files are of one delivery. The run says so:
//! [`pipeline::Plan::not_guaranteed`].

use contracts::Contracts;
use cur::{AccountId, BillingPeriod, Manifest};
use pipeline::{ManifestRef, keys};
use reports::Beginning;
use runs::{App, Failure};
use storage::ObjectInfo;

use crate::delivery::{Delivery, Found, beginning, iso, other_kind, other_report, planned};

/// Finds the delivery of a folder: the report files that the folder has now.
pub(crate) async fn find(
    folder: &str,
    contracts: &Contracts,
    app: &App,
) -> Result<Option<Found>, Failure> {
    let infos = files(folder, app).await?;
    let Some(modified) = infos.iter().map(|info| info.modified_unix).max() else {
        return Ok(None);
    };
    let report = Manifest::report_of_folder(folder);
    let beginning = first_beginning(&infos, app).await?;
    let payer_said = beginning.as_ref().and_then(|(_, beginning)| payer_said(beginning));
    let likely_payer =
        payer_said.or_else(|| payer_named(folder, contracts)).or_else(|| contracts.only_payer());
    if let Some(other) = other_report(report, likely_payer, contracts) {
        return Ok(Some(Found::PassedOver(other)));
    }
    if let Some((_, beginning)) = &beginning
        && let Some(other) = other_kind(report, beginning.kind)
    {
        return Ok(Some(Found::PassedOver(other)));
    }
    let said = Said::by(beginning.as_ref())?;
    let modified = iso(modified);
    let files: Vec<String> = infos.into_iter().map(|info| info.key).collect();
    let payer = payer(folder, &said, contracts)?;
    let manifest = Manifest::of_folder(folder, payer, &files, &modified)
        .map_err(|error| Failure::Reject(format!("`{folder}`: {error}")))?;
    said.agrees(folder, manifest.billing_period)?;
    let source = ManifestRef { key: folder.to_owned(), etag: String::new() };
    Ok(Some(Found::Delivery(Delivery { manifest, source, modified })))
}

/// The report files in the order of their numbers. AWS does not always fill numbers with zeros, so
/// `costs-2` comes before `costs-10`.
async fn files(folder: &str, app: &App) -> Result<Vec<ObjectInfo>, Failure> {
    let mut keys = app.reports.list(folder).await?;
    keys.retain(|key| Manifest::folder_of(key) == Some(folder));
    keys.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    let reports = app.clone();
    let infos = runs::in_order(keys, move |key| {
        let app = reports.clone();
        async move { Ok(app.reports.head(&key).await?) }
    });
    Ok(infos.await?.into_iter().flatten().collect())
}

/// The beginning of the first file that has a line. If no file has one, of the first file that has a
/// header.
async fn first_beginning(
    infos: &[ObjectInfo],
    app: &App,
) -> Result<Option<(String, Beginning)>, Failure> {
    let mut first = None;
    for info in infos {
        if let Some(beginning) = beginning(&planned(info.clone()), app).await? {
            let has_line = beginning.first_line.is_some();
            let found = (info.key.clone(), beginning);
            if has_line {
                return Ok(Some(found));
            }
            first = first.or(Some(found));
        }
    }
    Ok(first)
}

/// The payer and the period of the first line. All other lines are compared with them when they are rated.
#[derive(Default)]
struct Said {
    file: String,
    payer: Option<AccountId>,
    period: Option<BillingPeriod>,
}

impl Said {
    fn by(beginning: Option<&(String, Beginning)>) -> Result<Self, Failure> {
        let Some((file, Beginning { first_line: Some(line), .. })) = beginning else {
            return Ok(Self::default());
        };
        let refused = |what: &str, text: &str| {
            Failure::Reject(format!(
                "`{file}`: the first line's {what} is \"{}\"",
                cur::printable(text)
            ))
        };
        let payer = match line.payer.as_str() {
            "" => None,
            text => Some(text.parse().map_err(|_| refused("payer account", text))?),
        };
        let period = match line.period_start.as_str() {
            "" => None,
            text => {
                let period = BillingPeriod::starting(text);
                Some(period.ok_or_else(|| refused("start of the billing period", text))?)
            }
        };
        Ok(Self { file: file.clone(), payer, period })
    }

    /// Refuses a folder that is named after another period, as a copy may be.
    fn agrees(&self, folder: &str, period: BillingPeriod) -> Result<(), Failure> {
        match self.period {
            Some(said) if said != period => Err(Failure::Reject(format!(
                "`{folder}` is a folder of {period}, and the first line of `{}` is of {said}: move the \
                 files to a folder of their own period",
                self.file
            ))),
            _ => Ok(()),
        }
    }
}

/// The payer of the first line, if it is an account.
fn payer_said(beginning: &Beginning) -> Option<AccountId> {
    beginning.first_line.as_ref()?.payer.parse().ok()
}

/// The payer that the folder is named after, as in some copies.
fn payer_named(folder: &str, contracts: &Contracts) -> Option<AccountId> {
    let mut named = folder.split('/').filter_map(|name| name.parse().ok());
    named.rfind(|payer| contracts.payer_is_known(*payer))
}

/// The payer of the report. The first line says it. If the line does not, a folder may be named after the
/// payer, as some copies are, or the contracts may name exactly one payer. If line and folder both say it,
/// they must agree.
fn payer(folder: &str, said: &Said, contracts: &Contracts) -> Result<AccountId, Failure> {
    match (said.payer, payer_named(folder, contracts)) {
        (Some(said), Some(named)) if said != named => Err(Failure::Reject(format!(
            "`{folder}` is a folder of payer {named}, and its lines are of payer {said}: move the files \
             to a folder of their own payer"
        ))),
        (Some(payer), _) | (None, Some(payer)) => Ok(payer),
        (None, None) => contracts.only_payer().ok_or_else(|| {
            Failure::Reject(format!(
                "`{folder}` has no manifest to say which payer its report is of, and its lines do not \
                 say it: name the one payer account under `[reseller]` of `{}` with `payers`, or have a \
                 folder named after it",
                keys::CONTRACTS
            ))
        }),
    }
}
