//! A delivery that has far less than the one before is proved and then waits. The current run stays current
//! until a person accepts the new one.

use std::fs;
use std::process::ExitCode;

use clap::Parser;
use cur::{Column, Generation, LineItemType};
use pipeline::{Changes, Current, Reconciliation, RunId, Step, keys};
use runs::{Failure, Outcome};
use serde_json::{Value, json};
use sluice::args::Args;
use testkit::{Delivery, Line, Order, World};

use crate::small::{ACME, ACME_TWO, CONTRACTS, GLOBEX};

const FIRST: &str = "20261103T120125Z";
const SECOND: &str = "20261104T120125Z";
const THIRD: &str = "20261105T120125Z";

fn usage(account: &str, cost: &str, lines: usize) -> Vec<Line> {
    vec![Line::usage(account, cost); lines]
}

/// Two customers, ten lines and 100 dollars.
fn full() -> Vec<Line> {
    [usage(ACME, "10", 6), usage(GLOBEX, "10", 4)].concat()
}

fn delivery(delivered_at: &str, lines: &[Line]) -> Delivery {
    let mut numbered = lines.to_vec();
    for (number, line) in (1..).zip(&mut numbered) {
        *line = line.clone().with(Column::LineItemId, format!("{number:a>52}"));
    }
    Delivery::new(Generation::Legacy, delivered_at, &numbered)
}

async fn deliver(world: &World, delivered_at: &str, lines: &[Line]) {
    let delivery = delivery(delivered_at, lines);
    delivery.put(&world.reports);
    assert_eq!(world.deliver(&delivery.manifest_keys()[0], Order::Sent).await, [""; 0]);
}

fn current(world: &World) -> Current {
    let pointers = world.current();
    serde_json::from_slice(pointers.values().next().unwrap()).unwrap()
}

/// The proofs of all runs.
fn proofs(world: &World) -> Vec<Reconciliation> {
    let objects = world.results.contents();
    let proofs = objects.iter().filter(|(key, _)| key.ends_with("/reconciliation.json"));
    proofs.map(|(_, bytes)| serde_json::from_slice(bytes).unwrap()).collect()
}

/// The run of a delivery.
fn run_of(world: &World, delivery_id: &str) -> RunId {
    let proofs = proofs(world);
    let found = proofs.iter().find(|proof| proof.delivery_id == delivery_id);
    found.map(|proof| proof.run_id.clone()).unwrap()
}

/// The reasons why a run is held, from its note.
fn reasons(world: &World, run: &RunId) -> Vec<String> {
    let objects = world.results.contents();
    let Some(note) = objects.get(&keys::held(run)) else { return Vec::new() };
    let note: Value = serde_json::from_slice(note).unwrap();
    serde_json::from_value(note["reasons"].clone()).unwrap()
}

/// Delivers both lists of lines and returns the reasons why the second run is held.
async fn held(first: &[Line], second: &[Line]) -> Vec<String> {
    let world = World::new(CONTRACTS);
    deliver(&world, FIRST, first).await;
    deliver(&world, SECOND, second).await;
    let run = run_of(&world, SECOND);
    let reasons = reasons(&world, &run);
    let expected = if reasons.is_empty() { SECOND } else { FIRST };
    assert_eq!(current(&world).delivery_id, expected, "{reasons:?}");
    assert!(proofs(&world).iter().any(|proof| proof.run_id == run), "it is proved");
    reasons
}

#[tokio::test]
async fn half_of_the_lines_or_of_the_cost_may_go_and_no_more() {
    let both = |acme, globex| [usage(ACME, "10", acme), usage(GLOBEX, "10", globex)].concat();
    let none = [""; 0];
    assert_eq!(held(&full(), &full()).await, none);
    assert_eq!(held(&full(), &both(4, 1)).await, none, "five of ten lines");
    let reasons = held(&full(), &both(3, 1)).await;
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    assert_eq!(reasons[0], "it has 4 lines, fewer than half of the 10 that there were");
    assert_eq!(reasons[1], "AWS's cost is 40, and was 100: less than half is left");

    // Only the number of lines fell, and then only the cost.
    let dear = [usage(ACME, "99", 1), usage(GLOBEX, "1", 1)].concat();
    assert_eq!(
        held(&full(), &dear).await,
        reasons[..1]
            .iter()
            .map(|_| { "it has 2 lines, fewer than half of the 10 that there were".to_owned() })
            .collect::<Vec<_>>()
    );
    let cheap = [usage(ACME, "4.9", 6), usage(GLOBEX, "5", 4)].concat();
    assert_eq!(
        held(&full(), &cheap).await,
        ["AWS's cost is 49.4, and was 100: less than half is left"]
    );
    assert_eq!(held(&cheap, &full()).await, none, "more is no reason");
    // A delivery without any lines.
    assert_eq!(held(&full(), &[]).await.len(), 4);
    assert_eq!(held(&[], &full()).await, none);
    assert_eq!(held(&[], &[]).await, none);
}

