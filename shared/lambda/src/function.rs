//! A deployed function: its handler, and what becomes of each message.
//!
//! Each message of a batch is decoded on its own and runs in a task of its own. So neither a body that
//! cannot be read nor a panic affects the other messages. The messages run one after the other, because
//! the memory of a function is sized for one message.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use cur::BillingPeriod;
use pipeline::Notice;
use queue::SendError;
use runs::{App, Failure, Outcome};
use serde_json::{Value, json};

use crate::event::{self, Request};

/// Takes messages that can never be handled, each with the reason.
#[async_trait]
pub trait DeadLetters: Send + Sync + 'static {
    async fn take(&self, body: &str, reason: &str) -> Result<(), SendError>;
}

/// A function as it is built once, at cold start.
pub struct Function<H> {
    pub app: Arc<App>,
    pub dead_letters: Arc<dyn DeadLetters>,
    pub handler: H,
}

/// The failure for a request in the wrong queue. The deployment is wrong, so trying again does not help.
pub fn misdelivered(request: &Request) -> Failure {
    let subject = Subject::of(request);
    Failure::Reject(format!("this function does not handle {} {}", subject.step, subject.unit))
}

impl<H, F> Function<H>
where
    H: Fn(Request, Arc<App>) -> F,
    F: Future<Output = Result<Outcome, Failure>> + Send + 'static,
{
    /// Answers one invocation: a batch from SQS, or one payload that somebody sent directly.
    pub async fn invoke(&self, payload: Value) -> Result<Value, Failure> {
        if is_batch(&payload) {
            let event = serde_json::from_value(payload)
                .map_err(|error| Failure::Reject(format!("not a batch from SQS: {error}")))?;
            let answer = self.batch(event).await;
            return Ok(json!({ "batchItemFailures": answer.batch_item_failures }));
        }
        let outcomes = match event::decode(&payload) {
            Ok(requests) => self.requests(requests).await?,
            Err(error) => return Err(rejected(&error.to_string())),
        };
        let outcomes: Vec<String> = outcomes.iter().map(name).collect();
        Ok(json!({ "outcomes": outcomes }))
    }

    /// Handles a batch. The answer names the messages that must come back; SQS deletes the others.
    pub async fn batch(&self, event: SqsEvent) -> SqsBatchResponse {
        let mut answer = SqsBatchResponse::default();
        for message in event.records {
            if !self.message(&message).await {
                // An empty id makes the whole batch come back, which is safe.
                answer.add_failure(message.message_id.unwrap_or_default());
            }
        }
        answer
    }

    /// Handles one message. Returns whether the queue may delete it.
    async fn message(&self, message: &SqsMessage) -> bool {
        let body = message.body.as_deref().unwrap_or_default();
        let result = match event::decode_text(body) {
            Ok(requests) => self.requests(requests).await,
            Err(error) => Err(rejected(&error.to_string())),
        };
        match result {
            Ok(_) => true,
            Err(Failure::Retry(_)) => false,
            Err(Failure::Reject(reason)) => self.bury(body, &reason).await,
        }
    }

    /// Hands a message to the dead letters. If that fails, the message stays in its queue, and SQS moves
    /// it to the dead letters in the end.
    async fn bury(&self, body: &str, reason: &str) -> bool {
        let taken = self.dead_letters.take(body, reason).await;
        if let Err(error) = &taken {
            tracing::warn!(%error, "message not handed over");
        }
        taken.is_ok()
    }

    /// Handles all requests of one message, and stops at the first failure. The whole message comes back
    /// then, and the requests that were done are found done.
    async fn requests(&self, requests: Vec<Request>) -> Result<Vec<Outcome>, Failure> {
        let mut outcomes = Vec::new();
        for request in requests {
            outcomes.push(self.request(request).await?);
        }
        Ok(outcomes)
    }

    async fn request(&self, request: Request) -> Result<Outcome, Failure> {
        let subject = Subject::of(&request);
        let start = now();
        let result = match &request {
            Request::Nothing(name) => Ok(Outcome::Ignored(name.clone())),
            _ => self.guarded(request.clone()).await,
        };
        let duration_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        report(&subject, &result, duration_ms);
        if let (Request::Message(message), Err(Failure::Reject(reason))) = (&request, &result) {
            // People who look at the run find the reason here. Only the dead letter matters to the
            // pipeline.
            if let Err(error) = self.app.record_failure(message, reason).await {
                tracing::warn!(%error, "reason not recorded");
            }
        }
        result
    }

    /// Runs the handler in a task of its own, which a panic ends. The cause of a panic may pass, so the
    /// message comes back; the queue gives up on the message in the end.
    async fn guarded(&self, request: Request) -> Result<Outcome, Failure> {
        let task = tokio::spawn((self.handler)(request, Arc::clone(&self.app)));
        task.await.unwrap_or_else(|error| {
            tracing::error!(%error, "handler panicked");
            Err(Failure::Retry(format!("the handler panicked: {error}")))
        })
    }
}

