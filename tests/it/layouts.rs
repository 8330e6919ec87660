//! The places of deliveries and the names in their manifests. A delivery is found however its name is
//! spelled, and is refused if its manifest leads to another place.

use cur::{Column, Generation, LineItemType};
use lambda::{Request, event};
use laws::ReportCheck;
use pipeline::{Current, Notice, Reconciliation};
use runs::Outcome;
use serde_json::{Value, json};
use testkit::{Delivery, Line, Order, World, csv, gzip};

use crate::packing::{Packing, Tags, Times};
use crate::small::{ACME, CONTRACTS, GLOBEX, lines};

const DELIVERED: &str = "20261103T120125Z";
const GENERATIONS: [Generation; 2] = [Generation::Legacy, Generation::DataExports];

fn small(generation: Generation) -> Delivery {
    Delivery::new(generation, DELIVERED, &lines()).in_files(&lines(), 2)
}

fn current(world: &World) -> Current {
    let pointers = world.current();
    assert_eq!(pointers.len(), 1, "sealed");
    serde_json::from_slice(pointers.values().next().unwrap()).unwrap()
}

fn proof(world: &World) -> Reconciliation {
    let run = current(world).run_id;
    serde_json::from_slice(&world.object(&format!("{run}/reconciliation.json"))).unwrap()
}

/// Puts a delivery under another prefix and announces its manifest in an event, as S3 does.
async fn deliver_below(prefix: &str, encoded: &str, generation: Generation) -> World {
    let world = World::new(CONTRACTS);
    let delivery = small(generation);
    let moved = |text: &str| text.replace("cur/costs/", &format!("{prefix}costs/"));
    for (key, text) in delivery.file_keys().iter().zip(&delivery.files) {
        world.reports.put(&moved(key), gzip(text));
    }
    let manifest = moved(&delivery.manifest_keys()[0]);
    world.reports.put(&manifest, moved(&delivery.manifest()));
    let key = manifest.replacen(prefix, encoded, 1).replace('=', "%3D");
    let payload = json!({ "Records": [{
        "eventName": "ObjectCreated:Put",
        "s3": { "bucket": { "name": "reports" }, "object": { "key": key } },
    }] });
    for request in event::decode(&payload).unwrap() {
        let Request::Notice(notice) = request else { panic!("{request:?}") };
        assert_eq!(
            notice,
            Notice::ObjectCreated { bucket: "reports".into(), key: manifest.clone() }
        );
        assert_eq!(
            receive_report::handle(&notice, &world.app).await,
            Ok(Outcome::Done),
            "{prefix}"
        );
    }
    assert_eq!(world.drain(Order::Sent).await, [""; 0], "{prefix}");
    world
}

#[tokio::test]
async fn a_prefix_is_empty_deep_or_strange() {
    let prefixes = [
        ("", ""),
        ("a/b/c/d/", "a/b/c/d/"),
        ("metadata/20250101-20250201/year=2025/", "metadata/20250101-20250201/year%3D2025/"),
        ("a b/c+d/", "a+b/c%2Bd/"),
        ("päyer/", "p%C3%A4yer/"),
        ("/", "/"),
        ("//x/", "//x/"),
    ];
    for (prefix, encoded) in prefixes {
        for generation in GENERATIONS {
            let world = deliver_below(prefix, encoded, generation).await;
            assert_eq!(proof(&world).report_totals.lines, 14, "{prefix}");
        }
    }
}

/// A manifest of a legacy report or an export with new values for these fields.
fn manifest_with(delivery: &Delivery, fields: &[(&str, Value)]) -> String {
    let mut manifest: Value = serde_json::from_str(&delivery.manifest()).unwrap();
    for (name, value) in fields {
        manifest[name] = value.clone();
    }
    manifest.to_string()
}

/// Delivers the small report with this manifest.
async fn with_manifest(delivery: &Delivery, manifest: String) -> (World, Vec<String>) {
    let world = World::new(CONTRACTS);
    delivery.put(&world.reports);
    let key = &delivery.manifest_keys()[0];
    world.reports.put(key, manifest);
    let given_up = world.deliver(key, Order::Sent).await;
    (world, given_up)
}

