//! Where every object lives in the results bucket.

use cur::{AccountId, BillingPeriod};

use crate::{Compression, Plan, RunId, Step, Table};

pub const CONTRACTS: &str = "config/contracts.toml";
/// What savings plans charge for usage that no line of a report shows. May be left out.
pub const SAVINGS_PLAN_RATES: &str = "config/savings-plan-rates.csv";

/// Everything of one run: plan, receipts, reconciliation.
pub fn run_prefix(run: &RunId) -> String {
    format!("runs/{run}/")
}

pub fn plan(run: &RunId) -> String {
    format!("runs/{run}/plan.json")
}

/// The contracts as they were when the run was planned.
pub fn pinned_contracts(run: &RunId) -> String {
    format!("runs/{run}/contracts.toml")
}

/// The rates as they were, if there were any.
pub fn pinned_rates(run: &RunId) -> String {
    format!("runs/{run}/savings-plan-rates.csv")
}

pub fn receipts_prefix(run: &RunId, step: Step) -> String {
    format!("runs/{run}/{step}/")
}

pub fn receipt(run: &RunId, step: Step, unit: &str) -> String {
    format!("runs/{run}/{step}/{unit}.json")
}

/// The messages of a step, written before they are sent: its receipts are counted against it.
pub fn units(run: &RunId, step: Step) -> String {
    format!("runs/{run}/units/{step}.json")
}

/// Written once a step's messages have been sent.
pub fn sent(run: &RunId, step: Step) -> String {
    format!("runs/{run}/sent/{step}.json")
}

/// Why a unit of work can never succeed.
pub fn failure(run: &RunId, step: Step, unit: &str) -> String {
    format!("runs/{run}/failures/{step}/{unit}.json")
}

/// AWS replaced a report file while the run was under way.
pub fn superseded(run: &RunId) -> String {
    format!("runs/{run}/superseded.json")
}

pub fn reconciliation(run: &RunId) -> String {
    format!("runs/{run}/reconciliation.json")
}

/// Why the run waits for someone to accept it, and what it would take the place of.
pub fn held(run: &RunId) -> String {
    format!("runs/{run}/held.json")
}

/// Someone has said that the run is right, whatever it would be held for.
pub fn accepted(run: &RunId) -> String {
    format!("runs/{run}/accepted.json")
}

pub fn current_prefix() -> &'static str {
    "current/"
}

pub fn current(payer: AccountId, period: BillingPeriod) -> String {
    format!("current/{payer}/{period}.json")
}

/// The folder of one Athena partition, without a trailing slash.
pub fn partition(plan: &Plan, table: Table, account: Option<AccountId>) -> String {
    let folder = match table {
        Table::LineItems
        | Table::LineItemRows
        | Table::Rated
        | Table::Allocations
        | Table::Commitments => table.name().to_owned(),
        Table::Coverage | Table::Charges | Table::DailyCosts => format!("reports/{table}"),
    };
    let run = of_run(plan, &folder);
    match account {
        Some(account) => format!("{run}/account={account}"),
        None => run,
    }
}

/// An account's own lines of one report file. A file whose account outgrows memory has several parts.
pub fn line_items(plan: &Plan, account: AccountId, file_stem: &str, part: u32) -> String {
    let folder = partition(plan, Table::LineItems, Some(account));
    let extension = plan.compression.extension();
    format!("{folder}/{}.csv.{extension}", part_name(file_stem, part))
}

/// The same of a report file in Parquet. A table of text must not meet them.
pub fn line_item_rows(plan: &Plan, account: AccountId, file_stem: &str, part: u32) -> String {
    let folder = partition(plan, Table::LineItemRows, Some(account));
    format!("{folder}/{}.parquet", part_name(file_stem, part))
}

fn part_name(file_stem: &str, part: u32) -> String {
    match part {
        0 => file_stem.to_owned(),
        _ => format!("{file_stem}.part{part}"),
    }
}

/// Whether an object of an account's own lines has rows.
pub fn has_rows(key: &str) -> bool {
    key.ends_with(".parquet")
}

/// How the account's lines of one object are compressed, from its name.
pub fn compression_of(key: &str) -> Option<Compression> {
    match key.rsplit_once('.')?.1 {
        "zst" => Some(Compression::Zstd),
        "gz" => Some(Compression::Gzip),
        _ => None,
    }
}

pub fn rated(plan: &Plan, account: AccountId) -> String {
    format!("{}/rated.parquet", partition(plan, Table::Rated, Some(account)))
}

/// What commitments covered in each hour of an account, one row group a day.
pub fn demand(plan: &Plan, account: AccountId) -> String {
    format!("{}/account={account}/demand.parquet", of_run(plan, "demand"))
}

/// What the rows of an account's demand are about.
pub fn skus(plan: &Plan, account: AccountId) -> String {
    format!("{}/account={account}/skus.parquet", of_run(plan, "demand"))
}

/// A day of a table that the allocation writes.
pub fn day(plan: &Plan, table: Table, day: chrono::NaiveDate) -> String {
    format!("{}/{day}.parquet", partition(plan, table, None))
}

/// What a day's allocation comes to by charge.
pub fn benefits(plan: &Plan, day: chrono::NaiveDate) -> String {
    format!("{}/{day}.parquet", of_run(plan, "benefits"))
}

/// A customer's rows of a table that analysts query. Athena skips names that start with `_`.
pub fn report(plan: &Plan, table: Table, customer: &str) -> String {
    format!("{}/{}.parquet", partition(plan, table, None), customer.trim_start_matches('_'))
}

/// What a customer is billed, for people: charges and the invoice.
pub fn billing(plan: &Plan, customer: &str, file: &str) -> String {
    format!("{}/customer={customer}/{file}", of_run(plan, "billing"))
}

/// The folder of everything that a run's customers are billed.
pub fn billing_folder(payer: AccountId, period: BillingPeriod, run: &RunId) -> String {
    run_folder("billing", payer, period, run)
}

fn of_run(plan: &Plan, folder: &str) -> String {
    run_folder(folder, plan.payer_account_id, plan.billing_period, &plan.run_id)
}

fn run_folder(folder: &str, payer: AccountId, period: BillingPeriod, run: &RunId) -> String {
    format!("{folder}/payer={payer}/period={period}/run={run}")
}
