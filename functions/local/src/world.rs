//! The pipeline in one process: two buckets, a queue, and the six handlers behind it.

use std::sync::Arc;
use std::thread;

use catalog::NoCatalog;
use pipeline::{Compression, Message, Notice, ResumeRequest, RunId, Step, Unit};
use queue::MemoryQueue;
use runs::{App, Failure, Outcome, Parsed, Settings};
use storage::Store;
use tokio::task::JoinSet;

use crate::progress::Progress;

/// How often a message is tried that says it may work later. A queue in AWS has the same patience.
const ATTEMPTS_MAX: u32 = 5;

pub struct World {
    pub app: App,
    queue: MemoryQueue,
}

/// A message that was given up.
#[derive(Debug, Clone)]
pub struct GivenUp {
    pub step: Step,
    pub unit: String,
    pub reason: String,
}

/// What became of all messages.
#[derive(Debug, Default)]
pub struct Drained {
    pub given_up: Vec<GivenUp>,
    /// AWS replaced the report meanwhile, or a newer delivery is current.
    pub superseded: bool,
    /// The run that waits to be accepted, and why.
    pub held: Option<(RunId, String)>,
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

    /// What S3 would say when the manifest was created. The queue dies with the program, so a run that
    /// was interrupted or failed before goes on from what it left.
    pub async fn deliver(&self, manifest_key: &str) -> Result<Outcome, Failure> {
        let notice = Notice::Resume(ResumeRequest { manifest: manifest_key.to_owned() });
        receive_report::handle(&notice, &self.app).await
    }

    /// The next message, for someone who handles it otherwise.
    pub(crate) fn receive(&self) -> Option<Message> {
        self.queue.receive()
    }

    /// Works until no message is left, as many at once as there are processors.
    pub async fn drain(&self, progress: &Progress) -> Drained {
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
                Ok((message, Err(reason))) => drained.given_up.push(GivenUp {
                    step: message.step(),
                    unit: message.unit.name(),
                    reason,
                }),
                Err(panic) => std::panic::resume_unwind(panic.into_panic()),
            }
        }
    }
}

/// One message as its function would take it, with its queue's patience and its dead-letter queue.
async fn work(app: App, message: Message) -> (Message, Result<Outcome, String>) {
    let mut attempt = 1;
    let reason = loop {
        match guarded(&message, &app).await {
            Ok(outcome) => return (message, Ok(outcome)),
            Err(Failure::Retry(_)) if attempt < ATTEMPTS_MAX => attempt += 1,
            Err(Failure::Retry(reason) | Failure::Reject(reason)) => break reason,
        }
    };
    // The reason is also returned: if it cannot be written down, that is no reason to lose it.
    let reason = match app.record_failure(&message, &reason).await {
        Ok(()) => reason,
        Err(failure) => format!("{reason} ({failure})"),
    };
    (message, Err(reason))
}

/// A panic ends its own message and nothing else, as in AWS: a sum that leaves the range of amounts.
async fn guarded(message: &Message, app: &App) -> Result<Outcome, Failure> {
    let (message, app) = (message.clone(), app.clone());
    let task = tokio::spawn(async move { dispatch(&message, &app).await });
    task.await
        .unwrap_or_else(|panic| Err(Failure::Reject(format!("the handler panicked: {panic}"))))
}

/// Which handler a message is for.
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
