//! Reports that were written to do harm, and reports that tools have changed: each is read exactly or
//! refused by name.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use clap::Parser;
use contracts::terms::Section;
use cur::{Column, Generation, LineItemType};
use datasets::{ChargeRow, InvoiceLineRow, decode_csv, decode_parquet, encode_csv};
use flate2::Compression;
use flate2::write::GzEncoder;
use pipeline::{BillId, Plan, PlannedFile, Status, keys};
use proptest::prelude::*;
use split_report::{Limits, split_within};
use statement::InvoiceLine;
use storage::Store;
use testkit::{Delivery, Line, Order, World, csv, gzip};

use crate::small::{ACME, ACME_TWO, CONTRACTS, GLOBEX, lines};

fn empty() -> Delivery {
    Delivery::new(Generation::Legacy, "20261103T120125Z", &[])
}

/// Bills a report of this one file, which is already packed. Returns the reasons of messages that were
/// given up.
async fn bill(packed: impl Into<bytes::Bytes>) -> (World, Vec<String>) {
    let world = World::new(CONTRACTS);
    empty().put(&world.reports);
    world.reports.put(&empty().file_keys()[0], packed.into());
    let given_up = world.deliver(&empty().manifest_keys()[0], Order::Sent).await;
    assert_eq!(given_up.is_empty(), !world.current().is_empty());
    (world, given_up)
}

async fn refused(packed: impl Into<bytes::Bytes>, words: &[&str]) {
    let (_, given_up) = bill(packed).await;
    assert!(!given_up.is_empty(), "it was billed: {words:?}");
    for word in words {
        assert!(given_up.iter().any(|reason| reason.contains(word)), "{word}: {given_up:?}");
    }
}

/// The report of `small` after one change of its text.
fn changed(from: &str, to: &[u8]) -> Vec<u8> {
    let text = csv(Generation::Legacy, &lines());
    let (before, after) = text.split_once(from).unwrap();
    [before.as_bytes(), to, after.as_bytes()].concat()
}

#[tokio::test]
async fn bytes_that_are_no_text_are_refused_where_they_are_read() {
    let file = "costs-00001.csv";
    let check = async |from: &str, to: &[u8], words: &[&str]| {
        let mut words = words.to_vec();
        words.push(file);
        refused(gzip(changed(from, to)), &words).await;
    };
    let not_text = "is not text: it has a NUL byte or is not UTF-8";
    // Errors name the line of AWS's file, whichever step finds the fault.
    let service = "/costs-00001.csv.gz`, line 4, column lineItem/ProductCode";
    check(",AmazonS3,", b",Amazon\0S3,", &[service, "\"Amazon\\u0000S3\"", not_text]).await;
    check(",AmazonS3,", b",Amazon\xffS3,", &[service, not_text]).await;
    check(",PutObject,", b",\"Put\xc0\xafObject\",", &["lineItem/Operation", not_text]).await;
    check(
        ",1.5,",
        b",1.5\0,",
        &["line 4", "lineItem/UnblendedCost", "\"1.5\\u0000\" is not a number"],
    )
    .await;
    check(",Credit,", b",Cre\x1b[2Jdit,", &["line 13", "\"Cre\\u001b[2Jdit\""]).await;
}

#[tokio::test]
async fn account_ids_are_twelve_ascii_digits() {
    for id in [
        "11112222333",
        "1111222233334",
        "+11122223333",
        "-11122223333",
        " 111122223333",
        "111122223333 ",
        "1111-2222-3333",
        "１１１１２２２２３３３３",
        "1.11122E+11",
        "111122223333\0",
        "=11122223333",
        "",
        "../../000000",
        "unknown",
    ] {
        let words =
            ["line 6, column lineItem/UsageAccountId", "is not an account id: twelve digits"];
        refused(gzip(changed(",100000000009,", format!(",{id},").as_bytes())), &words).await;
    }
}

