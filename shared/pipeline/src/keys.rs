//! The key of every object in the results bucket.

use std::collections::BTreeMap;

use cur::{AccountId, BillingPeriod};

use crate::{BillId, Compression, Message, Plan, RunId, Step, Table};

pub const CONTRACTS: &str = "config/contracts.toml";
/// The prices that savings plans charge for usage that no line of a report shows. The file is optional.
pub const SAVINGS_PLAN_RATES: &str = "config/savings-plan-rates.csv";

/// The folder of one run's own objects: plan, receipts and reconciliation.
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

/// The rates as they were when the run was planned, if there were any.
pub fn pinned_rates(run: &RunId) -> String {
    format!("runs/{run}/savings-plan-rates.csv")
}

/// The folder of the receipts of one page of a step.
pub fn receipts_prefix(run: &RunId, step: Step, page: usize) -> String {
    format!("runs/{run}/{step}/{page:05}/")
}

/// The receipt of a unit, which is the unit's last write.
pub fn receipt(message: &Message) -> String {
    let Message { run, unit, page } = message;
    format!("{}{}.json", receipts_prefix(run, unit.step(), page.number), unit.name())
}

/// All receipts of a complete page in one list. If this object exists, the page is complete.
pub fn page(run: &RunId, step: Step, page: usize) -> String {
    format!("{}{page:05}.json", pages_prefix(run, step))
}

pub fn pages_prefix(run: &RunId, step: Step) -> String {
    format!("runs/{run}/pages/{step}/")
}

/// The book of a step, with what later steps need of all receipts together.
pub fn book(run: &RunId, step: Step) -> String {
    format!("runs/{run}/books/{step}.json")
}

/// The book of a customer, with what is known about the customer's accounts before charges are priced.
pub fn customer_book(run: &RunId, customer: &str) -> String {
    format!("runs/{run}/books/customers/{customer}.json")
}

/// The messages of a step, written before they are sent. No other object says which units a step has.
pub fn units(run: &RunId, step: Step) -> String {
    format!("runs/{run}/units/{step}.json")
}

/// Written after all messages of a step have been sent.
pub fn sent(run: &RunId, step: Step) -> String {
    format!("runs/{run}/sent/{step}.json")
}

/// The reason why a unit of work can never succeed.
pub fn failure(message: &Message) -> String {
    let Message { run, unit, .. } = message;
    format!("runs/{run}/failures/{}/{}.json", unit.step(), unit.name())
}

/// Says that AWS replaced a report file while the run was under way.
pub fn superseded(run: &RunId) -> String {
    format!("runs/{run}/superseded.json")
}

pub fn reconciliation(run: &RunId) -> String {
    format!("runs/{run}/reconciliation.json")
}

/// Says why a person must accept the run first, and which run it would replace.
pub fn held(run: &RunId) -> String {
    format!("runs/{run}/held.json")
}

/// Says that a person has accepted the run, whatever it would be held for.
pub fn accepted(run: &RunId) -> String {
    format!("runs/{run}/accepted.json")
}

pub fn current_prefix() -> &'static str {
    "current/"
}

pub fn current(payer: AccountId, period: BillingPeriod) -> String {
    format!("current/{payer}/{period}.json")
}

/// The number of wakings is the number of times that the pointer has moved. Written after all bills that
/// rest on the run were woken.
pub fn woken(run: &RunId, moves: u64) -> String {
    format!("runs/{run}/woken/{moves}.json")
}

/// The pointers to the runs that readers see, of all payers and periods.
pub fn payers_of(currents: &[String], period: BillingPeriod) -> Vec<AccountId> {
    let ending = format!("/{period}.json");
    let payer = |key: &String| {
        key.strip_prefix(current_prefix())?.strip_suffix(&ending)?.parse::<AccountId>().ok()
    };
    currents.iter().filter_map(payer).collect()
}

/// A file of a bill that only the reseller may see: it has AWS's cost and the margin.
pub fn bill(customer: &str, period: BillingPeriod, bill: &BillId, file: &str) -> String {
    format!("bills/customer={customer}/period={period}/bill={bill}/{file}")
}

/// A file of a bill that the customer may see.
pub fn invoice(customer: &str, period: BillingPeriod, bill: &BillId, file: &str) -> String {
    format!("invoices/customer={customer}/period={period}/bill={bill}/{file}")
}

/// The rows of a bill in the table `invoice_lines`.
pub fn invoice_lines(customer: &str, period: BillingPeriod, bill: &BillId) -> String {
    format!("{INVOICE_LINES}period={period}/{customer}.{bill}.parquet")
}

/// The folder of the table `invoice_lines`.
pub const INVOICE_LINES: &str = "reports/invoice_lines/";