#[tokio::test]
async fn a_cost_below_zero_or_near_it_is_compared_as_well() {
    let credit =
        |cost: &str| Line::new(LineItemType::Credit, ACME).with(Column::UnblendedCost, cost);
    let with = |cost: &str, paid: &str| vec![Line::usage(ACME, cost), credit(paid)];
    for (before, after, is_held) in [
        // Credits pay the cost in full and leave a tiny rest. Half of this rest does not matter.
        (with("100", "-100"), with("100", "-100.0000003"), false),
        (with("100", "-99.9999999"), with("100", "-100"), false),
        (with("100", "-100"), with("10", "-100"), true),
        // Credits are larger than usage: the cost is −50.
        (with("100", "-150"), with("76", "-150"), false),
        (with("100", "-150"), with("74", "-150"), true),
        (with("100", "-150"), with("900", "-150"), false),
        // Costs of a few cents are compared as well.
        (with("0.30", "0"), with("0.10", "0"), true),
        (with("0.30", "0"), with("0.20", "0"), false),
    ] {
        let reasons = held(&before, &after).await;
        assert_eq!(!reasons.is_empty(), is_held, "{before:?} {after:?} {reasons:?}");
    }
}

/// Lines with container shares of instances come and go with a setting. Their money is the money of other
/// lines.
#[tokio::test]
async fn split_cost_lines_are_not_missed() {
    let share = Line::usage(ACME, "1").of_service("AmazonEKS", "EKS-EC2-vCPU-Hours", "EKSPod-EC2");
    let with_shares = [full(), vec![share; 40]].concat();
    assert_eq!(held(&with_shares, &full()).await, [""; 0]);
}

#[tokio::test]
async fn a_customer_that_the_contracts_have_and_the_report_has_no_more_is_a_hole() {
    let acme = usage(ACME, "10", 10);
    let reasons = held(&full(), &acme).await;
    let gone = format!("customer `globex` is not in the report any more, with account {GLOBEX}");
    assert_eq!(reasons, [gone]);
    // One of a customer's two accounts is closed, and the customer is still in the report.
    let two = [usage(ACME, "10", 6), usage(ACME_TWO, "10", 4)].concat();
    assert_eq!(held(&two, &acme).await, [""; 0]);
    // An account that belongs to nobody may disappear.
    let nobody = [acme.clone(), usage("100000000009", "10", 1)].concat();
    assert_eq!(held(&nobody, &acme).await, [""; 0]);
}

/// The reseller decides which customer owns an account. Such a change is no hole in the report.
#[tokio::test]
async fn a_customer_that_the_contracts_have_no_more_is_not_missed() {
    let world = World::new(CONTRACTS);
    deliver(&world, FIRST, &full()).await;
    let both = current(&world).run_id;
    let recalculate = async |contracts: &str| {
        world.results.put(keys::CONTRACTS, contracts.to_owned());
        assert_eq!(world.recalculate("999988887777", "2026-10").await, [""; 0]);
        current(&world)
    };
    let without = &CONTRACTS[..CONTRACTS.find("[[customer]]\nid = \"globex\"").unwrap()];
    let acme_alone = recalculate(without).await.run_id;
    assert_ne!(acme_alone, both);
    // The account moves to the other customer. This customer stays in the contracts without an account of
    // the report.
    let moved = CONTRACTS
        .replace("accounts = [\"444455556666\"]", "accounts = [\"100000000008\"]")
        .replace("[\"111122223333\", ", "[\"444455556666\", \"111122223333\", ");
    let given_away = recalculate(&moved).await.run_id;
    assert_ne!(given_away, acme_alone);
    assert_eq!(recalculate(CONTRACTS).await.run_id, both, "back to the first contracts");
    // Now a delivery without the account comes under contracts that do not name the account.
    recalculate(without).await;
    deliver(&world, SECOND, &usage(ACME, "10", 10)).await;
    assert_eq!(current(&world).delivery_id, SECOND);
}

