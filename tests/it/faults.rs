//! Faults in a report or in contracts: each is a failure with a name, and nothing is published.

use cur::{Column, Generation, LineItemType};
use laws::ReportCheck;
use testkit::{Delivery, Line, Order, Reservation, World, csv, gzip};

use crate::small::{ACME, CONTRACTS, delivery, lines};

const LATER: &str = "20261104T120125Z";

/// A delivery that must not be billed. The reason contains these words, and the sealed run before stays
/// current.
async fn refused(contracts: &str, bad: &Delivery, words: &[&str]) {
    let world = World::new(CONTRACTS);
    let good = delivery("20261103T120125Z");
    good.put(&world.reports);
    assert_eq!(world.deliver(&good.manifest_keys()[0], Order::Sent).await, [""; 0]);
    let before = world.current();
    let sealed_before = sealed(&world);

    world.results.put(pipeline::keys::CONTRACTS, contracts.to_owned());
    bad.put(&world.reports);
    let given_up = world.deliver(&bad.manifest_keys()[0], Order::Sent).await;
    assert!(!given_up.is_empty(), "it was billed");
    for word in words {
        assert!(given_up.iter().any(|reason| reason.contains(word)), "{word}: {given_up:#?}");
    }
    assert_eq!(world.current(), before);
    assert_eq!(sealed(&world), sealed_before);
}

/// The proofs in the bucket. Nobody sees a run without a proof.
fn sealed(world: &World) -> Vec<String> {
    world.outcome().into_keys().filter(|key| key.ends_with("reconciliation.json")).collect()
}

fn one_file(text: String) -> Delivery {
    let mut delivery = Delivery::new(Generation::Legacy, LATER, &lines());
    delivery.files = vec![text];
    delivery
}

fn with_line(line: Line) -> Delivery {
    let mut lines = lines();
    lines.push(line);
    Delivery::new(Generation::Legacy, LATER, &lines)
}

#[tokio::test]
async fn bad_cells_are_named_by_file_line_and_column() {
    let text = csv(Generation::Legacy, &lines());
    let file = format!("cur/costs/20261001-20261101/{LATER}/costs-00001.csv.gz");
    let check = async |from: &str, to: &str, words: &[&str]| {
        assert!(text.contains(from), "{from}");
        let mut words = words.to_vec();
        words.push(&file);
        refused(CONTRACTS, &one_file(text.replacen(from, to, 1)), &words).await;
    };
    check(",12.34,12.34,", ",12.34,twelve,", &["line 2", "lineItem/UnblendedCost", "\"twelve\""])
        .await;
    check(",Credit,", ",Gift,", &["line 13", "lineItem/LineItemType", "\"Gift\""]).await;
    check(",100000000009,", ",10000009,", &["line 6", "lineItem/UsageAccountId", "twelve digits"])
        .await;
    check("lineItem/UnblendedCost", "lineItem/Unblended", &["lineItem/UnblendedCost"]).await;
}

#[tokio::test]
async fn a_corrupted_byte_never_changes_a_bill() {
    let good = Delivery::new(Generation::Legacy, LATER, &lines());
    let file = gzip(&good.files[0]);
    let charges = async |bytes: Vec<u8>| {
        let world = World::new(CONTRACTS);
        good.put(&world.reports);
        world.reports.put(&good.file_keys()[0], bytes);
        let given_up = world.deliver(&good.manifest_keys()[0], Order::Sent).await;
        let is_sealed = !world.current().is_empty();
        assert_eq!(is_sealed, given_up.is_empty());
        is_sealed.then(|| world.object("/acme.csv"))
    };
    let expected = charges(file.to_vec()).await.unwrap();
    let step = file.len() / 60;
    let mut refused = 0;
    for position in (0..file.len()).step_by(step) {
        let mut bytes = file.to_vec();
        bytes[position] ^= 0x10;
        match charges(bytes).await {
            // This byte of the gzip header has no meaning for the content, such as a byte of the time.
            Some(found) => assert_eq!(found, expected, "byte {position}"),
            None => refused += 1,
        }
    }
    assert!(refused > 50, "{refused}");
    assert_eq!(charges(file[..file.len() / 2].to_vec()).await, None, "truncated");
    assert_eq!(charges(file[..file.len() - 4].to_vec()).await, None, "without its last bytes");
}

