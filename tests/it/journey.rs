//! One line from its arrival to the invoice. Together with `docs/walkthrough.md` it is the best way into
//! the code.

use bytes::Bytes;
use contracts::Purchase;
use cur::{AccountId, Generation};
use datasets::{ChargeRow, decode_csv, decode_parquet};
use money::Amount;
use pipeline::{
    BillPointer, Current, Notice, Plan, RunId, SplitReceipt, Status, Step, Table, Unit, keys,
};
use runs::Outcome;
use statement::Invoice;
use testkit::{Delivery, World};

use crate::small::{ACME, CONTRACTS, lines};

/// The page that describes this journey. The test keeps it correct.
const WALKTHROUGH: &str = include_str!("../../docs/walkthrough.md");

/// Checks that every key on the page exists, and that the page names every key that the journey looks at.
fn check_walkthrough(world: &World, run: &RunId, looked_at: &[String]) {
    let bill: BillPointer =
        serde_json::from_slice(&object(world, "billed/acme/2026-10.json")).unwrap();
    let named = WALKTHROUGH.split('`').skip(1).step_by(2);
    let is_key = |name: &&str| {
        let is_of_run_or_bill = name.contains("RUN") || name.contains("BILL");
        is_of_run_or_bill && name.contains('/')
            || ["current/", "billed/"].iter().any(|folder| name.starts_with(folder))
    };
    let key = |key: &str| key.replace("RUN", run.as_str()).replace("BILL", bill.bill_id.as_str());
    let named: Vec<String> = named.filter(is_key).map(key).collect();
    assert!(named.len() > 10, "{named:?}");
    for key in &named {
        object(world, key);
    }
    for key in looked_at {
        assert!(named.contains(key), "the walkthrough does not name `{key}`");
    }
}

/// Checks that the page has a number or text of the journey.
fn told(what: &str) {
    assert!(WALKTHROUGH.contains(what), "the walkthrough does not say {what}");
}

async fn follow(generation: Generation) {
    let world = World::new(CONTRACTS);
    let delivery = Delivery::new(generation, "20261103T120125Z", &lines());
    delivery.put(&world.reports);

    // receive-report: a manifest was created. The delivery gets its run, and the ETag of every file is
    // pinned.
    let key = delivery.manifest_keys()[0].clone();
    if generation == Generation::Legacy {
        told(&key);
    }
    let notice = Notice::ObjectCreated { bucket: "reports".to_owned(), key };
    assert_eq!(receive_report::handle(&notice, &world.app).await, Ok(Outcome::Done));
    let plan: Plan = serde_json::from_slice(&world.object("plan.json")).unwrap();
    assert_eq!(plan.files.len(), 1);
    let run = &plan.run_id;

    // split-report: the line is in its account's object, byte for byte, under the report's header.
    let split = world.message(run, &Unit::SplitReport { file: 0 });
    assert_eq!(world.handle(&split).await, Ok(Outcome::Done));
    let account: AccountId = ACME.parse().unwrap();
    let receipt = keys::receipt(&split);
    let receipt: SplitReceipt = serde_json::from_slice(&object(&world, &receipt)).unwrap();
    assert_eq!(receipt.totals.all_lines(), 15);
    told("counts 15 lines");
    let own = object(&world, &keys::line_items(&plan, account, "costs-00001", 0));
    let own = String::from_utf8(zstd::decode_all(&own[..]).unwrap()).unwrap();
    let mut report = delivery.files[0].lines();
    assert_eq!(own.lines().next(), report.next(), "the header");
    assert_eq!(own.lines().nth(1), report.next(), "the first line, 12.34 USD of EC2");

    // register-partitions: Athena learns where the objects are.
    for table in Table::ALL {
        let register = world.message(run, &Unit::RegisterPartitions { table });
        assert_eq!(world.handle(&register).await, Ok(Outcome::Done));
    }

    // recalculate-account: the line is in a group with a standard price and a kind.
    for recalculate in world.messages(run, Step::RecalculateAccount) {
        assert_eq!(world.handle(&recalculate).await, Ok(Outcome::Done));
    }
    let rated: Vec<billing::LineGroup> =
        decode_parquet(object(&world, &keys::rated(&plan, account))).unwrap();
    let group = rated.iter().find(|group| group.unblended_cost == "12.34".parse().unwrap());
    let group = group.unwrap();
    assert_eq!(group.charge_kind.name(), "usage");
    assert_eq!(group.list_cost, Some(group.unblended_cost));

    // allocate-commitments: the usage that AWS covered on the first of the month is handed out. On the
    // second there are only hours of a reservation that nobody used, and on the third there is some usage.
    for day in plan.billing_period.days().take(3) {
        let allocate = world.message(run, &Unit::AllocateCommitments { day });
        assert_eq!(world.handle(&allocate).await, Ok(Outcome::Done));
    }

    let pointer = check_published(&world, &plan, account).await;
    let invoice = check_bill(&world, &plan).await;

    let looked_at = [
        keys::plan(run),
        keys::receipt(&split),
        keys::line_items(&plan, account, "costs-00001", 0),
        keys::rated(&plan, account),
        keys::demand(&plan, account),
        keys::customer_book(run, "acme"),
        keys::billing(&plan, "acme", "charges.csv"),
        keys::reconciliation(run),
        pointer,
        keys::billed("acme", plan.billing_period),
        invoice,
    ];
    check_walkthrough(&world, run, &looked_at);
}

