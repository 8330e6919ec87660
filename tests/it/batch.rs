//! What happens to each message of a batch, to a payload that is sent directly, and to a start without
//! settings.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use catalog::NoCatalog;
use lambda::{DeadLetters, Function, Request, Settings, Uses, misdelivered};
use pipeline::{Compression, Message, RunId, Step, Unit, keys};
use queue::{MemoryQueue, SendError};
use runs::{App, Failure, Outcome, Parsed};
use serde_json::{Value, json};
use storage::MemoryStore;

/// A dead-letter queue that keeps what it gets, or refuses everything.
#[derive(Default)]
struct Letters {
    taken: Mutex<Vec<(String, String)>>,
    refuses: bool,
}

#[async_trait]
impl DeadLetters for Letters {
    async fn take(&self, body: &str, reason: &str) -> Result<(), SendError> {
        if self.refuses {
            return Err(SendError { failed: 1, total: 1, reason: "no such queue".to_owned() });
        }
        self.taken.lock().unwrap().push((body.to_owned(), reason.to_owned()));
        Ok(())
    }
}

fn app(results: &MemoryStore) -> App {
    App {
        reports: Arc::new(MemoryStore::default()),
        results: Arc::new(results.clone()),
        queue: Arc::new(MemoryQueue::default()),
        catalog: Arc::new(NoCatalog),
        parsed: Parsed::default(),
        settings: runs::Settings {
            compression: Compression::Zstd,
            replica_of: None,
            manifest_less: false,
            database: "sluice".to_owned(),
            results_url: "s3://results".to_owned(),
        },
    }
}

fn run() -> RunId {
    "0123456789abcdef".parse().unwrap()
}

fn message(unit: Unit) -> Message {
    Message::of_step(&run(), vec![unit]).remove(0)
}

/// The body of a message. The customer's name says how the message ends.
fn body(customer: &str) -> String {
    message(Unit::PublishDatasets { customer: customer.to_owned() }).to_json()
}

fn batch(bodies: &[(&str, &str)]) -> Value {
    let records: Vec<Value> = (bodies.iter())
        .map(|(id, body)| json!({"messageId": id, "body": body, "eventSource": "aws:sqs"}))
        .collect();
    json!({ "Records": records })
}

async fn handle(request: Request, _app: Arc<App>) -> Result<Outcome, Failure> {
    let Request::Message(Message { unit: Unit::PublishDatasets { customer }, .. }) = &request
    else {
        return Err(misdelivered(&request));
    };
    match customer.as_str() {
        "retry" => Err(Failure::Retry("busy".to_owned())),
        "reject" => Err(Failure::Reject("never".to_owned())),
        "panic" => panic!("on purpose"),
        "sealed" => Ok(Outcome::Sealed),
        _ => Ok(Outcome::Done),
    }
}