/// Changes that some tools make to a file. None of them changes a bill.
#[tokio::test]
async fn marks_and_line_ends_change_no_bill() {
    let text = csv(Generation::Legacy, &lines());
    let charges = async |file: Vec<u8>| {
        let (world, given_up) = bill(gzip(file)).await;
        assert_eq!(given_up, [""; 0]);
        let rows: Vec<ChargeRow> = decode_csv(&world.object("customer=acme/charges.csv")).unwrap();
        rows.into_iter().map(|row| row.charge).collect::<Vec<_>>()
    };
    let expected = charges(text.clone().into_bytes()).await;
    let quoted_header = {
        let (header, rest) = text.split_once('\n').unwrap();
        format!("\"{}\"\n{rest}", header.replace(',', "\",\""))
    };
    for (what, file) in [
        ("a byte order mark", format!("\u{feff}{text}")),
        ("a byte order mark before quotes", format!("\u{feff}{quoted_header}")),
        ("CRLF", text.replace('\n', "\r\n")),
        ("no line end at the end", text.trim_end().to_owned()),
        ("empty lines", text.replace('\n', "\n\r\n\n")),
        (
            "a field of a megabyte",
            text.replace("café", &format!("\"{}\"", "a,\"\"\n".repeat(200_000))),
        ),
    ] {
        assert_eq!(charges(file.into_bytes()).await, expected, "{what}");
    }
}

#[tokio::test]
async fn a_record_without_end_is_refused() {
    let header = csv(Generation::Legacy, &[]);
    let long = format!("{header}{}", "x".repeat(17 << 20));
    refused(gzip(long), &["line 2: the record is longer than 16 MiB"]).await;
    let quoted = format!("{header}\"{}", "\n".repeat(17 << 20));
    refused(gzip(quoted), &["line 2: the record is longer than 16 MiB"]).await;
    let commas = format!("{header}{}", ",".repeat(15 << 20));
    refused(gzip(commas), &["line 2: the record has more than 16384 fields"]).await;
    refused(gzip(",".repeat(15 << 20)), &["line 1: the record has more than 16384 fields"]).await;
    // This file is a thousand times larger when it is unpacked. Nothing of it is kept.
    refused(gzip(vec![0; 256 << 20]), &["line 1: the record is longer than 16 MiB"]).await;
}

#[tokio::test]
async fn no_ratio_is_too_good() {
    let line = Line::usage(ACME, "0.01").with(Column::LineItemDescription, "x".repeat(4_000));
    let text = csv(Generation::Legacy, &vec![line; 2_000]);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text.as_bytes()).unwrap();
    let packed = encoder.finish().unwrap();
    assert!(text.len() / packed.len() > 100, "{} of {}", packed.len(), text.len());
    let (_, given_up) = bill(packed).await;
    assert_eq!(given_up, [""; 0]);
}

