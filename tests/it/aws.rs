//! The clients of AWS as they are deployed, against a server that answers as AWS does on a bad day.
//!
//! These tests are not part of the default tests, which build without AWS: `cargo test -p tests --features
//! aws aws::`.

mod stub;

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_athena::config::retry::RetryConfig;
use bytes::Bytes;
use catalog::{AthenaCatalog, Catalog, CatalogError};
use pipeline::{BillRequest, Message, RunId, Step, Unit};
use queue::{Queue, SqsQueue};
use serde_json::{Value, json};
use storage::{Created, ErrorKind, Replaced, S3Store, Store};

use self::stub::{Answer, Stub};

const KEY: &str = "runs/0123456789abcdef/plan.json";
const OBJECT: &str = "/results/runs/0123456789abcdef/plan.json";

/// A client with the settings of `lambda::run`, but with shorter pauses.
macro_rules! client {
    ($sdk:ident, $stub:expr) => {{
        use $sdk::config::{BehaviorVersion, Builder, Credentials, Region};
        let retries = RetryConfig::standard().with_max_attempts(4);
        Builder::new()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .endpoint_url(&$stub.url)
            .region(Region::new("eu-west-1"))
            .retry_config(retries.with_initial_backoff(Duration::from_millis(1)))
    }};
}

fn store(stub: &Stub) -> S3Store {
    let config = client!(aws_sdk_s3, stub).force_path_style(true);
    S3Store::new(aws_sdk_s3::Client::from_conf(config.build()), "results")
}

fn always(answer: Answer) -> Stub {
    Stub::start(move |_, _| answer.clone())
}

#[tokio::test]
async fn a_range_is_read_at_its_etag() {
    let stub = always(Answer::new(206, "etag: \"e1\"\r\n", "bytes"));
    let bytes = store(&stub).read_range(KEY, "\"e1\"", 8..13).await.unwrap();
    assert_eq!(bytes, "bytes");
    let asked = &stub.asked()[0];
    assert_eq!(asked.line, format!("GET {OBJECT}?x-id=GetObject"));
    assert_eq!((asked.header("range"), asked.header("if-match")), ("bytes=8-12", "\"e1\""));

    let replaced = always(Answer::error(412, "PreconditionFailed"));
    let error = store(&replaced).read_range(KEY, "\"e1\"", 8..13).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Changed);
    assert_eq!(replaced.lines().len(), 1, "asking again would not help");
}

#[tokio::test]
async fn a_body_that_breaks_midway_is_asked_for_again() {
    let whole = Answer::new(206, "", "bytes");
    let stub = Stub::start(
        move |_, before| {
            if before < 2 { whole.clone().broken_off(2) } else { whole.clone() }
        },
    );
    assert_eq!(store(&stub).read_range(KEY, "\"e1\"", 0..5).await.unwrap(), "bytes");
    assert!(stub.asked().iter().all(|asked| asked.header("if-match") == "\"e1\""));

    let never = always(Answer::new(206, "", "bytes").broken_off(2));
    let error = store(&never).read_range(KEY, "\"e1\"", 0..5).await.unwrap_err();
    assert_eq!((error.kind, never.lines().len()), (ErrorKind::Transient, 3));
}

/// Each error of S3 decides whether to retry.
#[tokio::test]
async fn refusals_of_s3_are_sorted_by_what_to_do() {
    let check = async |status, code: &str, kind, attempts| {
        let stub = always(Answer::error(status, code));
        let error = store(&stub).list("runs/").await.unwrap_err();
        assert_eq!((error.kind, stub.lines().len()), (kind, attempts), "{error}");
        assert!(error.to_string().contains(code), "{error}");
    };
    check(503, "SlowDown", ErrorKind::Transient, 4).await;
    check(500, "InternalError", ErrorKind::Transient, 4).await;
    check(403, "AccessDenied", ErrorKind::Denied, 1).await;
    check(404, "NoSuchBucket", ErrorKind::Permanent, 1).await;
    check(400, "ExpiredToken", ErrorKind::Transient, 1).await;
}

#[tokio::test]
async fn what_is_not_there_is_an_answer_and_a_bucket_that_is_not_there_is_not() {
    let nothing = always(Answer::error(404, "NoSuchKey"));
    assert!(store(&nothing).get(KEY).await.unwrap().is_none());
    let nothing = always(Answer::new(404, "", ""));
    assert!(store(&nothing).head(KEY).await.unwrap().is_none());
    let no_bucket = always(Answer::error(404, "NoSuchBucket"));
    assert_eq!(store(&no_bucket).get(KEY).await.unwrap_err().kind, ErrorKind::Permanent);
}

