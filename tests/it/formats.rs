//! Every format in every layout gives the same bill. Files in no known format are refused by name.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use cur::{Column, Generation};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FixedLenByteArrayType, FloatType,
    Int32Type, Int64Type,
};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use proptest::prelude::*;
use rows::{Codec, ReportFile, RowsError};
use testkit::{Delivery, Layout, Order, World};

use crate::packing::{Packing, Tags, Times, parquet, zip};
use crate::small::{CONTRACTS, lines};

const DELIVERED: &str = "20261103T120125Z";

/// The places of files and manifests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    CreateNew,
    Overwrite,
    /// Files in folders of year and month, and the manifest where other legacy reports have it.
    Athena,
    /// The manifest is beside the files. AWS's page says both places.
    AthenaBeside,
}

const PERIOD_FOLDER: &str = "cur/costs/20261001-20261101";
const MONTH_FOLDER: &str = "cur/costs/costs/year=2026/month=10";

/// The small report in two files, packed and placed: the objects by their keys, and the key of the
/// manifest.
fn objects(
    generation: Generation,
    place: Place,
    packing: Packing,
) -> (BTreeMap<String, Vec<u8>>, String) {
    let mut delivery = Delivery::new(generation, DELIVERED, &lines()).in_files(&lines(), 2);
    if place != Place::CreateNew {
        delivery.layout = Layout::Overwrite;
    }
    let is_athena = matches!(place, Place::Athena | Place::AthenaBeside);
    let renamed = |text: &str| {
        let text = text.replace("csv.gz", packing.extension());
        if is_athena { text.replace(PERIOD_FOLDER, MONTH_FOLDER) } else { text }
    };
    let mut objects: BTreeMap<String, Vec<u8>> = (delivery.file_keys().iter())
        .zip(&delivery.files)
        .map(|(key, text)| (renamed(key), packing.pack(text)))
        .collect();
    let manifest = renamed(&delivery.manifest()).replace("GZIP", packing.compression());
    let mut manifest_key = delivery.manifest_keys()[0].clone();
    if place == Place::AthenaBeside {
        manifest_key = manifest_key.replace(PERIOD_FOLDER, MONTH_FOLDER);
    }
    objects.insert(manifest_key.clone(), manifest.into_bytes());
    (objects, manifest_key)
}

async fn deliver(objects: &BTreeMap<String, Vec<u8>>, manifest: &str) -> (World, Vec<String>) {
    let world = World::new(CONTRACTS);
    for (key, bytes) in objects {
        world.reports.put(key, bytes.clone());
    }
    let given_up = world.deliver(manifest, Order::Twice).await;
    (world, given_up)
}

/// The charges and invoices of a sealed delivery, without the ids of the run and of bills.
fn published(world: &World) -> BTreeMap<String, String> {
    let mut ids = vec![current_run(world)];
    let pointers = world.outcome().into_iter().filter(|(key, _)| key.starts_with("billed/"));
    ids.extend(pointers.map(|(_, bytes)| {
        serde_json::from_slice::<pipeline::BillPointer>(&bytes).unwrap().bill_id.to_string()
    }));
    let without = |text: &str| ids.iter().fold(text.to_owned(), |text, id| text.replace(id, ""));
    let texts = world.outcome().into_iter().filter_map(|(key, bytes)| {
        let is_text = key.rsplit('.').next().is_some_and(|end| end == "csv" || end == "json");
        let is_published = ["billing/", "invoices/"].iter().any(|folder| key.starts_with(folder));
        let text = String::from_utf8(bytes.to_vec()).ok()?;
        (is_published && is_text).then(|| (without(&key), without(&text)))
    });
    texts.collect()
}

fn current_run(world: &World) -> String {
    let pointers = world.current();
    assert_eq!(pointers.len(), 1, "sealed");
    let pointer: pipeline::Current =
        serde_json::from_slice(pointers.values().next().unwrap()).unwrap();
    pointer.run_id.to_string()
}

async fn check(generation: Generation, place: Place, packings: &[Packing]) {
    let (usual, manifest) = objects(Generation::Legacy, Place::CreateNew, Packing::Gzip);
    let expected = published(&deliver(&usual, &manifest).await.0);
    assert!(expected.len() > 6, "{expected:?}");
    for packing in packings {
        let (objects, manifest) = objects(generation, place, *packing);
        let (world, given_up) = deliver(&objects, &manifest).await;
        assert_eq!(given_up, [""; 0], "{generation:?} {place:?} {packing:?}");
        assert_eq!(published(&world), expected, "{generation:?} {place:?} {packing:?}");
    }
}