fn is_batch(payload: &Value) -> bool {
    let source = payload.pointer("/Records/0/eventSource").and_then(Value::as_str);
    source == Some("aws:sqs")
}

/// The failure of a payload that could not be decoded, so that no run and no unit can be named.
fn rejected(reason: &str) -> Failure {
    let result = Err(Failure::Reject(reason.to_owned()));
    report(&Subject { run: None, step: "unknown".to_owned(), unit: String::new() }, &result, 0);
    Failure::Reject(reason.to_owned())
}

/// The run, step and unit that a log line is about.
struct Subject {
    run: Option<String>,
    step: String,
    unit: String,
}

impl Subject {
    fn of(request: &Request) -> Self {
        let billed = |customer: &str, period: BillingPeriod| Self {
            run: None,
            step: "bill-customer".to_owned(),
            unit: format!("{customer} {period}"),
        };
        let received = |unit| Self { run: None, step: "receive-report".to_owned(), unit };
        match request {
            Request::Message(message) => Self {
                run: Some(message.run.to_string()),
                step: message.step().to_string(),
                unit: message.unit.name(),
            },
            Request::Notice(Notice::ObjectCreated { key, .. }) => received(key.clone()),
            Request::Notice(Notice::Recalculate(request)) => {
                received(format!("{} {}", request.payer_account_id, request.billing_period))
            }
            Request::Notice(Notice::Resume(request)) => received(request.manifest.clone()),
            Request::Notice(Notice::Accept(request)) => {
                Self { run: Some(request.run.to_string()), ..received("accept".to_owned()) }
            }
            Request::Bill(request) => billed(&request.customer, request.billing_period),
            Request::Issue(request) => billed(&request.customer, request.billing_period),
            Request::Nothing(name) => received(name.clone()),
        }
    }
}

/// Logs one line for each request. A line of level error is one that a person must look at.
fn report(subject: &Subject, result: &Result<Outcome, Failure>, duration_ms: u64) {
    let Subject { run, step, unit } = subject;
    match result {
        Ok(outcome) => {
            let reason = match outcome {
                Outcome::Ignored(reason) | Outcome::Held { reason, .. } => Some(reason),
                _ => None,
            };
            let outcome = name(outcome);
            tracing::info!(run, step, unit, outcome, reason, duration_ms, "request handled");
        }
        Err(Failure::Retry(reason)) => {
            let outcome = "retry";
            tracing::warn!(run, step, unit, outcome, reason, duration_ms, "request put back");
        }
        Err(Failure::Reject(reason)) => {
            let outcome = "reject";
            tracing::error!(run, step, unit, outcome, reason, duration_ms, "request rejected");
        }
    }
}

fn name(outcome: &Outcome) -> String {
    let name = match outcome {
        Outcome::Done => "done",
        Outcome::Sealed => "sealed",
        Outcome::Held { .. } => "held",
        Outcome::Superseded => "superseded",
        Outcome::Ignored(_) => "ignored",
    };
    name.to_owned()
}

#[expect(clippy::disallowed_methods, reason = "how long a request took is logged and never stored")]
fn now() -> Instant {
    Instant::now()
}
