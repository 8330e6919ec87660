//! Counts the cost of a run, step by step: requests to the buckets, processor time and memory.
//!
//! `cargo run --release -p tests --example requests -- --accounts 200 --files 8 --customers 50` generates a
//! report, bills it as `sluice run` does, proves the run as `sluice verify` does, and prints a table.
//! Requests to both buckets are counted. Peak memory includes memory that the allocator keeps from earlier
//! steps.
#![expect(clippy::print_stdout, reason = "a program for a terminal")]

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow, bail, ensure};
use clap::Parser;
use cur::{AccountId, BillingPeriod};
use generator::{Generation, Layout, Options, Sink};
use pipeline::{Compression, Message, Notice, keys};
use queue::MemoryQueue;
use runs::{App, Failure};
use storage::{FolderStore, Store};
use testkit::{CountingStore, PAYER, Requests, contracts_of};
use tokio::task::JoinSet;

/// How often a message is tried. A queue in AWS tries as often.
const ATTEMPTS_MAX: u32 = 5;

#[derive(Debug, Parser)]
struct Args {
    /// Usage accounts
    #[arg(long, default_value_t = 50)]
    accounts: u32,
    /// Report files
    #[arg(long, default_value_t = 8)]
    files: u32,
    /// Customers, to whom the accounts are dealt one by one
    #[arg(long, default_value_t = 12)]
    customers: usize,
    /// Line items, about
    #[arg(long, default_value_t = 1_000_000)]
    lines: u64,
    /// The same seed writes the same report. Even seeds may name an account in the contracts
    #[arg(long, default_value_t = 7)]
    seed: u64,
    #[arg(long, default_value = "2026-10")]
    period: BillingPeriod,
    /// Messages that are worked on at once; 0 is as many as there are processors
    #[arg(long, default_value_t = 0)]
    at_once: usize,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let folder = tempfile::tempdir()?;
    let report = generate(&args, folder.path())?;
    println!(
        "{} accounts, {} files, {} customers, {} lines",
        args.accounts, args.files, args.customers, report.lines
    );
    let mut run = Run::new(&args, folder.path())?;
    run.results.create(keys::CONTRACTS, report.contracts.into()).await?;
    run.results.create(keys::SAVINGS_PLAN_RATES, report.rates.into()).await?;

    let key = report.manifest;
    let notice = Notice::ObjectCreated { bucket: String::new(), key };
    let measuring = Measuring::begin();
    let (app, counting) = run.app();
    receive_report::handle(&notice, &app).await?;
    run.rows.push(measuring.row("receive-report", &counting, 1));
    run.drain().await?;
    ensure!(!run.results.list(keys::current_prefix()).await?.is_empty(), "nothing is sealed");

    let measuring = Measuring::begin();
    let counting = CountingStore::new(Arc::clone(&run.results));
    let proofs = sluice::verify_store(Arc::new(counting.clone()), None).await?;
    let verify = measuring.row("verify", &counting, proofs.len());
    ensure!(proofs.iter().all(sluice::Proof::holds), "the run is not proved");
    run.show(&verify);
    Ok(())
}

struct Report {
    lines: u64,
    manifest: String,
    contracts: String,
    rates: String,
}

fn generate(args: &Args, folder: &Path) -> anyhow::Result<Report> {
    let options = Options {
        generation: Generation::Legacy,
        payer: PAYER.parse()?,
        accounts: args.accounts,
        lines: args.lines,
        seed: args.seed,
        period: args.period,
        files: args.files,
        layout: Layout::CreateNew,
        is_final: false,
        revision: 0,
    };
    let summary = generator::generate(&options, &mut Folder(folder.join("reports")))?;
    let accounts = summary.unblended_cost_by_account.into_keys();
    let accounts: Vec<AccountId> = accounts.filter(|id| id.as_str() != PAYER).collect();
    Ok(Report {
        lines: summary.lines,
        manifest: summary.manifest_keys.into_iter().next_back().context("there is a manifest")?,
        contracts: contracts_of(&generator::contracts(&options), args.customers, &accounts),
        rates: generator::savings_plan_rates(&options),
    })
}

struct Folder(PathBuf);

impl Sink for Folder {
    fn create(&mut self, key: &str) -> io::Result<Box<dyn Write + '_>> {
        let path = self.0.join(key);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        Ok(Box::new(BufWriter::new(File::create(path)?)))
    }
}

struct Run {
    reports: Arc<dyn Store>,
    results: Arc<dyn Store>,
    queue: MemoryQueue,
    at_once: usize,
    rows: Vec<Row>,
}

