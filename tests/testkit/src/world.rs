//! The pipeline in memory: two buckets, a queue, the real handlers, and the faults that AWS has.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use catalog::NoCatalog;
use pipeline::{
    AcceptRequest, BillRequest, Compression, Message, Notice, RecalculateRequest, ResumeRequest,
    RunId, Step, Unit, keys,
};
use queue::MemoryQueue;
use runs::{App, Failure, Outcome, Parsed, Settings};
use storage::MemoryStore;

use crate::{Fault, FaultyStore, Random};

/// How often a message comes back before it is given up.
const ATTEMPTS_MAX: u32 = 5;

/// The order in which messages are taken, and how often each is taken.
#[derive(Debug, Clone, Copy)]
pub enum Order {
    /// In the order in which they were sent.
    Sent,
    /// In the order in which they were sent, each twice.
    Twice,
    /// Each twice, in an order that the seed decides.
    Shuffled(u64),
}

/// What a message asks for.
#[derive(Clone)]
enum Work {
    Unit(Message),
    Bill(BillRequest),
}

pub struct World {
    /// The report bucket as AWS sees it.
    pub reports: MemoryStore,
    pub results: MemoryStore,
    /// The results bucket as the handlers see it.
    pub faulty: FaultyStore,
    pub app: App,
    queue: MemoryQueue,
}

impl World {
    pub fn new(contracts: &str) -> Self {
        Self::with_fault(contracts, None)
    }

    /// A world in which one write or send goes wrong once.
    pub fn with_fault(contracts: &str, fault: Option<Fault>) -> Self {
        let (reports, results, queue) =
            (MemoryStore::default(), MemoryStore::default(), MemoryQueue::default());
        results.put(keys::CONTRACTS, contracts.to_owned());
        let faulty = FaultyStore::new(results.clone(), fault);
        let app = App {
            reports: Arc::new(reports.clone()),
            results: Arc::new(faulty.clone()),
            queue: Arc::new(faulty.queue(queue.clone())),
            catalog: Arc::new(NoCatalog),
            parsed: Parsed::default(),
            settings: Settings {
                compression: Compression::Zstd,
                replica_of: None,
                manifest_less: false,
                database: "sluice".to_owned(),
                results_url: "s3://results".to_owned(),
            },
        };
        Self { reports, results, faulty, app, queue }
    }

    /// Delivers the event of a manifest and handles everything that follows. Returns the reasons of
    /// messages that were given up.
    pub async fn deliver(&self, manifest_key: &str, order: Order) -> Vec<String> {
        let mut given_up = self.announce(manifest_key).await;
        given_up.extend(self.drain(order).await);
        given_up
    }

    /// Delivers only the event of a manifest. The messages that follow wait.
    pub async fn announce(&self, manifest_key: &str) -> Vec<String> {
        let key = manifest_key.to_owned();
        self.notice(&Notice::ObjectCreated { bucket: "reports".to_owned(), key }).await
    }

    /// A person asks for a calculation under the contracts as they are now.
    pub async fn recalculate(&self, payer: &str, period: &str) -> Vec<String> {
        let mut given_up = self.request(payer, period).await;
        given_up.extend(self.drain(Order::Sent).await);
        given_up
    }

    /// Sends only the request. The messages that follow wait.
    pub async fn request(&self, payer: &str, period: &str) -> Vec<String> {
        let request = RecalculateRequest {
            payer_account_id: payer.parse().unwrap(),
            billing_period: period.parse().unwrap(),
        };
        self.notice(&Notice::Recalculate(request)).await
    }

    /// A person asks that the run of a delivery goes on.
    pub async fn resume(&self, manifest_key: &str) -> Vec<String> {
        let request = ResumeRequest { manifest: manifest_key.to_owned() };
        let mut given_up = self.notice(&Notice::Resume(request)).await;
        given_up.extend(self.drain(Order::Sent).await);
        given_up
    }

    /// A person accepts a held run.
    pub async fn accept(&self, run: &RunId) -> Result<Outcome, Failure> {
        let notice = Notice::Accept(AcceptRequest { run: run.clone() });
        receive_report::handle(&notice, &self.app).await
    }

