//! The queues in SQS: one for each step.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::{MessageAttributeValue, SendMessageBatchRequestEntry};
use pipeline::{BillRequest, Message, Step};
use tokio::task::JoinSet;

use crate::{Queue, SendError};

/// The most messages and bytes that SQS takes in one request:
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-batch-api-actions.html>.
/// The limit of the bytes was 256 KiB for years, and some endpoints still have it. Our messages have some
/// hundred bytes each.
const BATCH_MESSAGES_MAX: usize = 10;
const BATCH_BYTES_MAX: usize = 262_144;

/// How many requests are sent at once. A thousand accounts need a hundred requests, about half a second.
const BATCHES_IN_FLIGHT: usize = 8;

/// How often one call tries to send a message that SQS does not take. The pauses are 0.2 s and 0.4 s.
const BATCH_ATTEMPTS: u32 = 3;
const BATCH_PAUSE: Duration = Duration::from_millis(200);

/// A reason is for people, so only its beginning is sent.
const REASON_CHARS_MAX: usize = 2_000;

/// Clones share the client.
#[derive(Clone)]
pub struct SqsQueue {
    client: Client,
    queue_urls: BTreeMap<Step, String>,
    bills_url: Option<String>,
}

/// How many messages were not sent, and why.
struct Unsent {
    messages: usize,
    reason: String,
}

impl SqsQueue {
    pub fn new(
        client: Client,
        queue_urls: BTreeMap<Step, String>,
        bills_url: Option<String>,
    ) -> Self {
        Self { client, queue_urls, bills_url }
    }

    /// Puts a message that can never be handled into the dead-letter queue, with the reason as an
    /// attribute.
    pub async fn reject(
        &self,
        dead_letter_url: &str,
        body: &str,
        reason: &str,
    ) -> Result<(), SendError> {
        let request = self.client.send_message().queue_url(dead_letter_url).message_body(body);
        let attribute = MessageAttributeValue::builder()
            .data_type("String")
            .string_value(acceptable(reason))
            .build()
            .map_err(|error| not_sent(1, 1, error.to_string()))?;
        let request = request.message_attributes("reason", attribute);
        let sent = request.send().await;
        sent.map_err(|error| not_sent(1, 1, words(error)))?;
        Ok(())
    }

    async fn send_bodies(
        &self,
        total: usize,
        queues: Vec<(&str, Vec<String>)>,
    ) -> Result<(), SendError> {
        let mut unsent = Unsent { messages: 0, reason: String::new() };
        let mut in_flight = JoinSet::new();
        for (queue_url, bodies) in queues {
            for batch in batches(bodies) {
                if in_flight.len() >= BATCHES_IN_FLIGHT {
                    unsent.add(in_flight.join_next().await);
                }
                in_flight.spawn(send_batch(self.client.clone(), queue_url.to_owned(), batch));
            }
        }
        while !in_flight.is_empty() {
            unsent.add(in_flight.join_next().await);
        }
        match unsent.messages {
            0 => Ok(()),
            failed => Err(not_sent(failed, total, unsent.reason)),
        }
    }

    fn queue_url(&self, step: Step) -> Result<&str, String> {
        let url = self.queue_urls.get(&step);
        url.map(String::as_str).ok_or_else(|| format!("no queue is known for {step}"))
    }
}

#[async_trait]
impl Queue for SqsQueue {
    async fn send(&self, messages: &[Message]) -> Result<(), SendError> {
        let mut bodies = Vec::new();
        for (step, of_step) in by_step(messages) {
            let url = self.queue_url(step);
            let url = url.map_err(|why| not_sent(messages.len(), messages.len(), why))?;
            bodies.push((url, of_step));
        }
        self.send_bodies(messages.len(), bodies).await
    }

    async fn wake(&self, bills: &[BillRequest]) -> Result<(), SendError> {
        let total = bills.len();
        let url = self.bills_url.as_deref().ok_or_else(|| {
            not_sent(total, total, "no queue is known for bill-customer".to_owned())
        })?;
        let bodies = bills.iter().map(BillRequest::to_json).collect();
        self.send_bodies(total, vec![(url, bodies)]).await
    }
}