impl Run {
    fn new(args: &Args, folder: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            reports: Arc::new(FolderStore::new(folder.join("reports"))),
            results: Arc::new(FolderStore::new(folder.join("results"))),
            queue: MemoryQueue::default(),
            at_once: match args.at_once {
                0 => std::thread::available_parallelism()?.get(),
                count => count,
            },
            rows: Vec::new(),
        })
    }

    /// The resources for the handlers of one step, and the store that counts their requests.
    fn app(&self) -> (App, CountingStore) {
        let results = CountingStore::new(Arc::clone(&self.results));
        let reports = results.around(Arc::clone(&self.reports));
        let world = sluice::World::new(
            Arc::new(reports),
            Arc::new(results.clone()),
            Compression::default(),
        );
        (App { queue: Arc::new(self.queue.clone()), ..world.app }, results)
    }

    /// Handles the messages step by step. The first message of the next step waits until no worker is busy
    /// with the current step, so that processor time and memory are measured for one step only.
    async fn drain(&mut self) -> anyhow::Result<()> {
        let mut next = self.queue.receive();
        while let Some(first) = next.take() {
            let step = first.step();
            let measuring = Measuring::begin();
            let (app, counting) = self.app();
            let mut units = BTreeSet::new();
            let mut messages = 0;
            let mut waiting = Some(first);
            let mut workers = JoinSet::new();
            loop {
                while workers.len() < self.at_once
                    && let Some(message) = waiting.take().or_else(|| self.queue.receive())
                {
                    if message.step() != step {
                        waiting = Some(message);
                        break;
                    }
                    units.insert(message.unit.name());
                    messages += 1;
                    workers.spawn(work(message, app.clone()));
                }
                let Some(done) = workers.join_next().await else { break };
                done??;
            }
            next = waiting.or_else(|| self.queue.receive());
            let row = measuring.row(step.name(), &counting, units.len());
            self.rows.push(Row { messages, ..row });
        }
        self.bills().await
    }

    /// Makes the bills that the sealed run has woken.
    async fn bills(&mut self) -> anyhow::Result<()> {
        let measuring = Measuring::begin();
        let (app, counting) = self.app();
        let mut messages = 0;
        let mut workers = JoinSet::new();
        loop {
            while workers.len() < self.at_once
                && let Some(bill) = self.queue.receive_bill()
            {
                messages += 1;
                let app = app.clone();
                workers.spawn(async move { bill_customer::bill(&bill, &app).await });
            }
            let Some(done) = workers.join_next().await else { break };
            done?.map_err(|failure| anyhow!("bill-customer: {failure}"))?;
        }
        let row = measuring.row("bill-customer", &counting, messages);
        self.rows.push(Row { messages, ..row });
        Ok(())
    }

    fn show(&self, verify: &Row) {
        println!("{HEADING}");
        for row in &self.rows {
            println!("{}", row.line());
        }
        let mut run = Row { step: "run".to_owned(), ..Row::default() };
        for row in &self.rows {
            run.units += row.units;
            run.messages += row.messages;
            run.requests += row.requests;
            run.cpu_ticks += row.cpu_ticks;
            run.peak_kib = run.peak_kib.max(row.peak_kib);
        }
        println!("{}", run.line());
        println!("{}", verify.line());
    }
}

async fn work(message: Message, app: App) -> anyhow::Result<()> {
    for _ in 0..ATTEMPTS_MAX {
        match sluice::dispatch(&message, &app).await {
            Ok(_) => return Ok(()),
            Err(Failure::Retry(_)) => {}
            Err(Failure::Reject(reason)) => {
                bail!("{} {}: {reason}", message.step(), message.unit.name())
            }
        }
    }
    bail!("{} {} never comes to its end", message.step(), message.unit.name())
}

const HEADING: &str = "\
| step | units | messages | GET | GET range | HEAD | LIST | PUT new | PUT replace | upload | requests \
| MB read | MB written | CPU s | peak MB |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|";

#[derive(Debug, Default)]
struct Row {
    step: String,
    units: usize,
    messages: usize,
    requests: Requests,
    cpu_ticks: u64,
    peak_kib: u64,
}

impl Row {
    fn line(&self) -> String {
        let Self { step, units, messages, requests, cpu_ticks, peak_kib } = self;
        let Requests { get, read_range, head, list, create, replace, upload, .. } = requests;
        let total = requests.total();
        let mb = |bytes: u64| {
            let tenths = bytes / 100_000;
            format!("{}.{}", tenths / 10, tenths % 10)
        };
        let (read, written) = (mb(requests.bytes_read), mb(requests.bytes_written));
        let cpu = format!("{}.{:02}", cpu_ticks / TICKS_A_SECOND, cpu_ticks % TICKS_A_SECOND);
        let peak = peak_kib * 1_024 / 1_000_000;
        format!(
            "| {step} | {units} | {messages} | {get} | {read_range} | {head} | {list} | {create} | {replace} \
             | {upload} | {total} | {read} | {written} | {cpu} | {peak} |"
        )
    }
}

/// Measures the cost of a step, from `begin` to `row`. If the system does not tell processor time and
/// memory, they are 0.
struct Measuring {
    cpu_ticks: u64,
}

impl Measuring {
    fn begin() -> Self {
        // If the system cannot reset the peak, the peak of all steps so far is shown.
        drop(fs::write("/proc/self/clear_refs", "5"));
        Self { cpu_ticks: cpu_ticks().unwrap_or_default() }
    }

    fn row(self, step: &str, counting: &CountingStore, units: usize) -> Row {
        Row {
            step: step.to_owned(),
            units,
            messages: units,
            requests: counting.requests(),
            cpu_ticks: cpu_ticks().unwrap_or_default() - self.cpu_ticks,
            peak_kib: peak_kib().unwrap_or_default(),
        }
    }
}

/// Linux counts processor time in hundredths of a second.
const TICKS_A_SECOND: u64 = 100;

/// The processor time of this process, including the system's time for it.
fn cpu_ticks() -> Option<u64> {
    let text = fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the name of the program in brackets, and the name may have spaces.
    let mut fields = text.rsplit_once(") ")?.1.split(' ').skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

fn peak_kib() -> Option<u64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}
