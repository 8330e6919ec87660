//! CSV that nobody would write on purpose. The splitter must read it as a slow and simple reader does.

mod reference;

use std::collections::BTreeMap;

use bytes::Bytes;
use cur::Generation;
use proptest::prelude::*;
use proptest::sample::select;
use testkit::{Delivery, Order, World, gzip};

use crate::small::{ACME, CONTRACTS, GLOBEX, NOBODY};
use reference::check;

const HEADER: &str = "lineItem/UsageAccountId,\"tag, with\nall \"\"signs\"\"\",lineItem/LineItemType,\
    lineItem/UnblendedCost,user:é\n";

/// Bytes, most of which mean something in CSV.
fn byte() -> impl Strategy<Value = u8> {
    prop_oneof![
        6 => select(b"\",\n".to_vec()),
        2 => select(b"\r\0\xef\xbb\xbf\xff '=".to_vec()),
        3 => select(b"ab1".to_vec()),
    ]
}

fn inside() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(byte(), 0..12)
}

/// A valid field as it stands in the file, with every byte that a field may have.
fn sound_field() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => inside().prop_map(|bytes| {
            let mut field = b"\"".to_vec();
            for byte in bytes {
                field.extend(std::iter::repeat_n(byte, if byte == b'"' { 2 } else { 1 }));
            }
            field.push(b'"');
            field
        }),
        4 => select(vec![&b""[..], b"111122223333", b"Usage", b"-7.0E-10", b"\xff\0", b"'=1", b" "])
            .prop_map(<[u8]>::to_vec),
        // A long run without a delimiter crosses the borders of blocks and chunks.
        1 => (60_usize..200).prop_map(|length| vec![b'x'; length]),
    ]
}

fn field() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![8 => sound_field(), 1 => inside()]
}

fn record() -> impl Strategy<Value = Vec<u8>> {
    let fields = prop_oneof![
        12 => prop::collection::vec(field(), 5),
        1 => prop::collection::vec(field(), 0..8),
    ];
    (fields, select(vec![&b"\n"[..], b"\n", b"\n", b"\r\n", b"\n\n"])).prop_map(|(fields, end)| {
        let mut record = fields.join(&b',');
        record.extend_from_slice(end);
        record
    })
}

/// A file. It is shown as text if a test fails.
fn file() -> impl Strategy<Value = Bytes> {
    let start = select(vec![&b""[..], b"", b"\xef\xbb\xbf", b"\n", b"\r\n\n"]);
    let header = prop_oneof![
        8 => Just(HEADER.as_bytes().to_vec()),
        2 => Just(HEADER.replace('\n', "\r\n").into_bytes()),
        1 => Just(format!("\"bill/BillType\",{HEADER}").into_bytes()),
        1 => record(),
    ];
    let end = prop_oneof![3 => Just(Vec::new()), 1 => field()];
    (start, header, prop::collection::vec(record(), 0..12), end).prop_map(
        |(start, header, records, end)| {
            [start.to_vec(), header, records.concat(), end].concat().into()
        },
    )
}

/// A line of usage between two columns that nobody reads.
fn usage() -> impl Strategy<Value = Vec<u8>> {
    let account = select(vec![ACME, GLOBEX, NOBODY, "\"111122223333\""]);
    let cost = select(vec!["1.5", "\"-7.0E-10\"", "0"]);
    let end = select(vec!["\n", "\r\n", "\n\n"]);
    (sound_field(), account, cost, sound_field(), end).prop_map(|(before, account, cost, after, end)| {
        let read = format!(
            ",AWS,{account},Usage,2026-10-01T00:00:00Z,AmazonEC2,BoxUsage,RunInstances,1,USD,{cost},"
        );
        [before.as_slice(), read.as_bytes(), &after, end.as_bytes()].concat()
    })
}

const USAGE_HEADER: &str = "\"tag, with\nall \"\"signs\"\"\",bill/BillingEntity,\
    lineItem/UsageAccountId,lineItem/LineItemType,lineItem/UsageStartDate,lineItem/ProductCode,\
    lineItem/UsageType,lineItem/Operation,lineItem/UsageAmount,lineItem/CurrencyCode,\
    lineItem/UnblendedCost,user:é\r\n";

/// The lines of each account under the header, as the reference reader finds them.
fn by_account(file: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let (records, mistake) = reference::read(file);
    assert_eq!(mistake, None);
    let header = &records[0];
    let account = header.fields.iter().position(|name| name == b"lineItem/UsageAccountId").unwrap();
    let mut expected = BTreeMap::new();
    for record in &records[1..] {
        let id = String::from_utf8(record.fields[account].clone()).unwrap();
        let object = expected.entry(id).or_insert_with(|| header.raw.clone());
        object.extend_from_slice(&record.raw);
    }
    expected
}

async fn split(file: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let world = World::new(CONTRACTS);
    let delivery = Delivery::new(Generation::Legacy, "20261103T120125Z", &[]);
    delivery.put(&world.reports);
    world.reports.put(&delivery.file_keys()[0], gzip(file));
    let given_up = world.deliver(&delivery.manifest_keys()[0], Order::Sent).await;
    assert_eq!(given_up, [""; 0]);
    let objects = world.outcome().into_iter().filter_map(|(key, bytes)| {
        let (_, rest) = key.strip_prefix("line_items/")?.split_once("account=")?;
        Some((rest.split('/').next()?.to_owned(), zstd::decode_all(bytes.as_ref()).unwrap()))
    });
    objects.collect()
}

fn pieces() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(prop_oneof![1_usize..8, 60_usize..70, 1_usize..400], 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn records_are_what_rfc_4180_says(file in file(), pieces in pieces()) {
        check(&file, &pieces);
    }

    #[test]
    fn any_bytes_are_read_as_rfc_4180_says(
        bytes in prop::collection::vec(byte(), 0..300),
        pieces in pieces(),
    ) {
        check(&bytes, &pieces);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever stands in columns that nobody reads, each account gets its own lines, byte for byte, and
    /// the run is sealed.
    #[test]
    fn each_account_gets_its_own_bytes(
        mark in select(vec![&b""[..], b"\xef\xbb\xbf"]),
        lines in prop::collection::vec(usage(), 1..20),
    ) {
        let file = [mark, USAGE_HEADER.as_bytes(), &lines.concat()].concat();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        prop_assert_eq!(runtime.block_on(split(&file)), by_account(&file));
    }
}