/// Splits one file within these limits. Returns the number of its lines, or the error.
async fn split_limited(limits: Limits) -> Result<u64, String> {
    let world = World::new(CONTRACTS);
    let file = Line::usage(ACME, "1");
    let file = [file.clone(), Line::usage(GLOBEX, "1"), file, Line::usage(ACME_TWO, "1")];
    let delivery = Delivery::new(Generation::Legacy, "20261103T120125Z", &file);
    delivery.put(&world.reports);
    assert_eq!(world.announce(&delivery.manifest_keys()[0]).await, [""; 0]);
    let plan: Plan = serde_json::from_slice(&world.object("/plan.json")).unwrap();
    let planned: &PlannedFile = &plan.files[0];
    let (reports, results) = (&world.app.reports, &world.app.results);
    let receipt = split_within(limits, &plan, planned, reports, results).await;
    receipt.map(|receipt| receipt.totals.all_lines()).map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_file_is_bounded_in_bytes_lines_and_accounts() {
    let all = Limits::OF_A_FILE;
    let file = [Line::usage(ACME, "1"), Line::usage(GLOBEX, "1"), Line::usage(ACME, "1")];
    let mut bytes = csv(Generation::Legacy, &file).len() as u64;
    bytes += csv(Generation::Legacy, &[Line::usage(ACME_TWO, "1")]).len() as u64;
    bytes -= csv(Generation::Legacy, &[]).len() as u64;
    let fits = Limits { unpacked_bytes: bytes, lines: 4, accounts: 3 };
    assert_eq!(split_limited(fits).await, Ok(4));
    let key = format!("`{}`: ", empty().file_keys()[0]);
    for (limits, what) in [
        (Limits { unpacked_bytes: bytes - 1, ..all }, "bytes once it is unpacked"),
        (Limits { lines: 3, ..all }, "the file has more than 3 lines"),
        (Limits { accounts: 2, ..all }, "the file has more than 2 usage accounts"),
    ] {
        let error = split_limited(limits).await.unwrap_err();
        assert!(error.starts_with(&key) && error.contains(what), "{error}");
    }
}

#[tokio::test]
async fn streams_that_do_not_end_well_are_refused() {
    let text = csv(Generation::Legacy, &lines());
    let (header, rest) = text.split_at(text.find('\n').unwrap() + 1);
    let members = [gzip(header), gzip(rest)].concat();
    let (_, given_up) = bill(members.clone()).await;
    assert_eq!(given_up, [""; 0], "members one after the other are one file");
    for cut in [1, 8, 9, 30, members.len() / 2] {
        let cut_off = members[..members.len() - cut].to_vec();
        refused(cut_off, &["costs-00001.csv.gz", "the file is cut off"]).await;
    }
    refused(
        [&members[..], b"and something that is no gzip"].concat(),
        &["the gzip data is damaged"],
    )
    .await;
    refused(text.into_bytes(), &["its name says that it is csv.gz, and its bytes say csv"]).await;
    refused(b"\x1f\x8b".to_vec(), &["the file is cut off"]).await;
    refused([&b"PK\x03\x04"[..], &[0; 60]].concat(), &["and its bytes say csv.zip"]).await;
}

/// A line whose service, usage type, operation and region a spreadsheet would run.
fn formulas() -> Line {
    Line::new(LineItemType::Usage, ACME)
        .of_service("=cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!D2", "@SUM(1;=1)")
        .with(Column::Region, "\t\u{1b}]0;pwned\u{7}\r=1")
        .with(Column::UnblendedCost, "-7.5")
}

#[tokio::test]
async fn what_people_open_runs_nothing_and_the_accounts_lines_are_untouched() {
    let (world, given_up) = bill(gzip(csv(Generation::Legacy, &[formulas()]))).await;
    assert_eq!(given_up, [""; 0]);
    let bytes = world.object("customer=acme/charges.csv");
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    for cell in [
        ",'=cmd|' /C calc'!A0,",
        ",'-2+3+cmd|' /C calc'!D2,",
        ",@SUM".replace('@', "'@").as_str(),
        "\"'\t\u{1b}]0;pwned\u{7}\r'=1\"",
        ",-7.5,",
    ] {
        assert!(text.contains(cell), "{cell}: {text:?}");
    }
    let rows: Vec<ChargeRow> = decode_csv(&bytes).unwrap();
    let parquet = world.object("customer=acme/charges.parquet");
    assert_eq!(rows, decode_parquet::<ChargeRow>(parquet).unwrap());
    assert_eq!(rows[0].charge.key.sku.service_code, formulas().get(Column::ProductCode));
    assert_eq!(rows[0].charge.key.sku.region, formulas().get(Column::Region));

    let invoice = String::from_utf8(world.object("/acme.csv").to_vec()).unwrap();
    assert!(invoice.contains(",'=cmd|' /C calc'!A0,"), "{invoice}");
    let own = zstd::decode_all(world.object("costs-00001.csv.zst").as_ref()).unwrap();
    assert_eq!(String::from_utf8(own).unwrap(), csv(Generation::Legacy, &[formulas()]));
}

fn invoice_line(text: &str) -> InvoiceLineRow {
    let period = "2026-10".parse().unwrap();
    let amount = "-7.5".parse().unwrap();
    InvoiceLineRow {
        customer_id: "acme".to_owned(),
        bill_period: period,
        bill_id: BillId::of(["acme"]),
        status: Status::Final,
        invoice_id: "acme".to_owned(),
        currency: "USD".to_owned(),
        line: InvoiceLine::plain(Section::Carried, "", text, period, "USD", amount),
    }
}

proptest! {
    /// No part of a text is a formula wherever a spreadsheet begins a cell, and the text is read back
    /// unchanged.
    #[test]
    fn texts_come_back_and_no_part_of_them_is_a_formula(text in "[=+@'＝\\-\t\r\n,;|\" a\0]{0,12}") {
        let rows = [invoice_line(&text)];
        let bytes = encode_csv(&rows).unwrap();
        prop_assert_eq!(decode_csv::<InvoiceLineRow>(&bytes).unwrap(), rows);
        let mut reader = csv::Reader::from_reader(bytes.as_ref());
        let record = reader.records().next().unwrap().unwrap();
        prop_assert_eq!(&record[14], "-7.5");
        for part in record[8].split([',', ';', '|', '"', '\t', '\r', '\n']) {
            prop_assert!(!part.starts_with(['=', '+', '-', '@', '＝', '\0']), "{:?}", record);
        }
    }
}

/// Puts a delivery where the program finds it, with the contracts beside it.
async fn on_disk(folder: &Path, lines: &[Line]) {
    let world = World::new(CONTRACTS);
    Delivery::new(Generation::Legacy, "20261103T120125Z", lines).put(&world.reports);
    for (key, bytes) in world.reports.contents() {
        let path = folder.join("in").join(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    fs::write(folder.join("contracts.toml"), CONTRACTS).unwrap();
    let store: Arc<dyn Store> = Arc::new(world.results);
    assert!(store.head(keys::CONTRACTS).await.unwrap().is_some());
}

/// The output of the program on a terminal.
async fn said(folder: &Path, command: &str) -> String {
    let path = |name: &str| folder.join(name).display().to_string();
    let command = command
        .replace("IN", &path("in"))
        .replace("CONTRACTS", &path("contracts.toml"))
        .replace("OUT", &path("out"));
    let words = ["sluice"].into_iter().chain(command.split(' '));
    let args = sluice::args::Args::try_parse_from(words).unwrap();
    let mut out = Vec::new();
    sluice::main(args.command, &mut out).await.unwrap();
    String::from_utf8(out).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_obeys_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let has_controls = |text: &str| text.chars().any(|c| c.is_control() && c != '\n');
    on_disk(scratch.path(), &[formulas()]).await;
    let run = said(scratch.path(), "run --source IN --contracts CONTRACTS --out OUT").await;
    assert!(run.starts_with("SEALED") && !has_controls(&run), "{run:?}");
    let proof = said(scratch.path(), "verify OUT").await;
    assert!(proof.starts_with("PROVED") && !has_controls(&proof), "{proof:?}");

    let scratch = tempfile::tempdir().unwrap();
    let bad = formulas().with(Column::UnblendedCost, "\u{1b}[31m\u{9b}2J\u{202e}7\r");
    on_disk(scratch.path(), &[bad]).await;
    let run = said(scratch.path(), "run --source IN --contracts CONTRACTS --out OUT").await;
    let named = r#"line 2, column lineItem/UnblendedCost: "\u001b[31m\u009b2J\u202e7\u000d" is not a number"#;
    assert!(run.contains(named) && !has_controls(&run), "{run:?}");
    let json =
        said(scratch.path(), "run --json --source IN --contracts CONTRACTS --out OUT-json").await;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(json[0]["failures"][0].as_str().unwrap().contains(named), "{json}");
}

/// Each of two cells can be read, but their sum is too large for an amount. The run fails, and the program
/// goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_sum_beyond_every_amount_is_a_failure() {
    let scratch = tempfile::tempdir().unwrap();
    let line = Line::usage(ACME, "99999999999999999999");
    on_disk(scratch.path(), &[line.clone(), line]).await;
    let run = said(scratch.path(), "run --source IN --contracts CONTRACTS --out OUT").await;
    assert!(run.starts_with("NOT SEALED"), "{run}");
    assert!(run.contains("an amount left the range of decimal(38,18)"), "{run}");
}

/// A dataset file with any byte changed is read or refused, and never causes a panic.
#[tokio::test]
async fn damaged_parquet_is_read_or_refused() {
    let (world, given_up) = bill(gzip(csv(Generation::Legacy, &lines()))).await;
    assert_eq!(given_up, [""; 0]);
    let charges = world.object("customer=acme/charges.parquet");
    let sound = decode_parquet::<ChargeRow>(charges.clone()).unwrap();
    let mut refused = 0;
    for position in 0..charges.len() {
        let mut damaged = charges.to_vec();
        damaged[position] = damaged[position].wrapping_add(0x55);
        match decode_parquet::<ChargeRow>(damaged.into()) {
            Ok(rows) => assert!(rows.len() <= sound.len(), "byte {position}"),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > charges.len() / 4, "{refused} of {}", charges.len());
}
