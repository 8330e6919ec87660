//! The deployment template agrees with the code: names, settings, rights, queues and columns.

mod rights;
mod tables;
mod template;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use pipeline::Step;
use serde_json::{Value, json};
use template::Template;

const FUNCTION: &str = "AWS::Serverless::Function";
const ROLE: &str = "AWS::IAM::Role";
const QUEUE: &str = "AWS::SQS::Queue";
const ALARM: &str = "AWS::CloudWatch::Alarm";

/// The settings of each function, apart from its dead-letter queue, which every function has.
const SETTINGS: [(&str, &[&str]); 7] = [
    (
        "receive-report",
        &[
            "COMPRESSION",
            "MANIFEST_LESS",
            // A held run that is accepted is sealed here, and wakes the bills of its customers.
            "QUEUE_URL_BILL_CUSTOMER",
            // A run that is resumed may have stopped at any step.
            "QUEUE_URL_ALLOCATE_COMMITMENTS",
            "QUEUE_URL_PUBLISH_DATASETS",
            "QUEUE_URL_RECALCULATE_ACCOUNT",
            "QUEUE_URL_REGISTER_PARTITIONS",
            "QUEUE_URL_SPLIT_REPORT",
            "REPLICA_OF",
            "REPORT_BUCKET",
            "RESULTS_BUCKET",
        ],
    ),
    ("split-report", &["QUEUE_URL_REGISTER_PARTITIONS", "REPORT_BUCKET", "RESULTS_BUCKET"]),
    (
        "register-partitions",
        &[
            "DATABASE",
            // A report without lines has no accounts, so `publish-datasets` may come next.
            "QUEUE_URL_PUBLISH_DATASETS",
            "QUEUE_URL_RECALCULATE_ACCOUNT",
            "RESULTS_BUCKET",
            "WORKGROUP",
        ],
    ),
    (
        "recalculate-account",
        &[
            "QUEUE_URL_ALLOCATE_COMMITMENTS",
            // A report without commitments has no days to allocate, so `publish-datasets` may come next.
            "QUEUE_URL_PUBLISH_DATASETS",
            // Error messages name the line of AWS's file.
            "REPORT_BUCKET",
            "RESULTS_BUCKET",
        ],
    ),
    ("allocate-commitments", &["QUEUE_URL_PUBLISH_DATASETS", "REPORT_BUCKET", "RESULTS_BUCKET"]),
    (
        "publish-datasets",
        // The last message of a run seals the run, and wakes the bills of its customers.
        &["QUEUE_URL_BILL_CUSTOMER", "REPORT_BUCKET", "RESULTS_BUCKET"],
    ),
    // A bill wakes the next bill of the customer.
    ("bill-customer", &["QUEUE_URL_BILL_CUSTOMER", "RESULTS_BUCKET"]),
];

fn functions() -> Vec<&'static str> {
    let after_the_plan = Step::ALL.map(Step::name);
    ["receive-report"].into_iter().chain(after_the_plan).chain(["bill-customer"]).collect()
}

/// The prefix of a function's resource ids: `split-report` becomes `SplitReport`.
fn id(function: &str) -> String {
    let capitalised = |word: &str| word[..1].to_uppercase() + &word[1..];
    function.split('-').map(capitalised).collect()
}

/// The setting that says where a function's queue is.
fn queue_url(function: &str) -> String {
    format!("QUEUE_URL_{}", function.to_uppercase().replace('-', "_"))
}

fn sub(text: &str) -> Value {
    json!({ "Fn::Sub": text })
}

fn arn(id: &str) -> Value {
    json!({ "Fn::GetAtt": format!("{id}.Arn") })
}

/// `CloudFormation` accepts a single value in place of a list with one item.
fn list(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |items| items.iter().collect())
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is not a number"))
}

#[test]
fn functions_and_folders_are_the_same_seven() {
    let template = Template::read();
    let deployed: BTreeSet<&str> = template
        .all(FUNCTION)
        .into_iter()
        .map(|(_, function)| function["FunctionName"].as_str().unwrap())
        .collect();
    assert_eq!(deployed, functions().into_iter().collect());

    let folders = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../functions")).unwrap();
    let folders: BTreeSet<String> = folders
        .map(|folder| folder.unwrap().file_name().into_string().unwrap())
        .filter(|folder| folder != "local")
        .collect();
    assert_eq!(folders, deployed.into_iter().map(str::to_owned).collect());
}

#[test]
fn a_function_has_everything_under_its_own_name() {
    let template = Template::read();
    let globals = template.globals();
    assert_eq!(globals["Runtime"], "provided.al2023");
    assert_eq!(globals["Handler"], "bootstrap");
    assert_eq!(globals["LoggingConfig"]["LogFormat"], "JSON");
    for name in functions() {
        check_function(&template, name);
        check_queues(&template, name);
        check_alarms(&template, name);
    }
}

