//! Lines that a period has once and that are not about commitments: support, tax, credits, discounts.

use crate::bill::{AWS_PURCHASE, AWS_REFUND, MARKETPLACE_PURCHASE};
use crate::fixed::Fixed;
use crate::line::Kind;
use crate::products::{Product, monitoring};

/// A line that a period has once.
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    pub(crate) product: usize,
    pub(crate) account: usize,
    pub(crate) price: Price,
}

/// How the cost of an entry is computed.
#[derive(Clone, Copy)]
pub(crate) enum Price {
    /// A fixed price.
    Of(Fixed),
    /// A fixed price that is taken off.
    Off(Fixed),
    /// This many percent of the cost of the account's usage, in whole cents.
    Percent(i128),
    /// This many percent of the cost of the account's usage, taken off, with all decimals.
    PercentOff(i128),
    /// This many percent of the cost of all accounts' usage, but at least 100.
    SupportPercent(i128),
    /// This many quanta of the product at the product's rate.
    Quanta(i64),
}

/// The account or accounts that get a line.
#[derive(Clone, Copy)]
enum Whose {
    Payer,
    /// The usage account with this number. After the last account, counting begins again at the first.
    Account(usize),
    /// Every usage account gets a line.
    Everyone,
}

type Row = (Kind, Whose, Price, fn() -> Product);

const fn of(price: &str) -> Price {
    Price::Of(Fixed::of(price))
}

const fn off(price: &str) -> Price {
    Price::Off(Fixed::of(price))
}

/// Every type of line that a period has once, without commitments.
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

/// The entries. Their products are added to `products`.
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