/// The last part of the journey: the sealed run has woken the bills. Returns the key of the invoice.
async fn check_bill(world: &World, plan: &Plan) -> String {
    let mut woken = Vec::new();
    while let Some(bill) = world.take_bill() {
        assert_eq!(bill_customer::bill(&bill, &world.app).await.unwrap(), Outcome::Done);
        woken.push(bill.customer);
    }
    assert_eq!(woken, ["acme", "globex"]);
    let key = keys::billed("acme", plan.billing_period);
    let pointer: BillPointer = serde_json::from_slice(&object(world, &key)).unwrap();
    assert_eq!(pointer.status, Status::Preliminary);
    let key = keys::invoice("acme", plan.billing_period, &pointer.bill_id, "acme.json");

    // The invoice is in yen and is rounded to whole yen. Its line has another hour of EC2, which is reserved
    // and has an effective cost of 0.1: 11.723 + 0.1 × 0.95 = 11.818.
    let invoice: Invoice = serde_json::from_slice(&object(world, &key)).unwrap();
    let line = invoice.lines.iter().find(|line| line.amount_source == "11.818".parse().unwrap());
    assert_eq!(line.unwrap().amount, "1777.07266".parse().unwrap());
    assert!(!invoice.total.to_string().contains('.'), "{}", invoice.total);
    key
}

/// The second half of the journey. Returns the key of the pointer.
async fn check_published(world: &World, plan: &Plan, account: AccountId) -> String {
    // publish-datasets: the line is a charge, which is five percent below the standard price.
    let mut outcomes = Vec::new();
    for customer in ["_unassigned", "acme", "globex"] {
        let publish = world.message_about(&plan.run_id, customer);
        outcomes.push(world.handle(&publish).await.unwrap());
    }
    assert_eq!(outcomes, [Outcome::Done, Outcome::Done, Outcome::Sealed]);
    let charges: Vec<ChargeRow> =
        decode_csv(&object(world, &keys::billing(plan, "acme", "charges.csv"))).unwrap();
    let charge = charges.iter().find(|row| {
        row.charge.key.usage_account_id == account
            && row.charge.key.sku.service_code == "AmazonEC2"
            && row.charge.purchase == Some(Purchase::OnDemand)
    });
    let charge = &charge.unwrap().charge;
    assert_eq!(charge.price_rule, "discount 0.05 service=AmazonEC2");
    told(&charge.price_rule);
    // 12.34 × 0.95 = 11.723.
    assert_eq!(charge.measures.line_count, 1);
    assert_eq!(charge.measures.list_cost, Some("12.34".parse().unwrap()));
    assert_eq!(charge.measures.benefit, Some(Amount::ZERO));
    assert_eq!(charge.charge_before_rules, "12.34".parse().unwrap());
    assert_eq!(charge.charge, "11.723".parse().unwrap());

    // The pointer names this run.
    let pointer = keys::current(plan.payer_account_id, plan.billing_period);
    let current: Current = serde_json::from_slice(&object(world, &pointer)).unwrap();
    assert_eq!(current.run_id, plan.run_id);

    for number in ["12.34", "11.723", "0.095", "1777.07266", "150.37"] {
        told(number);
    }
    pointer
}

fn object(world: &World, key: &str) -> Bytes {
    world.results.contents().remove(key).unwrap_or_else(|| panic!("no `{key}`"))
}

#[tokio::test]
async fn a_line_of_a_legacy_report() {
    follow(Generation::Legacy).await;
}

#[tokio::test]
async fn a_line_of_a_data_export() {
    follow(Generation::DataExports).await;
}
