//! What each function may do with the objects of the results bucket and with queues, and what it does.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use cur::{BillingPeriod, Generation};
use pipeline::{
    AcceptRequest, BillRequest, IssueRequest, Message, Notice, RecalculateRequest, RunId, keys,
};
use runs::{App, Outcome};
use serde_json::Value;
use testkit::{CountingStore, Delivery, Line, Order, World};

use super::template::Template;
use super::{SETTINGS, arn, list, queue_url, statements, sub};
use crate::small::{CONTRACTS, GLOBEX, lines};

/// The objects of the results bucket that each function reads, and those that it writes.
const RIGHTS: [(&str, &[&str], &[&str]); 7] = [
    (
        "receive-report",
        &["config/contracts.toml", "config/savings-plan-rates.csv", "current/*", "runs/*"],
        &["current/*", "runs/*"],
    ),
    ("split-report", &["runs/*"], &["line_items/*", "line_item_rows/*", "runs/*"]),
    ("register-partitions", &["runs/*"], &["runs/*"]),
    (
        "recalculate-account",
        &["demand/*", "line_items/*", "line_item_rows/*", "runs/*"],
        &["demand/*", "rated/*", "runs/*"],
    ),
    (
        "allocate-commitments",
        &["benefits/*", "commitments/*", "demand/*", "runs/*"],
        &["allocations/*", "benefits/*", "commitments/*", "reports/coverage/*", "runs/*"],
    ),
    (
        "publish-datasets",
        &["benefits/*", "config/contracts.toml", "current/*", "rated/*", "runs/*"],
        &["billing/*", "current/*", "reports/charges/*", "reports/daily_costs/*", "runs/*"],
    ),
    (
        "bill-customer",
        &[
            "billed/*",
            "billing/*",
            "bills/*",
            "config/contracts.toml",
            "current/*",
            "issued/*",
            "issues/*",
        ],
        &["billed/*", "bills/*", "invoices/*", "issued/*", "issues/*", "reports/invoice_lines/*"],
    ),
];

/// Rights that no sample needs: the samples have no rates of savings plans and no reports in Parquet.
const WITHOUT_SAMPLE: [&str; 2] = ["config/savings-plan-rates.csv", "line_item_rows/*"];

/// Customers may be given these prefixes, and never the other ones, which have AWS's cost and the margin.
const FOR_CUSTOMERS: [&str; 2] = ["invoices/", "issued/"];

#[test]
fn a_role_touches_only_its_own_objects() {
    let template = Template::read();
    for (name, reads, writes) in RIGHTS {
        let statements = statements(&template, name);
        let check = |sid: &str, prefixes: &[&str]| {
            let allowed: Vec<Value> = prefixes
                .iter()
                .map(|prefix| sub(&format!("${{ResultsBucket.Arn}}/{prefix}")))
                .collect();
            let found = list(&statements[sid]["Resource"]);
            assert_eq!(found, allowed.iter().collect::<Vec<_>>(), "{name} {sid}");
        };
        check("ReadResults", reads);
        check("WriteResults", writes);
        // Without this right, S3 answers "forbidden" for a missing object. The code must be able to tell
        // that it is missing.
        assert_eq!(statements["ListResults"]["Resource"], arn("ResultsBucket"), "{name}");

        let (_, settings) = SETTINGS.into_iter().find(|(of, _)| *of == name).unwrap();
        let reads_reports = statements.contains_key("ReadReports");
        assert_eq!(reads_reports, settings.contains(&"REPORT_BUCKET"), "{name}");
    }
}

