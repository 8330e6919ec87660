//! A bucket has other exports beside the report. They are passed over by name and do not change a bill.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use cur::{Column, Generation};
use pipeline::Notice;
use runs::Outcome;
use serde_json::{Value, json};
use sluice::args::Args;
use testkit::{Delivery, Line, PAYER, World, gzip};

use crate::packing::{Packing, Tags, Times};
use crate::small::{ACME, CONTRACTS, lines};

const DELIVERED: &str = "20261103T120125Z";

/// An export that is not a cost and usage report.
struct Export {
    name: &'static str,
    folder: &'static str,
    header: &'static str,
    line: &'static str,
    /// What Sluice says about the export.
    is: &'static str,
}

const OTHERS: [Export; 6] = [
    Export {
        name: "focus",
        folder: "billing_period=2026-10",
        header: "BilledCost,ChargePeriodStart,SubAccountId",
        line: "5,2026-10-01T00:00:00Z,111122223333",
        is: "an export in the FOCUS format",
    },
    Export {
        name: "focus-of-a-query",
        folder: "BILLING_PERIOD=2026-10",
        header: "sub_account_id,charge_period_start,billed_cost",
        line: "111122223333,2026-10-01T00:00:00Z,5",
        is: "an export in the FOCUS format",
    },
    Export {
        name: "hub",
        folder: "date=2026-10-31",
        header: "account_id,action_type,estimated_monthly_savings_before_discount",
        line: "111122223333,Rightsize,3.1",
        is: "an export of Cost Optimization Hub",
    },
    Export {
        name: "carbon",
        folder: "BILLING_PERIOD=2026-10",
        header: "payer_account_id,usage_account_id,total_mbm_emissions_value",
        line: "999988887777,111122223333,0.01",
        is: "an export of carbon emissions",
    },
    Export {
        name: "dashboard",
        folder: "BILLING_PERIOD=2026-10",
        header: "amortized_cost,charge_type,billing_period",
        line: "5,Usage,2026-10-01",
        is: "an export for the cost and usage dashboard",
    },
    Export {
        name: "of-tomorrow",
        folder: "year=2026/month=10",
        header: "account,forecast",
        line: "111122223333,7",
        is: "an export without the columns of a cost and usage report",
    },
];

impl Export {
    fn manifest_key(&self) -> String {
        format!("exports/{0}/metadata/{1}/{0}-Manifest.json", self.name, self.folder)
    }

    fn file_key(&self, packing: Packing) -> String {
        let extension = packing.extension();
        format!("exports/{0}/data/{1}/{0}-00001.{extension}", self.name, self.folder)
    }

    /// `columns` says whether the manifest lists the columns, as AWS's manifests do.
    fn put(&self, world: &World, packing: Packing, columns: bool) {
        let text = format!("{}\n{}\n", self.header, self.line);
        world.reports.put(&self.file_key(packing), packing.pack(&text));
        let names = self.header.split(',').filter(|_| columns);
        let manifest = json!({
            "executionId": "6ddf17ff-b767-346c-b1dd-001cbeeefbf1",
            "exportArn": format!(
                "arn:aws:bcm-data-exports:us-east-1:999988887777:export/{}-0a1b2c3d-0000-4000-8000-\
                 0123456789ab", self.name
            ),
            "columns": names.map(|name| json!({ "name": name, "type": "string" })).collect::<Value>(),
            "dataFiles": [format!("s3://reports/{}", self.file_key(packing))],
        });
        world.reports.put(&self.manifest_key(), manifest.to_string());
    }
}

#[tokio::test]
async fn a_function_passes_over_what_is_no_report_and_says_what_it_is() {
    let parquet = Packing::Parquet(Times::Text, Tags::Json);
    for (packing, columns) in [
        (Packing::Gzip, true),
        (Packing::Gzip, false),
        (Packing::Csv, false),
        (Packing::Zip, false),
        (parquet, true),
        (parquet, false),
    ] {
        let world = World::new(CONTRACTS);
        for export in OTHERS {
            export.put(&world, packing, columns);
            let outcome = notice(&world, export.manifest_key()).await;
            let reason = format!(
                "report `{}` is {}; only cost and usage reports are billed",
                export.name, export.is
            );
            assert_eq!(outcome, Outcome::Ignored(reason), "{packing:?} {columns}");
        }
        assert!(world.outcome().is_empty());
    }
}