#[tokio::test]
async fn files_are_uris_keys_or_objects() {
    let keys = small(Generation::DataExports).file_keys();
    let uri = |key: &String| format!("s3://reports/{key}");
    let spellings: [(Generation, &str, Value); 6] = [
        (Generation::DataExports, "dataFiles", keys.iter().map(uri).collect()),
        (Generation::DataExports, "dataFiles", json!(keys)),
        (Generation::DataExports, "dataFiles", keys.iter().map(|key| format!("/{key}")).collect()),
        (
            Generation::DataExports,
            "dataFiles",
            keys.iter().map(|key| json!({ "filePath": uri(key) })).collect(),
        ),
        (
            Generation::DataExports,
            "dataFiles",
            keys.iter().map(|key| json!({ "uri": uri(key), "rows": 3 })).collect(),
        ),
        (
            Generation::Legacy,
            "reportKeys",
            small(Generation::Legacy).file_keys().iter().map(|key| format!("/{key}")).collect(),
        ),
    ];
    for (generation, field, files) in spellings {
        let delivery = small(generation);
        let manifest = manifest_with(&delivery, &[(field, files.clone())]);
        let (world, given_up) = with_manifest(&delivery, manifest).await;
        assert_eq!(given_up, [""; 0], "{files}");
        assert_eq!(proof(&world).report_totals.lines, 14, "{files}");
    }
}

#[tokio::test]
async fn a_manifest_that_leads_elsewhere_is_refused() {
    let legacy = small(Generation::Legacy);
    let export = small(Generation::DataExports);
    let own = &legacy.file_keys()[0];
    let exported = &export.file_keys()[0];
    let check = async |delivery: &Delivery, fields: &[(&str, Value)], words: &[&str]| {
        let (world, given_up) = with_manifest(delivery, manifest_with(delivery, fields)).await;
        assert!(world.current().is_empty() && world.outcome().is_empty(), "{words:?}");
        for word in words {
            assert!(given_up.iter().any(|reason| reason.contains(word)), "{word}: {given_up:?}");
        }
    };
    let key = &legacy.manifest_keys()[0];
    let other =
        ["names files of bucket `elsewhere`, and lies in `reports`", "REPLICA_OF=elsewhere"];
    check(&legacy, &[("bucket", json!("elsewhere"))], &[key, other[0], other[1]]).await;
    let uri = json!([format!("s3://elsewhere/{exported}")]);
    check(&export, &[("dataFiles", uri)], &other).await;
    let two = json!([format!("s3://a/{exported}"), format!("s3://b/{}", export.file_keys()[1])]);
    check(&export, &[("dataFiles", two)], &["it names two buckets, `a` and `b`"]).await;

    let outside = ["which is not below `cur/costs/`, the report's own folder"];
    for file in [
        "cur/others/20261001-20261101/x-1.csv.gz",
        "cur/costs/../others/x-1.csv.gz",
        "cur/costs/./x-1.csv.gz",
        "cur/costs//x-1.csv.gz",
        "x-1.csv.gz",
    ] {
        check(&legacy, &[("reportKeys", json!([file]))], &outside).await;
        check(&export, &[("dataFiles", json!([format!("s3://reports/{file}")]))], &outside).await;
    }
    let september = own.replace("20261001-20261101", "20260901-20261001");
    let periods = ["two billing periods, 2026-10 and 2026-09"];
    check(&legacy, &[("reportKeys", json!([september]))], &periods).await;
    let athena = json!(["cur/costs/costs/year=2026/month=9/costs-00001.snappy.parquet"]);
    let parquet = ("compression", json!("Parquet"));
    check(&legacy, &[("reportKeys", athena), parquet.clone()], &periods).await;
    check(&legacy, &[parquet], &["its files are parquet, and lists", own]).await;
    let same = json!([own, format!("cur/costs/{}", own.rsplit('/').next().unwrap())]);
    check(&legacy, &[("reportKeys", same)], &["two files named `costs-00001`"]).await;
    let unknown = json!([own.replace("csv.gz", "orc")]);
    check(&legacy, &[("reportKeys", unknown)], &["ends with .csv.gz, .csv.zip, .csv or .parquet"])
        .await;
}

#[tokio::test]
async fn a_replica_is_billed_when_it_is_said_to_be_one() {
    for generation in GENERATIONS {
        let delivery = small(generation);
        let mut world = World::new(CONTRACTS);
        world.app.settings.replica_of = Some("original".to_owned());
        delivery.put(&world.reports);
        let key = &delivery.manifest_keys()[0];
        let manifest = delivery.manifest().replace("s3://reports/", "s3://original/");
        world.reports.put(key, manifest.replace("\"reports\"", "\"original\""));
        assert_eq!(world.deliver(key, Order::Sent).await, [""; 0], "{generation:?}");
        assert_eq!(proof(&world).report_totals.lines, 14);
        assert_eq!(world.recalculate("999988887777", "2026-10").await, [""; 0]);
    }
}