/// Rights follow from what the handlers do: for a report with commitments, for one without any, and for one
/// without lines; for a run that replaces another, that is held and accepted, or that becomes current again;
/// and for bills that are made and issued.
#[tokio::test]
async fn a_role_may_do_what_its_function_does() {
    // Acme's bills leave balances and corrections to the next bill.
    let takes_over = "corrections = \"next_invoice\"\ncarry = { below = \"1\", periods = 12 }\n";
    let everyone = CONTRACTS
        .replace("as_billed", "everyone")
        .replace("id = \"acme\"\n", &format!("id = \"acme\"\n{takes_over}"));
    let plain: Vec<Line> = lines().into_iter().take(5).collect();
    let mut used = Used::default();
    for lines in [lines(), plain, Vec::new()] {
        let watched = Watched::new(&everyone);
        watched.deliver("20261103T120125Z", &lines, &mut used).await;
        assert!(!watched.world.current().is_empty(), "the run is sealed");
    }
    let watched = Watched::new(&everyone);
    watched.deliver("20261103T120125Z", &lines(), &mut used).await;
    watched.deliver("20261104T120125Z", &lines(), &mut used).await;
    watched.issue(&mut used).await;

    // A run in which nearly everything is missing is held. Accepting it wakes the bills.
    let few = [Line::usage(GLOBEX, "0.1")];
    watched.deliver("20261105T120125Z", &few, &mut used).await;
    let run = watched.held_run();
    watched.receive(&Notice::Accept(AcceptRequest { run }), &mut used).await;

    // A period is calculated under other contracts, and then becomes what it was.
    let request = RecalculateRequest {
        payer_account_id: "999988887777".parse().unwrap(),
        billing_period: october(),
    };
    for contracts in [everyone.replace("0.05", "0.06"), everyone] {
        watched.world.results.put(keys::CONTRACTS, contracts);
        watched.receive(&Notice::Recalculate(request.clone()), &mut used).await;
    }
    used.check_that_all_rights_are_needed();
}

/// AWS's cost and the margin stand under no prefix that a customer may be given.
#[tokio::test]
async fn what_customers_may_see_has_no_cost_of_aws() {
    let world = World::new(CONTRACTS);
    let delivery = Delivery::new(Generation::Legacy, "20261103T120125Z", &lines());
    delivery.put(&world.reports);
    assert_eq!(world.deliver(&delivery.manifest_keys()[0], Order::Sent).await, [""; 0]);
    assert_eq!(bill_customer::issue(&issue_request(), &world.app).await, Ok(Outcome::Done));
    let mut prefixes = BTreeSet::new();
    for (key, bytes) in world.results.contents() {
        let text = String::from_utf8_lossy(&bytes);
        let is_secret = ["aws_cost", "margin", "_cost"].iter().any(|word| text.contains(word));
        let prefix = FOR_CUSTOMERS.into_iter().find(|prefix| key.starts_with(prefix));
        assert!(!is_secret || prefix.is_none(), "`{key}` is for customers:\n{text}");
        prefixes.extend(prefix);
        let is_bill = key.ends_with("/bill.json");
        assert!(!is_bill || is_secret, "`{key}` has the margin");
    }
    assert_eq!(prefixes, BTreeSet::from(FOR_CUSTOMERS));
}

/// A world in which every request to the results bucket is noted.
struct Watched {
    world: World,
}

impl Watched {
    fn new(contracts: &str) -> Self {
        Self { world: World::new(contracts) }
    }

    /// The same world, with the requests of one message counted apart.
    fn counted(&self) -> (App, CountingStore) {
        let counting = CountingStore::new(Arc::new(self.world.results.clone()));
        (App { results: Arc::new(counting.clone()), ..self.world.app.clone() }, counting)
    }

    fn held_run(&self) -> RunId {
        let objects = self.world.results.contents();
        let held = objects.keys().find_map(|key| key.strip_suffix("/held.json"));
        held.unwrap().rsplit('/').next().unwrap().parse().unwrap()
    }

    async fn deliver(&self, delivered_at: &str, lines: &[Line], used: &mut Used) {
        let delivery = Delivery::new(Generation::Legacy, delivered_at, lines);
        delivery.put(&self.world.reports);
        let key = delivery.manifest_keys()[0].clone();
        let notice = Notice::ObjectCreated { bucket: "reports".to_owned(), key };
        self.receive(&notice, used).await;
    }

    /// Handles a notice and all messages that follow from it.
    async fn receive(&self, notice: &Notice, used: &mut Used) {
        let (app, counting) = self.counted();
        receive_report::handle(notice, &app).await.unwrap();
        used.note("receive-report", &counting);
        let mut messages = VecDeque::new();
        let mut bills = BTreeSet::new();
        self.take_sent("receive-report", &mut messages, &mut bills, used);
        while let Some(message) = messages.pop_front() {
            let name = message.step().name();
            let (app, counting) = self.counted();
            sluice::dispatch(&message, &app).await.unwrap();
            // A message that comes back may do what was left undone.
            sluice::dispatch(&message, &app).await.unwrap();
            used.note(name, &counting);
            self.take_sent(name, &mut messages, &mut bills, used);
        }
        for bill in bills {
            self.bill(&bill, used).await;
        }
    }