#[tokio::test]
async fn with_a_report_named_nothing_else_is_looked_at() {
    let named = CONTRACTS.replace("[reseller]", "[reseller]\nreport = \"costs\"");
    let world = World::new(&named);
    let mut second = Delivery::new(Generation::Legacy, DELIVERED, &lines());
    second.report = "second".to_owned();
    second.put(&world.reports);
    OTHERS[2].put(&world, Packing::Gzip, true);
    // Sluice cannot read any file of this export, and does not try to.
    let key = OTHERS[3].manifest_key();
    let manifest = json!({ "executionId": "e", "dataFiles": ["s3://elsewhere/carbon.orc"] });
    world.reports.put(&key, manifest.to_string());
    for (key, name) in [
        (second.manifest_keys()[0].clone(), "second"),
        (OTHERS[2].manifest_key(), "hub"),
        (key, "carbon"),
    ] {
        let reason = format!("report `{name}` is not the one that is billed, `costs`");
        assert_eq!(notice(&world, key).await, Outcome::Ignored(reason));
    }
    assert!(world.outcome().is_empty());
}

/// Two payers deliver reports of the same two names, and each is billed from another one.
#[tokio::test]
async fn each_payer_may_be_billed_from_its_own_report() {
    let contracts = CONTRACTS.replace("payers = [\"999988887777\"]\n", "report = \"costs\"\n");
    let contracts = format!(
        "{contracts}[[payer]]\nid = \"{PAYER}\"\n[[payer]]\nid = \"222233334444\"\nreport = \"second\"\n"
    );
    for (payer, report, is_billed) in [
        (PAYER, "costs", true),
        (PAYER, "second", false),
        ("222233334444", "costs", false),
        ("222233334444", "second", true),
    ] {
        let lines = [Line::usage(ACME, "1").with(Column::PayerAccountId, payer)];
        for (generation, manifest_less) in [
            (Generation::Legacy, false),
            (Generation::DataExports, false),
            (Generation::DataExports, true),
        ] {
            let mut world = World::new(&contracts);
            world.app.settings.manifest_less = manifest_less;
            let mut delivery = Delivery::new(generation, DELIVERED, &lines);
            (delivery.payer, delivery.report) = (payer.to_owned(), report.to_owned());
            delivery.put(&world.reports);
            let keys = if manifest_less { delivery.file_keys() } else { delivery.manifest_keys() };
            let outcome = notice(&world, keys[0].clone()).await;
            let billed = if payer == PAYER { "costs" } else { "second" };
            let reason = format!("report `{report}` is not the one that is billed, `{billed}`");
            let expected = if is_billed { Outcome::Done } else { Outcome::Ignored(reason) };
            assert_eq!(outcome, expected, "{payer} {report} {generation:?}");
        }
    }
}

async fn notice(world: &World, key: String) -> Outcome {
    let notice = Notice::ObjectCreated { bucket: "reports".to_owned(), key };
    receive_report::handle(&notice, &world.app).await.unwrap()
}

/// Folders with data files only, as some replications leave them.
#[tokio::test]
async fn without_manifests_the_header_says_it() {
    let mut world = World::new(CONTRACTS);
    world.app.settings.manifest_less = true;
    for export in OTHERS.iter().filter(|export| !export.folder.starts_with("date=")) {
        export.put(&world, Packing::Gzip, false);
        let Outcome::Ignored(reason) = notice(&world, export.file_key(Packing::Gzip)).await else {
            panic!("{}", export.name)
        };
        assert!(reason.contains(export.is), "{reason}");
    }
}

/// A bucket in a folder, for the `sluice` program.
struct Bucket(tempfile::TempDir);

