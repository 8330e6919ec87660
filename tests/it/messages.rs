//! Messages about a line name AWS's file and AWS's line, and a line that a report has twice is found.

use cur::{Column, Generation, LineItemType};
use laws::{ReportCheck, Tally};
use pipeline::{Plan, Reconciliation, Step, keys};
use serde_json::json;
use testkit::{Delivery, Line, Order, PAYER, World, csv, csv_from};

use crate::packing::{Packing, Tags, Times};
use crate::small::{ACME, ACME_TWO, CONTRACTS, GLOBEX};

const DELIVERED: &str = "20261103T120125Z";

/// A line whose description has line ends. Lines are counted as an editor counts them.
fn tall(account: &str) -> Line {
    Line::usage(account, "1").with(Column::LineItemDescription, "one\ntwo\r\nthree")
}

/// Four files. The accounts take turns, and the second file has none of Acme's lines.
fn files() -> Vec<Vec<Line>> {
    let line = |account| Line::usage(account, "1");
    vec![
        vec![line(GLOBEX), tall(ACME), line(ACME_TWO), line(ACME)],
        vec![line(GLOBEX), line(GLOBEX)],
        vec![tall(GLOBEX), line(ACME), line(GLOBEX), line(ACME), line(ACME_TWO)],
        vec![line(ACME)],
    ]
}

/// Puts these files as one delivery, packed in this way.
fn put(world: &World, files: &[Vec<Line>], packing: Packing) -> Delivery {
    let mut delivery = Delivery::new(Generation::DataExports, DELIVERED, &[]);
    let mut first = 1;
    delivery.files.clear();
    for lines in files {
        delivery.files.push(csv_from(first, Generation::DataExports, lines));
        first += lines.len();
    }
    let renamed = |key: &str| key.replace("csv.gz", packing.extension());
    for (key, text) in delivery.file_keys().iter().zip(&delivery.files) {
        world.reports.put(&renamed(key), packing.pack(text));
    }
    for key in delivery.manifest_keys() {
        world.reports.put(&key, renamed(&delivery.manifest()));
    }
    delivery
}

fn proof(world: &World) -> Reconciliation {
    serde_json::from_slice(&world.object("reconciliation.json")).unwrap()
}

/// Bills these files. Returns the reasons of messages that were given up.
async fn bill(contracts: &str, files: &[Vec<Line>], packing: Packing) -> (World, Vec<String>) {
    let world = World::new(contracts);
    let delivery = put(&world, files, packing);
    let given_up = world.deliver(&delivery.manifest_keys()[0], Order::Sent).await;
    (world, given_up)
}

const PACKINGS: [Packing; 4] =
    [Packing::Gzip, Packing::Csv, Packing::Zip, Packing::Parquet(Times::Text, Tags::Json)];

#[tokio::test]
async fn a_cell_that_cannot_be_billed_is_named_where_aws_wrote_it() {
    // The index of the file, the index of the line in it, and the line of the CSV file. The header is the
    // first line of the file, and the tall line takes three.
    for (file, line, csv_line) in [(0, 1, 3), (0, 3, 7), (2, 1, 5), (2, 3, 7), (3, 0, 2)] {
        let mut files = files();
        files[file][line] = files[file][line].clone().with(Column::UsageAmount, "many");
        for packing in PACKINGS {
            let (world, given_up) = bill(CONTRACTS, &files, packing).await;
            assert!(world.current().is_empty());
            let place = match packing {
                Packing::Parquet(..) => format!("row {}", line + 1),
                _ => format!("line {csv_line}"),
            };
            let key = format!("costs-{:05}.{}", file + 1, packing.extension());
            let words = format!("{key}`, {place}, column line_item_usage_amount: \"many\"");
            assert!(given_up.iter().all(|reason| reason.contains(&words)), "{words}: {given_up:?}");
            assert!(given_up[0].starts_with("`cur/costs/data/BILLING_PERIOD=2026-10/"));
        }
    }
}

#[tokio::test]
async fn a_report_check_names_the_first_line_where_aws_wrote_it() {
    let mut files = files();
    for (file, line) in [(2, 1), (2, 3), (3, 0)] {
        files[file][line] = files[file][line].clone().with(Column::UnblendedRate, "7");
    }
    for packing in PACKINGS {
        let (world, given_up) = bill(CONTRACTS, &files, packing).await;
        assert_eq!(given_up, [""; 0]);
        let tally = &proof(&world).report_checks[&ReportCheck::RateTimesAmount];
        assert_eq!((tally.checked, tally.broken, tally.line), (3, 3, None));
        let place = if let Packing::Parquet(..) = packing { "row 2" } else { "line 5" };
        let words = format!("costs-00003.{}`, {place}: 7 × 1 is not 1", packing.extension());
        assert!(tally.example.as_ref().unwrap().ends_with(&words), "{words}: {tally:?}");
    }
}

