//! Each law, margin term and report check of `docs/laws.md` is broken on purpose.

use std::collections::BTreeSet;
use std::fs;

use billing::{Charge, MarginTerm};
use books::Books;
use commitments::CommitmentSums;
use contracts::Contracts;
use cur::{Column, Generation};
use datasets::{ChargeRow, decode_csv};
use laws::{Check, Law, Relation, ReportCheck};
use money::Amount;
use pipeline::{Bill, BillPointer, Document, Plan, Reconciliation, Step};
use statement::{Invoice, PayerCharges, Term, charges_billed_once, invoice_re_adds};
use testkit::{Delivery, Line, Order, World};

use crate::small::{ACME, CONTRACTS, GLOBEX, NOBODY, PLAN, RESERVATION, lines};

/// Bills both customers by list prices, so that everything that can be split is split.
const SPLIT: &str = "basis = \"list\"";

struct Run {
    plan: Plan,
    contracts: Contracts,
    books: Books,
}

impl Run {
    fn proof(&self) -> Reconciliation {
        self.books.reconcile(&self.plan, &self.contracts)
    }

    /// The laws that do not hold.
    fn broken(&self) -> BTreeSet<Law> {
        self.proof().laws.iter().filter(|check| !check.holds).map(|check| check.law).collect()
    }
}

async fn sealed(contracts: &str, lines: &[Line]) -> World {
    let world = World::new(contracts);
    let delivery = Delivery::new(Generation::Legacy, "20261103T120125Z", lines);
    delivery.put(&world.reports);
    assert_eq!(world.deliver(&delivery.manifest_keys()[0], Order::Sent).await, [""; 0]);
    world
}

/// The books from which a sealed run is proved.
async fn run(contracts: &str) -> Run {
    let world = sealed(contracts, &lines()).await;
    let plan: Plan = serde_json::from_slice(&world.object("/plan.json")).unwrap();
    let app = &world.app;
    let books = Books {
        split: app.split_book(&plan).await.unwrap(),
        recalculated: app.receipts(&plan, Step::RecalculateAccount).await.unwrap(),
        allocated: app.receipts(&plan, Step::AllocateCommitments).await.unwrap(),
        published: app.receipts(&plan, Step::PublishDatasets).await.unwrap(),
        previous: None,
    };
    Run { plan, contracts: Contracts::parse(contracts).unwrap(), books }
}

/// The contracts of the small report under another policy.
fn under(sharing: &str, unused: &str) -> String {
    let policy = format!("sharing = \"{sharing}\"\nunused = \"{unused}\"");
    CONTRACTS.replace("sharing = \"as_billed\"", &policy).replace("basis = \"amortized\"", SPLIT)
}

fn cent() -> Amount {
    "0.01".parse().unwrap()
}

/// Changes one number of the books.
type Change = fn(&mut Books);

async fn check_broken(contracts: &str, changes: &[(Law, Change)]) {
    for (number, (law, change)) in changes.iter().enumerate() {
        let mut run = run(contracts).await;
        assert!(run.broken().is_empty(), "{:?}", run.broken());
        change(&mut run.books);
        assert!(run.broken().contains(law), "{law} {number}: only {:?}", run.broken());
    }
}

#[tokio::test]
async fn every_line_once() {
    let law = Law::EveryLineOnce;
    let changes: [(Law, Change); 4] = [
        (law, |books| books.split.read.lines += 1),
        (law, |books| books.split.read.split_cost_lines += 1),
        (law, |books| books.recalculated[0].totals.lines -= 1),
        (law, |books| books.published[1].lines += 1),
    ];
    check_broken(CONTRACTS, &changes).await;
}

#[tokio::test]
async fn cost_is_conserved() {
    let law = Law::CostIsConserved;
    let changes: [(Law, Change); 4] = [
        (law, |books| books.split.read.unblended_cost += cent()),
        (law, |books| books.split.read.split_cost_unblended_cost += cent()),
        (law, |books| books.recalculated[0].totals.unblended_cost += cent()),
        (law, |books| books.published[1].unblended_cost += cent()),
    ];
    check_broken(CONTRACTS, &changes).await;
}

