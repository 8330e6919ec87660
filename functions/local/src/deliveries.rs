//! Finds the deliveries in a report bucket, the newest of them, and the other exports in the bucket.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use cur::{AccountId, BillingPeriod, Manifest};
use pipeline::keys;
use receive_report::{Delivery, Found, PassedOver, find};
use runs::{App, Failure, parse_contracts};

/// The deliveries to bill, and the exports that are passed over. Each has a place: the key of its manifest,
/// or its folder if there are no manifests.
#[derive(Default)]
pub(crate) struct Deliveries {
    /// The newest delivery of each payer, report and period, followed by the deliveries that cannot be
    /// read. Billing a delivery that cannot be read gives an error, so none is left out silently.
    pub(crate) to_bill: Vec<String>,
    /// Exports that the contracts do not bill from, each with one of its places.
    pub(crate) passed_over: BTreeMap<PassedOver, String>,
}

impl Deliveries {
    pub(crate) fn only(place: &str) -> Self {
        Self { to_bill: vec![place.to_owned()], ..Self::default() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.to_bill.is_empty() && self.passed_over.is_empty()
    }

    pub(crate) async fn in_bucket(app: &App) -> Result<Self, Failure> {
        let contracts = parse_contracts(keys::CONTRACTS, &app.need_bytes(keys::CONTRACTS).await?)?;
        let mut newest: BTreeMap<(AccountId, String, BillingPeriod), Rank> = BTreeMap::new();
        let mut unreadable = Vec::new();
        let mut passed_over = BTreeMap::new();
        for place in places(app).await? {
            match find(&place, &contracts, app).await {
                Ok(Some(Found::Delivery(delivery))) => {
                    let rank = rank(place, &delivery);
                    let Manifest { payer_account_id, report, billing_period, .. } =
                        delivery.manifest;
                    let entry = newest.entry((payer_account_id, report, billing_period));
                    let best = entry.or_insert_with(|| rank.clone());
                    *best = rank.max(best.clone());
                }
                Ok(Some(Found::PassedOver(export))) => _ = passed_over.insert(export, place),
                Ok(None) => {}
                Err(_) => unreadable.push(place),
            }
        }
        let newest = newest.into_values().map(|(_, _, Reverse(place))| place);
        Ok(Self { to_bill: newest.chain(unreadable).collect(), passed_over })
    }
}

async fn places(app: &App) -> Result<BTreeSet<String>, Failure> {
    let keys = app.reports.list("").await?;
    let place = |key: &String| {
        if app.settings.manifest_less {
            Manifest::folder_of(key).map(str::to_owned)
        } else {
            Manifest::is_manifest_key(key).then(|| key.clone())
        }
    };
    Ok(keys.iter().filter_map(place).collect())
}

/// Ranks are compared from left to right. The newest delivery has the largest rank.
type Rank = (Reverse<usize>, String, Reverse<String>);

/// AWS keeps one manifest for each period above the manifests of single deliveries, and overwrites it with
/// the latest one. So the manifest with fewer folders in its key is the newer one. Among manifests of the
/// same depth, the later one is newer. Folders without manifests are compared only by their time.
fn rank(place: String, delivery: &Delivery) -> Rank {
    let depth = if place.ends_with('/') { 0 } else { place.matches('/').count() };
    (Reverse(depth), delivery.delivered_at().to_owned(), Reverse(place))
}