const GZIP: [Packing; 2] = [Packing::Gzip, Packing::Members];
const ZIP: [Packing; 2] = [Packing::Zip, Packing::Zip64];
const CSV: [Packing; 1] = [Packing::Csv];
const PARQUET: [Packing; 4] = [
    Packing::Parquet(Times::Int96, Tags::Json),
    Packing::Parquet(Times::Millis, Tags::Json),
    Packing::Parquet(Times::Micros, Tags::Json),
    Packing::Parquet(Times::Text, Tags::Json),
];
const MAPS: [Packing; 2] =
    [Packing::Parquet(Times::Millis, Tags::Map), Packing::Parquet(Times::Int96, Tags::Map)];

/// One test for each cell of the table in `shared/cur/README.md`.
macro_rules! cells {
    ($($name:ident: $generation:ident $place:ident $($packings:ident)+;)+) => {
        $(
            #[tokio::test]
            async fn $name() {
                $(check(Generation::$generation, Place::$place, &$packings).await;)+
            }
        )+
    };
}

cells! {
    legacy_gzip_create_new: Legacy CreateNew GZIP;
    legacy_gzip_overwrite: Legacy Overwrite GZIP;
    legacy_zip_create_new: Legacy CreateNew ZIP;
    legacy_zip_overwrite: Legacy Overwrite ZIP;
    legacy_csv_create_new: Legacy CreateNew CSV;
    legacy_csv_overwrite: Legacy Overwrite CSV;
    legacy_parquet_create_new: Legacy CreateNew PARQUET;
    legacy_parquet_overwrite: Legacy Overwrite PARQUET;
    legacy_parquet_athena: Legacy Athena PARQUET;
    legacy_parquet_athena_beside: Legacy AthenaBeside PARQUET;
    export_gzip_create_new: DataExports CreateNew GZIP;
    export_gzip_overwrite: DataExports Overwrite GZIP;
    export_csv_create_new: DataExports CreateNew CSV;
    export_csv_overwrite: DataExports Overwrite CSV;
    export_parquet_create_new: DataExports CreateNew PARQUET MAPS;
    export_parquet_overwrite: DataExports Overwrite PARQUET MAPS;
}

/// The rows of a Parquet file as text, with the names of the columns.
fn rows_of(bytes: &Bytes) -> Vec<String> {
    let file = SerializedFileReader::new(bytes.clone()).unwrap();
    file.get_row_iter(None).unwrap().map(|row| row.unwrap().to_string()).collect()
}

/// A report with unusual columns: hundreds of tags, of which some differ only in case or have the same name
/// in snake case, and JSON with all characters that CSV quotes.
fn wide() -> String {
    let text = testkit::csv(Generation::DataExports, &lines());
    let tags: Vec<String> =
        (0..500).map(|number| format!("resource_tags_user_t{number}")).collect();
    let mut lines = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let more: Vec<String> = match number {
            0 => tags.iter().cloned().chain(["tag".into(), "Tag".into(), "tag".into()]).collect(),
            _ => (0..503)
                .map(|tag| if tag % 7 == number % 7 { format!("v{tag}") } else { String::new() })
                .collect(),
        };
        let json = if number == 0 { "discount" } else { "\"{\"\"a\"\": \"\"1,5\"\"}\"" };
        lines.push(format!("{line},{},{json}", more.join(",")));
    }
    lines.join("\n")
}

#[tokio::test]
async fn an_account_keeps_every_column_and_every_value() {
    let packing = Packing::Parquet(Times::Int96, Tags::Map);
    let (mut objects, manifest) = objects(Generation::DataExports, Place::Overwrite, packing);
    let file = objects.keys().find(|key| key.ends_with("00001.snappy.parquet")).unwrap().clone();
    let report = Bytes::from(packing.pack(&wide()));
    objects.insert(file, report.clone().into());
    let (world, given_up) = deliver(&objects, &manifest).await;
    assert_eq!(given_up, [""; 0]);

    let schema = |bytes: &Bytes| {
        let file = SerializedFileReader::new(bytes.clone()).unwrap();
        file.metadata().file_metadata().schema_descr().root_schema().clone()
    };
    let mut kept = Vec::new();
    for (key, bytes) in world.outcome() {
        if key.starts_with("line_item_rows/") && key.contains("costs-00001") {
            assert_eq!(schema(&bytes), schema(&report), "{key}");
            let account = key.split("account=").nth(1).unwrap()[..12].to_owned();
            let rows = rows_of(&bytes);
            assert!(rows.iter().all(|row| row.contains(&account)), "{key}");
            kept.extend(rows);
        }
    }
    let mut expected = rows_of(&report);
    assert_eq!(expected.len(), lines().len());
    assert!(expected[0].contains("v1") && expected[0].contains("café"), "{}", expected[0]);
    expected.sort();
    kept.sort();
    assert_eq!(kept, expected);
}

