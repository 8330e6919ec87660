//! What a day's allocation is worked out from.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::NaiveDate;
use commitments::{CommitmentTally, Day, DemandRow, DemandSku, PlanTerms, ReservationFee};
use cur::{AccountId, BillingPeriod, LineNote};
use datasets::{decode_parquet, decode_parquet_day};
use pipeline::{Plan, RecalculateReceipt, Step, keys};
use runs::{App, Failure};

/// What there is of commitments, and what was used on the day.
pub struct Input {
    /// The first line whose hour nobody knows, where there is something to hand out.
    pub not_hourly: Option<LineNote>,
    reservations: Vec<(AccountId, ReservationFee)>,
    plans: BTreeMap<String, (AccountId, PlanTerms)>,
    tallies: BTreeMap<String, CommitmentTally>,
    pub skus: Vec<DemandSku>,
    /// With their SKUs' places among those of all accounts.
    pub rows: Vec<DemandRow>,
}

impl Input {
    pub fn day(&self, period: BillingPeriod, date: NaiveDate) -> Day<'_> {
        Day {
            period,
            date,
            reservations: &self.reservations,
            plans: &self.plans,
            tallies: &self.tallies,
            skus: &self.skus,
            rows: &self.rows,
        }
    }
}

/// Memory is bounded by the day: of the period only the SKUs are held.
pub async fn load(plan: &Plan, day: NaiveDate, app: &App) -> Result<Input, Failure> {
    let receipts: Vec<RecalculateReceipt> =
        app.receipts(&plan.run_id, Step::RecalculateAccount).await?;
    let with_demand: Vec<(AccountId, bool)> = receipts
        .iter()
        .filter(|receipt| !receipt.demand_days.is_empty())
        .map(|receipt| (receipt.account, receipt.demand_days.contains(&day)))
        .collect();
    let (plan, app) = (plan.clone(), app.clone());
    let accounts = runs::in_order(with_demand, move |(account, has_day)| {
        let (skus, demand, app) =
            (keys::skus(&plan, account), keys::demand(&plan, account), app.clone());
        async move {
            let rows = if has_day {
                read_day(&demand, app.need_bytes(&demand).await?, day)?
            } else {
                Vec::new()
            };
            Ok((read_skus(&skus, app.need_bytes(&skus).await?)?, rows))
        }
    });
    let mut input = commitments_of(&receipts);
    for (skus, rows) in accounts.await? {
        let before = input.skus.len();
        input.rows.extend(rows.into_iter().map(|row| DemandRow { sku: before + row.sku, ..row }));
        input.skus.extend(skus);
    }
    Ok(input)
}

fn commitments_of(receipts: &[RecalculateReceipt]) -> Input {
    let mut input = Input {
        not_hourly: None,
        reservations: Vec::new(),
        plans: BTreeMap::new(),
        tallies: BTreeMap::new(),
        skus: Vec::new(),
        rows: Vec::new(),
    };
    for RecalculateReceipt { account, reservations, plans, commitments, .. } in receipts {
        input.reservations.extend(reservations.iter().map(|fee| (*account, fee.clone())));
        let plans = plans.iter().map(|(arn, terms)| (arn.clone(), (*account, terms.clone())));
        input.plans.extend(plans);
        for (arn, tally) in commitments {
            input.tallies.entry(arn.clone()).or_default().add(tally);
        }
    }
    if !input.reservations.is_empty() || !input.plans.is_empty() {
        input.not_hourly = receipts.iter().find_map(|receipt| receipt.not_hourly.clone());
    }
    input
}

fn read_day(key: &str, bytes: Bytes, day: NaiveDate) -> Result<Vec<DemandRow>, Failure> {
    decode_parquet_day(bytes, "usage_date", day)
        .map_err(|error| Failure::Reject(format!("`{key}`: {error}")))
}

fn read_skus(key: &str, bytes: Bytes) -> Result<Vec<DemandSku>, Failure> {
    decode_parquet(bytes).map_err(|error| Failure::Reject(format!("`{key}`: {error}")))
}
