//! Bills over several payers, issued and corrected: through the real handlers, with crashes at every write
//! and with two issuers at once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cur::{Column, Generation};
use money::Amount;
use pipeline::{
    Bill, BillPointer, BillRequest, DocumentKind, IssueRequest, IssuedDocument, Status, keys,
};
use runs::{Failure, Outcome};
use statement::Term;
use testkit::{Delivery, Fault, Line, Order, PAYER, World};

const OTHER_PAYER: &str = "888877776666";
/// An account under each payer.
const FIRST: &str = "111122223333";
const SECOND: &str = "444455556666";

const CONTRACTS: &str = r#"
[reseller]
name = "Example MSP"

[fx.USD.JPY]
"2026-09" = "149.02"
"2026-10" = "150.37"
"2026-11" = "147.88"

[invoice]
due = { months = 1, day = "last" }

[[customer]]
id = "acme"
name = "Acme K.K."
accounts = ["111122223333", "444455556666"]
currency = "JPY"
rounding = { mode = "down", per = "service" }
tax = { name = "consumption tax", rate = "0.10" }

[[customer]]
id = "globex"
accounts = ["123456789012"]
"#;

/// Usage that AWS has invoiced, or not yet.
fn usage(account: &str, cost: &str, is_invoiced: bool) -> Line {
    let invoice = if is_invoiced { "2026100123" } else { "" };
    Line::usage(account, cost).with(Column::InvoiceId, invoice)
}

fn delivery(payer: &str, delivered_at: &str, lines: &[Line]) -> Delivery {
    let of_payer: Vec<Line> =
        lines.iter().map(|line| line.clone().with(Column::PayerAccountId, payer)).collect();
    let mut delivery = Delivery::new(Generation::Legacy, delivered_at, &of_payer);
    payer.clone_into(&mut delivery.payer);
    delivery.report = format!("costs-of-{payer}");
    delivery
}

async fn deliver(world: &World, payer: &str, delivered_at: &str, lines: &[Line]) {
    let delivery = delivery(payer, delivered_at, lines);
    delivery.put(&world.reports);
    let given_up = world.deliver(&delivery.manifest_keys()[0], Order::Sent).await;
    assert_eq!(given_up, [""; 0]);
}

fn read<T: serde::de::DeserializeOwned>(world: &World, key: &str) -> T {
    let bytes = world.results.contents().remove(key).unwrap_or_else(|| panic!("no `{key}`"));
    serde_json::from_slice(&bytes).unwrap()
}

fn pointer(world: &World, customer: &str) -> BillPointer {
    read(world, &keys::billed(customer, period()))
}

fn bill(world: &World, customer: &str) -> Bill {
    let pointer = pointer(world, customer);
    read(world, &keys::bill(customer, period(), &pointer.bill_id, "bill.json"))
}

fn period() -> cur::BillingPeriod {
    "2026-10".parse().unwrap()
}

fn request(customer: &str) -> IssueRequest {
    IssueRequest {
        customer: customer.to_owned(),
        billing_period: period(),
        date: "2026-11-05".parse().unwrap(),
        force: false,
    }
}

/// All issued documents, by their keys.
fn issued(world: &World) -> Vec<IssuedDocument> {
    let objects = world.results.contents();
    let documents = objects.iter().filter(|(key, _)| key.starts_with("issued/"));
    documents.map(|(_, bytes)| serde_json::from_slice(bytes).unwrap()).collect()
}

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

/// Two payers with 100 and 50.505 dollars for one customer.
async fn two_payers() -> World {
    let world = World::new(CONTRACTS);
    two_payers_in(&world).await;
    world
}

async fn two_payers_in(world: &World) {
    deliver(world, PAYER, "20261103T120125Z", &[usage(FIRST, "100", true)]).await;
    let second = [usage(SECOND, "50.505", true), usage("123456789012", "7", true)];
    deliver(world, OTHER_PAYER, "20261103T130125Z", &second).await;
}

#[tokio::test]
async fn one_bill_rests_on_the_runs_of_all_payers() {
    let world = two_payers().await;
    let bill = bill(&world, "acme");
    assert_eq!(bill.plan.runs.len(), 2);
    assert_eq!(bill.status, Status::Final);
    // 150.505 × 150.37 = 22,631.43685, rounded down to 22,631 yen; tax 2,263.1, rounded down to 2,263.
    let [invoice] = &bill.invoices[..] else { panic!("{bill:#?}") };
    assert_eq!(invoice.subtotal, amount("22631"));
    assert_eq!(invoice.total, amount("24894"));
    // Each payer has a line of its own.
    let payers: BTreeSet<&str> =
        invoice.lines.iter().map(|line| line.payer_account_id.as_str()).collect();
    assert_eq!(payers, BTreeSet::from(["", PAYER, OTHER_PAYER]));
    assert!(bill.laws.iter().all(|law| law.holds));
    // AWS's cost of 150.505 dollars is what the customer pays, apart from rounding and tax.
    let waterfall = &bill.waterfalls[0];
    assert_eq!(waterfall.aws_cost, amount("22631.43685"));
    assert_eq!(waterfall.margin, Some(amount("-0.43685")));
    assert_eq!(waterfall.amount_due, amount("24894"));
}