/// The number of lines and the cost in the proof.
async fn totals(files: &[(&str, Vec<u8>)]) -> (u64, String) {
    let (world, given_up) = deliver_files(files).await;
    assert_eq!(given_up, [""; 0]);
    let totals = proof(&world).report_totals;
    (totals.lines, totals.unblended_cost.to_string())
}

/// Delivers these files in this order. Returns the reasons of messages that were given up.
async fn deliver_files(files: &[(&str, Vec<u8>)]) -> (World, Vec<String>) {
    let world = World::new(CONTRACTS);
    let delivery = Delivery::new(Generation::DataExports, DELIVERED, &[]).overwriting();
    let folder = "cur/costs/data/BILLING_PERIOD=2026-10";
    let keys: Vec<String> = files.iter().map(|(name, _)| format!("{folder}/{name}")).collect();
    for (key, (_, bytes)) in keys.iter().zip(files) {
        world.reports.put(key, bytes.clone());
    }
    let manifest = &delivery.manifest_keys()[0];
    world.reports.put(manifest, manifest_with(&delivery, &[("dataFiles", json!(keys))]));
    let given_up = world.deliver(manifest, Order::Sent).await;
    (world, given_up)
}

const PARQUET: Packing = Packing::Parquet(Times::Millis, Tags::Map);

