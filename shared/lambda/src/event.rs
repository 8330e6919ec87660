//! Reads what a payload asks for, also if it is wrapped in another one.
//!
//! S3 tells of a new object directly, through EventBridge or through SNS, and SQS may be around each of
//! these. A person asks to calculate a period again, to resume a run, to accept a held run, to make a bill,
//! or to issue it. A step sends a message to the next step, and a sealed run wakes bills. Only the fields
//! that are needed are read, because a field that AWS adds or leaves out must not stop a delivery.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use pipeline::{
    AcceptRequest, BillRequest, IssueRequest, Message, Notice, RecalculateRequest, ResumeRequest,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// One request to a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// A message from the step before.
    Message(Message),
    /// A notice from outside the pipeline.
    Notice(Notice),
    /// A bill is to be made.
    Bill(BillRequest),
    /// A bill is to be issued.
    Issue(IssueRequest),
    /// An event that asks for nothing, by its name.
    Nothing(String),
}

/// A payload that is no request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEvent {
    #[error("the message is not JSON: {0}")]
    NotJson(String),
    #[error(
        "not an event for this function; expected an S3 notification, an EventBridge event of aws.s3, \
         {{\"recalculate\": …}}, {{\"resume\": …}}, {{\"accept\": …}}, {{\"bill\": …}}, \
         {{\"issue\": …}} or a pipeline message {{\"run\": …, \"unit\": …, \"page\": …}}"
    )]
    Unknown,
    #[error("not {what}: {reason}")]
    Malformed { what: &'static str, reason: String },
    #[error("the key `{0}` is not UTF-8 once it is decoded")]
    Key(String),
}

/// Reads the text of one message.
pub fn decode_text(text: &str) -> Result<Vec<Request>, InvalidEvent> {
    let payload =
        serde_json::from_str(text).map_err(|error| InvalidEvent::NotJson(error.to_string()))?;
    decode(&payload)
}

/// Reads one payload that is not a batch of SQS. A notification of S3 may tell of several objects.
pub fn decode(payload: &Value) -> Result<Vec<Request>, InvalidEvent> {
    if let Some(records) = payload.get("Records") {
        return s3_notification(records);
    }
    if payload.get("unit").is_some() {
        return Ok(vec![Request::Message(read("a pipeline message", payload)?)]);
    }
    if let Some(request) = payload.get("recalculate") {
        let request: RecalculateRequest = read("a request to recalculate", request)?;
        return Ok(vec![Request::Notice(Notice::Recalculate(request))]);
    }
    if let Some(request) = payload.get("resume") {
        let request: ResumeRequest = read("a request to resume", request)?;
        return Ok(vec![Request::Notice(Notice::Resume(request))]);
    }
    if let Some(request) = payload.get("accept") {
        let request: AcceptRequest = read("a request to accept", request)?;
        return Ok(vec![Request::Notice(Notice::Accept(request))]);
    }
    if let Some(request) = payload.get("bill") {
        return Ok(vec![Request::Bill(read("a request for a bill", request)?)]);
    }
    if let Some(request) = payload.get("issue") {
        return Ok(vec![Request::Issue(read("a request to issue a bill", request)?)]);
    }
    match (text(payload, "Event"), text(payload, "source"), text(payload, "Type")) {
        // S3 sends this event once, when the notification is set up.
        (Some("s3:TestEvent"), _, _) => Ok(vec![Request::Nothing("s3:TestEvent".to_owned())]),
        (_, Some("aws.s3"), _) => Ok(vec![eventbridge_event(payload)?]),
        (_, _, Some("Notification")) => decode_text(text(payload, "Message").unwrap_or_default()),
        _ => Err(InvalidEvent::Unknown),
    }
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>
#[derive(Deserialize)]
struct S3Record {
    #[serde(rename = "eventName")]
    event_name: String,
    s3: S3Entity,
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html>
#[derive(Deserialize)]
struct EventBridgeEvent {
    #[serde(rename = "detail-type")]
    detail_type: String,
    detail: S3Entity,
}

#[derive(Deserialize)]
struct S3Entity {
    bucket: S3Bucket,
    object: S3Object,
}

#[derive(Deserialize)]
struct S3Bucket {
    name: String,
}

#[derive(Deserialize)]
struct S3Object {
    key: String,
}

fn s3_notification(records: &Value) -> Result<Vec<Request>, InvalidEvent> {
    let records: Vec<S3Record> = read("an S3 notification", records)?;
    records.into_iter().map(s3_record).collect()
}

fn s3_record(record: S3Record) -> Result<Request, InvalidEvent> {
    if !record.event_name.starts_with("ObjectCreated:") {
        return Ok(Request::Nothing(record.event_name));
    }
    let key = decode_key(&record.s3.object.key)?;
    Ok(object_created(record.s3.bucket, key))
}

fn eventbridge_event(payload: &Value) -> Result<Request, InvalidEvent> {
    let event: EventBridgeEvent = read("an EventBridge event of aws.s3", payload)?;
    if event.detail_type != "Object Created" {
        return Ok(Request::Nothing(event.detail_type));
    }
    // EventBridge does not encode the key. Only S3's own notification does.
    Ok(object_created(event.detail.bucket, event.detail.object.key))
}

fn object_created(bucket: S3Bucket, key: String) -> Request {
    Request::Notice(Notice::ObjectCreated { bucket: bucket.name, key })
}

/// S3 encodes keys in notifications as HTML forms do: a space is a plus, and a plus is `%2B`.
fn decode_key(encoded: &str) -> Result<String, InvalidEvent> {
    let spaced = encoded.replace('+', " ");
    percent_decode_str(&spaced)
        .decode_utf8()
        .map(Cow::into_owned)
        .map_err(|_| InvalidEvent::Key(encoded.to_owned()))
}

fn text<'a>(payload: &'a Value, field: &str) -> Option<&'a str> {
    payload.get(field).and_then(Value::as_str)
}

fn read<T: DeserializeOwned>(what: &'static str, value: &Value) -> Result<T, InvalidEvent> {
    T::deserialize(value)
        .map_err(|error| InvalidEvent::Malformed { what, reason: error.to_string() })
}
