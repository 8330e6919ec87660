//! Six contracts as resellers write them, after public terms of sellers, each with whole months worked out
//! by hand. The contracts are in `tests/bills`. Every month goes through the real handlers: a report is
//! delivered, the bill is made, and what is final is issued.

use cur::{BillingPeriod, Column, Generation, LineItemType};
use money::Amount;
use pipeline::{Bill, BillPointer, DocumentKind, IssueRequest, IssuedDocument, Status, keys};
use statement::Invoice;
use testkit::{Delivery, Line, Order, Reservation, World};

const A: &str = "111122223333";
const B: &str = "444455556666";
const C: &str = "123456789012";

const RESERVATION: Reservation<'_> = Reservation {
    arn: "arn:aws:ec2:ap-northeast-1:111122223333:reserved-instances/0a1b2c3d",
    owner: A,
};

fn world(contract: &str) -> World {
    World::new(&contracts(contract))
}

fn contracts(contract: &str) -> String {
    let path = format!("{}/bills/{contract}/contracts.toml", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

fn period(text: &str) -> BillingPeriod {
    text.parse().unwrap()
}

/// Usage of a service, which AWS has invoiced.
fn usage(account: &str, service: &str, usage_type: &str, cost: &str) -> Line {
    invoiced(Line::usage(account, cost).of_service(service, usage_type, "Run"))
}

fn invoiced(line: Line) -> Line {
    line.with(Column::InvoiceId, "2026100123")
}

/// Delivers the report of a period. `version` is 1 for its first delivery.
async fn deliver(world: &World, of: &str, version: u32, lines: &[Line]) {
    let of = period(of);
    let day = of.first_day();
    let lines: Vec<Line> = (lines.iter())
        .map(|line| {
            line.clone()
                .with(Column::BillingPeriodStartDate, format_args!("{day}T00:00:00Z"))
                .with(Column::UsageStartDate, format_args!("{day}T00:00:00Z"))
        })
        .collect();
    let stamp = format!("{}T{version:02}0000Z", of.end().format("%Y%m%d"));
    let mut delivery = Delivery::new(Generation::Legacy, &stamp, &lines);
    delivery.period = of;
    delivery.put(&world.reports);
    let given_up = world.deliver(&delivery.manifest_keys()[0], Order::Sent).await;
    assert_eq!(given_up, [""; 0]);
}

async fn issue(world: &World, of: &str) {
    let billing_period = period(of);
    let date = billing_period.end();
    let customer = "acme".to_owned();
    let request = IssueRequest { customer, billing_period, date, force: false };
    bill_customer::issue(&request, &world.app).await.unwrap();
    assert_eq!(world.drain(Order::Sent).await, [""; 0]);
}

fn bill(world: &World, of: &str) -> Bill {
    let objects = world.results.contents();
    let pointer: BillPointer =
        serde_json::from_slice(&objects[&keys::billed("acme", period(of))]).unwrap();
    let key = keys::bill("acme", period(of), &pointer.bill_id, "bill.json");
    let bill: Bill = serde_json::from_slice(&objects[&key]).unwrap();
    assert_eq!(bill.status, Status::Final);
    assert!(bill.laws.iter().all(|law| law.holds));
    bill
}

fn issued(world: &World) -> Vec<IssuedDocument> {
    let objects = world.results.contents();
    let documents = objects.iter().filter(|(key, _)| key.starts_with("issued/"));
    documents.map(|(_, bytes)| serde_json::from_slice(bytes).unwrap()).collect()
}

/// The sum of the lines of an invoice with this section, service or item, rounding included.
fn rounded(invoice: &Invoice, is_it: impl Fn(&statement::InvoiceLine) -> bool) -> Amount {
    invoice.lines.iter().filter(|line| is_it(line)).map(|line| line.amount).sum()
}

fn of_service(invoice: &Invoice, service: &str) -> String {
    rounded(invoice, |line| line.service_code == service).to_string()
}

fn of_item(invoice: &Invoice, item: &str) -> String {
    rounded(invoice, |line| line.item_id == item).to_string()
}

fn totals(invoice: &Invoice) -> [String; 3] {
    let tax: Amount = invoice.taxes.iter().map(|tax| tax.amount).sum();
    [invoice.subtotal, tax, invoice.total].map(|sum| sum.to_string())
}

/// Five percent off usage; `CloudFront` and Marketplace at list; support, taxes and credits stay with the
/// reseller; rounding down per service. Rounded once, the subtotal would be 306,971.
#[tokio::test]
async fn five_percent_off() {
    let world = world("five-percent");
    let marketplace =
        usage(A, "prod-1", "Software", "49.00").with(Column::BillingEntity, "AWS Marketplace");
    let kept = [
        Line::new(LineItemType::Fee, A)
            .of_service("AWSSupportBusiness", "", "")
            .with(Column::UnblendedCost, "173.13"),
        Line::new(LineItemType::Tax, A).with(Column::UnblendedCost, "211.47"),
        Line::new(LineItemType::Credit, A).with(Column::UnblendedCost, "-25.00"),
    ];
    let lines = [
        usage(A, "AmazonEC2", "APN1-BoxUsage:m5.large", "1234.5678901234"),
        usage(B, "AmazonEC2", "APN1-BoxUsage:m5.large", "300.10"),
        usage(A, "AmazonRDS", "APN1-InstanceUsage:db.r6g.large", "456.789"),
        usage(A, "AmazonS3", "APN1-TimedStorage-ByteHrs", "12.3456"),
        usage(B, "AmazonS3", "APN1-TimedStorage-ByteHrs", "0.0321"),
        usage(A, "AmazonCloudFront", "JP-DataTransfer-Out-Bytes", "88.80"),
        marketplace,
    ];
    let kept = kept.map(invoiced);
    deliver(&world, "2026-10", 1, &[&lines[..], &kept[..]].concat()).await;
    let bill = bill(&world, "2026-10");
    let [invoice] = &bill.invoices[..] else { panic!("{bill:#?}") };
    let services = ["AmazonEC2", "AmazonRDS", "AmazonS3", "AmazonCloudFront", "prod-1"];
    let found = services.map(|service| of_service(invoice, service));
    assert_eq!(found, ["219229", "65252", "1768", "13352", "7368"]);
    assert_eq!(totals(invoice), ["306969", "30696", "337665"]);
}

/// An agency fee of ten percent, at least 5,000 yen, rounded up to 1,000 yen. A month without use has no
/// invoice and uses no number. If the part of AWS were rounded first, October would have 134,200.
#[tokio::test]
async fn agency_fee() {
    let world = world("agency-fee");
    for (of, cost) in [("2026-10", "812.34"), ("2026-11", "210.00"), ("2026-12", "0")] {
        let line = usage(A, "AmazonEC2", "APN1-BoxUsage:m5.large", cost);
        deliver(&world, of, 1, &[line]).await;
        issue(&world, of).await;
    }
    let october = &bill(&world, "2026-10").invoices[0];
    assert_eq!(of_service(october, "AmazonEC2"), "121057.587522");
    assert_eq!(of_item(october, "agency"), "12105.7587522");
    assert_eq!(totals(october), ["134000", "13400", "147400"]);
    let november = &bill(&world, "2026-11").invoices[0];
    assert_eq!(of_item(november, "agency"), "5000");
    assert_eq!(totals(november), ["37000", "3700", "40700"]);
    assert_eq!(bill(&world, "2026-12").invoices, []);
    let numbers: Vec<String> = issued(&world).into_iter().map(|of| of.number).collect();
    assert_eq!(numbers, ["2026-10-0001", "2026-11-0001"]);
}

/// An upfront payment is charged at once and counts hour by hour for the management fee, which is 490.436.
/// On what was paid in the month, the fee would be 885.812.
#[tokio::test]
async fn managed_service_in_australian_dollars() {
    let world = world("managed-australia");
    let lines = [
        usage(A, "AmazonEC2", "APS2-BoxUsage:m5.large", "4896.60"),
        usage(A, "AmazonS3", "APS2-TimedStorage-ByteHrs", "120.05"),
        usage(A, "AmazonRDS", "APS2-InstanceUsage:db.r6g.large", "800.00"),
        invoiced(RESERVATION.upfront_fee("5256.00")),
        invoiced(RESERVATION.covers(A, "640.00", "313.80")),
    ];
    deliver(&world, "2026-10", 1, &lines).await;
    let bill = bill(&world, "2026-10");
    let [invoice] = &bill.invoices[..] else { panic!("{bill:#?}") };
    let fee = bill.items.iter().find(|item| item.id == "management").unwrap();
    assert_eq!(fee.basis.as_ref().unwrap().amount, amount("6130.45"));
    assert_eq!(fee.amount, amount("490.436"));
    let line = |section: &str, service: &str| {
        let is_it = |line: &statement::InvoiceLine| {
            line.section.name() == section && line.service_code == service
        };
        rounded(invoice, is_it).to_string()
    };
    // The exact amounts of the lines, before rounding.
    assert_eq!(line("usage", "AmazonEC2"), "7608.6700488");
    assert_eq!(line("usage", "AmazonS3"), "186.5418534");
    assert_eq!(line("usage", "AmazonRDS"), "1243.0944");
    assert_eq!(line("commitment_fee", "AmazonEC2"), "8167.130208");
    assert_eq!(line("fee", ""), "762.072806448");
    assert_eq!(totals(invoice), ["17967.5", "1796.75", "19764.25"]);
}

/// On-demand hours at 12 percent off, whatever covered them; Spot, disks and own reservations at cost.
/// Support is computed on the sum of the payer's accounts and is shared by eligible spend over two invoices.
#[tokio::test]
async fn pool_of_the_reseller_and_two_invoices() {
    let world = world("pool-and-two-invoices");
    let hour = |account, cost| usage(account, "AmazonEC2", "APN1-BoxUsage:m5.large", cost);
    let disk = |account, cost| usage(account, "AmazonEC2", "APN1-EBS:VolumeUsage.gp3", cost);
    let marketplace =
        usage(C, "prod-1", "Software", "750.00").with(Column::BillingEntity, "AWS Marketplace");
    let month = testkit::ReservationMonth {
        cost: "2520",
        units: "1",
        unused_units: "0",
        unused_recurring: "0",
        unused_upfront: "0",
    };
    let lines = [
        hour(A, "10000.00"),
        usage(A, "AmazonEC2", "APN1-SpotUsage:m5.large", "600.00"),
        disk(A, "1200.00"),
        invoiced(RESERVATION.monthly_fee(&month)),
        invoiced(RESERVATION.covers(A, "4000.00", "2520.00")),
        hour(B, "2500.00"),
        disk(B, "300.00"),
        usage(C, "AmazonS3", "APN1-TimedStorage-ByteHrs", "5000.00"),
        marketplace,
    ];
    deliver(&world, "2026-10", 1, &lines).await;
    let bill = bill(&world, "2026-10");
    let support = bill.items.iter().find(|item| item.section.name() == "support").unwrap();
    assert_eq!(support.basis.as_ref().unwrap().amount, amount("22120"));
    assert_eq!(support.amount, amount("1748.4"));
    let [prod, rest] = &bill.invoices[..] else { panic!("{bill:#?}") };
    assert_eq!([&prod.invoice_id[..], &rest.invoice_id], ["prod", "rest"]);
    assert_eq!(prod.total, amount("14251.88"));
    assert_eq!(rest.total, amount("8866.52"));
}

/// 22 percent off, a fee on list, a part of the reseller's Enterprise plan, and a credit that pays one
/// account and keeps what is left for November.
#[tokio::test]
async fn public_sector() {
    let world = world("public-sector");
    let hour = |account, cost| usage(account, "AmazonEC2", "EUW2-BoxUsage:m5.large", cost);
    // All customers spend 600,000 dollars, so the reseller's Enterprise plan costs 44,500 dollars.
    let others = hour("100000000001", "564000.00");
    deliver(&world, "2026-10", 1, &[hour(A, "900.00"), hour(B, "35100.00"), others]).await;
    let october = bill(&world, "2026-10");
    let [invoice] = &october.invoices[..] else { panic!("{october:#?}") };
    let account = |account: &str| {
        let usage = |line: &statement::InvoiceLine| {
            line.section.name() == "usage" && line.usage_account_id == account
        };
        rounded(invoice, usage).to_string()
    };
    assert_eq!([account(A), account(B)], ["527.3424", "20566.3536"]);
    let of_item = |item: &str, section: &str| {
        let is_it =
            |line: &statement::InvoiceLine| line.item_id == item && line.section.name() == section;
        rounded(invoice, is_it).to_string()
    };
    assert_eq!(of_item("service", "fee"), "1352.16");
    assert_eq!(of_item("enterprise", "support"), "2005.704");
    let part = october.items.iter().find(|item| item.id == "enterprise").unwrap();
    assert_eq!(part.amount, amount("2670"));
    let of_plan = part.basis.as_ref().unwrap().of_plan.as_ref().unwrap();
    assert_eq!([of_plan.spend, of_plan.fee], [amount("600000"), amount("44500")]);
    assert_eq!(of_item("migration", "credit"), "-527.3424");
    assert_eq!(totals(invoice), ["23924.21", "4784.84", "28709.05"]);
    assert_eq!(october.closing.credits["migration"], amount("702"));

    deliver(&world, "2026-11", 1, &[hour(A, "500.00")]).await;
    let november = bill(&world, "2026-11");
    let paid: Amount = (november.items.iter())
        .filter(|item| ["usage", "credit"].contains(&item.section.name()))
        .map(|item| item.amount)
        .sum();
    assert_eq!(paid, amount("92"));
    assert_eq!(november.closing.credits["migration"], amount("1000"));
}

/// The spend of the twelve months, what is missing to the minimum, the discount, and the invoice.
const YEAR: [[&str; 4]; 12] = [
    ["1250", "1250", "0", "2500"],
    ["2150", "350", "0", "2500"],
    ["5675", "0", "113.5", "5561.5"],
    ["7500", "0", "150", "7350"],
    ["4900", "0", "98", "4802"],
    ["6225", "0", "124.5", "6100.5"],
    ["5000", "0", "100", "4900"],
    ["9800", "0", "196", "9604"],
    ["4250", "0", "85", "4165"],
    ["6575", "0", "131.5", "6443.5"],
    ["5175", "0", "103.5", "5071.5"],
    ["8575", "0", "171.5", "8403.5"],
];

/// A minimum that is compared before the discount, and a discount on the whole month above it.
#[tokio::test]
async fn minimum_and_discount_over_a_year() {
    let world = world("minimum-and-discount");
    let mut total = Amount::ZERO;
    for (number, [spend, true_up, discount, invoice]) in (1..).zip(YEAR) {
        let of = format!("2026-{number:02}");
        deliver(&world, &of, 1, &[usage(A, "AmazonEC2", "BoxUsage:m5.large", spend)]).await;
        issue(&world, &of).await;
        let bill = bill(&world, &of);
        assert_eq!(of_item(&bill.invoices[0], "minimum"), *true_up, "{of}");
        assert_eq!(amount(&of_item(&bill.invoices[0], "volume")), -amount(discount), "{of}");
        assert_eq!(bill.invoices[0].total, amount(invoice), "{of}");
        total += bill.invoices[0].total;
    }
    assert_eq!(total, amount("67401.5"));
    assert_eq!(issued(&world).len(), 12);
}

/// Spend of exactly the minimum has neither a true-up nor a discount.
#[tokio::test]
async fn exactly_the_minimum() {
    let world = world("minimum-and-discount");
    deliver(&world, "2026-01", 1, &[usage(A, "AmazonEC2", "BoxUsage:m5.large", "2500")]).await;
    let bill = bill(&world, "2026-01");
    assert_eq!(bill.invoices[0].total, amount("2500"));
    assert_eq!(bill.invoices[0].lines.len(), 1);
}

/// AWS restates the third month after it was issued: a line on the invoice of the fourth month. The second
/// month rises above the minimum: its true-up falls away and its discount begins, so 48 more, and not 450.
#[tokio::test]
async fn restated_months_stand_on_the_next_invoice() {
    let world = world("minimum-and-discount");
    let hour = |cost| usage(A, "AmazonEC2", "BoxUsage:m5.large", cost);
    for (of, spend) in [("2026-02", "2150"), ("2026-03", "5675")] {
        deliver(&world, of, 1, &[hour(spend)]).await;
        issue(&world, of).await;
    }
    deliver(&world, "2026-04", 1, &[hour("7500")]).await;
    assert_eq!(bill(&world, "2026-04").invoices[0].total, amount("7350"));

    deliver(&world, "2026-03", 2, &[hour("5775")]).await;
    let april = &bill(&world, "2026-04").invoices[0];
    assert_eq!(april.total, amount("7448"));
    let correction: Vec<_> =
        april.lines.iter().filter(|line| line.section.name() == "correction").collect();
    assert!(correction.iter().all(|line| line.billing_period == period("2026-03")));
    assert_eq!(correction.iter().map(|line| line.amount).sum::<Amount>(), amount("98"));

    deliver(&world, "2026-02", 2, &[hour("2600")]).await;
    assert_eq!(bill(&world, "2026-04").invoices[0].total, amount("7496"));
    // Issuing the corrected months again gives no document of its own.
    for of in ["2026-02", "2026-03"] {
        issue(&world, of).await;
    }
    assert_eq!(issued(&world).len(), 2);
    issue(&world, "2026-04").await;
    let documents = issued(&world);
    assert_eq!(documents[2].document.invoice.total, amount("7496"));
    // An issued correction stands on no later bill.
    deliver(&world, "2026-05", 1, &[hour("4900")]).await;
    assert_eq!(bill(&world, "2026-05").invoices[0].total, amount("4802"));
    assert_eq!(bill(&world, "2026-04").invoices[0].total, amount("7496"));
    issue(&world, "2026-05").await;
    let kinds: Vec<DocumentKind> =
        issued(&world).into_iter().map(|document| document.document.kind).collect();
    assert_eq!(kinds, [DocumentKind::Invoice; 4]);
}

/// The same months under a contract that corrects by notes.
#[tokio::test]
async fn restated_months_are_corrected_by_notes() {
    let text = contracts("minimum-and-discount");
    let world = World::new(&text.replace("\"next_invoice\"", "\"notes\""));
    let hour = |cost| usage(A, "AmazonEC2", "BoxUsage:m5.large", cost);
    for (of, spend) in [("2026-02", "2150"), ("2026-03", "5675")] {
        deliver(&world, of, 1, &[hour(spend)]).await;
        issue(&world, of).await;
    }
    deliver(&world, "2026-03", 2, &[hour("5775")]).await;
    deliver(&world, "2026-02", 2, &[hour("2600")]).await;
    for of in ["2026-02", "2026-03"] {
        issue(&world, of).await;
    }
    let notes: Vec<(String, String)> = issued(&world)
        .into_iter()
        .filter(|document| document.document.kind == DocumentKind::DebitNote)
        .map(|note| (note.document.corrects[0].clone(), note.document.invoice.total.to_string()))
        .collect();
    let expected = [("2026-02-0001", "48"), ("2026-03-0001", "98")];
    assert_eq!(notes, expected.map(|(number, total)| (number.to_owned(), total.to_owned())));
}