impl Bucket {
    /// A bucket with all objects of this world's report bucket.
    fn new(world: &World, contracts: &str) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        for (key, bytes) in world.reports.contents() {
            let path = scratch.path().join("in").join(key);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        fs::write(scratch.path().join("contracts.toml"), contracts).unwrap();
        Self(scratch)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs `sluice run`. Returns its output, and whether it ended well.
    async fn run(&self, more: &[&str]) -> (String, bool) {
        let text = |path: &Path| path.display().to_string();
        let [source, contracts, out] =
            ["in", "contracts.toml", "out"].map(|name| text(&self.path(name)));
        let mut words = vec!["sluice", "run", "--source", &source, "--contracts", &contracts];
        words.extend(["--out", &out]);
        words.extend(more);
        let args = Args::try_parse_from(words).unwrap();
        let mut said = Vec::new();
        let ended = sluice::main(args.command, &mut said).await;
        let said = String::from_utf8(said).unwrap();
        match ended {
            Ok(code) => (said, format!("{code:?}") == format!("{:?}", ExitCode::SUCCESS)),
            Err(error) => (format!("{said}{error:#}"), false),
        }
    }
}

fn with_others(report: &[Delivery]) -> World {
    let world = World::new(CONTRACTS);
    for delivery in report {
        delivery.put(&world.reports);
    }
    for export in OTHERS {
        export.put(&world, Packing::Gzip, true);
    }
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn sluice_run_ends_well_when_the_report_is_sealed_whatever_else_is_there() {
    let report = Delivery::new(Generation::DataExports, DELIVERED, &lines());
    let bucket = Bucket::new(&with_others(&[report]), CONTRACTS);
    let (said, is_good) = bucket.run(&[]).await;
    assert!(is_good, "{said}");
    assert_eq!(said.matches("SEALED").count(), 1, "{said}");
    assert_eq!(said.matches("PASSED OVER  exports/").count(), OTHERS.len(), "{said}");
    let (json, _) = bucket.run(&["--json"]).await;
    let runs: Value = serde_json::from_str(&json).unwrap();
    let passed_over = |run: &&Value| run["passed_over"]["report"] == "hub";
    assert_eq!(runs.as_array().unwrap().iter().filter(passed_over).count(), 1);

    // The delivery that is asked for is no report.
    let key = OTHERS[0].manifest_key();
    let (said, is_good) = bucket.run(&["--manifest", &key]).await;
    assert!(!is_good && said.contains("report `focus` is an export in the FOCUS format"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_reports_of_a_payer_need_a_name() {
    let mut second = Delivery::new(Generation::Legacy, DELIVERED, &lines());
    second.report = "second".to_owned();
    let world = with_others(&[Delivery::new(Generation::DataExports, DELIVERED, &lines()), second]);
    let (said, is_good) = Bucket::new(&world, CONTRACTS).run(&[]).await;
    assert!(!is_good && said.contains("under `[reseller]` with `report = "), "{said}");

    // Following the message helps, in both directions.
    let bucket = Bucket::new(&world, CONTRACTS);
    let (said, is_good) = bucket.run(&[]).await;
    assert!(!is_good && said.contains("SEALED  payer 999988887777, report costs"), "{said}");
    for (name, other) in [("second", "costs"), ("costs", "second")] {
        let named = CONTRACTS.replace("[reseller]", &format!("[reseller]\nreport = \"{name}\""));
        fs::write(bucket.path("contracts.toml"), named).unwrap();
        let (said, is_good) = bucket.run(&[]).await;
        assert!(is_good && said.contains(&format!(", report {name}, 2026-10")), "{said}");
        let reason = format!("report `{other}` is not the one that is billed, `{name}`");
        assert!(said.contains(&reason), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_in_which_nothing_is_billed_says_what_to_set() {
    let report = Delivery::new(Generation::DataExports, DELIVERED, &lines());
    let named = CONTRACTS.replace("[reseller]", "[reseller]\nreport = \"cost\"");
    let (said, is_good) = Bucket::new(&with_others(&[report]), &named).run(&[]).await;
    assert!(!is_good && said.contains("no delivery is of report `cost`, which"), "{said}");
    assert!(said.contains("the bucket has `carbon`, `costs`, `dashboard`, "), "{said}");

    for (contracts, bucket) in [
        (CONTRACTS.to_owned(), with_others(&[])),
        // An export does not become a report because the contracts name it.
        (CONTRACTS.replace("[reseller]", "[reseller]\nreport = \"focus\""), with_others(&[])),
    ] {
        let (said, is_good) = Bucket::new(&bucket, &contracts).run(&[]).await;
        assert!(!is_good && said.contains("no delivery is a cost and usage report"), "{said}");
        assert!(said.contains("report `focus` is an export in the FOCUS format"), "{said}");
    }
}

/// A report that cannot be read is not taken for another export.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_cannot_be_read_is_not_passed_over() {
    let report = Delivery::new(Generation::DataExports, DELIVERED, &[Line::usage(ACME, "1")]);
    for damage in ["no JSON", "no file", "no gzip", "a column is missing"] {
        let world = with_others(std::slice::from_ref(&report));
        let (manifests, file) = (report.manifest_keys(), &report.file_keys()[0]);
        match damage {
            "no JSON" => manifests.iter().for_each(|key| world.reports.put(key, "{")),
            "no file" => world.reports.remove(file),
            "no gzip" => world.reports.put(file, "\u{1f}damaged"),
            _ => world.reports.put(file, gzip("line_item_usage_account_id\n111122223333\n")),
        }
        let (said, is_good) = Bucket::new(&world, CONTRACTS).run(&[]).await;
        assert!(!is_good && said.contains("NOT SEALED"), "{damage}: {said}");
    }
}
