//! A small report with a line of nearly every kind, and contracts that fit it.

use cur::{Column, Generation, LineItemType};
use testkit::{Delivery, Line, Reservation, ReservationMonth, SavingsPlan};

pub(crate) const ACME: &str = "111122223333";
pub(crate) const ACME_TWO: &str = "123456789012";
pub(crate) const GLOBEX: &str = "444455556666";
pub(crate) const NOBODY: &str = "100000000009";

/// The discount is meant for all of `AmazonEC2`, also for what is reserved.
pub(crate) const CONTRACTS: &str = r#"
[reseller]
name = "Example MSP"
payers = ["999988887777"]

[fx.USD.JPY]
"2026-10" = "150.37"

[commitments]
sharing = "as_billed"

[[customer]]
id = "acme"
name = "Acme K.K."
accounts = ["111122223333", "123456789012"]
currency = "JPY"
rounding = { mode = "down", per = "service" }
tax = { name = "consumption tax", rate = "0.10", mode = "down" }

[[customer.price]]
service = "AmazonEC2"
discount = "0.05"

[[customer]]
id = "globex"
accounts = ["444455556666"]
basis = "amortized"
"#;

pub(crate) const PLAN: SavingsPlan<'_> = SavingsPlan {
    arn: "arn:aws:savingsplans::111122223333:savingsplan/0a1b2c3d-0000-4000-8000-000000000001",
    owner: ACME,
};
pub(crate) const RESERVATION: Reservation<'_> = Reservation {
    arn: "arn:aws:ec2:ap-northeast-1:111122223333:reserved-instances/0a1b2c3d",
    owner: ACME,
};

pub(crate) fn lines() -> Vec<Line> {
    // The reservation ends after two days.
    let month = ReservationMonth {
        cost: "4.8",
        units: "48",
        unused_units: "46",
        unused_recurring: "4.6",
        unused_upfront: "0",
    };
    vec![
        Line::usage(ACME, "12.34").with(Column::UnblendedRate, "12.34"),
        Line::usage(ACME_TWO, "0.0000000007").at("2026-10-02T05"),
        Line::usage(ACME, "1.5").of_service("AmazonS3", "APN1-TimedStorage-ByteHrs", "PutObject"),
        Line::usage(GLOBEX, "7.0E-1").at("2026-10-03T23"),
        Line::usage(NOBODY, "3.21"),
        RESERVATION.monthly_fee(&month),
        RESERVATION.covers(ACME, "0.124", "0.1"),
        RESERVATION.covers(GLOBEX, "0.124", "0.1"),
        PLAN.covers(GLOBEX, "0.2", "0.15"),
        PLAN.negates(GLOBEX, "0.2"),
        PLAN.recurring_fee("1", "1", "0.15"),
        Line::new(LineItemType::Credit, ACME).with(Column::UnblendedCost, "-2"),
        Line::new(LineItemType::Tax, ACME).with(Column::UnblendedCost, "1.25"),
        Line::new(LineItemType::Fee, ACME)
            .of_service("AWSSupportBusiness", "", "")
            .with(Column::UnblendedCost, "100"),
        Line::usage(ACME, "0.05").of_service("AmazonEKS", "EKS-EC2-vCPU-Hours", "EKSPod-EC2"),
    ]
}

pub(crate) fn delivery(delivered_at: &str) -> Delivery {
    Delivery::new(Generation::Legacy, delivered_at, &lines()).in_files(&lines(), 2)
}
