//! Messages arrive twice, late and in any order, and functions die. The resulting bytes are the same.

use std::collections::BTreeMap;

use bytes::Bytes;
use cur::Generation;
use pipeline::{Current, Plan, Step, Unit, keys};
use runs::{Failure, Outcome};
use testkit::{Delivery, Fault, Line, Order, World};

use crate::small::{CONTRACTS, delivery, lines};

const FIRST: &str = "20261103T120125Z";
const SECOND: &str = "20261104T120125Z";

/// Delivers the small report and returns the objects of the results bucket after the last message.
async fn outcome(order: Order, fault: Option<Fault>) -> (World, BTreeMap<String, Bytes>) {
    let world = World::with_fault(CONTRACTS, fault);
    let delivery = delivery(FIRST);
    delivery.put(&world.reports);
    let given_up = world.deliver(&delivery.manifest_keys()[0], order).await;
    assert_eq!(given_up, [""; 0], "{order:?} {fault:?}");
    assert_eq!(world.faulty.changed(), [""; 0], "{order:?} {fault:?}");
    let objects = world.outcome();
    (world, objects)
}

async fn plain() -> (World, BTreeMap<String, Bytes>) {
    let (world, objects) = outcome(Order::Sent, None).await;
    assert_eq!(world.current().len(), 1, "sealed");
    (world, objects)
}

fn current(world: &World) -> Current {
    let pointers = world.current();
    serde_json::from_slice(pointers.values().next().unwrap()).unwrap()
}

#[tokio::test]
async fn every_message_twice() {
    assert_eq!(outcome(Order::Twice, None).await.1, plain().await.1);
}

#[tokio::test]
async fn in_any_order() {
    let expected = plain().await.1;
    for seed in 0..8 {
        assert_eq!(outcome(Order::Shuffled(seed), None).await.1, expected, "seed {seed}");
    }
}

#[tokio::test]
async fn a_crash_at_every_write() {
    let (world, expected) = plain().await;
    let writes = world.faulty.writes();
    assert!(writes > 40, "{writes}");
    for number in 0..writes {
        for fault in [Fault::BeforeWrite(number), Fault::AfterWrite(number)] {
            let (world, objects) = outcome(Order::Sent, Some(fault)).await;
            assert!(world.faulty.has_failed(), "{fault:?}");
            assert_eq!(objects, expected, "{fault:?}");
        }
    }
}

#[tokio::test]
async fn messages_lost_on_the_way_to_every_step() {
    let expected = plain().await.1;
    for number in 0..5 {
        let fault = Fault::InSend(number);
        let (world, objects) = outcome(Order::Sent, Some(fault)).await;
        assert!(world.faulty.has_failed(), "{fault:?}");
        assert_eq!(objects, expected, "{fault:?}");
    }
}

#[tokio::test]
async fn a_run_whose_messages_are_lost_goes_on_when_someone_asks() {
    let expected = plain().await.1;
    let delivery = delivery(FIRST);
    let manifest = &delivery.manifest_keys()[0];
    let mut taken = 0;
    loop {
        let world = World::new(CONTRACTS);
        delivery.put(&world.reports);
        assert_eq!(world.announce(manifest).await, [""; 0]);
        if !world.lose_messages_after(taken).await {
            break;
        }
        // The delivery's own events do not resume it, because they come twice anyway.
        assert_eq!(world.deliver(manifest, Order::Sent).await, [""; 0]);
        // If only the messages for bills were lost, the run is sealed.
        let is_sealed = world.object_keys().iter().any(|key| key.ends_with("/woken/1.json"));
        assert_eq!(world.current().is_empty(), !is_sealed, "after {taken} messages");
        assert_eq!(world.resume(manifest).await, [""; 0]);
        assert_eq!(world.outcome(), expected, "after {taken} messages");
        taken += 1;
    }
    assert!(taken > 12, "{taken}");
}