#[tokio::test]
async fn an_object_is_written_once() {
    let created = async |stub: &Stub| store(stub).create(KEY, Bytes::from("{}")).await;
    let new = always(Answer::new(200, "", ""));
    assert_eq!(created(&new).await.unwrap(), Created::New);
    assert_eq!(new.asked()[0].header("if-none-match"), "*");
    let there = always(Answer::error(412, "PreconditionFailed"));
    assert_eq!(created(&there).await.unwrap(), Created::AlreadyThere);
    // Two writers at once. Neither of them knows yet which write was first.
    let raced = always(Answer::error(409, "ConditionalRequestConflict"));
    assert_eq!(created(&raced).await.unwrap_err().kind, ErrorKind::Transient);
    assert_eq!(raced.lines().len(), 3);
    // Somebody goes on with what follows from a new object, even if nobody can know who wrote it.
    for (first, outcome) in [
        (Answer::error(409, "ConditionalRequestConflict"), Created::AlreadyThere),
        (Answer::error(503, "SlowDown"), Created::AlreadyThere),
        (Answer::error(500, "InternalError"), Created::New),
        (Answer::new(200, "", "").broken_off(20), Created::New),
    ] {
        let there = Answer::error(412, "PreconditionFailed");
        let stub =
            Stub::start(move |_, before| if before == 0 { first.clone() } else { there.clone() });
        assert_eq!(created(&stub).await.unwrap(), outcome, "{:?}", stub.lines());
    }
}

#[tokio::test]
async fn the_pointer_moves_only_if_nobody_else_moved_it() {
    let replace = async |stub: &Stub, expected| {
        store(stub).replace(KEY, Bytes::from("{}"), expected).await.unwrap()
    };
    let stub = always(Answer::new(200, "", ""));
    assert_eq!(replace(&stub, Some("\"e1\"")).await, Replaced::Yes);
    assert_eq!(replace(&stub, None).await, Replaced::Yes);
    let asked = stub.asked();
    assert_eq!(asked[0].header("if-match"), "\"e1\"");
    assert_eq!(asked[1].header("if-none-match"), "*");
    let moved = always(Answer::error(412, "PreconditionFailed"));
    assert_eq!(replace(&moved, Some("\"e1\"")).await, Replaced::Conflict);
    let gone = always(Answer::error(404, "NoSuchKey"));
    assert_eq!(replace(&gone, Some("\"e1\"")).await, Replaced::Conflict);
}

/// A bucket that accepts uploads in parts, and answers `last` when an upload is to be completed.
fn takes_parts(last: Answer) -> Stub {
    Stub::start(move |asked, _| match asked.line.split_once(' ') {
        Some(("POST", line)) if line.contains("uploads") => {
            let begun = "<InitiateMultipartUploadResult><UploadId>u1</UploadId>\
                         </InitiateMultipartUploadResult>";
            Answer::new(200, "", begun)
        }
        Some(("POST", _)) => last.clone(),
        Some(("DELETE", _)) => Answer::new(204, "", ""),
        _ => Answer::new(200, "etag: \"part\"\r\n", ""),
    })
}

async fn upload(stub: &Stub, parts: usize) -> Result<Created, storage::Error> {
    let mut upload = store(stub).upload(KEY).await?;
    for _ in 0..parts {
        upload.push(Bytes::from("part")).await?;
    }
    upload.finish().await
}

/// The requests by method and address. They are sorted, because parts may overtake each other.
fn sorted(stub: &Stub) -> Vec<String> {
    let mut lines = stub.lines();
    lines.sort();
    lines.iter().map(|line| line.replace(OBJECT, "")).collect()
}

#[tokio::test]
async fn one_part_is_one_request_and_more_are_completed_together() {
    let stub = takes_parts(Answer::error(500, "InternalError"));
    assert_eq!(upload(&stub, 1).await.unwrap(), Created::New);
    assert_eq!(sorted(&stub), ["PUT ?x-id=PutObject"]);

    let completed = "<CompleteMultipartUploadResult></CompleteMultipartUploadResult>";
    let stub = takes_parts(Answer::new(200, "", completed));
    assert_eq!(upload(&stub, 3).await.unwrap(), Created::New);
    let part = |number| format!("PUT ?x-id=UploadPart&partNumber={number}&uploadId=u1");
    let expected = ["POST ?uploadId=u1", "POST ?uploads", &part(1), &part(2), &part(3)];
    assert_eq!(sorted(&stub), expected);
    let asked = stub.asked();
    let complete = asked.last().unwrap();
    assert_eq!(complete.header("if-none-match"), "*");
    let numbers =
        complete.body.match_indices("<PartNumber>").map(|(at, _)| &complete.body[at + 12..][..1]);
    assert_eq!(numbers.collect::<Vec<_>>(), ["1", "2", "3"]);
}