/// Files without lines, in every form.
fn empty_files() -> [(&'static str, Vec<u8>); 7] {
    let header = csv(Generation::DataExports, &[]);
    [
        ("a-00001.csv.gz", Vec::new()),
        ("a-00002.csv.gz", gzip("").to_vec()),
        ("a-00003.csv.gz", gzip(&header).to_vec()),
        ("a-00004.snappy.parquet", Vec::new()),
        ("a-00005.snappy.parquet", PARQUET.pack(&header)),
        ("a-00006.csv", Vec::new()),
        ("a-00007.csv.zip", Packing::Zip.pack("")),
    ]
}

#[tokio::test]
async fn files_without_rows_and_a_delivery_without_lines_add_nothing() {
    let empty = empty_files();
    assert_eq!(totals(&[]).await, (0, "0".to_owned()));
    assert_eq!(totals(&empty).await, (0, "0".to_owned()));
    let line = csv(Generation::DataExports, &[Line::usage(ACME, "1.25")]);
    let mut after_one = vec![("a-00000.snappy.parquet", PARQUET.pack(&line))];
    after_one.extend(empty.clone());
    assert_eq!(totals(&after_one).await, (1, "1.25".to_owned()));

    let (world, _) = deliver_files(&after_one).await;
    let named: Vec<String> = proof(&world).empty_files;
    let key = |name: &str| format!("cur/costs/data/BILLING_PERIOD=2026-10/{name}");
    assert_eq!(named, empty.map(|(name, _)| key(name)));
}

/// The file was emptied or was never complete. A bill for half of the lines would be wrong.
#[tokio::test]
async fn an_empty_file_before_one_with_lines_is_refused_by_name() {
    let line = csv(Generation::DataExports, &[Line::usage(ACME, "1.25")]);
    let one = gzip(&line).to_vec();
    for (name, bytes) in empty_files() {
        let other = PARQUET.pack(&line);
        for (files, after) in [
            (vec![(name, bytes.clone()), ("b-00002.csv.gz", one.clone())], "b-00002.csv.gz"),
            (vec![(name, bytes.clone()), ("b-2.parquet", other.clone())], "b-2.parquet"),
            (
                vec![
                    ("b-00001.csv.gz", one.clone()),
                    (name, bytes.clone()),
                    ("b-00003.csv.gz", Vec::new()),
                    ("b-00004.csv.gz", one.clone()),
                ],
                "b-00004.csv.gz",
            ),
        ] {
            let (world, given_up) = deliver_files(&files).await;
            assert!(world.current().is_empty(), "{name}");
            let words =
                format!("/{after}` after it is not: AWS leaves files empty only at the end");
            assert!(given_up.iter().any(|reason| reason.contains(&words)), "{given_up:?}");
            let empty = if after == "b-00004.csv.gz" { "b-00003.csv.gz" } else { name };
            assert!(given_up.iter().any(|reason| reason.contains(empty)), "{given_up:?}");
        }
    }
    // The next file cannot be read, so the error is about that file.
    let damaged = [("a-1.csv.gz", Vec::new()), ("a-2.csv.gz", one[..one.len() - 9].to_vec())];
    let (_, given_up) = deliver_files(&damaged).await;
    assert!(given_up.iter().any(|reason| reason.contains("a-2.csv.gz")), "{given_up:?}");
}

/// Without a manifest, files are taken in the order of their numbers, so the tenth file is the last.
#[tokio::test]
async fn without_a_manifest_trailing_files_are_trailing() {
    let mut world = World::new(CONTRACTS);
    world.app.settings.manifest_less = true;
    let folder = "cur/costs/20261001-20261101/";
    let line = gzip(csv(Generation::Legacy, &[Line::usage(ACME, "1")]));
    for number in 1..=10 {
        let bytes = if number == 10 { bytes::Bytes::new() } else { line.clone() };
        world.reports.put(&format!("{folder}costs-{number}.csv.gz"), bytes);
    }
    assert_eq!(world.deliver(folder, Order::Sent).await, [""; 0]);
    assert_eq!(proof(&world).empty_files, [format!("{folder}costs-10.csv.gz")]);
    assert_eq!(proof(&world).report_totals.lines, 9);
}

/// A report with only these columns, in this order and with these names.
fn columns(names: &[(&str, Column)], lines: &[Line]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(names.iter().map(|(name, _)| *name)).unwrap();
    for line in lines {
        writer.write_record(names.iter().map(|(_, column)| line.get(*column))).unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

#[tokio::test]
async fn files_of_one_delivery_differ_in_their_columns() {
    let required = |generation: Generation| {
        let columns = billing::REQUIRED_COLUMNS.iter();
        let is_legacy = generation == Generation::Legacy;
        let names = columns.map(move |column| {
            let name = column.names().iter().find(|name| name.contains('/') == is_legacy);
            (*name.unwrap(), *column)
        });
        names.collect::<Vec<_>>()
    };
    let line = |account: &str, cost: &str| vec![Line::usage(account, cost)];
    // Three headers: the required columns only; the same columns in reverse order, with the region under
    // each of its names; and other names for all columns.
    let fewest = required(Generation::Legacy);
    let mut reversed: Vec<_> = fewest.iter().rev().copied().collect();
    reversed.push(("product/regionCode", Column::Region));
    let mut renamed = required(Generation::DataExports);
    renamed.insert(3, ("product_region", Column::Region));
    renamed.push(("a_column_of_tomorrow", Column::ResourceId));
    let files = [
        ("c-00001.csv.gz", gzip(columns(&fewest, &line(ACME, "1"))).to_vec()),
        ("c-00002.csv.gz", gzip(columns(&reversed, &line(ACME, "2"))).to_vec()),
        ("c-00003.csv", columns(&renamed, &line(GLOBEX, "4")).into_bytes()),
        (
            "c-00004.parquet",
            Packing::Parquet(Times::Text, Tags::Json).pack(&columns(&renamed, &line(ACME, "8"))),
        ),
    ];
    assert_eq!(totals(&files).await, (4, "15".to_owned()));
}

#[tokio::test]
async fn tags_by_the_hundred_pass_through_and_two_of_a_read_column_do_not() {
    let text = csv(Generation::Legacy, &lines());
    let (header, rest) = text.split_once('\n').unwrap();
    let mut tags: Vec<String> =
        (0..500).map(|number| format!("resourceTags/user:T{number}")).collect();
    // One tag is there in another case, and one tag is there twice.
    tags.extend(["resourceTags/user:t7", "resourceTags/user:T7"].map(str::to_owned));
    let cells = ",".repeat(tags.len());
    let mut lines = vec![format!("{header},{}", tags.join(","))];
    lines.extend(rest.lines().map(|line| format!("{line}{cells}")));
    let mut delivery = small(Generation::Legacy);
    delivery.files = vec![lines.join("\n")];
    let (world, given_up) = with_manifest(&delivery, delivery.manifest()).await;
    assert_eq!(given_up, [""; 0]);
    assert_eq!(proof(&world).report_totals.all_lines(), 15);

    delivery.files = vec![format!("{},lineItem/UsageType\n", text.lines().next().unwrap())];
    let (_, given_up) = with_manifest(&delivery, delivery.manifest()).await;
    let twice = "the header has the column lineItem/UsageType twice";
    assert!(given_up.iter().any(|reason| reason.contains(twice)), "{given_up:?}");
}

/// A bucket that gets only report files.
async fn replicated(
    deliveries: &[Delivery],
    contracts: &str,
    is_told: bool,
) -> (World, Vec<String>) {
    let mut world = World::new(contracts);
    world.app.settings.manifest_less = is_told;
    let mut given_up = Vec::new();
    for delivery in deliveries {
        for (key, text) in delivery.file_keys().iter().zip(&delivery.files) {
            world.reports.put(key, gzip(text));
            given_up.extend(world.deliver(key, Order::Sent).await);
        }
    }
    (world, given_up)
}

#[tokio::test]
async fn a_bucket_without_manifests_is_billed_and_says_what_nobody_can_know() {
    let later = |generation| {
        let mut lines = lines();
        lines.push(Line::new(LineItemType::Usage, ACME).with(Column::UnblendedCost, "9"));
        Delivery::new(generation, "20261104T120125Z", &lines).in_files(&lines, 2)
    };
    for generation in GENERATIONS {
        let deliveries = [small(generation), later(generation)];
        let (world, given_up) = replicated(&deliveries, CONTRACTS, true).await;
        assert_eq!(given_up, [""; 0], "{generation:?}");
        let proof = proof(&world);
        assert_eq!(proof.report_totals.lines, 15, "both files of the newest delivery");
        assert_eq!(proof.report, "costs");
        assert_eq!(proof.delivered_at, "2026-11-04T12:01:25.000Z");
        let [complete, newest] = proof.not_guaranteed.as_slice() else { panic!() };
        assert!(complete.contains("complete") && newest.contains("newest"));
        let run = current(&world).run_id;
        world.results.put(pipeline::keys::CONTRACTS, CONTRACTS.replace("0.05", "0.06"));
        assert_eq!(world.recalculate("999988887777", "2026-10").await, [""; 0]);
        assert_ne!(current(&world).run_id, run, "recalculated from its folder");
    }
    // If deliveries are overwritten, all of them have one folder.
    let overwritten = small(Generation::DataExports).overwriting();
    let (world, given_up) = replicated(&[overwritten], CONTRACTS, true).await;
    assert_eq!(given_up, [""; 0]);
    assert_eq!(proof(&world).report_totals.lines, 14);
}

#[tokio::test]
async fn a_report_file_starts_nothing_unless_the_function_is_told_so() {
    let (world, given_up) = replicated(&[small(Generation::Legacy)], CONTRACTS, false).await;
    assert_eq!(given_up, [""; 0]);
    assert!(world.outcome().is_empty());
}

/// A bucket of data files whose folder with this name has only these lines.
async fn folder(contracts: &str, folder: &str, lines: &[Line]) -> (World, Vec<String>) {
    let mut world = World::new(contracts);
    world.app.settings.manifest_less = true;
    let key = format!("{folder}costs-00001.csv.gz");
    world.reports.put(&key, gzip(csv(Generation::DataExports, lines)));
    let given_up = world.deliver(&key, Order::Sent).await;
    (world, given_up)
}

#[tokio::test]
async fn without_a_manifest_the_lines_say_whose_report_it_is() {
    let of = |payer: &str, line: &Line| line.clone().with(Column::PayerAccountId, payer);
    let usage = Line::usage(ACME, "1");
    let october = "cur2/costs/data/BILLING_PERIOD=2026-10/";
    let any = CONTRACTS.replace("payers = [\"999988887777\"]\n", "");
    let two = CONTRACTS.replace("[\"999988887777\"]", "[\"100000000001\", \"999988887777\"]");
    for contracts in [&any, &two] {
        let (world, given_up) = folder(contracts, october, std::slice::from_ref(&usage)).await;
        assert_eq!(given_up, [""; 0]);
        assert_eq!(proof(&world).payer_account_id.to_string(), "999988887777");
        assert_eq!(proof(&world).report_checks[&ReportCheck::OnePayer].checked, 1);
    }
    let named = "cur2/100000000001/costs/data/BILLING_PERIOD=2026-10/";
    let september = "cur2/costs/data/BILLING_PERIOD=2026-09/";
    let start = |text: &str| usage.clone().with(Column::BillingPeriodStartDate, text);
    let first = |line: Line| vec![line, usage.clone()];
    let second = |line: Line| vec![usage.clone(), line];
    for (contracts, place, lines, words) in [
        (
            &two,
            named,
            first(usage.clone()),
            "of payer 100000000001, and its lines are of payer 9999",
        ),
        (&two, october, first(of("100000000002", &usage)), "which is not among the payers"),
        (&two, october, first(of("acme", &usage)), "the first line's payer account is \"acme\""),
        (&two, september, first(usage.clone()), "is a folder of 2026-09, and the first line of"),
        (
            &two,
            october,
            first(start("soon")),
            "the first line's start of the billing period is \"soon\"",
        ),
        // Every line after the first is compared when it is rated, and an error names its place.
        (
            &two,
            october,
            second(of("100000000001", &usage)),
            "costs-00001.csv.gz`, line 3, column bill_payer_account_id: \"100000000001\" is not the payer",
        ),
        (
            &two,
            october,
            second(start("2026-11-01T00:00:00.000Z")),
            "line 3, column bill_billing_period_start_date: \"2026-11-01T00:00:00.000Z\" does not begin",
        ),
    ] {
        let (world, given_up) = folder(contracts, place, &lines).await;
        assert!(world.current().is_empty(), "{words}");
        assert!(given_up.iter().any(|reason| reason.contains(words)), "{words}: {given_up:?}");
    }
}

/// A file without the columns of payer and billing period, as a person may have made it.
#[tokio::test]
async fn without_a_manifest_and_the_columns_the_folder_or_the_contracts_say_whose_report_it_is() {
    let any = CONTRACTS.replace("payers = [\"999988887777\"]\n", "");
    let two = CONTRACTS.replace("[\"999988887777\"]", "[\"100000000001\", \"999988887777\"]");
    let bill = async |contracts: &str, place: &str| {
        let mut world = World::new(contracts);
        world.app.settings.manifest_less = true;
        let key = format!("{place}costs-00001.csv");
        let required = billing::REQUIRED_COLUMNS.iter().map(|column| (column.names()[1], *column));
        let names: Vec<(&str, Column)> = required.collect();
        world.reports.put(&key, columns(&names, &[Line::usage(ACME, "1")]));
        let given_up = world.deliver(&key, Order::Sent).await;
        (world, given_up)
    };
    let (world, given_up) = bill(&any, "cur2/costs/data/BILLING_PERIOD=2026-10/").await;
    assert!(world.current().is_empty());
    assert!(given_up[0].contains("name the one payer account under `[reseller]`"), "{given_up:?}");
    let (world, given_up) =
        bill(&two, "cur2/999988887777/costs/data/BILLING_PERIOD=2026-10/").await;
    assert_eq!(given_up, [""; 0]);
    assert_eq!(proof(&world).payer_account_id.to_string(), "999988887777");
    assert_eq!(proof(&world).report_checks[&ReportCheck::OnePayer].checked, 0);
}

#[tokio::test]
async fn sluice_run_takes_folders_only_when_asked_and_says_what_it_cannot_know() {
    let scratch = tempfile::tempdir().unwrap();
    let bucket = storage::FolderStore::new(scratch.path().join("in"));
    for delivered in ["20261102T120125Z", DELIVERED] {
        let delivery = Delivery::new(Generation::Legacy, delivered, &lines());
        for (key, text) in delivery.file_keys().iter().zip(&delivery.files) {
            storage::Store::create(&bucket, key, gzip(text)).await.unwrap();
        }
    }
    let path = |name: &str| scratch.path().join(name).display().to_string();
    std::fs::write(path("contracts.toml"), CONTRACTS).unwrap();
    let run = async |more: &[&str]| {
        let [source, contracts, out] = ["in", "contracts.toml", "out"].map(path);
        let mut words = vec!["sluice", "run", "--source", &source, "--out", &out];
        words.extend(["--contracts", &contracts]);
        words.extend(more);
        let mut said = Vec::new();
        let args = <sluice::args::Args as clap::Parser>::try_parse_from(words).unwrap();
        let ended = sluice::main(args.command, &mut said).await;
        (ended.map_err(|error| error.to_string()), String::from_utf8(said).unwrap())
    };
    let refusal = run(&[]).await.0.unwrap_err();
    assert!(refusal.contains("only data was replicated, ask for --manifest-less"), "{refusal}");
    let (ended, said) = run(&["--manifest-less"]).await;
    assert_eq!(ended, Ok(std::process::ExitCode::SUCCESS));
    assert!(said.contains(&format!("delivery {DELIVERED}")), "{said}");
    assert_eq!(said.matches("SEALED").count(), 1, "{said}");
    assert_eq!(said.matches("NOT GUARANTEED").count(), 2, "{said}");
    let (_, json) = run(&["--manifest-less", "--json"]).await;
    assert!(json.contains("\"not_guaranteed\": ["), "{json}");
}
