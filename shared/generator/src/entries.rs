//! What is billed once a period, commitments aside: support, tax, credits, discounts.

use crate::bill::{AWS_PURCHASE, AWS_REFUND, MARKETPLACE_PURCHASE};
use crate::fixed::Fixed;
use crate::line::Kind;
use crate::products::{Product, monitoring};

/// A line that is there once a period.
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    pub(crate) product: usize,
    pub(crate) account: usize,
    pub(crate) price: Price,
}

/// How an entry's cost is found.
#[derive(Clone, Copy)]
pub(crate) enum Price {
    /// A price of its own.
    Of(Fixed),
    /// Taken off.
    Off(Fixed),
    /// So many percent of what the account's usage costs, in whole cents.
    Percent(i128),
    /// So many percent taken off, to the last decimal.
    PercentOff(i128),
    /// So many percent of the usage of all accounts, but at least 100.
    SupportPercent(i128),
    /// So many quanta of the product at its rate.
    Quanta(i64),
}

/// Whose line it is.
#[derive(Clone, Copy)]
enum Whose {
    Payer,
    /// The usage account of this number, counted round.
    Account(usize),
    /// A line for every usage account.
    Everyone,
}

type Row = (Kind, Whose, Price, fn() -> Product);

const fn of(price: &str) -> Price {
    Price::Of(Fixed::of(price))
}

const fn off(price: &str) -> Price {
    Price::Off(Fixed::of(price))
}

/// Every type of line that is there once a period, commitments aside.
const ROWS: [Row; 18] = [
    (Kind::Fee, Whose::Payer, Price::SupportPercent(3), support),
    (Kind::Fee, Whose::Account(0), of("42"), domain),
    (Kind::Fee, Whose::Account(2), of("12000"), annual_subscription),
    (Kind::FlatRateSubscription, Whose::Account(1), of("15"), flat_rate),
    (Kind::Credit, Whose::Account(1), off("25.0000000001"), migration_credit),
    (Kind::Credit, Whose::Account(3), off("0.0000007"), || ec2("AWS Activate, credit memo 0815")),
    (Kind::Credit, Whose::Account(0), off("0"), || ec2("AWS Free Tier")),
    (Kind::Refund, Whose::Account(0), off("32.85"), refund),
    (Kind::EdpDiscount, Whose::Everyone, Price::PercentOff(5), || ec2("Enterprise discount, 5%")),
    (Kind::PrivateRateDiscount, Whose::Account(0), off("3.25"), || ec2("Private rate card")),
    (Kind::BundledDiscount, Whose::Account(1), off("1.5"), || ec2("Bundled discount")),
    (Kind::RiVolumeDiscount, Whose::Payer, off("2.75"), || ec2("RI volume discount")),
    (Kind::SppDiscount, Whose::Payer, off("8.125"), || ec2("Solution Provider Program, 3%")),
    (Kind::DistributorDiscount, Whose::Payer, off("4.0625"), || ec2("Distributor discount")),
    (Kind::Discount, Whose::Account(2), off("0.5"), || ec2("Discount")),
    (Kind::Tax, Whose::Everyone, Price::Percent(10), || ec2("Tax for product code AmazonEC2")),
    (Kind::Tax, Whose::Payer, Price::Percent(10), storage),
    (Kind::Usage, Whose::Account(0), Price::Quanta(744), monitoring),
];

/// Adds the products that the entries are about.
pub(crate) fn entries(products: &mut Vec<Product>, accounts: usize) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (kind, whose, price, product) in ROWS {
        let index = products.len();
        products.push(Product { index, ..product() });
        let accounts = match whose {
            Whose::Payer => 0..1,
            Whose::Account(number) => {
                let account = 1 + number % (accounts - 1);
                account..account + 1
            }
            Whose::Everyone => 1..accounts,
        };
        entries.extend(accounts.map(|account| Entry { kind, product: index, account, price }));
    }
    entries
}

fn support() -> Product {
    Product::named(
        "AWSSupportBusiness",
        "AWS Support (Business)",
        "Dollar",
        "",
        "AWS Support (Business), 3% of AWS usage, at least $100.00",
    )
}

fn domain() -> Product {
    let words = "Registration of example.co.jp, \"one year\"";
    Product::named("AmazonRegistrar", "Amazon Registrar", "", "RegisterDomain", words)
        .sold_by(&AWS_PURCHASE)
}

fn annual_subscription() -> Product {
    let words = "Kumo Observability \"Enterprise\" 📈, annual contract, paid in advance";
    Product::named("3x0examp1e0c0ntract00de9z", "Kumo Contract", "AnnualFee", "Contract", words)
        .sold_by(&MARKETPLACE_PURCHASE)
}

fn flat_rate() -> Product {
    let words = "CloudFront flat-rate plan, Pro";
    Product::named("AmazonCloudFront", "Amazon CloudFront", "Global-FlatRate-Pro", "", words)
}

fn migration_credit() -> Product {
    ec2("AWS credit: \"Migration Acceleration\", 2nd tranche\nexpires at the year's end")
}

fn refund() -> Product {
    ec2("Refund for an idle NAT Gateway, case 4711").sold_by(&AWS_REFUND)
}

fn storage() -> Product {
    let words = "Tax for product code AmazonS3";
    Product::named("AmazonS3", "Amazon Simple Storage Service", "", "", words)
}

fn ec2(description: &str) -> Product {
    Product::named("AmazonEC2", "Amazon Elastic Compute Cloud", "", "", description)
}
