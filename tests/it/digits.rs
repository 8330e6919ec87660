//! Numbers with more digits than an amount keeps. They are rounded when they are read or made, and this is
//! always reported.

use std::sync::Arc;

use billing::{Needs, OfReport, Rater};
use bytes::Bytes;
use cur::{Column, CsvError, Generation, Records};
use laws::{ReportCheck, Tally};
use parquet::data_type::{DataType, DoubleType, FixedLenByteArray, FixedLenByteArrayType};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use pipeline::Reconciliation;
use proptest::prelude::*;
use rows::{ReportFile, RowsError};
use testkit::{Delivery, Line, Order, World};

use crate::notations::Places;
use crate::small::{ACME, ACME_TWO, CONTRACTS, GLOBEX, NOBODY};

async fn bill(contracts: &str, lines: &[Line]) -> World {
    let delivery = Delivery::new(Generation::Legacy, "20261103T120125Z", lines).in_files(lines, 2);
    let world = World::new(contracts);
    delivery.put(&world.reports);
    let given_up = world.deliver(&delivery.manifest_keys()[0], Order::Sent).await;
    assert_eq!(given_up, [""; 0]);
    world
}

fn proof(world: &World) -> Reconciliation {
    serde_json::from_slice(&world.object("reconciliation.json")).unwrap()
}

fn digits_kept(proof: &Reconciliation) -> &Tally {
    &proof.report_checks[&ReportCheck::DigitsKept]
}

#[tokio::test]
async fn cells_are_counted_once_and_the_first_is_named() {
    let lines = [
        Line::usage(ACME, "1.25"),
        // Cost and usage amount are read several times for each line. The check must count a cell once.
        Line::usage(ACME, "0.0000000000000000015")
            .with(Column::UsageAmount, "2.00000000000000000000001")
            .with(Column::UnblendedRate, "0.5"),
        Line::usage(GLOBEX, "-0.0000000000000000004"),
        // A line that repeats the money of another line is read as well.
        Line::usage(ACME, "1E-20").with(Column::Operation, "EKSPod-EC2"),
    ];
    let proof = proof(&bill(CONTRACTS, &lines).await);
    let tally = digits_kept(&proof);
    assert_eq!((tally.checked, tally.broken), (5, 4));
    let first = tally.example.as_deref().unwrap();
    assert!(
        first.contains("column lineItem/UsageAmount: \"2.00000000000000000000001\" is read as 2")
    );
    assert!(first.contains("costs-00001.csv.gz`, line "), "{first}");
    let dropped: Vec<(&str, String)> =
        tally.dropped.iter().map(|(column, sum)| (&**column, sum.to_string())).collect();
    // In units of 10⁻¹⁹: 15 is read as 20, which drops −5. −4 and 0.1 are read as 0.
    assert_eq!(
        dropped,
        [
            ("lineItem/UnblendedCost", "-0.00000000000000000089".to_owned()),
            ("lineItem/UsageAmount", "0.00000000000000000000001".to_owned()),
        ]
    );
}

#[tokio::test]
async fn a_report_with_ordinary_digits_drops_none() {
    let lines = [Line::usage(ACME, "0.045107999999999995"), Line::usage(GLOBEX, "7.0E-10")];
    let proof = proof(&bill(CONTRACTS, &lines).await);
    let expected = Tally { checked: 2, ..Tally::default() };
    assert_eq!(digits_kept(&proof), &expected);
}

#[tokio::test]
async fn a_strict_contract_stops_for_dropped_digits_by_name() {
    let contracts = CONTRACTS.replace("[reseller]", "[reseller]\nstrict_report = true");
    let lines = [Line::usage(ACME, "0.0000000000000000015")];
    let delivery = Delivery::new(Generation::Legacy, "20261103T120125Z", &lines);
    let world = World::new(&contracts);
    delivery.put(&world.reports);
    let given_up = world.deliver(&delivery.manifest_keys()[0], Order::Sent).await;
    assert!(
        given_up[0].contains("report check `digits_kept` is broken 1 of 1 times"),
        "{given_up:?}"
    );
}