/// AWS writes two manifests: one into the delivery's own folder, and one for the latest delivery of the
/// period.
#[tokio::test]
async fn both_manifests_are_one_delivery() {
    for generation in [Generation::Legacy, Generation::DataExports] {
        let world = World::new(CONTRACTS);
        let delivery = Delivery::new(generation, FIRST, &lines());
        delivery.put(&world.reports);
        let keys = delivery.manifest_keys();
        assert_eq!(keys.len(), 2);
        assert_eq!(world.deliver(&keys[0], Order::Sent).await, [""; 0]);
        let expected = world.outcome();
        for key in &keys {
            assert_eq!(world.deliver(key, Order::Sent).await, [""; 0]);
            assert_eq!(world.outcome(), expected, "{key} after sealing");
        }

        let at_once = World::new(CONTRACTS);
        delivery.put(&at_once.reports);
        for key in &keys {
            assert_eq!(at_once.announce(key).await, [""; 0]);
        }
        assert_eq!(at_once.drain(Order::Shuffled(1)).await, [""; 0]);
        assert_eq!(at_once.outcome(), expected, "both before any work");
    }
}

#[tokio::test]
async fn a_newer_delivery_takes_over_and_an_older_one_never_does() {
    let (world, _) = plain().await;
    let first = current(&world);
    let newer = delivery(SECOND);
    newer.put(&world.reports);
    assert_eq!(world.deliver(&newer.manifest_keys()[0], Order::Sent).await, [""; 0]);
    let second = current(&world);
    assert_ne!(first.run_id, second.run_id);
    assert_eq!(second.delivery_id, SECOND);

    let older = delivery("20261102T120125Z");
    older.put(&world.reports);
    assert_eq!(world.deliver(&older.manifest_keys()[0], Order::Sent).await, [""; 0]);
    assert_eq!(current(&world), second);
}

#[tokio::test]
async fn a_replaced_file_ends_the_run_without_noise() {
    let world = World::new(CONTRACTS);
    let first = delivery(FIRST).overwriting();
    first.put(&world.reports);
    assert_eq!(world.announce(&first.manifest_keys()[0]).await, [""; 0]);
    // AWS overwrites the files while messages of the first delivery wait.
    let second = Delivery::new(first.generation, SECOND, &lines()).overwriting();
    let second = second.in_files(&lines()[..13], 2);
    second.put(&world.reports);
    assert_eq!(world.drain(Order::Sent).await, [""; 0]);
    assert!(world.current().is_empty(), "nothing of the first is published");
    assert!(world.outcome().keys().any(|key| key.ends_with("superseded.json")));

    assert_eq!(world.deliver(&second.manifest_keys()[0], Order::Sent).await, [""; 0]);
    assert_eq!(current(&world).delivery_id, SECOND);
}

#[tokio::test]
async fn changed_contracts_make_a_new_run_and_changing_back_returns_the_old_one() {
    let (world, _) = plain().await;
    let old = current(&world);
    let recalculate = || world.recalculate("999988887777", "2026-10");

    world.results.put(keys::CONTRACTS, CONTRACTS.replace("0.05", "0.06"));
    assert_eq!(recalculate().await, [""; 0]);
    let new = current(&world);
    assert_ne!(new.run_id, old.run_id);
    assert_eq!(new.delivery_id, old.delivery_id);
    assert_eq!(new.replaced, std::slice::from_ref(&old.run_id));

    // An old message that comes back does not make the old run current.
    let late = world.message_about(&old.run_id, "acme");
    assert_eq!(world.handle(&late).await, Ok(Outcome::Superseded));
    assert_eq!(current(&world), new);

    world.results.put(keys::CONTRACTS, CONTRACTS.to_owned());
    assert_eq!(recalculate().await, [""; 0]);
    assert_eq!(current(&world).run_id, old.run_id);
}