    /// Takes what a function has sent, and notes to which queues.
    fn take_sent(
        &self,
        sender: &'static str,
        messages: &mut VecDeque<Message>,
        bills: &mut BTreeSet<BillRequest>,
        used: &mut Used,
    ) {
        while let Some(message) = self.world.take() {
            used.sent.insert((sender, message.step().name()));
            messages.push_back(message);
        }
        while let Some(bill) = self.world.take_bill() {
            used.sent.insert((sender, "bill-customer"));
            bills.insert(bill);
        }
    }

    async fn bill(&self, request: &BillRequest, used: &mut Used) {
        let (app, counting) = self.counted();
        for _ in 0..2 {
            assert_eq!(bill_customer::bill(request, &app).await, Ok(Outcome::Done));
        }
        used.note("bill-customer", &counting);
        while self.world.take_bill().is_some() {
            used.sent.insert(("bill-customer", "bill-customer"));
        }
    }

    /// Issues the bill of October, and makes the bill of the next period, which has no run yet.
    async fn issue(&self, used: &mut Used) {
        let (app, counting) = self.counted();
        for _ in 0..2 {
            let request = issue_request();
            assert_eq!(bill_customer::issue(&request, &app).await, Ok(Outcome::Done));
        }
        used.note("bill-customer", &counting);
        let customer = issue_request().customer;
        let later = BillRequest { customer, billing_period: "2026-11".parse().unwrap() };
        self.bill(&later, used).await;
        self.bill(&BillRequest { billing_period: october(), ..later }, used).await;
    }
}

fn october() -> BillingPeriod {
    "2026-10".parse().unwrap()
}

fn issue_request() -> IssueRequest {
    IssueRequest {
        customer: "acme".to_owned(),
        billing_period: october(),
        date: "2026-11-05".parse().unwrap(),
        // AWS has not issued its invoice in the samples.
        force: true,
    }
}

/// The rights that the functions have used, and the senders and receivers of messages.
#[derive(Default)]
struct Used {
    reads: BTreeSet<(&'static str, &'static str)>,
    writes: BTreeSet<(&'static str, &'static str)>,
    sent: BTreeSet<(&'static str, &'static str)>,
}

impl Used {
    /// Checks that the function has a right for each of these requests, and notes the right.
    fn note(&mut self, name: &'static str, counting: &CountingStore) {
        let (_, reads, writes) = RIGHTS.into_iter().find(|(of, ..)| *of == name).unwrap();
        for key in counting.reads() {
            let right = right_for(reads, &key);
            let right = right.unwrap_or_else(|| panic!("{name} may not read `{key}`, and does"));
            self.reads.insert((name, right));
        }
        for key in counting.writes() {
            let right = right_for(writes, &key);
            let right = right.unwrap_or_else(|| panic!("{name} may not write `{key}`, and does"));
            self.writes.insert((name, right));
        }
    }

    fn check_that_all_rights_are_needed(&self) {
        for (name, reads, writes) in RIGHTS {
            for (rights, used) in [(reads, &self.reads), (writes, &self.writes)] {
                let unused = rights.iter().filter(|right| !used.contains(&(name, **right)));
                let unused: Vec<_> =
                    unused.filter(|right| !WITHOUT_SAMPLE.contains(right)).collect();
                assert!(unused.is_empty(), "{name} has the rights {unused:?} and never uses them");
            }
        }
        for (sender, receiver) in &self.sent {
            let (_, settings) = SETTINGS.into_iter().find(|(name, _)| name == sender).unwrap();
            let setting = queue_url(receiver);
            assert!(settings.contains(&setting.as_str()), "{sender} sends to {receiver}");
        }
        for sender in ["receive-report", "publish-datasets", "bill-customer"] {
            assert!(self.sent.contains(&(sender, "bill-customer")), "{sender} wakes no bill");
        }
    }
}

/// The right that covers a key.
fn right_for(rights: &[&'static str], key: &str) -> Option<&'static str> {
    let matches = |right: &&&'static str| match right.strip_suffix('*') {
        Some(prefix) => key.starts_with(prefix),
        None => key == **right,
    };
    rights.iter().find(matches).copied()
}
