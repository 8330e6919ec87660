//! The requests and messages of a run grow with the work, and not with the number of workers.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use cur::{AccountId, BillingPeriod};
use generator::{Generation, Layout, Options, Sink};
use pipeline::{BillRequest, Compression, Message, Notice, Step, keys};
use queue::{MemoryQueue, Queue, SendError};
use runs::{App, Failure};
use storage::{MemoryStore, Store};
use testkit::{CountingStore, Delivery, Line, PAYER, Requests, SlowStore, contracts_of};
use tokio::task::JoinSet;

use crate::small::{CONTRACTS, lines};

/// So many workers that several find at the same moment that a step is complete.
const WORKERS: usize = 50;

/// About the time that S3 takes.
const A_REQUEST: Duration = Duration::from_millis(20);

/// The largest number of retries. Nothing is wrong in these runs, so more retries would be a mistake in the
/// code.
const RETRIES_MAX: usize = 100;

struct Report {
    bucket: MemoryStore,
    /// The delivery's own manifest and the manifest of the period's latest delivery.
    manifest_keys: Vec<String>,
    /// The objects that are in the results bucket before a run.
    config: Vec<(&'static str, String)>,
}

/// The objects in the order in which they were written.
#[derive(Default)]
struct Written(Vec<(String, Vec<u8>)>);

impl Sink for Written {
    fn create(&mut self, key: &str) -> io::Result<Box<dyn Write + '_>> {
        self.0.push((key.to_owned(), Vec::new()));
        Ok(Box::new(&mut self.0.last_mut().unwrap().1))
    }
}

/// A report with commitments, and with usage in every hour of the month.
fn generated(accounts: u32, customers: usize, files: u32, lines: u64) -> Report {
    let options = Options {
        generation: Generation::Legacy,
        payer: PAYER.parse().unwrap(),
        accounts,
        lines,
        // With an even seed, the contracts may name an account that does not share. An odd seed avoids
        // this.
        seed: 7,
        period: BillingPeriod::new(2026, 10).unwrap(),
        files,
        layout: Layout::CreateNew,
        is_final: false,
        revision: 0,
    };
    let mut written = Written::default();
    let summary = generator::generate(&options, &mut written).unwrap();
    let bucket = MemoryStore::default();
    for (key, bytes) in written.0 {
        bucket.put(&key, bytes);
    }
    let with_lines = summary.unblended_cost_by_account.into_keys();
    let with_lines: Vec<AccountId> = with_lines.filter(|id| id.as_str() != PAYER).collect();
    let contracts = contracts_of(&generator::contracts(&options), customers, &with_lines);
    let rates = generator::savings_plan_rates(&options);
    Report {
        bucket,
        manifest_keys: summary.manifest_keys,
        config: vec![(keys::CONTRACTS, contracts), (keys::SAVINGS_PLAN_RATES, rates)],
    }
}

/// The small report with one more line of each account in each file. Few days are allocated, so most
/// requests are for accounts and customers.
fn plain(accounts: u64, customers: usize, files: usize) -> Report {
    let ids: Vec<String> = (0..accounts).map(|n| (200_000_000_000 + n).to_string()).collect();
    let mut all = lines();
    for _ in 0..files {
        all.extend(ids.iter().map(|id| Line::usage(id, "1.25")));
    }
    let delivery = Delivery::new(cur::Generation::Legacy, "20261103T120125Z", &all);
    let delivery = delivery.in_files(&all, files);
    let bucket = MemoryStore::default();
    delivery.put(&bucket);
    let ids: Vec<AccountId> = ids.iter().map(|id| id.parse().unwrap()).collect();
    Report {
        bucket,
        manifest_keys: delivery.manifest_keys(),
        config: vec![(keys::CONTRACTS, contracts_of(CONTRACTS, customers, &ids))],
    }
}

/// A deployment with one queue for all steps.
struct Deployment {
    reports: MemoryStore,
    results: MemoryStore,
    counting: CountingStore,
    a_request: Option<Duration>,
    queue: CountingQueue,
    happened: Mutex<Happened>,
}

