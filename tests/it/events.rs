//! Each file in `events/` asks for exactly what it should, and so do the payloads that AWS publishes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use lambda::{InvalidEvent, Request, event};
use pipeline::{
    AcceptRequest, BillRequest, IssueRequest, Message, Notice, RecalculateRequest, ResumeRequest,
    Table, Unit,
};
use serde_json::{Value, json};

type Decoded = Result<Vec<Request>, InvalidEvent>;

const MANIFEST: &str = "reports/example/20261001-20261101/example-Manifest.json";
/// The key at which `sluice generate` puts the manifest, so that the sample can be tried on a local AWS.
const GENERATED: &str = "cur/sluice-demo/20261001-20261101/sluice-demo-Manifest.json";
const ODD_MANIFEST: &str =
    "cost reports/example/metadata/BILLING_PERIOD=2026-10/example+daily-Manifest.json";

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Decodes a payload as a function does: a batch is decoded message by message.
fn decode(payload: &Value) -> Vec<Decoded> {
    let records = payload.get("Records").and_then(Value::as_array);
    let bodies: Vec<&Value> =
        records.into_iter().flatten().filter_map(|record| record.get("body")).collect();
    if bodies.is_empty() {
        return vec![event::decode(payload)];
    }
    bodies.iter().map(|body| event::decode_text(body.as_str().unwrap())).collect()
}

fn created_in(bucket: &str, key: &str) -> Request {
    let (bucket, key) = (bucket.to_owned(), key.to_owned());
    Request::Notice(Notice::ObjectCreated { bucket, key })
}

fn one(request: Request) -> Vec<Decoded> {
    vec![Ok(vec![request])]
}

fn created(key: &str) -> Vec<Decoded> {
    one(created_in("amzn-s3-demo-bucket", key))
}

/// A message for the only unit of a step, as in the samples.
fn message(unit: Unit) -> Vec<Decoded> {
    let run = "0123456789abcdef".parse().unwrap();
    one(Request::Message(Message::of_step(&run, vec![unit]).remove(0)))
}

#[test]
fn every_sample_asks_for_what_it_should() {
    let run = || "0123456789abcdef".parse().unwrap();
    let recalculate =
        |account: &str| message(Unit::RecalculateAccount { account: account.parse().unwrap() });
    let request = RecalculateRequest {
        payer_account_id: "999988887777".parse().unwrap(),
        billing_period: "2026-10".parse().unwrap(),
    };
    let resume = ResumeRequest { manifest: GENERATED.to_owned() };
    let bad_account = InvalidEvent::Malformed {
        what: "a pipeline message",
        reason: "`not an account` is not an account id: twelve digits".to_owned(),
    };
    let accounts =
        [recalculate("111122223333"), vec![Err(bad_account)], recalculate("444455556666")];
    let bill =
        BillRequest { customer: "acme".to_owned(), billing_period: "2026-10".parse().unwrap() };
    let issue = IssueRequest {
        customer: "acme".to_owned(),
        billing_period: "2026-10".parse().unwrap(),
        date: "2026-11-05".parse().unwrap(),
        force: false,
    };
    let day = "2026-10-01".parse().unwrap();
    let customer = "acme".to_owned();
    let table = Table::LineItems;
    let accept = AcceptRequest { run: run() };
    let expected: Vec<(&str, Vec<Decoded>)> = vec![
        ("accept.json", one(Request::Notice(Notice::Accept(accept)))),
        ("allocate-commitments.json", message(Unit::AllocateCommitments { day })),
        ("bill-customer.json", one(Request::Bill(bill))),
        ("eventbridge.json", created(ODD_MANIFEST)),
        ("issue.json", one(Request::Issue(issue))),
        ("publish-datasets.json", message(Unit::PublishDatasets { customer })),
        ("recalculate-account.json", accounts.concat()),
        ("recalculate.json", one(Request::Notice(Notice::Recalculate(request)))),
        ("receive-report.json", created(GENERATED)),
        ("register-partitions.json", message(Unit::RegisterPartitions { table })),
        ("resume.json", one(Request::Notice(Notice::Resume(resume)))),
        ("s3-notification.json", created(ODD_MANIFEST)),
        ("s3-test-event.json", one(Request::Nothing("s3:TestEvent".to_owned()))),
        ("split-report.json", message(Unit::SplitReport { file: 0 })),
        ("sqs-eventbridge.json", created(MANIFEST)),
    ];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events");
    let names: BTreeSet<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let listed: BTreeSet<String> = expected.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names, listed, "events/ and this table");
    for (name, requests) in expected {
        assert_eq!(decode(&read(&folder.join(name))), requests, "{name}");
    }
}