#[tokio::test]
async fn a_bill_is_preliminary_until_aws_has_issued_its_invoices() {
    let world = World::new(CONTRACTS);
    let open = [usage(FIRST, "100", true), usage(FIRST, "1", false)];
    deliver(&world, PAYER, "20261103T120125Z", &open).await;
    assert_eq!(pointer(&world, "acme").status, Status::Preliminary);
    assert_eq!(bill(&world, "acme").uninvoiced_lines, 1);
    let refused = bill_customer::issue(&request("acme"), &world.app).await.unwrap_err();
    let Failure::Reject(reason) = refused else { panic!("{refused}") };
    assert_eq!(
        reason,
        "the bill of customer `acme` for 2026-10 is preliminary: AWS has not issued its invoice for 1 of its \
         lines yet; wait, or force it"
    );
    assert_eq!(issued(&world), []);

    let forced = IssueRequest { force: true, ..request("acme") };
    bill_customer::issue(&forced, &world.app).await.unwrap();
    assert_eq!(issued(&world)[0].status, Status::Preliminary);
}

#[tokio::test]
async fn a_bill_is_incomplete_while_a_payer_is_missing_or_was_billed_under_other_contracts() {
    let world = World::new(CONTRACTS);
    for payer in [PAYER, OTHER_PAYER] {
        let account = if payer == PAYER { FIRST } else { SECOND };
        let line = usage(account, "10", true)
            .with(Column::BillingPeriodStartDate, "2026-09-01T00:00:00Z")
            .with(Column::UsageStartDate, "2026-09-01T00:00:00Z");
        let mut september = delivery(payer, "20261003T120125Z", &[line]);
        september.period = "2026-09".parse().unwrap();
        september.put(&world.reports);
        let given_up = world.deliver(&september.manifest_keys()[0], Order::Sent).await;
        assert_eq!(given_up, [""; 0]);
    }
    deliver(&world, PAYER, "20261103T120125Z", &[usage(FIRST, "100", true)]).await;
    let missing = bill(&world, "acme");
    assert_eq!(missing.status, Status::Incomplete);
    assert_eq!(missing.plan.missing_payers, BTreeSet::from([OTHER_PAYER.parse().unwrap()]));
    let refused = bill_customer::issue(&request("acme"), &world.app).await.unwrap_err();
    assert!(refused.to_string().contains("payers 888877776666 have no sealed run"), "{refused}");

    deliver(&world, OTHER_PAYER, "20261103T130125Z", &[usage(SECOND, "50", true)]).await;
    assert_eq!(pointer(&world, "acme").status, Status::Final);

    // A new price makes new runs. Until both payers are calculated again, the bill is incomplete.
    let cheaper = CONTRACTS.replace(
        "[[customer]]\nid = \"globex\"",
        "[[customer.price]]\ndiscount = \"0.10\"\n\n[[customer]]\nid = \"globex\"",
    );
    world.results.put(keys::CONTRACTS, cheaper);
    assert_eq!(world.recalculate(PAYER, "2026-10").await, [""; 0]);
    let outdated = bill(&world, "acme");
    assert_eq!(outdated.status, Status::Incomplete);
    assert_eq!(outdated.plan.outdated_payers, BTreeSet::from([OTHER_PAYER.parse().unwrap()]));
    assert_eq!(world.recalculate(OTHER_PAYER, "2026-10").await, [""; 0]);
    assert_eq!(pointer(&world, "acme").status, Status::Final);
}

/// A new name, address, tax or exchange rate is read by bills only.
#[tokio::test]
async fn what_only_bills_read_makes_a_new_bill_and_no_new_run() {
    let world = two_payers().await;
    let (runs, before) = (world.current(), pointer(&world, "acme"));
    let other = pointer(&world, "globex");
    for (from, to) in [("Acme K.K.", "Acme Holdings"), ("150.37", "151"), ("0.10", "0.08")] {
        world.results.put(keys::CONTRACTS, CONTRACTS.replace(from, to));
        for payer in [PAYER, OTHER_PAYER] {
            assert_eq!(world.recalculate(payer, "2026-10").await, [""; 0]);
        }
        assert_eq!(world.current(), runs, "{from} became {to}");
        let after = pointer(&world, "acme");
        assert_ne!(after.bill_id, before.bill_id, "{from} became {to}");
    }
    let renamed = CONTRACTS.replace("Acme K.K.", "Acme Holdings");
    world.results.put(keys::CONTRACTS, renamed);
    let request = BillRequest { customer: "globex".to_owned(), billing_period: period() };
    bill_customer::bill(&request, &world.app).await.unwrap();
    assert_eq!(pointer(&world, "globex").bill_id, other.bill_id, "another customer's name");
}