#[derive(Default)]
struct Happened {
    handled: BTreeMap<(Step, String), u64>,
    /// How often a unit was handled before it had a receipt.
    worked: BTreeMap<(Step, String), u64>,
    /// The reasons why messages came back.
    retried: Vec<String>,
}

/// All clones share the queue and the counts.
#[derive(Clone, Default)]
struct CountingQueue {
    inner: MemoryQueue,
    sent: Arc<AtomicUsize>,
    done: Arc<AtomicUsize>,
}

#[async_trait]
impl Queue for CountingQueue {
    async fn send(&self, messages: &[Message]) -> Result<(), SendError> {
        self.sent.fetch_add(messages.len(), Ordering::SeqCst);
        self.inner.send(messages).await
    }

    /// Bills are not counted: the test is about the units of runs.
    async fn wake(&self, bills: &[BillRequest]) -> Result<(), SendError> {
        self.inner.wake(bills).await
    }
}

impl CountingQueue {
    /// A message is counted as done only after the messages that follow from it were sent. So if both
    /// counts are equal, nothing follows.
    fn is_drained(&self) -> bool {
        self.done.load(Ordering::SeqCst) == self.sent.load(Ordering::SeqCst)
    }
}

impl Deployment {
    fn new(report: &Report, a_request: Option<Duration>) -> Arc<Self> {
        let results = MemoryStore::default();
        for (key, text) in &report.config {
            results.put(key, text.clone());
        }
        Arc::new(Self {
            reports: report.bucket.clone(),
            counting: CountingStore::new(Arc::new(results.clone())),
            results,
            a_request,
            queue: CountingQueue::default(),
            happened: Mutex::default(),
        })
    }

    /// The resources of one worker. Workers share only the buckets and the queue.
    fn app(&self) -> App {
        let slow = |store: CountingStore| -> Arc<dyn Store> {
            match self.a_request {
                Some(a_request) => Arc::new(SlowStore::new(Arc::new(store), a_request)),
                None => Arc::new(store),
            }
        };
        let reports = slow(self.counting.around(Arc::new(self.reports.clone())));
        let results = slow(self.counting.clone());
        let world = sluice::World::new(reports, results, Compression::Zstd);
        App { queue: Arc::new(self.queue.clone()), ..world.app }
    }

    /// Announces manifests whose events arrive at the same moment.
    async fn announce(&self, manifest_keys: &[String]) {
        let mut receiving = JoinSet::new();
        for key in manifest_keys {
            let (app, key) = (self.app(), key.clone());
            let notice = Notice::ObjectCreated { bucket: String::new(), key };
            receiving.spawn(async move { receive_report::handle(&notice, &app).await });
        }
        for outcome in receiving.join_all().await {
            outcome.unwrap();
        }
    }

    /// This number of workers take messages until no message is left and no worker is busy.
    async fn drain(self: &Arc<Self>, workers: usize) {
        let mut working = JoinSet::new();
        for _ in 0..workers {
            working.spawn(Arc::clone(self).work());
        }
        working.join_all().await;
        let is_sealed =
            self.results.contents().keys().any(|key| key.starts_with(keys::current_prefix()));
        assert!(is_sealed, "the run is sealed");
    }

    async fn work(self: Arc<Self>) {
        let app = self.app();
        while !self.queue.is_drained() {
            match self.queue.inner.receive() {
                Some(message) => self.handle(&message, &app).await,
                None => tokio::time::sleep(Duration::from_millis(1)).await,
            }
        }
    }

    async fn handle(&self, message: &Message, app: &App) {
        let unit = (message.step(), message.unit.name());
        let is_done = self.results.head(&keys::receipt(message)).await.unwrap().is_some();
        {
            let mut happened = self.happened.lock().unwrap();
            *happened.handled.entry(unit.clone()).or_default() += 1;
            *happened.worked.entry(unit).or_default() += u64::from(!is_done);
        }
        match sluice::dispatch(message, app).await {
            Ok(_) => {}
            Err(Failure::Reject(reason)) => panic!("{message:?}: {reason}"),
            Err(Failure::Retry(reason)) => {
                self.note_retry(reason);
                self.queue.send(std::slice::from_ref(message)).await.unwrap();
            }
        }
        self.queue.done.fetch_add(1, Ordering::SeqCst);
    }