#[tokio::test]
async fn an_upload_that_does_not_end_well_leaves_nothing() {
    let aborted = |stub: &Stub| {
        sorted(stub).contains(&"DELETE ?x-id=AbortMultipartUpload&uploadId=u1".to_owned())
    };
    let there = takes_parts(Answer::error(412, "PreconditionFailed"));
    assert_eq!(upload(&there, 2).await.unwrap(), Created::AlreadyThere);
    assert!(aborted(&there));

    // S3 may answer with status 200 and then report an error in the body.
    let body = "<Error><Code>InternalError</Code><Message>in a test</Message></Error>";
    let late = takes_parts(Answer::new(200, "", body));
    assert_eq!(upload(&late, 2).await.unwrap_err().kind, ErrorKind::Transient);
    assert!(aborted(&late));

    let dropped = takes_parts(Answer::error(500, "InternalError"));
    let mut under_way = store(&dropped).upload(KEY).await.unwrap();
    for _ in 0..2 {
        under_way.push(Bytes::from("part")).await.unwrap();
    }
    drop(under_way);
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(10)).await;
        if aborted(&dropped) {
            return;
        }
    }
    panic!("the upload was left: {:?}", dropped.lines());
}

fn run() -> RunId {
    "0123456789abcdef".parse().unwrap()
}

fn messages(count: usize) -> Vec<Message> {
    Message::of_step(&run(), (0..count).map(|file| Unit::SplitReport { file }).collect())
}

fn queue(stub: &Stub) -> SqsQueue {
    let config = client!(aws_sdk_sqs, stub);
    let urls = BTreeMap::from([(Step::SplitReport, format!("{}/0/split-report", stub.url))]);
    let bills = Some(format!("{}/0/bill-customer", stub.url));
    SqsQueue::new(aws_sdk_sqs::Client::from_conf(config.build()), urls, bills)
}

/// A queue that accepts each message for which `refusal` gives no reason. `refusal` gets the body of a
/// message and the number of messages in its request.
fn takes_messages(refusal: impl Fn(&str, usize) -> Option<Value> + Send + Sync + 'static) -> Stub {
    Stub::start(move |asked, _| {
        let batch: Value = serde_json::from_str(&asked.body).unwrap();
        let entries = batch["Entries"].as_array().unwrap();
        let (mut taken, mut failed) = (Vec::new(), Vec::new());
        for entry in entries {
            if let Some(mut reason) = refusal(entry["MessageBody"].as_str().unwrap(), entries.len())
            {
                reason["Id"] = entry["Id"].clone();
                failed.push(reason);
            } else {
                taken.push(json!({"Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": "-"}));
            }
        }
        Answer::json(200, &json!({"Successful": taken, "Failed": failed}).to_string())
    })
}

/// The number of messages of each request, the largest first.
fn batch_sizes(stub: &Stub) -> Vec<usize> {
    let size = |body: &str| {
        let batch: Value = serde_json::from_str(body).unwrap();
        batch["Entries"].as_array().unwrap().len()
    };
    let mut sizes: Vec<usize> = stub.asked().iter().map(|asked| size(&asked.body)).collect();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    sizes
}

#[tokio::test]
async fn messages_go_in_batches_and_those_not_taken_go_again() {
    let stub = takes_messages(|_, _| None);
    queue(&stub).send(&messages(25)).await.unwrap();
    assert_eq!(batch_sizes(&stub), [10, 10, 5]);

    // The queue refuses one of the messages until the message comes alone.
    let busy = json!({"SenderFault": false, "Code": "InternalError", "Message": "busy"});
    let stub = takes_messages(move |body, size| {
        (size > 1 && body.contains("\"file\":3}")).then(|| busy.clone())
    });
    queue(&stub).send(&messages(10)).await.unwrap();
    assert_eq!(batch_sizes(&stub), [10, 1]);
}

#[tokio::test]
async fn bills_are_woken_through_their_own_queue() {
    let stub = takes_messages(|_, _| None);
    let bill = |number: usize| BillRequest {
        customer: format!("customer-{number}"),
        billing_period: "2026-10".parse().unwrap(),
    };
    queue(&stub).wake(&(0..12).map(bill).collect::<Vec<_>>()).await.unwrap();
    assert_eq!(batch_sizes(&stub), [10, 2]);
    let sent: Value = serde_json::from_str(&stub.asked()[0].body).unwrap();
    assert_eq!(sent["QueueUrl"], format!("{}/0/bill-customer", stub.url));
    let body = r#"{"bill":{"billing_period":"2026-10","customer":"customer-0"}}"#;
    assert_eq!(sent["Entries"][0]["MessageBody"], body);
}