/// Delivers the full report, then a report with four of its lines.
async fn world_with_a_held_run() -> (World, RunId) {
    let world = World::new(CONTRACTS);
    deliver(&world, FIRST, &full()).await;
    deliver(&world, SECOND, &full()[4..8]).await;
    let run = run_of(&world, SECOND);
    assert_eq!(current(&world).delivery_id, FIRST);
    (world, run)
}

#[tokio::test]
async fn an_accepted_run_is_current_however_often_anything_is_said() {
    let (world, held) = world_with_a_held_run().await;
    let late = world.message_about(&held, "acme");
    let outcome = world.handle(&late).await.unwrap();
    assert!(matches!(&outcome, Outcome::Held { run, .. } if *run == held), "{outcome:?}");
    // Both manifests of the delivery come again, and a person resumes it. It is held as before.
    let manifests = delivery(SECOND, &[]).manifest_keys();
    for manifest in &manifests {
        assert_eq!(world.deliver(manifest, Order::Twice).await, [""; 0]);
        assert_eq!(world.resume(manifest).await, [""; 0]);
        assert_eq!(current(&world).delivery_id, FIRST);
    }
    for _ in 0..2 {
        assert_eq!(world.accept(&held).await, Ok(Outcome::Sealed));
        assert_eq!(current(&world).run_id, held);
    }
    assert_eq!(world.handle(&late).await, Ok(Outcome::Sealed));
    assert_eq!(world.deliver(&manifests[0], Order::Twice).await, [""; 0]);
    assert_eq!(current(&world).run_id, held);
    // Only the plan differs when it is written again, because it names the manifest that came first.
    assert!(world.faulty.changed().iter().all(|key| key.ends_with("/plan.json")));
}

#[tokio::test]
async fn an_acceptance_that_was_written_before_a_crash_is_found() {
    let (world, held) = world_with_a_held_run().await;
    // The function died between its two writes, and the message of the last customer comes back.
    world.results.put(&keys::accepted(&held), "{}");
    let late = world.message_about(&held, "acme");
    assert_eq!(world.handle(&late).await, Ok(Outcome::Sealed));
    assert_eq!(current(&world).run_id, held);
}

#[tokio::test]
async fn the_next_delivery_is_compared_with_the_current_run_and_not_with_the_held_one() {
    let (world, held) = world_with_a_held_run().await;
    // This delivery has as little as the held one. Compared with the held run it would not be held.
    deliver(&world, THIRD, &full()[4..8]).await;
    assert_eq!(current(&world).delivery_id, FIRST);
    let third = run_of(&world, THIRD);
    assert_eq!(reasons(&world, &third).len(), 2);
    let later = "20261106T120125Z";
    deliver(&world, later, &full()).await;
    assert_eq!(current(&world).delivery_id, later);
    // A person who accepts an older delivery now is told that it is too late.
    for run in [held, third] {
        assert_eq!(world.accept(&run).await, Ok(Outcome::Superseded));
    }
    assert_eq!(current(&world).delivery_id, later);
}

/// After an acceptance, the next delivery is compared with the accepted run.
#[tokio::test]
async fn what_was_accepted_is_the_measure_of_what_comes_next() {
    let (world, held) = world_with_a_held_run().await;
    assert_eq!(world.accept(&held).await, Ok(Outcome::Sealed));
    deliver(&world, THIRD, &full()[4..8]).await;
    assert_eq!(current(&world).delivery_id, THIRD);
}

#[tokio::test]
async fn a_late_acceptance_does_not_bring_back_a_run_that_was_replaced() {
    let (world, held) = world_with_a_held_run().await;
    assert_eq!(world.accept(&held).await, Ok(Outcome::Sealed));
    world.results.put(keys::CONTRACTS, CONTRACTS.replace("0.05", "0.06"));
    assert_eq!(world.recalculate("999988887777", "2026-10").await, [""; 0]);
    let new = current(&world);
    assert_ne!(new.run_id, held);
    assert_eq!(world.accept(&held).await, Ok(Outcome::Superseded));
    // The contracts have changed again, and nothing has been calculated yet. The held run still cannot
    // become current.
    world.results.put(keys::CONTRACTS, CONTRACTS.replace("0.05", "0.07"));
    assert_eq!(world.accept(&held).await, Ok(Outcome::Superseded));
    assert_eq!(current(&world), new);
}