/// The sums of the savings plan on the first day. Its ARN comes last.
fn sums(books: &mut Books) -> &mut CommitmentSums {
    books.allocated[0].commitments.values_mut().next_back().unwrap()
}

#[tokio::test]
async fn commitment_is_conserved() {
    let law = Law::CommitmentIsConserved;
    let changes: [(Law, Change); 4] = [
        (law, |books| sums(books).used_cost += cent()),
        (law, |books| sums(books).unused_cost += cent()),
        (law, |books| sums(books).unused += cent()),
        (law, |books| books.published[1].taken_off += cent()),
    ];
    check_broken(&under("everyone", "pro_rata"), &changes).await;
    let as_billed: [(Law, Change); 1] = [(law, |books| sums(books).used_cost += cent())];
    check_broken(CONTRACTS, &as_billed).await;
}

/// A law of the kind "at most": in no hour is more of a commitment used than it has.
#[test]
fn nobody_uses_more_than_there_is() {
    let check = |used: &str, there: &str| {
        let [used, there] = [used, there].map(|text| text.parse().unwrap());
        Check::at_most(Law::CommitmentIsConserved, "units of an hour", used, there)
    };
    assert!(check("1", "1").holds && check("0", "1").holds);
    let broken = check("1.5", "1");
    assert_eq!((broken.holds, broken.relation), (false, Relation::AtMost));
    let words = "law `commitment_is_conserved` is broken, units of an hour: 1.5 is more than 1";
    assert_eq!(broken.to_string(), words);
}

/// A customer's part of an unused cost.
fn part(books: &mut Books) -> &mut Amount {
    let mut parts = books.published.iter_mut().flat_map(|of| of.unused_shares.values_mut());
    parts.find(|part| !part.is_zero()).unwrap()
}

#[tokio::test]
async fn parts_sum_to_whole() {
    let changes: [(Law, Change); 2] = [
        (Law::PartsSumToWhole, |books| *part(books) += cent()),
        // A split whose parts no customer got is found too.
        (Law::PartsSumToWhole, |books| {
            books.published.iter_mut().for_each(|of| of.unused_shares.clear());
        }),
    ];
    for sharing in ["as_billed", "everyone"] {
        check_broken(&under(sharing, "pro_rata"), &changes).await;
    }
}

#[tokio::test]
async fn bill_re_adds() {
    let world = sealed(CONTRACTS, &lines()).await;
    let made: Invoice = serde_json::from_slice(&world.object("/acme.json")).unwrap();
    let broken = |change: fn(&mut Invoice)| {
        let mut invoice = made.clone();
        change(&mut invoice);
        invoice_re_adds("acme", &invoice).iter().any(|check| !check.holds)
    };
    assert!(!broken(|_| {}));
    assert!(broken(|invoice| invoice.total += Amount::from(1)));
    assert!(broken(|invoice| invoice.subtotal += Amount::from(1)));
    assert!(broken(|invoice| invoice.lines[0].amount += cent()));
    assert!(broken(|invoice| invoice.lines[0].amount_source += cent()));
    assert!(broken(|invoice| invoice.taxes[0].taxable += Amount::from(1)));
    assert!(broken(|invoice| invoice.taxes[0].amount += Amount::from(1)));
    assert!(broken(|invoice| invoice.amount_due += Amount::from(1)));
    assert!(broken(|invoice| invoice.lines[0].tax.clear()));
    assert!(broken(|invoice| _ = invoice.lines.pop()));
}

fn bill_of_acme(world: &World) -> Bill {
    let pointer = serde_json::from_slice::<BillPointer>(&world.object("billed/acme/2026-10.json"));
    let BillPointer { bill_id, .. } = pointer.unwrap();
    serde_json::from_slice(&world.object(&format!("bill={bill_id}/bill.json"))).unwrap()
}