#[tokio::test]
async fn messages_that_are_refused_are_counted_with_the_reason() {
    let bad = json!({"SenderFault": true, "Code": "InvalidMessageContents", "Message": "no"});
    let stub = takes_messages(move |body, _| body.contains("\"file\":3}").then(|| bad.clone()));
    let error = queue(&stub).send(&messages(12)).await.unwrap_err();
    let words = "cannot send 1 of 12 messages: InvalidMessageContents: no";
    assert_eq!(error.to_string(), words);
    assert_eq!(batch_sizes(&stub), [10, 2], "sending it again would be refused again");

    let busy = json!({"SenderFault": false, "Code": "InternalError", "Message": "busy"});
    let stub = takes_messages(move |_, _| Some(busy.clone()));
    let error = queue(&stub).send(&messages(2)).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot send 2 of 2 messages: InternalError: busy");
    assert_eq!(batch_sizes(&stub), [2, 2, 2]);

    let gone = always(Answer::json(400, r#"{"__type": "QueueDoesNotExist", "message": "gone"}"#));
    let error = queue(&gone).send(&messages(3)).await.unwrap_err();
    assert_eq!((error.failed, error.total), (3, 3), "{error}");
}

#[tokio::test]
async fn a_dead_letter_says_why() {
    let stub = always(Answer::json(200, r#"{"MessageId": "m", "MD5OfMessageBody": "-"}"#));
    let reason = "line 7:\u{0} no number";
    let url = format!("{}/0/split-report-dead-letters", stub.url);
    queue(&stub).reject(&url, "{}", reason).await.unwrap();
    let sent: Value = serde_json::from_str(&stub.asked()[0].body).unwrap();
    assert_eq!(sent["QueueUrl"], url);
    assert_eq!(sent["MessageBody"], "{}");
    assert_eq!(sent["MessageAttributes"]["reason"]["StringValue"], "line 7:  no number");
}

fn athena(stub: &Stub) -> AthenaCatalog {
    let config = client!(aws_sdk_athena, stub);
    AthenaCatalog::new(aws_sdk_athena::Client::from_conf(config.build()), "sluice")
}

/// An Athena whose statements are in these states, one state for each time that someone asks.
fn ends_in(states: &[Value]) -> Stub {
    let states = states.to_vec();
    Stub::start(move |asked, before| {
        if asked.header("x-amz-target").ends_with("StartQueryExecution") {
            return Answer::json(200, r#"{"QueryExecutionId": "q1"}"#);
        }
        // The first request started the statement.
        let state = states.get(before - 1).or(states.last()).unwrap();
        Answer::json(200, &json!({"QueryExecution": {"Status": state}}).to_string())
    })
}

async fn failure(stub: &Stub) -> CatalogError {
    athena(stub).execute("ALTER TABLE …").await.unwrap_err()
}

#[tokio::test]
async fn a_statement_is_followed_to_its_end() {
    let state = |state: &str| json!({ "State": state });
    let stub = ends_in(&[state("QUEUED"), state("RUNNING"), state("SUCCEEDED")]);
    athena(&stub).execute("ALTER TABLE …").await.unwrap();
    let asked = stub.asked();
    assert_eq!(asked.len(), 4);
    let start: Value = serde_json::from_str(&asked[0].body).unwrap();
    assert_eq!(
        (&start["WorkGroup"], &start["QueryString"]),
        (&json!("sluice"), &json!("ALTER TABLE …"))
    );
    assert!(asked[1..].iter().all(|look| look.body.contains("q1")));
}

#[tokio::test]
async fn failures_of_athena_are_sorted_by_whether_they_pass() {
    let check = async |status: Value, transient, words: &str| {
        let error = failure(&ends_in(&[status])).await;
        assert_eq!(error.transient, transient, "{error}");
        assert!(error.reason.contains(words), "{error}");
    };
    let failed = |reason: &str| json!({"State": "FAILED", "StateChangeReason": reason});
    check(failed("FAILED: ParseException line 1:0"), false, "ParseException").await;
    check(failed("MetaException: Rate exceeded"), true, "Rate exceeded").await;
    let of_athena = json!({"State": "FAILED", "AthenaError": {"ErrorCategory": 1}});
    check(of_athena, true, "no reason given").await;
    check(json!({"State": "CANCELLED"}), true, "cancelled q1").await;

    let refused = async |code: &str| {
        let body = json!({"__type": code, "Message": "in a test"});
        failure(&always(Answer::json(400, &body.to_string()))).await.transient
    };
    assert!(refused("TooManyRequestsException").await);
    assert!(refused("AccessDeniedException").await);
    assert!(!refused("InvalidRequestException").await);
}