#[tokio::test]
async fn only_a_run_that_is_proved_can_be_accepted() {
    let (world, held) = world_with_a_held_run().await;
    let unknown: RunId = "0123456789abcdef".parse().unwrap();
    let refusal = |reason: &str| Err(Failure::Reject(reason.to_owned()));
    assert_eq!(world.accept(&unknown).await, refusal("there is no run 0123456789abcdef"));
    world.results.remove(&keys::reconciliation(&held));
    let reason = format!(
        "run {held} is not proved, so there is nothing to accept: it is under way, or it has stopped"
    );
    assert_eq!(world.accept(&held).await, refusal(&reason));
    assert!(!world.results.contents().contains_key(&keys::accepted(&held)));
}

/// Messages come in any order and twice, while another run becomes current. A run is always compared with
/// the run that the pointer names when it moves.
#[tokio::test]
async fn deliveries_that_race_are_held_as_if_they_had_come_one_after_the_other() {
    for seed in 0..12 {
        let world = World::new(CONTRACTS);
        deliver(&world, FIRST, &full()).await;
        for (delivered_at, lines) in [(SECOND, &full()[4..8]), (THIRD, &full()[..])] {
            let delivery = delivery(delivered_at, lines);
            delivery.put(&world.reports);
            assert_eq!(world.announce(&delivery.manifest_keys()[0]).await, [""; 0]);
        }
        assert_eq!(world.drain(Order::Shuffled(seed)).await, [""; 0]);
        assert_eq!(current(&world).delivery_id, THIRD, "seed {seed}");
        assert_eq!(world.faulty.changed(), [""; 0], "seed {seed}");
    }
}

/// A proof of an older version has the fields that are compared. It need not have the others.
#[tokio::test]
async fn a_proof_of_another_version_is_compared() {
    let world = World::new(CONTRACTS);
    deliver(&world, FIRST, &full()).await;
    let key = keys::reconciliation(&current(&world).run_id);
    let proof: Value = serde_json::from_slice(&world.results.contents()[&key]).unwrap();
    let kept = ["run_id", "delivery_id", "report_totals", "customers"];
    let old: Value = kept.iter().map(|name| ((*name).to_owned(), proof[name].clone())).collect();
    world.results.put(&key, old.to_string());
    deliver(&world, SECOND, &full()[4..8]).await;
    assert_eq!(current(&world).delivery_id, FIRST);
    deliver(&world, THIRD, &full()).await;
    assert_eq!(current(&world).delivery_id, THIRD);
}

fn changes(world: &World, delivery_id: &str) -> Option<Changes> {
    let run = run_of(world, delivery_id);
    proofs(world).into_iter().find(|proof| proof.run_id == run).unwrap().changes
}

#[tokio::test]
async fn a_run_says_what_it_changes_for_each_customer() {
    let (world, _) = world_with_a_held_run().await;
    assert_eq!(changes(&world, FIRST), None, "nothing was there before");
    let found = changes(&world, SECOND).unwrap();
    assert_eq!((&found.replaces, found.delivery_id.as_str()), (&current(&world).run_id, FIRST));
    // Acme pays five percent less and keeps two of its six lines. Globex keeps two of its four lines.
    let customers: Value = serde_json::to_value(&found.customers).unwrap();
    let change = |customer, lines: [u64; 2], charges: [&str; 3]| {
        json!({
            "customer": customer, "lines_before": lines[0], "lines": lines[1],
            "charge_before": charges[0], "charge": charges[1], "difference": charges[2],
        })
    };
    assert_eq!(
        customers,
        json!([
            change("_unassigned", [0, 0], ["0", "0", "0"]),
            change("acme", [6, 2], ["57", "19", "-38"]),
            change("globex", [4, 2], ["40", "20", "-20"]),
        ])
    );
    assert_eq!(found.loud, ["acme has 2 lines only, and had 6"]);

    // A customer that has fewer lines is named even if the run as a whole is not held.
    deliver(&world, THIRD, &[usage(ACME, "10", 6), usage(GLOBEX, "10", 1)].concat()).await;
    assert_eq!(current(&world).delivery_id, THIRD);
    assert_eq!(changes(&world, THIRD).unwrap().loud, ["globex has 1 lines only, and had 4"]);
    // An older delivery replaces no run.
    deliver(&world, "20261101T120125Z", &full()).await;
    assert_eq!(changes(&world, "20261101T120125Z"), None);
}