impl Unsent {
    /// Adds the messages that a finished request did not send. The first reason is kept.
    fn add(&mut self, finished: Option<Result<Result<(), Self>, tokio::task::JoinError>>) {
        let more = match finished {
            None | Some(Ok(Ok(()))) => return,
            Some(Ok(Err(unsent))) => unsent,
            Some(Err(error)) => Self { messages: 1, reason: error.to_string() },
        };
        if self.messages == 0 {
            self.reason = more.reason;
        }
        self.messages += more.messages;
    }
}

fn not_sent(failed: usize, total: usize, reason: String) -> SendError {
    SendError { failed, total, reason }
}

fn words<E>(error: SdkError<E>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        _ => DisplayErrorContext(error).to_string(),
    }
}

fn by_step(messages: &[Message]) -> BTreeMap<Step, Vec<String>> {
    let mut bodies: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for message in messages {
        bodies.entry(message.step()).or_default().push(message.to_json());
    }
    bodies
}

fn batches(bodies: Vec<String>) -> Vec<Vec<String>> {
    let mut batches: Vec<Vec<String>> = Vec::new();
    let mut bytes = 0;
    for body in bodies {
        bytes += body.len();
        match batches.last_mut() {
            Some(batch) if batch.len() < BATCH_MESSAGES_MAX && bytes <= BATCH_BYTES_MAX => {
                batch.push(body);
            }
            _ => {
                bytes = body.len();
                batches.push(vec![body]);
            }
        }
    }
    batches
}

/// Sends one batch. A request that succeeds may still name messages that SQS has not taken.
async fn send_batch(
    client: Client,
    queue_url: String,
    mut waiting: Vec<String>,
) -> Result<(), Unsent> {
    let mut refused = Unsent { messages: 0, reason: String::new() };
    for attempt in 1..=BATCH_ATTEMPTS {
        let request = client.send_message_batch().queue_url(&queue_url);
        let request = request.set_entries(Some(entries(&waiting)));
        let answer = request.send().await.map_err(|error| Unsent {
            messages: waiting.len() + refused.messages,
            reason: words(error),
        })?;
        let mut again = Vec::new();
        for failure in answer.failed {
            refused.reason = format!("{}: {}", failure.code, failure.message.unwrap_or_default());
            let body = failure.id.parse().ok().and_then(|index: usize| waiting.get(index));
            match body {
                Some(body) if !failure.sender_fault => again.push(body.clone()),
                // SQS would refuse the message again.
                _ => refused.messages += 1,
            }
        }
        waiting = again;
        if waiting.is_empty() {
            break;
        }
        if attempt < BATCH_ATTEMPTS {
            tracing::warn!(attempt, left = waiting.len(), "messages were not taken");
            tokio::time::sleep(BATCH_PAUSE * attempt).await;
        }
    }
    refused.messages += waiting.len();
    if refused.messages == 0 { Ok(()) } else { Err(refused) }
}

/// The id of a message within a request is its index in the batch.
fn entries(bodies: &[String]) -> Vec<SendMessageBatchRequestEntry> {
    (0..)
        .zip(bodies)
        .filter_map(|(index, body): (usize, _)| {
            let entry = SendMessageBatchRequestEntry::builder().id(index.to_string());
            // Building fails only if the id or the body is missing.
            entry.message_body(body).build().ok()
        })
        .collect()
}

/// A reason that SQS accepts: SQS refuses control characters and empty values.
fn acceptable(reason: &str) -> String {
    let text = reason.trim();
    let text = if text.is_empty() { "no reason given" } else { text };
    text.chars()
        .take(REASON_CHARS_MAX)
        .map(|c| if c.is_control() && !matches!(c, '\t' | '\n' | '\r') { ' ' } else { c })
        .map(|c| if matches!(c, '\u{fffe}' | '\u{ffff}') { ' ' } else { c })
        .collect()
}