/// The contracts change twice in a short time. Whichever run ends last, the run under the newest contracts
/// is current.
#[tokio::test]
async fn the_run_of_the_latest_contracts_is_current_whichever_ends_last() {
    for seed in 0..8 {
        let (world, _) = plain().await;
        for discount in ["0.06", "0.07"] {
            world.results.put(keys::CONTRACTS, CONTRACTS.replace("0.05", discount));
            assert_eq!(world.request("999988887777", "2026-10").await, [""; 0]);
        }
        assert_eq!(world.drain(Order::Shuffled(seed)).await, [""; 0]);
        let pinned = world.object(&format!("{}/contracts.toml", current(&world).run_id));
        let pinned = String::from_utf8(pinned.to_vec()).unwrap();
        assert!(pinned.contains("0.07"), "seed {seed}: the run of earlier contracts is current");
    }
}

#[tokio::test]
async fn a_request_for_what_was_never_sealed_says_so() {
    let world = World::new(CONTRACTS);
    let given_up = world.recalculate("999988887777", "2026-10").await;
    assert!(given_up[0].contains("nothing is sealed for payer 999988887777 and 2026-10"));
}

#[tokio::test]
async fn a_second_report_of_a_payer_is_not_billed_twice() {
    let (world, _) = plain().await;
    let before = world.current();
    let mut other = delivery(SECOND);
    other.report = "other".to_owned();
    other.put(&world.reports);
    let given_up = world.deliver(&other.manifest_keys()[0], Order::Sent).await;
    assert!(given_up[0].contains("billed from report `costs`"), "{given_up:?}");
    assert_eq!(world.current(), before);
}

#[tokio::test]
async fn a_run_that_lost_its_plan_is_refused() {
    let (world, _) = plain().await;
    let run = current(&world).run_id;
    let plan: Plan = serde_json::from_slice(&world.object("plan.json")).unwrap();
    assert_eq!(plan.run_id, run);
    world.results.remove(&keys::plan(&run));
    let message = world.message(&run, &Unit::SplitReport { file: 0 });
    let reason = format!("`runs/{run}/plan.json` is missing");
    assert_eq!(world.handle(&message).await, Err(Failure::Reject(reason)));
}

/// A step of two pages stops where all receipts of the first page are there and nobody has put them
/// together, and a unit of the second page is missing.
#[tokio::test]
async fn a_run_that_stopped_between_two_pages_goes_on_when_someone_asks() {
    let accounts =
        (0..60).map(|number| Line::usage(&(200_000_000_000_u64 + number).to_string(), "1"));
    let lines: Vec<Line> = lines().into_iter().chain(accounts).collect();
    let delivery = Delivery::new(Generation::Legacy, FIRST, &lines);
    let world = World::new(CONTRACTS);
    delivery.put(&world.reports);
    let manifest = delivery.manifest_keys()[0].clone();
    assert_eq!(world.deliver(&manifest, Order::Sent).await, [""; 0]);
    let whole = world.outcome();
    let run = current(&world).run_id;
    let last = world.messages(&run, Step::RecalculateAccount).pop().unwrap();
    assert_eq!((last.page.number, last.page.of), (1, 2));
    let is_lost = |key: &str| {
        let later = [Step::AllocateCommitments, Step::PublishDatasets].map(Step::name);
        let of_run = key.starts_with(&format!("runs/{run}/"));
        key == keys::receipt(&last)
            || of_run && later.iter().any(|step| key.contains(step))
            || of_run && key.contains("/pages/recalculate-account/")
            || of_run && key.contains("/books/customers/")
            || key == keys::book(&run, Step::RecalculateAccount)
            || key == keys::reconciliation(&run)
            || key.starts_with(keys::current_prefix())
    };
    for key in whole.keys().filter(|key| is_lost(key)) {
        world.results.remove(key);
    }
    assert_eq!(world.resume(&manifest).await, [""; 0]);
    assert_eq!(world.outcome(), whole);
}