    fn note_retry(&self, reason: String) {
        let retried = &mut self.happened.lock().unwrap().retried;
        retried.push(reason);
        assert!(retried.len() < RETRIES_MAX, "{retried:?}");
    }

    fn counts(&self) -> Counts {
        let happened = self.happened.lock().unwrap();
        let creates = self.counting.creates();
        let writes_of = |part: &str| {
            creates.iter().filter(|(key, _)| key.contains(part)).map(|(_, times)| times).sum()
        };
        let splits = happened.worked.iter().filter(|((step, _), _)| *step == Step::SplitReport);
        Counts {
            units: happened.handled.len() as u64,
            sent: self.queue.sent.load(Ordering::SeqCst),
            handled: happened.handled.values().sum(),
            worked: happened.worked.values().sum(),
            splits_worked: splits.map(|(_, times)| times).sum(),
            retried: happened.retried.len(),
            proofs_written: writes_of("/reconciliation.json"),
            units_written: writes_of("/units/"),
            requests: self.counting.requests(),
        }
    }
}

/// All counts are shown if one of them is too large.
#[derive(Debug)]
#[expect(dead_code, reason = "some are only shown")]
struct Counts {
    units: u64,
    sent: usize,
    handled: u64,
    worked: u64,
    splits_worked: u64,
    retried: usize,
    proofs_written: u64,
    units_written: u64,
    requests: Requests,
}

/// One unit in ten may be done again, because a queue cannot promise to deliver a message only once.
fn is_about_once(times: u64, there_are: u64) -> bool {
    10 * times <= 11 * there_are
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_workers_do_each_unit_once() {
    let report = generated(60, 20, 4, 2_000);
    let deployment = Deployment::new(&report, Some(A_REQUEST));
    deployment.announce(&report.manifest_keys[..1]).await;
    deployment.drain(WORKERS).await;
    let counts = deployment.counts();
    let mut too_much = Vec::new();
    for (what, is_right) in [
        ("messages are handled again", is_about_once(counts.handled, counts.units)),
        ("units are worked again", is_about_once(counts.worked, counts.units)),
        ("the proof is written again", counts.proofs_written <= 2),
    ] {
        if !is_right {
            too_much.push(what);
        }
    }
    // An account's objects of 4 files, its demand on 31 days, and a few objects for each unit.
    let there_are = 60 * (4 + 31) + 12 * counts.units;
    if counts.requests.get + counts.requests.read_range > there_are {
        too_much.push("objects are read");
    }
    assert_eq!(too_much, [""; 0], "{counts:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn both_manifests_at_once_split_each_file_once() {
    const DELIVERIES: u64 = 5;
    const FILES: usize = 4;
    let report = plain(1, 1, FILES);
    assert_eq!(report.manifest_keys.len(), 2);
    let mut splits = 0;
    for _ in 0..DELIVERIES {
        let deployment = Deployment::new(&report, Some(A_REQUEST));
        deployment.announce(&report.manifest_keys).await;
        deployment.drain(WORKERS).await;
        splits += deployment.counts().splits_worked;
    }
    let files = DELIVERIES * FILES as u64;
    assert!(is_about_once(splits, files), "{files} files are split {splits} times");
}

#[tokio::test]
async fn requests_grow_with_accounts_and_customers() {
    let mut requests = Vec::new();
    for times in [1, 4] {
        let report = plain(25 * times as u64, 7 * times, 4);
        let deployment = Deployment::new(&report, None);
        deployment.announce(&report.manifest_keys[..1]).await;
        deployment.drain(1).await;
        requests.push(deployment.counts().requests);
    }
    let [few, many] = requests[..] else { unreachable!() };
    let is_linear = 10 * many.total() <= 44 * few.total();
    assert!(is_linear, "{} and {}: {few:#?} {many:#?}", few.total(), many.total());
}
