//! `allocate-commitments`: hands out the benefit of one day's hours under the reseller's policy.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::NaiveDate;
use commitments::{Allocation, DemandRow, allocate, negation_cancels};
use contracts::Contracts;
use cur::AccountId;
use datasets::{AllocationRow, decode_parquet_day, encode_parquet};
use pipeline::{AllocateReceipt, Plan, RecalculateReceipt, RunId, Step, keys};
use runs::{App, Failure, Outcome};

pub async fn handle(run: &RunId, day: NaiveDate, app: &App) -> Result<Outcome, Failure> {
    let plan = app.plan(run).await?;
    if !app.is_done(run, Step::AllocateCommitments, &day.to_string()).await? {
        allocate_day(&plan, day, app).await?;
    }
    app.advance(&plan, Step::AllocateCommitments).await?;
    Ok(Outcome::Done)
}

async fn allocate_day(plan: &Plan, day: NaiveDate, app: &App) -> Result<(), Failure> {
    let demand = demand_of(plan, day, app).await?;
    let rows = allocations(plan, &demand, app).await?;
    let negations = negation_cancels(&demand);
    let receipt = AllocateReceipt {
        day,
        rows: rows.len() as u64,
        benefit: rows.iter().map(|row| row.allocation.benefit).sum(),
        report_checks: BTreeMap::from([("negation_cancels".to_owned(), negations)]),
    };

    let bytes = encode_parquet([&rows]).map_err(|error| Failure::Reject(error.to_string()))?;
    app.results.create(&keys::allocations(plan, day), bytes).await?;
    app.write_receipt(&plan.run_id, Step::AllocateCommitments, &day.to_string(), &receipt).await
}

/// Allocates a day again and writes nothing, for a proof.
pub async fn allocate_again(
    plan: &Plan,
    day: NaiveDate,
    app: &App,
) -> Result<Vec<AllocationRow>, Failure> {
    let demand = demand_of(plan, day, app).await?;
    allocations(plan, &demand, app).await
}

async fn allocations(
    plan: &Plan,
    demand: &[DemandRow],
    app: &App,
) -> Result<Vec<AllocationRow>, Failure> {
    let contracts = app.contracts(plan).await?;
    let allocations = allocate(demand, contracts.sharing())
        .map_err(|error| Failure::Reject(error.to_string()))?;
    Ok(with_customers(allocations, &contracts, plan))
}

/// The day's rows of every account that has any, in the order of accounts.
async fn demand_of(plan: &Plan, day: NaiveDate, app: &App) -> Result<Vec<DemandRow>, Failure> {
    let receipts: Vec<RecalculateReceipt> =
        app.receipts(&plan.run_id, Step::RecalculateAccount).await?;
    let accounts: Vec<AccountId> = receipts
        .into_iter()
        .filter(|receipt| receipt.demand_days.contains(&day))
        .map(|receipt| receipt.account)
        .collect();
    let (plan, app) = (plan.clone(), app.clone());
    let days = runs::in_order(accounts, move |account| {
        let (key, app) = (keys::demand(&plan, account), app.clone());
        async move { read_day(&key, app.need_bytes(&key).await?, day) }
    });
    Ok(days.await?.into_iter().flatten().collect())
}

fn read_day(key: &str, bytes: Bytes, day: NaiveDate) -> Result<Vec<DemandRow>, Failure> {
    decode_parquet_day(bytes, "usage_date", day)
        .map_err(|error| Failure::Reject(format!("`{key}`: {error}")))
}

fn with_customers(
    allocations: Vec<Allocation>,
    contracts: &Contracts,
    plan: &Plan,
) -> Vec<AllocationRow> {
    let customer_of = |account| {
        let owner = contracts.owner_of(account, plan.billing_period);
        owner.map(|customer| customer.id.clone()).unwrap_or_default()
    };
    allocations
        .into_iter()
        .map(|allocation| AllocationRow {
            customer_id: customer_of(allocation.usage_account_id),
            allocation,
        })
        .collect()
}