/// A cost with more decimals than an amount keeps, or fewer.
fn cost() -> impl Strategy<Value = String> {
    prop_oneof!["-?[0-9]{1,3}\\.[0-9]{0,30}", "-?[1-9]\\.[0-9]{1,16}E-[0-9]{1,2}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// For each column, the numbers in the report are what was read plus what was dropped, over all
    /// accounts and files.
    #[test]
    fn what_was_dropped_is_stated_exactly(costs in prop::collection::vec(cost(), 1..30)) {
        let accounts = [ACME, ACME_TWO, GLOBEX, NOBODY].into_iter().cycle();
        let lines: Vec<Line> =
            costs.iter().zip(accounts).map(|(cost, account)| Line::usage(account, cost)).collect();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let proof = proof(&runtime.block_on(bill(CONTRACTS, &lines)));
        let mut sum = Places::default();
        for cost in &costs {
            sum.add(cost, 1);
        }
        sum.add(&proof.report_totals.unblended_cost.to_string(), -1);
        if let Some(dropped) = digits_kept(&proof).dropped.get("lineItem/UnblendedCost") {
            sum.add(&dropped.to_string(), -1);
        }
        prop_assert!(sum.is_zero(), "{costs:?}: {:?}", digits_kept(&proof));
    }
}

/// Checks the cost of a report whose only row stores it in this way, and the digits that were dropped.
fn check_parquet<T: DataType>(physical: &str, value: T::T, expected: &str, dropped: &str) {
    let name = Column::UnblendedCost.names()[1];
    let schema = format!("message report {{ required {}; }}", physical.replace("NAME", name));
    let schema = Arc::new(parse_message_type(&schema).unwrap());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut cells = group.next_column().unwrap().unwrap();
    cells.typed::<T>().write_batch(&[value], None, None).unwrap();
    cells.close().unwrap();
    group.close().unwrap();
    let bytes = Bytes::from(writer.into_inner().unwrap());
    let size = bytes.len() as u64;
    let read = move |range: std::ops::Range<u64>| {
        Ok(bytes.slice(usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()))
    };
    let file = ReportFile::open(size, Arc::new(read)).unwrap();
    let layout = file.layout(&[Column::UnblendedCost]).unwrap();
    let mut found = Vec::new();
    file.lines(&layout, &Column::ALL, |line| {
        let cost = line.required_amount(Column::UnblendedCost).unwrap();
        let dropped = line.rounded().map(|(_, read)| read.dropped.to_string());
        found.push((cost.to_string(), dropped.collect::<Vec<_>>().join(" ")));
        Ok::<_, RowsError>(())
    })
    .unwrap();
    assert_eq!(found, [(expected.to_owned(), dropped.to_owned())], "{physical}");
}

#[test]
fn numbers_of_parquet_follow_the_same_rule() {
    let decimal = |value: i128| FixedLenByteArray::from(value.to_be_bytes().to_vec());
    check_parquet::<FixedLenByteArrayType>(
        "fixed_len_byte_array(16) NAME (DECIMAL(38,24))",
        decimal(-1_234_567_890_123_456_789_500_000),
        "-1.23456789012345679",
        "0.0000000000000000005",
    );
    check_parquet::<FixedLenByteArrayType>(
        "fixed_len_byte_array(16) NAME (DECIMAL(38,38))",
        decimal(12_500_000_000_000_000_001),
        "0",
        "0.00000000000000000012500000000000000001",
    );
    check_parquet::<FixedLenByteArrayType>(
        "fixed_len_byte_array(16) NAME (DECIMAL(38,24))",
        decimal(1_500_000_000_000_000_000_000_000),
        "1.5",
        "",
    );
    // Two thirds of a billionth, with the 16 digits that a 64-bit float keeps.
    check_parquet::<DoubleType>(
        "double NAME",
        "6.666666666666667e-10".parse().unwrap(),
        "0.000000000666666667",
        "-0.0000000000000000003333333",
    );
}

/// A price is the sum of the rounded products of its days. An invoice is the sum of the rounded products of
/// its lines.
#[tokio::test]
async fn products_are_rounded_by_day_and_every_law_holds() {
    let contracts = CONTRACTS
        .replace("\"150.37\"", "\"150.123456789012345678\"")
        .replace("discount = \"0.05\"", "discount = \"0.333333333333333333\"");
    // 0.666666666666666667 × 0.000000000000000001 and 0.666666666666666667 × 0.000000000000000002 are each
    // rounded to 0.000000000000000001.
    let lines = [
        Line::usage(ACME, "1E-18"),
        Line::usage(ACME, "2E-18").at("2026-10-02T00"),
        Line::usage(ACME, "3.3333333333").at("2026-10-03T00"),
        Line::usage(GLOBEX, "0.1"),
    ];
    let world = bill(&contracts, &lines).await;
    let proof = proof(&world);
    let acme = proof.customers.iter().find(|customer| customer.customer == "acme").unwrap();
    // 3.3333333333 × 0.666666666666666667 = 2.2222222222000000011111111111
    assert_eq!(acme.charge.to_string(), "2.222222222200000003");
    assert!(proof.laws.iter().all(|law| law.holds), "{:?}", proof.laws);
}

/// A cell with more digits than can be read is named by line and column.
#[test]
fn a_cell_beyond_what_is_read_is_named() {
    let text = format!("lineItem/UnblendedCost\n0.{}\n", "3".repeat(1_101));
    let mut records = Records::new(&[Column::UnblendedCost]);
    let mut errors = Vec::new();
    let rated = records.push::<CsvError>(text.as_bytes(), |line| {
        let account = ACME.parse().unwrap();
        let report = OfReport {
            payer: "999988887777".parse().unwrap(),
            period: "2026-10".parse().unwrap(),
            has_manifest: true,
        };
        let mut rater = Rater::new(account, report, Needs::default());
        errors.extend(rater.add(line).err().map(|error| error.to_string()));
        Ok(())
    });
    assert_eq!(rated, Ok(()));
    assert!(errors[0].starts_with("line 2, column lineItem/UnblendedCost: \"0.333"), "{errors:?}");
    assert!(errors[0].ends_with("has more than 1100 decimals"), "{errors:?}");
}