#[tokio::test]
async fn a_daily_report_is_refused_where_its_first_day_stands() {
    let contracts = CONTRACTS.replace("sharing = \"as_billed\"", "sharing = \"customer\"");
    let plan =
        "arn:aws:savingsplans::111122223333:savingsplan/0a1b2c3d-0000-4000-8000-000000000001";
    let fee = Line::new(LineItemType::SavingsPlanRecurringFee, ACME)
        .with(Column::SavingsPlanArn, plan)
        .with(Column::OfferingType, "ComputeSavingsPlans")
        .with(Column::PurchaseTerm, "1yr")
        .with(Column::PaymentOption, "No Upfront")
        .with(Column::TotalCommitmentToDate, "1")
        .with(Column::UsedCommitment, "0");
    let day = Line::usage(GLOBEX, "1").with(Column::UsageEndDate, "2026-10-02T00:00:00Z");
    let files = [vec![fee, Line::usage(GLOBEX, "1")], vec![tall(ACME), day]];
    let (world, given_up) = bill(&contracts, &files, Packing::Gzip).await;
    assert!(world.current().is_empty());
    let words = "costs-00002.csv.gz`, line 5, column line_item_usage_end_date";
    assert!(given_up.iter().any(|reason| reason.contains(words)), "{given_up:?}");
}

#[tokio::test]
async fn a_missing_column_is_named_in_aws_s_file() {
    let world = World::new(CONTRACTS);
    let delivery = put(&world, &files(), Packing::Csv);
    let key = delivery.file_keys()[2].replace("csv.gz", "csv");
    let text = delivery.files[2].replace("line_item_usage_start_date", "started");
    world.reports.put(&key, text);
    let given_up = world.deliver(&delivery.manifest_keys()[0], Order::Sent).await;
    let words = format!("`{key}`: the header has no column lineItem/UsageStartDate");
    assert!(given_up.iter().any(|reason| reason.starts_with(&words)), "{given_up:?}");
}

/// AWS overwrites a file after the step that reads it and before the step that finds a fault.
#[tokio::test]
async fn a_file_that_is_gone_is_said_to_be_gone() {
    for removed in [true, false] {
        let mut files = files();
        files[2][3] = files[2][3].clone().with(Column::UsageAmount, "many");
        let world = World::new(CONTRACTS);
        let delivery = put(&world, &files, Packing::Gzip);
        assert_eq!(world.announce(&delivery.manifest_keys()[0]).await, [""; 0]);
        let plan: Plan = serde_json::from_slice(&world.object("/plan.json")).unwrap();
        let split = world.messages(&plan.run_id, Step::SplitReport);
        for message in &split {
            world.handle(message).await.unwrap();
        }
        let key = &delivery.file_keys()[2];
        if removed {
            world.reports.remove(key);
        } else {
            world.reports.put(key, "something else");
        }
        let given_up = world.drain(Order::Sent).await;
        let words = [
            format!("`{key}`, of which the version that was billed is gone"),
            format!("line 2 of account {ACME} in it, which is kept in `line_items/"),
            "column line_item_usage_amount: \"many\" is not a number".to_owned(),
        ];
        for word in words {
            assert!(given_up.iter().any(|reason| reason.contains(&word)), "{word}: {given_up:?}");
        }
        let kept = keys::receipt(&split[2]);
        assert!(world.results.contents().contains_key(&kept));
    }
}

/// The tally of `no_line_twice` for these files.
async fn twice(files: &[Vec<Line>]) -> Tally {
    let (world, given_up) = bill(CONTRACTS, files, Packing::Gzip).await;
    assert_eq!(given_up, [""; 0]);
    proof(&world).report_checks[&ReportCheck::NoLineTwice].clone()
}