#[tokio::test]
async fn nothing_used_and_nothing_due_is_no_invoice() {
    let world = two_payers().await;
    // The account of Globex is gone from the next delivery, so its bill is made again, and is empty.
    let key = delivery(OTHER_PAYER, "20261104T130125Z", &[usage(SECOND, "50.505", true)]);
    key.put(&world.reports);
    world.deliver(&key.manifest_keys()[0], Order::Sent).await;
    let current: pipeline::Current =
        read(&world, &keys::current(OTHER_PAYER.parse().unwrap(), period()));
    let runs = world.results.contents();
    let held = runs.keys().find(|key| key.ends_with("/held.json")).expect("a customer is missing");
    let run: pipeline::RunId = held.split('/').nth(1).unwrap().parse().unwrap();
    assert_ne!(run, current.run_id);
    world.accept(&run).await.unwrap();
    assert_eq!(world.drain(Order::Sent).await, [""; 0]);
    let globex = bill(&world, "globex");
    assert_eq!(globex.invoices, []);
    bill_customer::issue(&request("globex"), &world.app).await.unwrap();
    assert_eq!(issued(&world), []);
}

#[tokio::test]
async fn an_invoice_is_issued_once_and_then_corrected_by_notes() {
    let world = two_payers().await;
    for customer in ["acme", "globex", "acme"] {
        bill_customer::issue(&request(customer), &world.app).await.unwrap();
    }
    let documents = issued(&world);
    let numbers: Vec<&str> = documents.iter().map(|document| document.number.as_str()).collect();
    assert_eq!(numbers, ["2026-10-0001", "2026-10-0002"]);
    assert_eq!(documents[0].document.invoice.total, amount("24894"));
    assert_eq!(documents[0].document.date.to_string(), "2026-11-05");
    let first_invoice = world.results.contents()["issued/2026-10-0001.json"].clone();

    // AWS restates the month: 20 dollars less, then 5 dollars more.
    deliver(&world, PAYER, "20261105T120125Z", &[usage(FIRST, "80", true)]).await;
    bill_customer::issue(&request("acme"), &world.app).await.unwrap();
    deliver(&world, PAYER, "20261106T120125Z", &[usage(FIRST, "85", true)]).await;
    for _ in 0..2 {
        bill_customer::issue(&request("acme"), &world.app).await.unwrap();
    }
    let documents = issued(&world);
    let [_, _, credit, debit] = &documents[..] else { panic!("{documents:#?}") };
    // 130.505 × 150.37 = 19,624.03685: 19,624 yen and 1,962 yen of tax, so 3,007 and 301 less.
    assert_eq!(credit.number, "2026-10-0003");
    assert_eq!(credit.document.kind, DocumentKind::CreditNote);
    assert_eq!(credit.document.due, None);
    assert_eq!(credit.document.corrects, ["2026-10-0001"]);
    assert_eq!(credit.document.invoice.subtotal, amount("-3007"));
    assert_eq!(credit.document.invoice.taxes[0].amount, amount("-301"));
    assert_eq!(credit.document.invoice.total, amount("-3308"));
    // 135.505 × 150.37 = 20,375.88685: 20,375 yen and 2,037 yen of tax.
    assert_eq!(debit.document.kind, DocumentKind::DebitNote);
    assert_eq!(debit.document.due.unwrap().to_string(), "2026-12-31");
    assert_eq!(debit.document.corrects, ["2026-10-0001", "2026-10-0003"]);
    assert_eq!(debit.document.invoice.total, amount("826"));
    let all: Amount = [0, 2, 3].iter().map(|at| documents[*at].document.invoice.total).sum();
    assert_eq!(all, bill(&world, "acme").invoices[0].total);
    assert_eq!(world.results.contents()["issued/2026-10-0001.json"], first_invoice);
}