fn open(bytes: Bytes) -> ReportFile {
    try_open(bytes).unwrap()
}

fn try_open(bytes: Bytes) -> Result<ReportFile, RowsError> {
    let size = bytes.len() as u64;
    let position = |at: u64| usize::try_from(at).unwrap();
    let read = move |range: Range<u64>| Ok(bytes.slice(position(range.start)..position(range.end)));
    ReportFile::open(size, Arc::new(read))
}

/// Checks the text that is read from the only cell of a file, whose column has this type and value.
fn check_text<T: DataType>(physical: &str, logical: &str, value: T::T, expected: &str) {
    let column = Column::ResourceId;
    let schema =
        format!("message report {{ required {physical} {} {logical}; }}", column.names()[1]);
    let schema = Arc::new(parse_message_type(&schema).unwrap());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut cells = group.next_column().unwrap().unwrap();
    cells.typed::<T>().write_batch(&[value], None, None).unwrap();
    cells.close().unwrap();
    group.close().unwrap();
    let file = open(writer.into_inner().unwrap().into());
    let mut texts = Vec::new();
    file.lines(&file.layout(&[column]).unwrap(), &Column::ALL, |line| {
        texts.push(line.text(column).unwrap().into_owned());
        Ok::<_, RowsError>(())
    })
    .unwrap();
    assert_eq!(texts, [expected], "{physical} {logical}");
}

#[test]
fn every_type_becomes_the_text_that_csv_has() {
    let bytes = |value: i128| ByteArray::from(value.to_be_bytes().to_vec());
    let text = |text: &str| ByteArray::from(text);
    let (one_and_a_half, hour) = (1_500_000_000_000_000_000, 1_790_830_800);
    check_text::<FixedLenByteArrayType>(
        "fixed_len_byte_array(16)",
        "(DECIMAL(38,18))",
        bytes(-one_and_a_half).into(),
        "-1.500000000000000000",
    );
    check_text::<ByteArrayType>("binary", "(DECIMAL(20,0))", bytes(12_345), "12345");
    check_text::<Int64Type>("int64", "(DECIMAL(18,10))", 7, "0.0000000007");
    check_text::<Int32Type>("int32", "(DECIMAL(9,2))", -5, "-0.05");
    check_text::<DoubleType>("double", "", -7.0E-10, "-7e-10");
    check_text::<DoubleType>("double", "", 0.1 + 0.2, "3.0000000000000004e-1");
    check_text::<DoubleType>("double", "", -0.0, "-0e0");
    check_text::<FloatType>("float", "", 0.1, "1e-1");
    check_text::<Int64Type>("int64", "", -42, "-42");
    check_text::<Int64Type>(
        "int64",
        "(TIMESTAMP(MILLIS,true))",
        hour * 1000,
        "2026-10-01T05:00:00Z",
    );
    let nanos = hour * 1_000_000_000 + 1;
    let moment = "2026-10-01T05:00:00.000000001Z";
    check_text::<Int64Type>("int64", "(TIMESTAMP(NANOS,true))", nanos, moment);
    check_text::<Int64Type>("int64", "(TIMESTAMP_MICROS)", -1, "1969-12-31T23:59:59.999999Z");
    check_text::<Int32Type>("int32", "(DATE)", 20_727, "2026-10-01");
    check_text::<BoolType>("boolean", "", true, "true");
    for cell in ["", "plain", "\"a\",\"\nb\"", "\"", "\"\"\"", "ends with \"", "é"] {
        check_text::<ByteArrayType>("binary", "(STRING)", text(cell), cell);
    }
}

/// Checks that a report is refused with these words.
async fn refused(packing: Packing, bytes: Vec<u8>, words: &[&str]) {
    let (mut objects, manifest) = objects(Generation::Legacy, Place::CreateNew, packing);
    let file = objects.keys().find(|key| key.contains("00001")).unwrap().clone();
    objects.insert(file.clone(), bytes);
    let (world, given_up) = deliver(&objects, &manifest).await;
    assert!(world.current().is_empty(), "{words:?}");
    for word in words.iter().copied().chain([file.as_str()]) {
        assert!(given_up.iter().any(|reason| reason.contains(word)), "{word}: {given_up:?}");
    }
}