/// The `bill.json` of the bill whose rows stand in an object of `invoice_lines`.
pub fn bill_of_lines(key: &str) -> Option<String> {
    let (period, name) =
        key.strip_prefix(INVOICE_LINES)?.strip_prefix("period=")?.split_once('/')?;
    let (customer, id) = name.strip_suffix(".parquet")?.rsplit_once('.')?;
    let id: BillId = id.parse().ok()?;
    Some(bill(customer, period.parse().ok()?, &id, "bill.json"))
}

pub fn billed_prefix() -> &'static str {
    "billed/"
}

pub fn billed(customer: &str, period: BillingPeriod) -> String {
    format!("billed/{customer}/{period}.json")
}

/// The customer and the period of a pointer to a bill.
pub fn customer_and_period(key: &str) -> Option<(&str, BillingPeriod)> {
    let (customer, period) = key.strip_prefix(billed_prefix())?.rsplit_once('/')?;
    Some((customer, period.strip_suffix(".json")?.parse().ok()?))
}

/// The folder of everything that was issued to anybody, without the numbers.
pub fn all_issues_prefix() -> &'static str {
    "issues/"
}

/// The folder of everything that was issued to a customer.
pub fn issues_prefix(customer: &str) -> String {
    format!("issues/{customer}/")
}

pub fn issue(customer: &str, period: BillingPeriod, sequence: u32) -> String {
    format!("issues/{customer}/{period}/{sequence:05}.json")
}

/// The period and the sequence of an issue of this customer. `None` for the object with its numbers.
pub fn period_and_sequence(customer: &str, key: &str) -> Option<(BillingPeriod, u32)> {
    let (period, file) = key.strip_prefix(&issues_prefix(customer))?.split_once('/')?;
    Some((period.parse().ok()?, file.strip_suffix(".json")?.parse().ok()?))
}

/// The customer, the period and the sequence of an issue.
pub fn issue_of(key: &str) -> Option<(&str, BillingPeriod, u32)> {
    let customer = key.strip_prefix("issues/")?.split('/').next()?;
    let (period, sequence) = period_and_sequence(customer, key)?;
    Some((customer, period, sequence))
}

/// The numbers of an issue's documents, written when all of them have one.
pub fn numbers(customer: &str, period: BillingPeriod, sequence: u32) -> String {
    format!("issues/{customer}/{period}/{sequence:05}.numbers.json")
}

/// Whether an object is about what was issued.
pub fn is_issue(key: &str) -> bool {
    key.starts_with("issues/") || key.starts_with("issued/")
}

/// The folder of all documents with their numbers.
pub fn issued_prefix() -> &'static str {
    "issued/"
}

/// A document with its number.
pub fn issued(number: &str) -> String {
    format!("issued/{number}.json")
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

/// An account's own lines of one report file. If the lines do not fit into memory, they have several parts.
pub fn line_items(plan: &Plan, account: AccountId, file_stem: &str, part: u32) -> String {
    let folder = partition(plan, Table::LineItems, Some(account));
    let extension = plan.compression.extension();
    format!("{folder}/{}.csv.{extension}", part_name(file_stem, part))
}

/// An account's own lines of one report file in Parquet. They are in a table of their own, because the
/// table of CSV text cannot read them.
pub fn line_item_rows(plan: &Plan, account: AccountId, file_stem: &str, part: u32) -> String {
    let folder = partition(plan, Table::LineItemRows, Some(account));
    format!("{folder}/{}.parquet", part_name(file_stem, part))
}

/// Where an object of an account's own lines comes from: the file of the plan, and the part of the
/// account's lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The index of the file in the plan.
    pub file: usize,
    pub part: u32,
}

/// The files of a plan, found by their names.
pub struct Origins<'a>(BTreeMap<&'a str, usize>);

impl<'a> Origins<'a> {
    pub fn new(plan: &'a Plan) -> Self {
        let files = plan.files.iter().enumerate();
        Self(files.filter_map(|(index, file)| Some((file.stem()?, index))).collect())
    }

    /// Reads a name that [`line_items`] or [`line_item_rows`] made. `None` for any other name.
    pub fn of(&self, key: &str) -> Option<Origin> {
        const ENDINGS: [&str; 3] = [".csv.zst", ".csv.gz", ".parquet"];
        let name = key.rsplit('/').next()?;
        let name = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending))?;
        if let Some(file) = self.0.get(name) {
            return Some(Origin { file: *file, part: 0 });
        }
        let (stem, part) = name.rsplit_once(".part")?;
        let part = part.parse().ok().filter(|part| part_name(stem, *part) == name)?;
        Some(Origin { file: *self.0.get(stem)?, part })
    }
}

fn part_name(file_stem: &str, part: u32) -> String {
    match part {
        0 => file_stem.to_owned(),
        _ => format!("{file_stem}.part{part}"),
    }
}