/// A charge that no item of the bill has, or that two have.
#[tokio::test]
async fn charge_billed_once() {
    let world = sealed(CONTRACTS, &lines()).await;
    let bill = bill_of_acme(&world);
    let rows: Vec<ChargeRow> = decode_csv(&world.object("/customer=acme/charges.csv")).unwrap();
    let charges: Vec<Charge> = rows.into_iter().map(|row| row.charge).collect();
    let payer = "999988887777".parse().unwrap();
    let is_broken = |charges: &[Charge]| {
        let payers = [PayerCharges { payer, charges: charges.to_vec() }];
        charges_billed_once("acme", &payers, &bill.items).iter().any(|check| !check.holds)
    };
    assert!(!is_broken(&charges));
    assert!(is_broken(&charges[1..]));
    assert!(is_broken(&[&charges[..], &charges[..1]].concat()));
    let mut other = charges.clone();
    other[0].charge += cent();
    assert!(is_broken(&other));
}

/// A document that is missing, or that says another amount.
#[tokio::test]
async fn corrections_explain_the_difference() {
    let world = sealed(CONTRACTS, &lines()).await;
    let bill = bill_of_acme(&world);
    let contracts = Contracts::parse(CONTRACTS).unwrap();
    let date = "2026-11-05".parse().unwrap();
    let documents = books::documents(&bill, &[], &contracts, date);
    let is_broken = |documents: &[Document]| {
        let laws = books::corrections_explain(&bill, &[], documents);
        laws.iter().any(|check| !check.holds)
    };
    assert_eq!(documents.len(), 1);
    assert!(!is_broken(&documents));
    assert!(is_broken(&[]));
    assert!(is_broken(&[&documents[..], &documents[..]].concat()));
    let changes: [fn(&mut Invoice); 3] = [
        |invoice| invoice.subtotal += Amount::from(1),
        |invoice| invoice.total += Amount::from(1),
        |invoice| invoice.amount_due += Amount::from(1),
    ];
    for change in changes {
        let mut wrong = documents.clone();
        change(&mut wrong[0].invoice);
        assert!(is_broken(&wrong));
    }
}

/// Without any one of the terms, the margin is not explained.
#[tokio::test]
async fn margin_explains_itself_by_every_term() {
    let mut run = run(CONTRACTS).await;
    let there: BTreeSet<MarginTerm> = run.proof().margin.terms.keys().copied().collect();
    assert_eq!(there, BTreeSet::from(MarginTerm::ALL));
    for term in MarginTerm::ALL {
        let of = (run.books.published.iter_mut())
            .find_map(|customer| customer.margin_terms.get_mut(&term))
            .unwrap();
        let before = *of;
        *of += cent();
        assert_eq!(run.broken(), BTreeSet::from([Law::MarginExplainsItself]), "{term}");
        let of = (run.books.published.iter_mut())
            .find_map(|customer| customer.margin_terms.get_mut(&term))
            .unwrap();
        *of = before;
    }
    run.books.published[1].explained.charge += cent();
    assert_eq!(run.broken(), BTreeSet::from([Law::MarginExplainsItself]));
}

#[tokio::test]
async fn aws_replays() {
    let law = Law::AwsReplays;
    let changes: [(Law, Change); 4] = [
        (law, |books| books.allocated[0].replay.compared += 1),
        (law, |books| books.allocated[0].replay.kept += 1),
        (law, |books| books.allocated[0].kept_usage.covered += cent()),
        (law, |books| books.allocated[0].kept_usage.allocated += cent()),
    ];
    check_broken(&under("everyone", "owner"), &changes).await;
}

/// The small report without its one fault, which is a negation that adds to a cost instead of taking it
/// back.
fn faultless() -> Vec<Line> {
    let mut lines = lines();
    lines[9] = PLAN.negates(GLOBEX, "-0.2");
    lines
}