fn report() -> String {
    Delivery::new(Generation::Legacy, DELIVERED, &lines()).files.remove(0)
}

#[tokio::test]
async fn a_name_that_does_not_fit_the_bytes_is_refused() {
    let parquet = Packing::Parquet(Times::Millis, Tags::Json);
    let all = [Packing::Csv, Packing::Gzip, Packing::Zip, parquet];
    let names = ["csv", "csv.gz", "csv.zip", "parquet"];
    for (named, name) in all.into_iter().zip(names) {
        for (found, other) in all.into_iter().zip(names).filter(|(found, _)| *found != named) {
            let words = format!("its name says that it is {name}, and its bytes say {other}");
            refused(named, found.pack(&report()), &[&words]).await;
        }
    }
}

#[tokio::test]
async fn an_archive_that_is_not_one_report_file_is_refused() {
    let text = report();
    let two = zip(&[("a.csv", &text), ("b.csv", &text)], false);
    refused(Packing::Zip, two, &["the archive has 2 files in it"]).await;
    refused(Packing::Zip, zip(&[], false), &["the archive has no file in it"]).await;

    let whole = Packing::Zip.pack(&text);
    let mut encrypted = whole.clone();
    let directory = find(&whole, b"PK\x01\x02");
    encrypted[6] |= 1;
    encrypted[directory + 8] |= 1;
    refused(Packing::Zip, encrypted, &["is encrypted"]).await;

    let mut changed = whole.clone();
    changed[directory + 16] ^= 1;
    refused(Packing::Zip, changed, &["the zip data is damaged", "checksum"]).await;
    refused(Packing::Zip, whole[..whole.len() / 2].to_vec(), &["the zip data is damaged"]).await;

    let many: Vec<(String, &str)> = (0..30_000).map(|n| (format!("{n:030}"), "")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    refused(Packing::Zip, zip(&many, false), &["directory is longer than"]).await;
}

fn find(bytes: &[u8], what: &[u8]) -> usize {
    bytes.windows(what.len()).position(|window| window == what).unwrap()
}

#[tokio::test]
async fn a_bad_cell_in_parquet_is_named_by_file_row_and_column() {
    let packing = Packing::Parquet(Times::Millis, Tags::Json);
    let check = async |from: &str, to: &str, words: &[&str]| {
        let text = report();
        assert!(text.contains(from), "{from}");
        refused(packing, packing.pack(&text.replacen(from, to, 1)), words).await;
    };
    let cost = ["row 1, column line_item_unblended_cost: \"twelve\" is not a number"];
    check(",12.34,12.34,", ",12.34,twelve,", &cost).await;
    let absent = ["row 2, column line_item_unblended_cost: \"\" is empty"];
    check(",0.0000000007,", ",,", &absent).await;
    check(",Credit,", ",Gift,", &["row 12, column line_item_line_item_type: \"Gift\""]).await;
    let account = ["row 5, column line_item_usage_account_id", "twelve digits"];
    check(",100000000009,", ",10000009,", &account).await;
    let missing = ["the header has no column lineItem/UnblendedCost or line_item_unblended_cost"];
    check("lineItem/UnblendedCost", "lineItem/Unblended", &missing).await;
}

/// Parquet has no checksums here, so a changed byte may not be noticed. It must not end the function.
#[tokio::test]
async fn damaged_parquet_is_refused_and_nothing_worse() {
    let packing = Packing::Parquet(Times::Int96, Tags::Json);
    let whole = packing.pack(&report());
    let damaged = "the Parquet data is damaged";
    refused(packing, whole[..whole.len() - 9].to_vec(), &[damaged]).await;
    refused(packing, whole[..4].to_vec(), &[damaged]).await;
    let footer = whole.len() - 2000;
    let mut refusals = 0;
    for position in (4..2000).step_by(53).chain((footer..whole.len()).step_by(19)) {
        let (mut objects, manifest) = objects(Generation::Legacy, Place::CreateNew, packing);
        let file = objects.keys().find(|key| key.contains("00001")).unwrap().clone();
        let mut bytes = whole.clone();
        bytes[position] ^= 0x55;
        objects.insert(file, bytes);
        let (world, given_up) = deliver(&objects, &manifest).await;
        assert_eq!(world.current().is_empty(), !given_up.is_empty(), "byte {position}");
        refusals += usize::from(!given_up.is_empty());
    }
    assert!(refusals > 30, "{refusals}");
}

/// The Parquet library panics on some of these files. Each file must be read or refused, and the program
/// must go on.
#[test]
fn whatever_is_in_a_parquet_file_it_is_read_or_refused() {
    let packing = Packing::Parquet(Times::Int96, Tags::Map);
    let whole = packing.pack(&testkit::csv(Generation::DataExports, &lines()));
    let mut random = testkit::Random::new(7);
    let mut refusals = 0;
    for _ in 0..200 {
        let mut bytes = whole.clone();
        for _ in 0..=random.below(3) {
            let position = random.below(bytes.len());
            bytes[position] ^= u8::try_from(1 + random.below(255)).unwrap();
        }
        refusals += usize::from(cut_by_threes(bytes.into()).is_err());
    }
    assert!(refusals > 20, "{refusals}");
}

/// Reads and cuts a file as the function does.
fn cut_by_threes(bytes: Bytes) -> Result<(), RowsError> {
    let file = try_open(bytes)?;
    let layout = file.layout(&[])?;
    for batch in file.batches() {
        let mut owners = Vec::new();
        batch.lines(&layout, &Column::ALL, |_| {
            owners.push(u32::try_from(owners.len() % 3).unwrap());
            Ok::<_, RowsError>(())
        })?;
        batch.cut(&owners, Codec::Zstd, |_, _| Ok::<_, RowsError>(()))?;
    }
    Ok(())
}

#[test]
fn a_page_that_unpacks_to_too_much_is_refused_before_it_is_unpacked() {
    let text = format!("line_item_resource_id\n{}\n", "x".repeat(65 << 20));
    let bytes = parquet(&text, Times::Text, Tags::Json, 1);
    assert!(bytes.len() < 8 << 20, "it packs well: {}", bytes.len());
    let refusal = cut_by_threes(bytes.into()).unwrap_err().to_string();
    assert!(refusal.contains("a page unpacks to more than 64 MiB"), "{refusal}");
}

#[tokio::test]
async fn a_file_that_was_replaced_ends_the_run_as_superseded() {
    for packing in [Packing::Zip, Packing::Csv, Packing::Parquet(Times::Millis, Tags::Json)] {
        let (objects, manifest) = objects(Generation::Legacy, Place::CreateNew, packing);
        let world = World::new(CONTRACTS);
        for (key, bytes) in &objects {
            world.reports.put(key, bytes.clone());
        }
        assert_eq!(world.announce(&manifest).await, [""; 0]);
        let file = objects.keys().find(|key| key.contains("00002")).unwrap();
        world.reports.put(file, objects[file][1..].to_vec());
        assert_eq!(world.drain(Order::Sent).await, [""; 0], "{packing:?}");
        assert!(world.current().is_empty());
        assert!(world.outcome().keys().any(|key| key.ends_with("superseded.json")), "{packing:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Whichever account owns a row: the file of an account has all of its rows, in their order.
    #[test]
    fn a_row_group_is_cut_without_loss(
        owners in prop::collection::vec(0_u32..6, 1..80),
        tags in prop::bool::ANY,
        is_gzip in prop::bool::ANY,
        group_rows in 1_usize..80,
    ) {
        // The numbers of owners have no gaps.
        let mut numbers = BTreeMap::new();
        let owners: Vec<u32> = owners.into_iter().map(|owner| {
            let next = u32::try_from(numbers.len()).unwrap();
            *numbers.entry(owner).or_insert(next)
        }).collect();
        let mut text = vec!["line_item_unblended_cost,resource_tags,row_date".to_owned()];
        for row in 0..owners.len() {
            let tag = if row % 3 == 0 { String::new() } else { format!("t{row}") };
            text.push(format!("{row}.5,{tag},2026-10-01T{:02}:00:00Z", row % 24));
        }
        let tags = if tags { Tags::Map } else { Tags::Json };
        let bytes = Bytes::from(parquet(&text.join("\n"), Times::Int96, tags, group_rows));
        let all = rows_of(&bytes);
        let file = open(bytes);
        let codec = if is_gzip { Codec::Gzip } else { Codec::Zstd };
        let mut found: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        for batch in file.batches() {
            batch.cut(&owners, codec, |owner, bytes| {
                let before = found.insert(owner, rows_of(&bytes));
                assert_eq!(before, None, "small groups are done together");
                Ok::<_, RowsError>(())
            }).unwrap();
        }
        let mut expected: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        for (owner, row) in owners.iter().zip(all) {
            expected.entry(*owner).or_default().push(row);
        }
        prop_assert_eq!(found, expected);
    }
}