fn check_function(template: &Template, name: &str) {
    let id = id(name);
    let function = template.properties(&id, FUNCTION);
    assert_eq!(function["FunctionName"], name);
    assert_eq!(function["CodeUri"], format!("../target/lambda/{name}/"));
    assert_eq!(function["Role"], arn(&format!("{id}Role")), "{name}");

    // One call of the SDK may take 90 seconds with all its attempts (`lambda::run`).
    assert!(number(&function["Timeout"]) > 90, "{name}: a function outlives its slowest call");

    let log = template.properties(&format!("{id}Log"), "AWS::Logs::LogGroup");
    assert_eq!(log["LogGroupName"], format!("/aws/lambda/{name}"));
    assert_eq!(log["RetentionInDays"], json!({ "Ref": "LogRetentionDays" }), "{name}");
    assert_eq!(function["LoggingConfig"]["LogGroup"], json!({ "Ref": format!("{id}Log") }));

    let events = function["Events"].as_object().unwrap();
    assert_eq!(events.len(), 1, "{name} wakes on its queue and on nothing else");
    let mapping = &events["Messages"]["Properties"];
    assert_eq!(mapping["Queue"], arn(&format!("{id}Queue")), "{name}");
    assert_eq!(mapping["BatchSize"], 1, "{name}: a slow message would use up its neighbours' time");
    assert_eq!(mapping["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]), "{name}");
    assert!(number(&mapping["ScalingConfig"]["MaximumConcurrency"]) >= 2, "{name}");
}

fn check_queues(template: &Template, name: &str) {
    let id = id(name);
    let queue = template.properties(&format!("{id}Queue"), QUEUE);
    assert_eq!(queue["QueueName"], name);
    let timeout = number(&template.properties(&id, FUNCTION)["Timeout"]);
    assert!(number(&queue["VisibilityTimeout"]) >= 6 * timeout, "{name}");
    let redrive =
        json!({ "deadLetterTargetArn": arn(&format!("{id}DeadLetters")), "maxReceiveCount": 5 });
    assert_eq!(queue["RedrivePolicy"], redrive, "{name}");

    let dead_letters = template.properties(&format!("{id}DeadLetters"), QUEUE);
    assert_eq!(dead_letters["QueueName"], format!("{name}-dead-letters"));
    let fourteen_days = 14 * 24 * 60 * 60;
    assert_eq!(dead_letters["MessageRetentionPeriod"], fourteen_days, "{name}");
}

fn check_alarms(template: &Template, name: &str) {
    let id = id(name);
    let dead_letters = json!({ "Fn::GetAtt": format!("{id}DeadLetters.QueueName") });
    let queue = json!({ "Fn::GetAtt": format!("{id}Queue.QueueName") });
    let function = json!({ "Ref": id });
    for (alarm, metric, of) in [
        ("dead-letters", "ApproximateNumberOfMessagesVisible", dead_letters),
        ("waiting", "ApproximateAgeOfOldestMessage", queue),
        ("errors", "Errors", function),
    ] {
        let properties = template.properties(&format!("{id}{}Alarm", self::id(alarm)), ALARM);
        assert_eq!(properties["AlarmName"], format!("{name}-{alarm}"));
        assert_eq!(properties["MetricName"], metric, "{name}");
        assert_eq!(properties["Dimensions"][0]["Value"], of, "{name}");
        assert_eq!(properties["AlarmActions"], json!([{ "Ref": "AlarmTopic" }]), "{name}");
    }
}

/// The logs of sealed and held runs are counted, and the counts raise alarms.
#[test]
fn runs_that_are_sealed_or_held_are_counted() {
    let template = Template::read();
    let sealing = ["PublishDatasetsLog"];
    for (metric, outcome, alarm, logs) in [
        ("RunsSealed", "sealed", "nothing-sealed", &sealing[..]),
        ("RunsHeld", "held", "run-held", &["PublishDatasetsLog", "ReceiveReportLog"]),
    ] {
        let count = json!([{
            "MetricNamespace": "Sluice", "MetricName": metric, "MetricValue": "1"
        }]);
        let filters: Vec<&Value> = (template.all("AWS::Logs::MetricFilter").into_iter())
            .map(|(_, filter)| filter)
            .filter(|filter| filter["MetricTransformations"] == count)
            .collect();
        let pattern = format!("{{ $.fields.outcome = \"{outcome}\" }}");
        assert!(filters.iter().all(|filter| filter["FilterPattern"] == pattern), "{metric}");
        let counted: BTreeSet<&str> =
            filters.iter().map(|filter| filter["LogGroupName"]["Ref"].as_str().unwrap()).collect();
        assert_eq!(counted, logs.iter().copied().collect(), "{metric}");
        let id = format!("{}Alarm", id(alarm));
        let properties = template.properties(&id, ALARM);
        assert_eq!(properties["AlarmName"], alarm);
        assert_eq!(
            (&properties["Namespace"], &properties["MetricName"]),
            (&json!("Sluice"), &json!(metric))
        );
        assert_eq!(properties["AlarmActions"], json!([{ "Ref": "AlarmTopic" }]), "{alarm}");
    }
}

#[test]
fn a_function_is_told_what_it_uses_and_no_more() {
    let template = Template::read();
    for (name, settings) in SETTINGS {
        let function = template.properties(&id(name), FUNCTION);
        let variables = function["Environment"]["Variables"].as_object().unwrap();
        let mut expected: BTreeSet<&str> = settings.iter().copied().collect();
        expected.insert("DEAD_LETTER_QUEUE_URL");
        let found: BTreeSet<&str> = variables.keys().map(String::as_str).collect();
        assert_eq!(found, expected, "{name}");

        assert_eq!(
            variables["DEAD_LETTER_QUEUE_URL"],
            json!({ "Ref": format!("{}DeadLetters", id(name)) })
        );
        for receiver in functions() {
            let setting = queue_url(receiver);
            if let Some(url) = variables.get(&setting) {
                assert_eq!(
                    *url,
                    json!({ "Ref": format!("{}Queue", id(receiver)) }),
                    "{name} {setting}"
                );
            }
        }
    }
}

/// The statements of a function's role, by their names.
fn statements<'a>(template: &'a Template, name: &str) -> BTreeMap<&'a str, &'a Value> {
    let role = template.properties(&format!("{}Role", id(name)), ROLE);
    assert_eq!(role["RoleName"], name);
    assert_eq!(
        role.get("ManagedPolicyArns"),
        None,
        "{name}: what a role may do stands in the template"
    );
    let statements = role["Policies"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().unwrap());
    statements.map(|statement| (statement["Sid"].as_str().unwrap(), statement)).collect()
}

#[test]
fn a_role_names_every_action_and_every_resource() {
    let template = Template::read();
    assert_eq!(template.all(ROLE).len(), functions().len());
    for name in functions() {
        for (sid, statement) in statements(&template, name) {
            for action in list(&statement["Action"]) {
                assert!(!action.as_str().unwrap().contains('*'), "{name} {sid}: {action}");
            }
            for resource in list(&statement["Resource"]) {
                assert_ne!(resource, "*", "{name} {sid}");
            }
        }
    }
}

#[test]
fn a_role_sends_where_its_function_is_told_to() {
    let template = Template::read();
    for (name, settings) in SETTINGS {
        let statements = statements(&template, name);
        let receivers = functions()
            .into_iter()
            .filter(|receiver| settings.contains(&queue_url(receiver).as_str()));
        let mut queues: Vec<Value> =
            receivers.map(|receiver| arn(&format!("{}Queue", id(receiver)))).collect();
        queues.push(arn(&format!("{}DeadLetters", id(name))));
        let allowed: BTreeSet<String> = list(&statements["SendMessages"]["Resource"])
            .into_iter()
            .map(Value::to_string)
            .collect();
        assert_eq!(allowed, queues.iter().map(Value::to_string).collect(), "{name}");
        assert_eq!(statements["TakeMessages"]["Resource"], arn(&format!("{}Queue", id(name))));
    }
}

#[test]
fn buckets_are_private_encrypted_and_clean_up_after_broken_uploads() {
    let template = Template::read();
    let buckets = template.all("AWS::S3::Bucket");
    assert_eq!(buckets.len(), 2);
    for (id, bucket) in buckets {
        let access = bucket["PublicAccessBlockConfiguration"].as_object().unwrap();
        assert_eq!(access.len(), 4, "{id}");
        assert!(access.values().all(|blocked| *blocked == true), "{id}");
        assert!(bucket["BucketEncryption"].is_object(), "{id}");
        let rules = bucket["LifecycleConfiguration"]["Rules"].as_array().unwrap();
        let abort = json!({ "DaysAfterInitiation": 1 });
        assert!(rules.iter().any(|rule| rule["AbortIncompleteMultipartUpload"] == abort), "{id}");
    }
}

#[test]
fn only_manifests_wake_the_first_step() {
    let template = Template::read();
    let rule = template.properties("ManifestCreated", "AWS::Events::Rule");
    let keys = &rule["EventPattern"]["detail"]["object"]["key"];
    assert_eq!(*keys, json!([{ "suffix": "-Manifest.json" }, { "suffix": "/Manifest.json" }]));
    assert_eq!(rule["Targets"][0]["Arn"], arn("ReceiveReportQueue"));
    let data = template.properties("DataFileCreated", "AWS::Events::Rule");
    let state = json!({ "Fn::If": ["IsManifestLess", "ENABLED", "DISABLED"] });
    assert_eq!(data["State"], state, "unless someone says that none will come");
    let bucket = template.properties("ReportBucket", "AWS::S3::Bucket");
    let events = json!({ "EventBridgeConfiguration": { "EventBridgeEnabled": true } });
    assert_eq!(bucket["NotificationConfiguration"], events);
}