/// A report for each check that breaks it: the faultless report with one more line or one changed line.
fn faults() -> Vec<(ReportCheck, Vec<Line>)> {
    let with = |more: Vec<Line>| [faultless(), more].concat();
    let more = |line: Line| with(vec![line]);
    let usage = || Line::usage(ACME, "1").with(Column::UnblendedRate, "1");
    let identified = || usage().with(Column::LineItemId, "abcdefgh");
    let mut other_fee = faultless();
    other_fee[10] = PLAN.recurring_fee("1", "1", "0.25");
    vec![
        (ReportCheck::CommitmentRowsAgree, other_fee),
        (ReportCheck::DigitsKept, more(Line::usage(ACME, "0.1234567890123456789"))),
        (ReportCheck::DiscountsAreLines, more(usage().with(Column::NetUnblendedCost, "0.9"))),
        (ReportCheck::EffectiveCostPresent, more(PLAN.covers(NOBODY, "0.2", ""))),
        (ReportCheck::NegationCancels, lines()),
        (ReportCheck::NoLineTwice, with(vec![identified(), identified()])),
        (ReportCheck::OnDemandCostPresent, more(RESERVATION.covers(NOBODY, "", "0.1"))),
        (
            ReportCheck::OneCurrency,
            more(Line::usage(NOBODY, "1").with(Column::CurrencyCode, "CNY")),
        ),
        (ReportCheck::OnePayer, more(usage().with(Column::PayerAccountId, "111111111111"))),
        (
            ReportCheck::OnePeriod,
            more(usage().with(Column::BillingPeriodStartDate, "2026-09-01T00:00:00Z")),
        ),
        (ReportCheck::RateTimesAmount, more(usage().with(Column::UnblendedRate, "2"))),
    ]
}

#[tokio::test]
async fn every_report_check_can_break() {
    let faults = faults();
    let tried: BTreeSet<ReportCheck> = faults.iter().map(|(check, _)| *check).collect();
    assert_eq!(tried, BTreeSet::from(ReportCheck::ALL));
    let whole = proof(&sealed(CONTRACTS, &faultless()).await);
    for (check, lines) in faults {
        assert_eq!(whole.report_checks[&check].broken, 0, "{check} of the faultless report");
        let proof = proof(&sealed(CONTRACTS, &lines).await);
        let tally = &proof.report_checks[&check];
        assert!(tally.broken > 0, "{check}: {tally:?}");
        assert!(tally.example.is_some(), "{check}: {tally:?}");
    }
}

fn proof(world: &World) -> Reconciliation {
    serde_json::from_slice(&world.object("/reconciliation.json")).unwrap()
}

/// Every law, check and term has a paragraph, and the paragraph names a test that exists.
#[test]
fn every_law_has_its_paragraph() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/laws.md");
    let page = fs::read_to_string(page).unwrap();
    let laws = Law::ALL.map(Law::name);
    let checks = ReportCheck::ALL.map(ReportCheck::name);
    let terms = MarginTerm::ALL.map(MarginTerm::name);
    let own = include_str!("laws.rs");
    for name in laws.iter().chain(&checks) {
        let heading = format!("### `{name}`\n");
        let (_, rest) = page.split_once(&heading).unwrap_or_else(|| panic!("no {heading}"));
        let paragraph = rest.split("\n##").next().unwrap();
        let test = paragraph.split("`laws::").nth(1).and_then(|test| test.split('`').next());
        let test = test.unwrap_or_else(|| panic!("{name} names no test"));
        assert!(own.contains(&format!("fn {test}(")), "{name} names {test}");
    }
    for term in terms {
        assert!(page.contains(&format!("| `{term}` |")), "no row for {term}");
    }
    let (_, of_bill) = page.split_once("## Terms of a bill\n").unwrap();
    let of_bill = of_bill.split("\n## ").next().unwrap();
    for term in Term::ALL {
        let name = serde_json::to_value(term).unwrap();
        let name = name.as_str().unwrap();
        assert!(of_bill.contains(&format!("`{name}`")), "no row for {name}");
    }
}