#[tokio::test]
async fn a_line_that_is_there_twice_is_found_in_one_file_and_in_two() {
    let id = |line: &Line, id: &str| line.clone().with(Column::LineItemId, id);
    let hour = |line: &Line, hour: &str| line.clone().with(Column::TimeInterval, hour);
    let line = Line::usage(ACME, "1");
    let tally = twice(&files()).await;
    assert_eq!((tally.checked, tally.broken, tally.example), (12, 0, None));

    let one = id(&line, "abc");
    let two = [vec![tall(GLOBEX), one.clone(), one.clone()], vec![line.clone(), one.clone()]];
    let tally = twice(&two).await;
    assert_eq!((tally.checked, tally.broken), (5, 2));
    let example = tally.example.unwrap();
    assert!(
        example.contains("costs-00001.csv.gz`, line 6: the line abc of 2026-10-01T00"),
        "{example}"
    );
    let tally = twice(&[vec![one.clone(), line.clone()], vec![tall(ACME), one.clone()]]).await;
    assert_eq!((tally.checked, tally.broken), (4, 1));
    assert!(tally.example.unwrap().contains("costs-00002.csv.gz`, line 5: the line abc"));

    // AWS uses an id again in another hour. An empty cell does not identify a line.
    let later = hour(&one, "2026-10-01T01:00:00Z/2026-10-01T02:00:00Z");
    assert_eq!(twice(&[vec![one.clone(), later]]).await.broken, 0);
    let unnamed = hour(&one, "");
    let tally = twice(&[vec![unnamed.clone(), unnamed]]).await;
    assert_eq!((tally.checked, tally.broken), (0, 0));
}

#[tokio::test]
async fn a_line_twice_is_billed_twice_unless_the_contracts_are_strict() {
    let one = Line::usage(ACME, "1").with(Column::LineItemId, "abc");
    let files = [vec![one.clone()], vec![one]];
    let (world, given_up) = bill(CONTRACTS, &files, Packing::Gzip).await;
    assert_eq!(given_up, [""; 0]);
    assert_eq!(proof(&world).report_totals.lines, 2);
    let strict = CONTRACTS.replace("[reseller]", "[reseller]\nstrict_report = true");
    let (world, given_up) = bill(&strict, &files, Packing::Gzip).await;
    assert!(world.current().is_empty());
    let words = "report check `no_line_twice` is broken 1 of 2 times";
    assert!(given_up[0].contains(words) && given_up[0].contains("costs-00002"), "{given_up:?}");
}

#[tokio::test]
async fn lines_of_another_payer_or_period_are_counted_and_named() {
    let line = Line::usage(ACME, "1");
    let payer = |payer: &str| line.clone().with(Column::PayerAccountId, payer);
    let period = |start: &str| line.clone().with(Column::BillingPeriodStartDate, start);
    let files = [
        vec![line.clone(), payer("100000000001"), payer("100000000001"), payer(PAYER)],
        vec![
            period("2026-10-01T00:00:00.000Z"),
            tall(ACME),
            period("2026-09-01T00:00:00Z"),
            period(""),
        ],
    ];
    let (world, given_up) = bill(CONTRACTS, &files, Packing::Gzip).await;
    assert_eq!(given_up, [""; 0]);
    let checks = proof(&world).report_checks;
    let tally = &checks[&ReportCheck::OnePayer];
    assert_eq!((tally.checked, tally.broken), (8, 2));
    let words =
        "costs-00001.csv.gz`, line 3: column bill_payer_account_id: \"100000000001\" is not";
    assert!(tally.example.as_ref().unwrap().contains(words), "{tally:?}");
    let tally = &checks[&ReportCheck::OnePeriod];
    assert_eq!((tally.checked, tally.broken), (8, 1));
    assert!(
        tally.example.as_ref().unwrap().contains("costs-00002.csv.gz`, line 6: column"),
        "{tally:?}"
    );
}

/// If a report does not have the columns, nothing is checked, and the tally shows this.
#[tokio::test]
async fn a_report_without_the_columns_is_not_checked() {
    let world = World::new(CONTRACTS);
    let delivery = put(&world, &files(), Packing::Csv);
    for (key, text) in delivery.file_keys().iter().zip(&delivery.files) {
        let header = csv(Generation::DataExports, &[]);
        let mut other = header.clone();
        for name in
            ["identity_line_item_id", "bill_payer_account_id", "bill_billing_period_start_date"]
        {
            other = other.replace(name, &format!("x_{name}"));
        }
        world.reports.put(&key.replace("csv.gz", "csv"), text.replace(&header, &other));
    }
    assert_eq!(world.deliver(&delivery.manifest_keys()[0], Order::Sent).await, [""; 0]);
    let checks = serde_json::to_value(proof(&world).report_checks).unwrap();
    for name in ["no_line_twice", "one_payer", "one_period"] {
        assert_eq!(checks[name], json!({ "checked": 0, "broken": 0, "example": null }), "{name}");
    }
}
