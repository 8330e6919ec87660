//! The lines about the period as a whole: fees of commitments, support, tax, credits, discounts.

use std::io;

use crate::commitments::{Commitment, Reservation, Terms};
use crate::fixed::Fixed;
use crate::line::{
    AWS_PURCHASE, AWS_REFUND, Description, Kind, Line, MARKETPLACE_PURCHASE, PeriodFee, Planned,
    PlannedRow, Reserved, ReservedRow, Span,
};
use crate::products::{Product, monitoring};
use crate::random::mix;
use crate::world::{Emit, Survey, World};

/// A line that is there once a period.
pub(crate) struct Entry {
    kind: Kind,
    product: usize,
    account: usize,
    price: Price,
}

/// How an entry's cost is found.
#[derive(Clone, Copy)]
enum Price {
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

impl World {
    /// The lines of the period as a whole. How many there are does not depend on the survey.
    pub(crate) fn monthly(&self, survey: &Survey, emit: Emit<'_>) -> io::Result<()> {
        for (number, commitment) in self.commitments.iter().enumerate() {
            match &commitment.terms {
                Terms::Reservation(reservation) => {
                    let used = survey.used[number];
                    self.reservation_fees(number, commitment, reservation, used, emit)?;
                }
                Terms::Plan(_) => self.plan_purchase(number, commitment, emit)?,
            }
        }
        let period = Span::new(self.origin, 0, self.hours);
        let last_period = Span::new(self.origin, -24 * 28, 0);
        for (number, entry) in self.entries.iter().enumerate() {
            let span = if entry.kind == Kind::Refund { &last_period } else { &period };
            emit(&self.entry_line(number, entry, span, survey))?;
        }
        Ok(())
    }

    fn entry_line<'a>(
        &'a self,
        number: usize,
        entry: &Entry,
        span: &'a Span,
        survey: &Survey,
    ) -> Line<'a> {
        let line = Line::new(
            entry.kind,
            mix(self.seed, 10_000 + number as u64),
            span,
            &self.accounts[entry.account],
            &self.products[entry.product],
        );
        let of_account = |percent| survey.usage_cost[entry.account] * percent / 100;
        let cost = match entry.price {
            Price::Quanta(quanta) => return line.using(quanta),
            Price::Of(price) => {
                return Line { rate: Some(price), cost: price, ..line };
            }
            Price::SupportPercent(percent) => {
                let share = survey.usage_cost.iter().sum::<i128>() * percent / 100;
                let price = in_cents(share).max(Fixed::whole(100));
                return Line { rate: Some(price), cost: price, ..line };
            }
            Price::Off(price) => price.negated(),
            Price::Percent(percent) => in_cents(of_account(percent)),
            Price::PercentOff(percent) => from_units(-of_account(percent)),
        };
        Line { cost, ..line }
    }

    /// A reservation's fee for the period and, if it was bought in it, what was paid in advance.
    fn reservation_fees(
        &self,
        number: usize,
        commitment: &Commitment,
        reservation: &Reservation,
        used: i64,
        emit: Emit<'_>,
    ) -> io::Result<()> {
        let active = reservation.term.within(self.hours);
        let (broken, seconds) = reservation.term.broken_hour();
        let span = Span::of_fee(self.origin, active.start, active.end, seconds);
        let unit = &self.products[reservation.product];
        let line = |kind, salt| Line {
            zone: reservation.zone.unwrap_or_default(),
            ..Line::new(
                kind,
                mix(self.seed, salt + number as u64),
                &span,
                &self.accounts[commitment.owner],
                &self.products[reservation.fee],
            )
        };
        // What is left of a broken hour covers nothing: whole hours come first.
        let broken = reservation.number.product(broken);
        let all = unit.amount(commitment.capacity * (active.end - active.start)).plus(broken);
        let unused = all.plus(unit.amount(used).negated());
        let [recurring, upfront] =
            [reservation.recurring, reservation.upfront].map(|price| price.quotient(unit.quantum));
        let fee = PeriodFee {
            units: all,
            normalized_units: reservation.factor.product(all),
            upfront: upfront.product(all),
            unused_units: unused,
            unused_normalized_units: reservation.factor.product(unused),
            unused_upfront: upfront.product(unused),
            unused_recurring: recurring.product(unused),
        };
        emit(&Line {
            amount: fee.units,
            rate: Some(recurring),
            cost: recurring.product(all),
            description: Description::Text(&reservation.fee_description),
            reserved: Some(Reserved { reservation, row: ReservedRow::PeriodFee(fee) }),
            ..line(Kind::RiFee, 3_000)
        })?;
        if let Some((_, on_top)) = &reservation.exchange {
            return emit(&Line {
                bill: &AWS_PURCHASE,
                rate: Some(*on_top),
                cost: *on_top,
                description: Description::Text(&reservation.purchase_description),
                reserved: Some(Reserved { reservation, row: ReservedRow::Exchange }),
                ..line(Kind::Fee, 4_000)
            });
        }
        if !reservation.term.was_bought_in_period() || reservation.upfront.is_zero() {
            return Ok(());
        }
        let price = upfront.times(reservation.term.hours());
        emit(&Line {
            bill: &AWS_PURCHASE,
            amount: reservation.number,
            rate: Some(price),
            cost: price.product(reservation.number),
            description: Description::Text(&reservation.purchase_description),
            reserved: Some(Reserved { reservation, row: ReservedRow::Purchase }),
            ..line(Kind::Fee, 4_000)
        })
    }

    fn plan_purchase(
        &self,
        number: usize,
        commitment: &Commitment,
        emit: Emit<'_>,
    ) -> io::Result<()> {
        let Terms::Plan(plan) = &commitment.terms else {
            return Ok(());
        };
        if !plan.term.was_bought_in_period() || plan.upfront.is_zero() {
            return Ok(());
        }
        let start = plan.term.within(self.hours).start;
        let span = Span::new(self.origin, start, start + plan.term.hours());
        let price = plan.upfront.times(plan.term.hours());
        emit(&Line {
            bill: &AWS_PURCHASE,
            rate: Some(price),
            cost: price,
            description: Description::Text(&plan.purchase_description),
            planned: Some(Planned { plan, row: PlannedRow::Purchase }),
            ..Line::new(
                Kind::SavingsPlanUpfrontFee,
                mix(self.seed, 5_000 + number as u64),
                &span,
                &self.accounts[commitment.owner],
                &self.products[plan.product],
            )
        })
    }
}

fn in_cents(units: i128) -> Fixed {
    const CENT: i128 = 100_000_000;
    from_units(units / CENT * CENT)
}

fn from_units(units: i128) -> Fixed {
    i64::try_from(units).map_or_else(
        |_| panic!("a single line costs more than a report line can"),
        Fixed::from_units,
    )
}
