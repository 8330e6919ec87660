//! `sluice bills` and `sluice issue`: what customers owe, and what was issued of it.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use anyhow::bail;
use chrono::{NaiveDate, Utc};
use cur::{AccountId, BillingPeriod};
use money::Amount;
use pipeline::{
    Bill, BillPointer, BillRequest, Compression, Current, IssueRequest, Reconciliation, keys,
};
use runs::{App, Failure};
use storage::FolderStore;

use crate::args::{BillsArgs, IssueArgs};
use crate::progress::Progress;
use crate::show;
use crate::standing::Standing;
use crate::world::World;

pub(crate) async fn command(args: &BillsArgs, out: &mut dyn Write) -> anyhow::Result<bool> {
    let world = world(&args.out)?;
    let standings = standings(&world.app, args.period, args.customer.as_deref()).await?;
    show_or_json(&standings, args.json, out)?;
    if args.margin && !args.json {
        let unassigned = unassigned(&world.app, args.period).await?;
        show::margins(&standings, &unassigned, out)?;
    }
    Ok(true)
}

/// AWS's cost of accounts that belong to no customer, by payer and period, in the currency of the report.
async fn unassigned(
    app: &App,
    period: Option<BillingPeriod>,
) -> anyhow::Result<BTreeMap<(BillingPeriod, AccountId), Amount>> {
    let mut unassigned = BTreeMap::new();
    for key in app.results.list(keys::current_prefix()).await? {
        let current: Current = app.need(&key).await?;
        if period.is_some_and(|period| period != current.billing_period) {
            continue;
        }
        let proof: Reconciliation = app.need(&keys::reconciliation(&current.run_id)).await?;
        let cost: Amount = proof.unassigned.values().copied().sum();
        if !cost.is_zero() {
            unassigned.insert((current.billing_period, current.payer_account_id), cost);
        }
    }
    Ok(unassigned)
}

pub(crate) async fn issue(args: &IssueArgs, out: &mut dyn Write) -> anyhow::Result<bool> {
    let Issued { refused, standings } = issue_all(args).await?;
    for reason in &refused {
        writeln!(out, "NOT ISSUED  {reason}")?;
    }
    show_or_json(&standings, args.json, out)?;
    Ok(refused.is_empty())
}

/// What came of issuing the bills of a period.
pub(crate) struct Issued {
    /// Why bills were not issued.
    pub(crate) refused: Vec<String>,
    /// All bills of the request, as they stand now.
    pub(crate) standings: Vec<Standing>,
}

/// Issues everything that the arguments ask for.
pub(crate) async fn issue_all(args: &IssueArgs) -> anyhow::Result<Issued> {
    let world = world(&args.out)?;
    let mut refused = Vec::new();
    let requests = requests(&world.app, Some(args.period), args.customer.as_deref()).await?;
    if requests.is_empty() {
        bail!("there is no bill for {} in `{}`", args.period, args.out.display());
    }
    for BillRequest { customer, billing_period } in requests {
        let request = IssueRequest {
            customer,
            billing_period,
            date: args.date.unwrap_or_else(today),
            force: args.force,
        };
        if let Err(Failure::Reject(reason) | Failure::Retry(reason)) =
            bill_customer::issue(&request, &world.app).await
        {
            refused.push(reason);
        }
    }
    // Later bills may rest on what was issued.
    world.drain(&Progress::new(args.json)).await;
    let standings = standings(&world.app, Some(args.period), args.customer.as_deref()).await?;
    Ok(Issued { refused, standings })
}

#[expect(clippy::disallowed_methods, reason = "the day is an input that the user may give")]
fn today() -> NaiveDate {
    Utc::now().date_naive()
}

pub(crate) fn world(out: &Path) -> anyhow::Result<World> {
    if !out.is_dir() {
        bail!("`{}` is not a folder", out.display());
    }
    let store = Arc::new(FolderStore::new(out));
    Ok(World::new(store.clone(), store, Compression::default()))
}

fn show_or_json(standings: &[Standing], json: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    if json {
        serde_json::to_writer_pretty(&mut *out, standings)?;
        writeln!(out)?;
    } else {
        show::bills(standings, out)?;
    }
    Ok(())
}

async fn requests(
    app: &App,
    period: Option<BillingPeriod>,
    customer: Option<&str>,
) -> anyhow::Result<Vec<BillRequest>> {
    let pointers = app.results.list(keys::billed_prefix()).await?;
    let mut requests: Vec<BillRequest> = (pointers.iter())
        .filter_map(|key| keys::customer_and_period(key))
        .filter(|(of, _)| customer.is_none_or(|customer| customer == *of))
        .filter(|(_, of)| period.is_none_or(|period| period == *of))
        .map(|(customer, billing_period)| BillRequest {
            customer: customer.to_owned(),
            billing_period,
        })
        .collect();
    requests.sort();
    Ok(requests)
}

/// The bills of a results bucket, with what was issued of each.
pub async fn standings(
    app: &App,
    period: Option<BillingPeriod>,
    customer: Option<&str>,
) -> anyhow::Result<Vec<Standing>> {
    of(app, requests(app, period, customer).await?).await
}

/// These bills, with what was issued of each.
pub(crate) async fn of(
    app: &App,
    requests: impl IntoIterator<Item = BillRequest>,
) -> anyhow::Result<Vec<Standing>> {
    let mut standings = Vec::new();
    for BillRequest { customer, billing_period } in requests {
        let bill = current(&customer, billing_period, app).await?;
        let issued = bill_customer::issued_to(&customer, billing_period, app).await?;
        let open = bill_customer::not_issued(&bill, &issued, app).await?;
        standings.push(Standing::new(&bill, &issued, &open));
    }
    Ok(standings)
}

/// The bill that readers see.
pub(crate) async fn current(
    customer: &str,
    period: BillingPeriod,
    app: &App,
) -> Result<Bill, Failure> {
    let pointer: BillPointer = app.need(&keys::billed(customer, period)).await?;
    app.need(&keys::bill(customer, period, &pointer.bill_id, "bill.json")).await
}