#[test]
fn odd_payloads_are_refused_by_what_is_wrong_with_them() {
    check_refused(&json!({}), "expected an S3 notification");
    check_refused(&json!("text"), "expected an S3 notification");
    check_refused(&json!({"source": "aws.ec2", "detail": {}}), "expected an S3 notification");
    check_refused(&json!({"Records": [{"Sns": {}}]}), "not an S3 notification: missing field");
    check_refused(
        &json!({"source": "aws.s3", "detail-type": "Object Created", "detail": {}}),
        "not an EventBridge event of aws.s3: missing field `bucket`",
    );
    check_refused(
        &json!({"run": "0123456789abcdef", "unit": {"step": "seal"}}),
        "not a pipeline message: unknown variant `seal`, expected one of `split-report`",
    );
    check_refused(
        &json!({"recalculate": {"payer_account_id": "999988887777", "billing_period": "10/2026"}}),
        "not a request to recalculate: `10/2026` is not a billing period such as 2026-10",
    );
    check_refused(
        &json!({"recalculate": {"payer": "999988887777"}}),
        "not a request to recalculate: unknown field `payer`",
    );
    check_refused(
        &json!({"resume": {"key": "a-Manifest.json"}}),
        "not a request to resume: unknown field `key`",
    );
    check_refused(
        &json!({"accept": {"run": "the last one"}}),
        "not a request to accept: `the last one` is not an id of a run or a bill: \
         sixteen hexadecimal digits",
    );
    check_refused(
        &json!({"bill": {"customer": "acme", "period": "2026-10"}}),
        "not a request for a bill: unknown field `period`",
    );
    // Whoever issues a bill says the day. No clock decides what stands on an invoice.
    check_refused(
        &json!({"issue": {"customer": "acme", "billing_period": "2026-10"}}),
        "not a request to issue a bill: missing field `date`",
    );
    check_refused(
        &json!({"issue": {"customer": "acme", "billing_period": "2026-10", "date": "2026-11-31"}}),
        "not a request to issue a bill: input is out of range",
    );
    check_refused(&json!({"Type": "Notification", "Message": "hello"}), "not JSON");
    let key = json!({"eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": "b"}, "object": {"key": "a%FF"}}});
    check_refused(&json!({"Records": [key]}), "the key `a%FF` is not UTF-8");
}

fn check_refused(payload: &Value, words: &str) {
    let refusal = event::decode(payload).unwrap_err().to_string();
    assert!(refusal.contains(words), "{payload}: {refusal}");
}

/// The published payloads lie beside the repository on machines of developers. On other machines, nothing
/// is checked.
#[test]
fn published_payloads_ask_for_what_they_should() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/events");
    if !folder.is_dir() {
        return;
    }
    let expected: Vec<_> =
        [published_by_aws(), published_with_the_runtime(), with_keys_of_reports()].concat();
    let listed: BTreeSet<PathBuf> =
        expected.iter().map(|(name, _)| folder.join(format!("{name}.json"))).collect();
    let files: BTreeSet<PathBuf> = [folder.clone(), folder.join("derived")]
        .iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    assert_eq!(files, listed, "the payloads and these tables");
    for (name, requests) in expected {
        let decoded = decode(&read(&folder.join(format!("{name}.json"))));
        let decoded: Vec<_> = decoded.into_iter().map(Result::ok).collect();
        assert_eq!(decoded, requests, "{name}");
    }
}