/// Whatever write is lost, whoever asks again: each document has one number, and the numbers have no gaps.
#[tokio::test]
async fn a_crash_at_every_write_of_an_issue() {
    let calm = two_payers().await;
    let before = calm.faulty.writes();
    for customer in ["acme", "globex"] {
        bill_customer::issue(&request(customer), &calm.app).await.unwrap();
    }
    let expected = calm.results.contents();
    let writes = calm.faulty.writes();
    assert!(writes - before >= 6, "{before} to {writes}");
    for number in before..writes {
        for fault in [Fault::BeforeWrite(number), Fault::AfterWrite(number)] {
            let world = World::with_fault(CONTRACTS, Some(fault));
            two_payers_in(&world).await;
            let mut crashes = 0;
            for customer in ["acme", "globex"] {
                while bill_customer::issue(&request(customer), &world.app).await.is_err() {
                    crashes += 1;
                }
            }
            assert_eq!(crashes, 1, "{fault:?}");
            assert_eq!(world.results.contents(), expected, "{fault:?}");
            assert_eq!(world.faulty.changed(), [""; 0], "{fault:?}");
        }
    }
}

/// Other contracts are tried on past periods. What would be different is shown term by term, and adds up; no
/// object of the results changes.
#[tokio::test]
async fn a_what_if_writes_nothing_and_explains_every_difference() {
    let world = two_payers().await;
    let folder = tempfile::tempdir().unwrap();
    for (key, bytes) in world.results.contents() {
        let path = folder.path().join(key);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let before = files(folder.path());
    let periods = "2026-09..2026-10".parse().unwrap();
    let shown = Path::new("contracts.toml");
    let same = sluice::simulate(folder.path(), CONTRACTS, periods, shown).await.unwrap();
    assert_eq!(same.len(), 2);
    for of in &same {
        assert_eq!(of.now, of.then, "{of:?}");
        assert!(of.terms.is_empty(), "{of:?}");
    }

    // Ten percent off, and 0.40 yen more for a dollar: 150.505 × 0.9 = 135.4545 dollars, and
    // 135.4545 × 150.77 = 20,422.474965 yen, rounded down.
    let discount = "[[customer.price]]\ndiscount = \"0.10\"\n\n[[customer]]\nid = \"globex\"";
    let other =
        CONTRACTS.replace("[[customer]]\nid = \"globex\"", discount).replace("150.37", "150.77");
    let what_if = sluice::simulate(folder.path(), &other, periods, shown).await.unwrap();
    let [acme, globex] = &what_if[..] else { panic!("{what_if:#?}") };
    assert_eq!(acme.now.charge, amount("22631"));
    assert_eq!(acme.then.charge, amount("20422"));
    let margin = |side: sluice::Side| side.margin.unwrap();
    // AWS's cost is converted by the other rate, too: 150.505 × 150.77 = 22,691.63885.
    assert_eq!(margin(acme.then), amount("20422") - amount("22691.63885"));
    assert_eq!(acme.terms[&Term::Contract], amount("-2269.163885"));
    assert_eq!(globex.now, globex.then);
    assert_eq!(files(folder.path()), before);
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            files.insert(path, bytes);
        }
    }
    files
}

/// Many issuers at once, of the same bill and of two bills: each bill is issued once, without gaps.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn issuers_at_once() {
    let world = two_payers().await;
    let mut issuers = Vec::new();
    for round in 0..12 {
        let app = world.app.clone();
        let customer = if round % 3 == 0 { "globex" } else { "acme" };
        issuers.push(tokio::spawn(
            async move { bill_customer::issue(&request(customer), &app).await },
        ));
    }
    for issuer in issuers {
        assert_eq!(issuer.await.unwrap(), Ok(Outcome::Done));
    }
    let documents = issued(&world);
    let numbers: Vec<&str> = documents.iter().map(|document| document.number.as_str()).collect();
    assert_eq!(numbers, ["2026-10-0001", "2026-10-0002"]);
    let customers: BTreeSet<&str> =
        documents.iter().map(|document| document.from.customer_id.as_str()).collect();
    assert_eq!(customers, BTreeSet::from(["acme", "globex"]));
}

/// Bills of two payers that seal at once are woken in any order and twice. The bill of now is always the bill
/// of both runs.
#[tokio::test]
async fn two_payers_that_seal_at_once() {
    let expected = pointer(&two_payers().await, "acme");
    for seed in 0..12 {
        let world = World::new(CONTRACTS);
        let second = [usage(SECOND, "50.505", true), usage("123456789012", "7", true)];
        let deliveries = [
            delivery(PAYER, "20261103T120125Z", &[usage(FIRST, "100", true)]),
            delivery(OTHER_PAYER, "20261103T130125Z", &second),
        ];
        for delivery in &deliveries {
            delivery.put(&world.reports);
            assert_eq!(world.announce(&delivery.manifest_keys()[0]).await, [""; 0]);
        }
        assert_eq!(world.drain(Order::Shuffled(seed)).await, [""; 0], "seed {seed}");
        let found = pointer(&world, "acme");
        assert_eq!(found.bill_id, expected.bill_id, "seed {seed}");
        assert_eq!(found.invoices, expected.invoices, "seed {seed}");
    }
}