/// Returns whether an object of an account's own lines is in Parquet.
pub fn has_rows(key: &str) -> bool {
    key.ends_with(".parquet")
}

/// The compression of an account's lines, which the name of the object says.
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

/// The usage of an account in each hour that commitments cover or could cover. A row group has whole days.
pub fn demand(plan: &Plan, account: AccountId) -> String {
    format!("{}/account={account}/demand.parquet", of_run(plan, "demand"))
}

/// The texts that the rows of an account's demand refer to.
pub fn skus(plan: &Plan, account: AccountId) -> String {
    format!("{}/account={account}/skus.parquet", of_run(plan, "demand"))
}

/// One day of a table that the allocation writes.
pub fn day(plan: &Plan, table: Table, day: chrono::NaiveDate) -> String {
    format!("{}/{day}.parquet", partition(plan, table, None))
}

/// The texts of the demand of all accounts in one table, in the order of the accounts.
pub fn all_skus(plan: &Plan) -> String {
    format!("{}/skus.parquet", of_run(plan, "demand"))
}

/// The benefits of one day's allocation, added up for each charge.
pub fn benefits(plan: &Plan, day: chrono::NaiveDate) -> String {
    format!("{}/{day}.parquet", of_run(plan, "benefits"))
}

/// The benefits of all days for the accounts of one customer.
pub fn customer_benefits(plan: &Plan, customer: &str) -> String {
    format!("{}/customer={customer}/benefits.parquet", of_run(plan, "benefits"))
}

/// A customer's rows of a table that analysts query. Athena skips objects whose names begin with `_`, so
/// leading underscores are removed.
pub fn report(plan: &Plan, table: Table, customer: &str) -> String {
    format!("{}/{}.parquet", partition(plan, table, None), customer.trim_start_matches('_'))
}

/// A file for people about what a customer is billed: the charges or the invoice.
pub fn billing(plan: &Plan, customer: &str, file: &str) -> String {
    format!("{}/customer={customer}/{file}", of_run(plan, "billing"))
}

/// The charges of a customer in a run, for the customer's bill.
pub fn charges(payer: AccountId, period: BillingPeriod, run: &RunId, customer: &str) -> String {
    format!("{}/customer={customer}/charges.parquet", billing_folder(payer, period, run))
}

/// The folder of all billing files of a run's customers.
pub fn billing_folder(payer: AccountId, period: BillingPeriod, run: &RunId) -> String {
    run_folder("billing", payer, period, run)
}

/// The folders that hold objects of this run only. Each ends with a slash.
pub fn folders_of_run(plan: &Plan) -> Vec<String> {
    let mut folders: Vec<String> =
        Table::ALL.iter().map(|table| partition(plan, *table, None)).collect();
    folders.extend(["demand", "benefits", "billing"].map(|folder| of_run(plan, folder)));
    let mut folders: Vec<String> = folders.into_iter().map(|folder| folder + "/").collect();
    folders.push(run_prefix(&plan.run_id));
    folders
}

/// Returns whether an object belongs to this run.
pub fn is_of_run(run: &RunId, key: &str) -> bool {
    key.starts_with(&run_prefix(run)) || key.contains(&format!("/run={run}/"))
}

/// Returns whether the object is an input of the run: an object that the run begins with, or an account's
/// own lines, which can only be made from a report.
pub fn is_input(run: &RunId, key: &str) -> bool {
    let of_plan = [plan(run), pinned_contracts(run), pinned_rates(run), accepted(run)];
    of_plan.iter().any(|input| input == key) || is_of_lines(key)
}

/// Whether an object lies where the accounts' own lines are.
pub fn is_of_lines(key: &str) -> bool {
    [Table::LineItems, Table::LineItemRows]
        .iter()
        .any(|table| key.starts_with(&format!("{table}/")))
}

/// Returns whether the object only notes what happened to the run. No other object depends on such a note.
pub fn is_note(run: &RunId, key: &str) -> bool {
    let notes = [superseded(run), held(run), accepted(run)];
    let folders = ["failures", "woken"].map(|folder| format!("runs/{run}/{folder}/"));
    folders.iter().any(|folder| key.starts_with(folder)) || notes.iter().any(|note| note == key)
}

/// The account that the object's folder is named after, if there is one.
pub fn account_of(key: &str) -> Option<AccountId> {
    let part = key.split('/').find_map(|part| part.strip_prefix("account="))?;
    part.parse().ok()
}

fn of_run(plan: &Plan, folder: &str) -> String {
    run_folder(folder, plan.payer_account_id, plan.billing_period, &plan.run_id)
}

fn run_folder(folder: &str, payer: AccountId, period: BillingPeriod, run: &RunId) -> String {
    format!("{folder}/payer={payer}/period={period}/run={run}")
}