    /// Handles this number of messages and loses all messages that wait then. Returns whether any were
    /// lost.
    pub async fn lose_messages_after(&self, taken: usize) -> bool {
        for _ in 0..taken {
            if let Some(message) = self.queue.receive() {
                self.handle(&message).await.unwrap();
            } else if let Some(bill) = self.queue.receive_bill() {
                bill_customer::bill(&bill, &self.app).await.unwrap();
            }
        }
        let bills = std::iter::from_fn(|| self.queue.receive_bill()).count();
        std::iter::from_fn(|| self.queue.receive()).count() + bills > 0
    }

    /// The next message that waits.
    pub fn take(&self) -> Option<Message> {
        self.queue.receive()
    }

    /// The next bill that was woken.
    pub fn take_bill(&self) -> Option<BillRequest> {
        self.queue.receive_bill()
    }

    /// The messages with which a step of a run began.
    pub fn messages(&self, run: &RunId, step: Step) -> Vec<Message> {
        let units = self.results.contents().remove(&keys::units(run, step)).unwrap();
        serde_json::from_slice(&units).unwrap()
    }

    /// The message for one unit of a step.
    pub fn message(&self, run: &RunId, unit: &Unit) -> Message {
        let mut messages = self.messages(run, unit.step()).into_iter();
        messages.find(|message| message.unit == *unit).unwrap()
    }

    /// The message for a customer.
    pub fn message_about(&self, run: &RunId, customer: &str) -> Message {
        self.message(run, &Unit::PublishDatasets { customer: customer.to_owned() })
    }

    async fn notice(&self, notice: &Notice) -> Vec<String> {
        let mut given_up = Vec::new();
        for _ in 0..ATTEMPTS_MAX {
            match receive_report::handle(notice, &self.app).await {
                Ok(_) => return Vec::new(),
                Err(Failure::Retry(reason)) => given_up = vec![reason],
                Err(Failure::Reject(reason)) => return vec![reason],
            }
        }
        given_up
    }

    /// Handles messages until none is left.
    pub async fn drain(&self, order: Order) -> Vec<String> {
        let mut random = match order {
            Order::Shuffled(seed) => Some(Random::new(seed)),
            Order::Sent | Order::Twice => None,
        };
        let mut waiting: Vec<(Work, u32)> = Vec::new();
        let mut given_up = Vec::new();
        loop {
            let copies = if matches!(order, Order::Sent) { 1 } else { 2 };
            let mut add = |work: Work| waiting.extend(std::iter::repeat_n((work, 1), copies));
            while let Some(message) = self.queue.receive() {
                add(Work::Unit(message));
            }
            while let Some(bill) = self.queue.receive_bill() {
                add(Work::Bill(bill));
            }
            if waiting.is_empty() {
                return given_up;
            }
            let next = random.as_mut().map_or(0, |random| random.below(waiting.len()));
            let (work, attempt) = waiting.remove(next);
            let outcome = match &work {
                Work::Unit(message) => self.handle(message).await,
                Work::Bill(bill) => bill_customer::bill(bill, &self.app).await,
            };
            match outcome {
                Ok(_) => {}
                Err(Failure::Retry(_)) if attempt < ATTEMPTS_MAX => {
                    waiting.push((work, attempt + 1));
                }
                Err(Failure::Retry(reason) | Failure::Reject(reason)) => given_up.push(reason),
            }
        }
    }

    pub async fn handle(&self, message: &Message) -> Result<Outcome, Failure> {
        sluice::dispatch(message, &self.app).await
    }

    /// All objects of the results bucket except the contracts, which are an input.
    pub fn outcome(&self) -> BTreeMap<String, Bytes> {
        let mut objects = self.results.contents();
        objects.remove(keys::CONTRACTS);
        objects
    }

    /// The objects that readers begin with. They name sealed runs only.
    pub fn current(&self) -> BTreeMap<String, Bytes> {
        let mut objects = self.results.contents();
        objects.retain(|key, _| key.starts_with(keys::current_prefix()));
        objects
    }

    /// The keys of all objects of the results bucket.
    pub fn object_keys(&self) -> Vec<String> {
        self.results.contents().into_keys().collect()
    }

    /// The bytes of the object whose key ends with this text.
    pub fn object(&self, ending: &str) -> Bytes {
        let objects = self.results.contents();
        let mut found = objects.into_iter().filter(|(key, _)| key.ends_with(ending));
        let (_, bytes) = found.next().unwrap_or_else(|| panic!("no object ends with `{ending}`"));
        bytes
    }
}
