//! The input of a day's allocation.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use commitments::{Day, DemandRow, DemandSku, ListedRates};
use contracts::Contracts;
use cur::{AccountId, BillingPeriod};
use datasets::decode_parquet_day;
use pipeline::{Plan, RecalculateBook, Step, keys};
use runs::{App, Failure};

/// The commitments of the period, and the usage of the day.
pub struct Input {
    pub contracts: Arc<Contracts>,
    pub rates: ListedRates,
    pub book: RecalculateBook,
    /// The SKUs of all accounts.
    pub skus: Vec<DemandSku>,
    /// The rows of the day. A row names its SKU by the index in `skus`.
    pub rows: Vec<DemandRow>,
}

impl Input {
    pub fn day(&self, period: BillingPeriod, date: NaiveDate) -> Day<'_> {
        Day {
            period,
            date,
            reservations: &self.book.reservations,
            plans: &self.book.plans,
            tallies: &self.book.tallies,
            skus: &self.skus,
            rows: &self.rows,
        }
    }
}

/// Loads the input. Of the whole period, only the SKUs are in memory. The rows are of one day, which bounds
/// the memory.
pub async fn load(plan: &Plan, day: NaiveDate, app: &App) -> Result<Input, Failure> {
    let book: RecalculateBook =
        app.need(&keys::book(&plan.run_id, Step::RecalculateAccount)).await?;
    let skus: Vec<DemandSku> = app.rows(vec![keys::all_skus(plan)]).await?;
    let first_of = first_of_accounts(&skus);
    let accounts = book.demand.get(&day).cloned().unwrap_or_default();
    let (of_plan, of_app) = (plan.clone(), app.clone());
    let rows = runs::in_order(accounts, move |account| {
        let (key, app) = (keys::demand(&of_plan, account), of_app.clone());
        async move {
            let bytes = app.need_bytes(&key).await?;
            let rows: Vec<DemandRow> = decode_parquet_day(bytes, "usage_date", day)
                .map_err(|error| Failure::Reject(format!("`{key}`: {error}")))?;
            Ok((account, rows))
        }
    });
    let mut all = Vec::new();
    for (account, rows) in rows.await? {
        let first = first_of.get(&account).copied().unwrap_or_default();
        all.extend(rows.into_iter().map(|row| DemandRow { sku: first + row.sku, ..row }));
    }
    let (contracts, rates) = (app.contracts(plan).await?, app.rates(plan).await?);
    Ok(Input { contracts, rates, book, skus, rows: all })
}

/// The index of each account's first SKU among the SKUs of all accounts.
fn first_of_accounts(skus: &[DemandSku]) -> BTreeMap<AccountId, usize> {
    let mut first = BTreeMap::new();
    for (index, sku) in skus.iter().enumerate() {
        first.entry(sku.usage_account_id).or_insert(index);
    }
    first
}