/// Invokes a function with a payload. Returns its answer, the dead letters, and the stored objects.
fn invoke(payload: Value, letters: Letters) -> (Result<Value, Failure>, Letters, MemoryStore) {
    let results = MemoryStore::default();
    let letters = Arc::new(letters);
    let function = Function {
        app: Arc::new(app(&results)),
        dead_letters: Arc::<Letters>::clone(&letters),
        handler: handle,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let answer = runtime.block_on(function.invoke(payload));
    drop(function);
    (answer, Arc::into_inner(letters).unwrap(), results)
}

fn returned(ids: &[&str]) -> Value {
    let ids: Vec<Value> = ids.iter().map(|id| json!({"itemIdentifier": id})).collect();
    json!({ "batchItemFailures": ids })
}

#[test]
fn each_message_of_a_batch_ends_on_its_own() {
    let split = message(Unit::SplitReport { file: 3 }).to_json();
    let payload = batch(&[
        ("good", &body("acme")),
        ("malformed", "not json {"),
        ("retry", &body("retry")),
        ("reject", &body("reject")),
        ("panic", &body("panic")),
        ("ignored", r#"{"Event": "s3:TestEvent"}"#),
        ("wrong step", &split),
        ("sealed", &body("sealed")),
    ]);
    let (answer, letters, results) = invoke(payload, Letters::default());
    assert_eq!(answer, Ok(returned(&["retry", "panic"])));

    let taken = letters.taken.into_inner().unwrap();
    let bodies: Vec<&str> = taken.iter().map(|(body, _)| body.as_str()).collect();
    assert_eq!(bodies, ["not json {", &body("reject"), &split]);
    let reasons: Vec<&str> = taken.iter().map(|(_, reason)| reason.as_str()).collect();
    assert!(reasons[0].starts_with("the message is not JSON: "), "{}", reasons[0]);
    assert_eq!(reasons[1..], ["never", "this function does not handle split-report 00003"]);

    // The reason is also stored beside the run.
    let failure = keys::failure(&message(Unit::PublishDatasets { customer: "reject".to_owned() }));
    let stored = results.contents();
    let reason: Value = serde_json::from_slice(&stored[&failure]).unwrap();
    assert_eq!(reason, json!({"reason": "never"}));
    assert_eq!(stored.len(), 2, "{:?}", stored.keys());
}

#[test]
fn a_reject_that_nobody_takes_comes_back() {
    let payload = batch(&[("reject", &body("reject")), ("good", &body("acme")), ("bad", "{")]);
    let (answer, ..) = invoke(payload, Letters { refuses: true, ..Letters::default() });
    assert_eq!(answer, Ok(returned(&["reject", "bad"])));
}

#[test]
fn a_batch_without_trouble_returns_nothing() {
    for payload in
        [batch(&[("good", &body("acme"))]), batch(&[("one", &body("a")), ("two", &body("b"))])]
    {
        assert_eq!(invoke(payload, Letters::default()).0, Ok(returned(&[])));
    }
}

/// An empty batch looks like an S3 notification without records. In both cases there is nothing to do.
#[test]
fn an_empty_batch_does_nothing() {
    let (answer, letters, _) = invoke(batch(&[]), Letters::default());
    assert_eq!(answer, Ok(json!({"outcomes": []})));
    assert_eq!(letters.taken.into_inner().unwrap(), []);
}

#[test]
fn a_message_without_an_id_brings_back_the_batch() {
    let payload = json!({"Records": [{"body": body("retry"), "eventSource": "aws:sqs"}]});
    assert_eq!(invoke(payload, Letters::default()).0, Ok(returned(&[""])));
}

#[test]
fn a_payload_sent_directly_is_answered_directly() {
    let message = |customer| serde_json::from_str(&body(customer)).unwrap();
    let outcome = |name| Ok(json!({"outcomes": [name]}));
    check_direct(message("acme"), &outcome("done"));
    check_direct(message("sealed"), &outcome("sealed"));
    check_direct(json!({"Event": "s3:TestEvent"}), &outcome("ignored"));
    check_direct(message("retry"), &Err(Failure::Retry("busy".to_owned())));
    check_direct(message("reject"), &Err(Failure::Reject("never".to_owned())));
    let request = json!({"payer_account_id": "999988887777", "billing_period": "2026-10"});
    check_direct(
        json!({"recalculate": request}),
        &Err(Failure::Reject(
            "this function does not handle receive-report 999988887777 2026-10".to_owned(),
        )),
    );
}

/// The sender of a direct payload gets the answer, so there is no dead letter.
fn check_direct(payload: Value, expected: &Result<Value, Failure>) {
    let (answer, letters, _) = invoke(payload, Letters::default());
    assert_eq!(&answer, expected);
    assert_eq!(letters.taken.into_inner().unwrap(), []);
}

#[test]
fn a_function_says_everything_that_is_missing() {
    let uses =
        Uses { reports: true, catalog: true, sends_to: &[Step::SplitReport], wakes_bills: true };
    let bad = |name: &str| match name {
        "COMPRESSION" => Some("brotli".to_owned()),
        "MANIFEST_LESS" => Some("yes".to_owned()),
        "DATABASE" => Some(" ".to_owned()),
        "DEAD_LETTER_QUEUE_URL" => Some("dead-letters".to_owned()),
        _ => None,
    };
    assert_eq!(
        Settings::read(uses, bad).unwrap_err().to_string(),
        "the function cannot start: RESULTS_BUCKET is not set; DEAD_LETTER_QUEUE_URL is \
         `dead-letters`, which is not a URL; COMPRESSION is `brotli`, expected zstd or gzip; \
         MANIFEST_LESS is `yes`, expected true or false; \
         REPORT_BUCKET is not set; DATABASE is not set; WORKGROUP is not set; \
         QUEUE_URL_SPLIT_REPORT is not set; QUEUE_URL_BILL_CUSTOMER is not set"
    );
}

#[test]
fn a_function_is_asked_only_for_what_it_uses() {
    let least = |name: &str| match name {
        "RESULTS_BUCKET" => Some("results".to_owned()),
        "DEAD_LETTER_QUEUE_URL" => Some("https://queue.example/dead".to_owned()),
        _ => None,
    };
    let settings = Settings::read(Uses::default(), least).unwrap();
    assert_eq!(settings.compression, Compression::Zstd);
    assert_eq!((settings.replica_of, settings.manifest_less), (None, false));
    assert_eq!((settings.report_bucket, settings.catalog), (None, None));
    assert!(settings.queue_urls.is_empty());
}