/// The name of a payload and what its messages ask for. `None` means that a message is refused.
type Published = Vec<(&'static str, Vec<Option<Vec<Request>>>)>;

fn is(bucket: &str, key: &str) -> Vec<Option<Vec<Request>>> {
    vec![Some(vec![created_in(bucket, key)])]
}

fn is_nothing(name: &str) -> Vec<Option<Vec<Request>>> {
    vec![Some(vec![Request::Nothing(name.to_owned())])]
}

fn published_by_aws() -> Published {
    vec![
        ("aws-docs__eventbridge-s3-0-object-created", is("amzn-s3-demo-bucket1", "example-key")),
        ("aws-docs__eventbridge-s3-1-object-deleted", is_nothing("Object Deleted")),
        ("aws-docs__eventbridge-s3-2-object-deleted", is_nothing("Object Deleted")),
        (
            "aws-docs__eventbridge-s3-3-object-restore-completed",
            is_nothing("Object Restore Completed"),
        ),
        // In this payload, the documentation describes the fields where their values would be.
        ("aws-docs__s3-0", is_nothing("The event type")),
        ("aws-docs__s3-ObjectCreated-Put-v2.1", is("amzn-s3-demo-bucket", "HappyFace.jpg")),
        ("aws-docs__s3-TestEvent", is_nothing("s3:TestEvent")),
        ("aws-docs__sqs-event", vec![None]),
    ]
}

fn published_with_the_runtime() -> Published {
    vec![
        ("rust-runtime__example-eventbridge-event-obj", vec![None]),
        ("rust-runtime__example-eventbridge-schedule", vec![None]),
        ("rust-runtime__example-s3-event", is("sourcebucket", "Happy Face.jpg")),
        ("rust-runtime__example-s3-event-with-decoded", is("sourcebucket", "Happy Face.jpg")),
        ("rust-runtime__example-sns-event", vec![None]),
        ("rust-runtime__example-sns-event-obj", vec![None]),
        ("rust-runtime__example-sns-event-pascal-case", vec![None]),
        ("rust-runtime__example-sqs-api-event-obj", vec![None]),
        ("rust-runtime__example-sqs-batch-response", vec![None]),
        ("rust-runtime__example-sqs-event", vec![None]),
        ("rust-runtime__example-sqs-event-obj", vec![None]),
    ]
}

fn with_keys_of_reports() -> Published {
    let export = |folder: &str, name: &str| {
        let export = "CUR-daily-1.0/ha-project-CUR-daily-1";
        let key = format!("{export}/{folder}/ha-project-CUR-daily-1-{name}");
        is("ha-s3-bucket-1", &key)
    };
    let report =
        |name: &str| is("cur-bucket", &format!("cur-gzip/billing-report/20180301-20180401/{name}"));
    let delivery =
        "BILLING_PERIOD=2026-04/2026-04-16T15:24:15.653Z-04e9e487-79a7-42b1-a680-1de7c660dc8f";
    let data = format!("data/{delivery}");
    let own_metadata = format!("metadata/{delivery}");
    let latest = export("metadata/BILLING_PERIOD=2026-04", "Manifest.json");
    let assembly = |name: &str| report(&format!("11111111-aaaa-4bbb-8ccc-000000000301/{name}"));
    let period = report("billing-report-Manifest.json");
    let twice = period.iter().flatten().flatten().cycle().take(2).cloned().collect();
    let odd =
        is("cur-bucket", "cur reports/Ünïcode+plus & space/20180301-20180401/x-Manifest.json");
    vec![
        ("derived/eventbridge-cur2-data-multipart", export(&data, "00001.csv.gz")),
        ("derived/eventbridge-cur2-manifest", latest.clone()),
        ("derived/eventbridge-key-not-encoded", odd.clone()),
        ("derived/s3-put-cur2-manifest-createnew", export(&own_metadata, "Manifest.json")),
        ("derived/s3-put-cur2-manifest-overwrite", latest.clone()),
        ("derived/s3-put-key-needs-decoding", odd),
        ("derived/s3-put-legacy-assembly-manifest", assembly("billing-report-Manifest.json")),
        ("derived/s3-put-legacy-data-multipart", assembly("billing-report-1.csv.gz")),
        ("derived/s3-put-legacy-period-manifest", period.clone()),
        ("derived/s3-two-records-duplicate", vec![Some(twice)]),
        (
            "derived/sqs-batch-good-test-poison",
            [period.clone(), is_nothing("s3:TestEvent"), vec![None]].concat(),
        ),
        ("derived/sqs-wrapping-eventbridge", latest),
        ("derived/sqs-wrapping-s3-put", period.clone()),
        ("derived/sqs-wrapping-sns-wrapping-s3", period),
    ]
}