/// A damaged manifest never leads to a bill for other lines, or for another period or payer.
#[tokio::test]
async fn a_corrupted_manifest_never_changes_a_bill() {
    // All these periods have a rate, so no period is refused because its rate is missing.
    let rates = "\"2026-10\" = \"150.37\"\n\"2026-11\" = \"151\"\n\"2027-10\" = \"152\"";
    let contracts = CONTRACTS.replace("\"2026-10\" = \"150.37\"", rates);
    for generation in [Generation::Legacy, Generation::DataExports] {
        let good = Delivery::new(generation, LATER, &lines()).in_files(&lines(), 2);
        let manifest = good.manifest().into_bytes();
        let bill = async |bytes: Vec<u8>| {
            let world = World::new(&contracts);
            good.put(&world.reports);
            let key = &good.manifest_keys()[0];
            world.reports.put(key, bytes);
            world.deliver(key, Order::Sent).await;
            let pointer = world.current().into_keys().next()?;
            // The invoice itself, which has no id of a run or a bill in it.
            Some((pointer, world.object("/acme.json")))
        };
        let expected = bill(manifest.clone()).await;
        assert!(expected.is_some());
        let mut refused = 0;
        for position in 0..manifest.len() {
            let mut bytes = manifest.clone();
            bytes[position] ^= 1;
            let found = bill(bytes).await;
            refused += usize::from(found.is_none());
            let from = position.saturating_sub(20);
            let near = String::from_utf8_lossy(&manifest[from..=position]);
            assert!(found.is_none() || found == expected, "byte {position}, …{near}");
        }
        assert!(refused > 200, "{refused}");
    }
}

#[tokio::test]
async fn a_missing_file_is_named() {
    let world = World::new(CONTRACTS);
    let delivery = delivery(LATER);
    delivery.put(&world.reports);
    let missing = &delivery.file_keys()[1];
    world.reports.remove(missing);
    let given_up = world.deliver(&delivery.manifest_keys()[0], Order::Sent).await;
    assert_eq!(given_up, [format!("the manifest names `{missing}`, which is not in the bucket")]);
    assert!(world.current().is_empty());
}

#[tokio::test]
async fn contracts_that_do_not_fit_the_report_are_refused() {
    let payers = CONTRACTS.replace("payers = [\"999988887777\"]", "payers = [\"100000000001\"]");
    refused(&payers, &delivery(LATER), &["payer 999988887777", "not among the payers"]).await;
    let broken = CONTRACTS.replace("discount = \"0.05\"", "discount = 0.05");
    refused(&broken, &delivery(LATER), &["config/contracts.toml:", "float"]).await;
}

/// A line as a report generator wrote it: a text in place of the on-demand cost, and no effective cost.
fn faulty_reservation() -> Delivery {
    let reservation = Reservation { arn: "", owner: ACME };
    with_line(reservation.covers(ACME, "convertible", ""))
}

#[tokio::test]
async fn a_covered_line_without_a_price_stops_those_who_are_billed_by_it() {
    let words = ["pricing/publicOnDemandCost", "\"convertible\"", "line "];
    refused(CONTRACTS, &faulty_reservation(), &words).await;
}

#[tokio::test]
async fn nobody_else_is_stopped_and_the_report_check_is_broken() {
    let unblended = CONTRACTS.replace("id = \"acme\"", "id = \"acme\"\nbasis = \"unblended\"");
    let world = World::new(&unblended);
    let delivery = faulty_reservation();
    delivery.put(&world.reports);
    let given_up = world.deliver(&delivery.manifest_keys()[0], Order::Sent).await;
    assert_eq!(given_up, [""; 0]);
    let proof: pipeline::Reconciliation =
        serde_json::from_slice(&world.object("reconciliation.json")).unwrap();
    assert_eq!(proof.report_checks[&ReportCheck::OnDemandCostPresent].broken, 1);
    assert_eq!(proof.report_checks[&ReportCheck::EffectiveCostPresent].broken, 1);

    let strict =
        unblended.replace("name = \"Example MSP\"", "name = \"MSP\"\nstrict_report = true");
    refused(&strict, &delivery, &["strict_report"]).await;
}

/// Checks that the run of a bad delivery is sealed, that one bill cannot be made, and that the bill of before
/// stays.
async fn not_billed(contracts: &str, bad: &Delivery, words: &[&str]) {
    let world = World::new(CONTRACTS);
    let good = delivery("20261103T120125Z");
    good.put(&world.reports);
    assert_eq!(world.deliver(&good.manifest_keys()[0], Order::Sent).await, [""; 0]);
    let pointer = || world.object("billed/acme/2026-10.json");
    let before = pointer();

    world.results.put(pipeline::keys::CONTRACTS, contracts.to_owned());
    bad.put(&world.reports);
    let given_up = world.deliver(&bad.manifest_keys()[0], Order::Sent).await;
    let [reason] = &given_up[..] else { panic!("{given_up:#?}") };
    for word in words {
        assert!(reason.contains(word), "{word}: {reason}");
    }
    assert_eq!(sealed(&world).len(), 2);
    assert_eq!(pointer(), before);
}

#[tokio::test]
async fn a_bill_that_cannot_be_made_stops_nobody_else() {
    let no_rate = CONTRACTS.replace("\"2026-10\" = \"150.37\"", "\"2026-09\" = \"150.37\"");
    not_billed(&no_rate, &delivery(LATER), &["`acme`", "[fx.USD.JPY]", "2026-10"]).await;
    let line =
        Line::new(LineItemType::Usage, ACME).with(Column::UnblendedCost, "50000000000000000000");
    not_billed(CONTRACTS, &with_line(line), &["`acme`, AmazonEC2", "more than 20 digits"]).await;
}