/// Runs a command line. Returns its output, and whether it ended well.
async fn call(words: &[&str]) -> (String, bool) {
    let args = Args::try_parse_from(["sluice"].iter().chain(words)).unwrap();
    let mut out = Vec::new();
    let ended = sluice::main(args.command, &mut out).await;
    let said = String::from_utf8(out).unwrap();
    match ended {
        Ok(code) => (said, format!("{code:?}") == format!("{:?}", ExitCode::SUCCESS)),
        Err(error) => (format!("{said}{error:#}"), false),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sluice_run_holds_and_sluice_accept_accepts() {
    let scratch = tempfile::tempdir().unwrap();
    let path = |name: &str| scratch.path().join(name).display().to_string();
    fs::write(path("contracts.toml"), CONTRACTS).unwrap();
    let bill = async |delivered_at: &str, lines: &[Line]| {
        let world = World::new(CONTRACTS);
        delivery(delivered_at, lines).put(&world.reports);
        for (key, bytes) in world.reports.contents() {
            let file = scratch.path().join("in").join(key);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, bytes).unwrap();
        }
        let [source, contracts, out] = ["in", "contracts.toml", "out"].map(path);
        let words = ["run", "--source", &source, "--contracts", &contracts, "--out", &out];
        (call(&words).await, call(&[&words[..], &["--json"]].concat()).await.0)
    };
    let ((said, is_good), _) = bill(FIRST, &full()).await;
    assert!(is_good && said.starts_with("SEALED") && !said.contains("Instead of run"), "{said}");

    let out = path("out");
    for _ in 0..2 {
        let ((said, is_good), json) = bill(SECOND, &full()[4..8]).await;
        assert!(!is_good, "{said}");
        let json: Value = serde_json::from_str(&json).unwrap();
        let run = json[0]["reconciliation"]["run_id"].as_str().unwrap();
        for words in [
            "HELD  payer 999988887777, report costs, 2026-10, delivery 20261104T120125Z",
            "it has 4 lines, fewer than half of the 10 that there were; AWS's cost is 40",
            &format!("sluice accept {run} --out {out}"),
            "of delivery 20261103T120125Z: 2 customers changed, 1 did not",
            "FEWER LINES  acme has 2 lines only, and had 6",
        ] {
            assert!(said.contains(words), "{words}: {said}");
        }
        assert!(!said.contains("SEALED"), "{said}");
        assert_eq!(json[0]["is_sealed"], false);
        assert!(json[0]["held"].as_str().unwrap().starts_with("it has 4 lines"), "{json}");
    }
    let results = storage::FolderStore::new(scratch.path().join("out"));
    let runs = storage::Store::list(&results, "runs/").await.unwrap();
    let held = runs.iter().find(|key| key.ends_with("/held.json")).unwrap();
    let run = held.split('/').nth(1).unwrap();
    let (said, is_good) = call(&["accept", run, "--out", &out]).await;
    assert!(is_good && said == format!("ACCEPTED  run {run} is current\n"), "{said}");
    let ((said, is_good), _) = bill(SECOND, &full()[4..8]).await;
    assert!(is_good && said.starts_with("SEALED"), "{said}");
    let (said, is_good) = call(&["verify", &out]).await;
    assert!(is_good && said.contains(run), "{said}");

    let ((_, is_good), _) = bill(THIRD, &full()).await;
    assert!(is_good);
    let (said, is_good) = call(&["accept", run, "--out", &out]).await;
    assert!(!is_good && said.contains("another one has taken its place since"), "{said}");
    let nobody = "0123456789abcdef";
    let (said, is_good) = call(&["accept", nobody, "--out", &out]).await;
    assert!(!is_good && said == "there is no run 0123456789abcdef", "{said}");
    assert!(Args::try_parse_from(["sluice", "accept", "the last one", "--out", &out]).is_err());
}

/// The last step writes its receipt before it seals the run. So a crash at any write is repaired as in
/// other steps.
#[tokio::test]
async fn a_crash_at_any_write_of_a_held_run_changes_nothing() {
    let (world, held) = world_with_a_held_run().await;
    let receipts = keys::receipts_prefix(&held, Step::PublishDatasets, 0);
    let objects = world.results.contents();
    assert_eq!(objects.keys().filter(|key| key.starts_with(&receipts)).count(), 3);
    for lost in [keys::held(&held), keys::reconciliation(&held)] {
        world.results.remove(&lost);
        let late = world.message_about(&held, "acme");
        assert!(matches!(world.handle(&late).await, Ok(Outcome::Held { .. })), "{lost}");
        assert_eq!(world.results.contents(), objects, "{lost}");
    }
}
