//! The pipeline in one process: two buckets, a queue, and the seven handlers.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread;

use catalog::NoCatalog;
use pipeline::{BillRequest, Compression, Message, Notice, ResumeRequest, RunId, Unit};
use queue::MemoryQueue;
use runs::{App, Failure, Outcome, Parsed, Settings};
use storage::Store;
use tokio::task::JoinSet;

use crate::progress::Progress;

/// How often a message is tried if it may succeed later. A queue in AWS tries as often.
const ATTEMPTS_MAX: u32 = 5;

pub struct World {
    pub app: App,
    queue: MemoryQueue,
}

/// Work that was given up.
#[derive(Debug, Clone)]
pub struct GivenUp {
    /// The step and its unit, or the bill.
    pub work: String,
    pub reason: String,
}

/// The results of all messages.
#[derive(Debug, Default)]
pub struct Drained {
    pub given_up: Vec<GivenUp>,
    /// AWS replaced the report while it was billed, or a run of a newer delivery is current.
    pub superseded: bool,
    /// The run that a person must accept first, and the reason.
    pub held: Option<(RunId, String)>,
    /// The bills that were made, or looked at and found to be as they were.
    pub bills: BTreeSet<BillRequest>,
    /// Why bills could not be made.
    pub not_billed: Vec<String>,
}

impl World {
    pub fn new(reports: Arc<dyn Store>, results: Arc<dyn Store>, compression: Compression) -> Self {
        let queue = MemoryQueue::default();
        let app = App {
            reports,
            results,
            queue: Arc::new(queue.clone()),
            catalog: Arc::new(NoCatalog),
            parsed: Parsed::default(),
            settings: Settings {
                compression,
                replica_of: None,
                manifest_less: false,
                database: "sluice".to_owned(),
                results_url: String::new(),
            },
        };
        Self { app, queue }
    }

    /// Starts or resumes the run of a delivery. The queue is lost when the program ends, so a run that was
    /// interrupted or has failed goes on from the objects that it has written.
    pub async fn deliver(&self, manifest_key: &str) -> Result<Outcome, Failure> {
        let notice = Notice::Resume(ResumeRequest { manifest: manifest_key.to_owned() });
        receive_report::handle(&notice, &self.app).await
    }

    /// The next message, for a caller that handles messages in its own way.
    pub(crate) fn receive(&self) -> Option<Message> {
        self.queue.receive()
    }

    /// Handles messages until none is left: first those of runs, then the bills that sealed runs have woken.
    pub async fn drain(&self, progress: &Progress) -> Drained {
        let mut drained = self.drain_runs(progress).await;
        loop {
            // A bill that several runs have woken is made once.
            let bills: BTreeSet<BillRequest> =
                std::iter::from_fn(|| self.queue.receive_bill()).collect();
            if bills.is_empty() {
                return drained;
            }
            for bill in bills {
                let work = format!("bill-customer {} {}", bill.customer, bill.billing_period);
                progress.say(&work);
                match make_bill(&bill, &self.app).await {
                    Ok(_) => _ = drained.bills.insert(bill),
                    Err(reason) => drained.not_billed.push(reason),
                }
            }
        }
    }

    /// Handles messages of runs until none is left. As many are handled at the same time as there are
    /// processors.
    pub(crate) async fn drain_runs(&self, progress: &Progress) -> Drained {
        let at_once = thread::available_parallelism().map_or(1, usize::from);
        let mut workers = JoinSet::new();
        let mut drained = Drained::default();
        loop {
            while workers.len() < at_once
                && let Some(message) = self.queue.receive()
            {
                progress.started(&message);
                workers.spawn(work(self.app.clone(), message));
            }
            let Some(finished) = workers.join_next().await else {
                return drained;
            };
            match finished {
                Ok((message, Ok(outcome))) => {
                    progress.finished(&message);
                    match outcome {
                        Outcome::Superseded => drained.superseded = true,
                        Outcome::Held { run, reason } => drained.held = Some((run, reason)),
                        Outcome::Done | Outcome::Sealed | Outcome::Ignored(_) => {}
                    }
                }
                Ok((message, Err(reason))) => {
                    let work = format!("{} {}", message.step(), message.unit.name());
                    drained.given_up.push(GivenUp { work, reason });
                }
                Err(panic) => std::panic::resume_unwind(panic.into_panic()),
            }
        }
    }
}

/// Handles one message as AWS would: it is tried several times, and then given up with its reason.
async fn work(app: App, message: Message) -> (Message, Result<Outcome, String>) {
    let mut attempt = 1;
    let reason = loop {
        match guarded(&message, &app).await {
            Ok(outcome) => return (message, Ok(outcome)),
            Err(Failure::Retry(_)) if attempt < ATTEMPTS_MAX => attempt += 1,
            Err(Failure::Retry(reason) | Failure::Reject(reason)) => break reason,
        }
    };
    // The reason is returned as well, so it is not lost if it cannot be written.
    let reason = match app.record_failure(&message, &reason).await {
        Ok(()) => reason,
        Err(failure) => format!("{reason} ({failure})"),
    };
    (message, Err(reason))
}

/// Makes a bill as AWS would: it is tried several times, and then given up with its reason.
async fn make_bill(request: &BillRequest, app: &App) -> Result<Outcome, String> {
    let mut attempt = 1;
    loop {
        match bill_customer::bill(request, app).await {
            Ok(outcome) => return Ok(outcome),
            Err(Failure::Retry(_)) if attempt < ATTEMPTS_MAX => attempt += 1,
            Err(Failure::Retry(reason) | Failure::Reject(reason)) => return Err(reason),
        }
    }
}

/// A panic fails only its own message, as in AWS. For example, a sum that is too large for an amount
/// panics.
async fn guarded(message: &Message, app: &App) -> Result<Outcome, Failure> {
    let (message, app) = (message.clone(), app.clone());
    let task = tokio::spawn(async move { dispatch(&message, &app).await });
    task.await
        .unwrap_or_else(|panic| Err(Failure::Reject(format!("the handler panicked: {panic}"))))
}

/// Calls the handler that the message is for.
pub async fn dispatch(message: &Message, app: &App) -> Result<Outcome, Failure> {
    match &message.unit {
        Unit::SplitReport { file } => split_report::handle(message, *file, app).await,
        Unit::RegisterPartitions { table } => {
            register_partitions::handle(message, *table, app).await
        }
        Unit::RecalculateAccount { account } => {
            recalculate_account::handle(message, *account, app).await
        }
        Unit::AllocateCommitments { day } => allocate_commitments::handle(message, *day, app).await,
        Unit::PublishDatasets { customer } => {
            publish_datasets::handle(message, customer, app).await
        }
    }
}
