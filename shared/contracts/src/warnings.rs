//! Warnings: parts of a valid file that may be a mistake. A warning never stops a run.

use crate::charge_kind::ChargeKind;
use crate::customer::{Basis, Customer};
use crate::report::Report;

pub(crate) fn warn(customers: &[Customer], report: &Report) {
    for customer in customers {
        discounts_on_all_of_ec2(customer, report);
        if customer.basis == Basis::Unblended {
            discounts_without_negations(customer, report);
        }
    }
}

/// Warns of discounts on usage that negations do not get. `UnblendedCost` of usage that a savings plan
/// covered is the public price, and a negation of kind `commitment_fee` gives that price back. With 5
/// percent off usage alone, 9.50 of 10.00 is charged and 10.00 is given back.
fn discounts_without_negations(customer: &Customer, report: &Report) {
    let rules = || customer.prices.rules();
    for rule in rules().filter(|rule| rule.discounts_planned_usage()) {
        if rules().any(|other| other.discounts_like(ChargeKind::CommitmentFee, rule)) {
            continue;
        }
        report.warn(
            rule.position,
            format!(
                "`{}` takes from usage what negations of savings plans give back in full, since \
                 `basis = \"unblended\"` has both; give negations the same discount with \
                 `kind = \"commitment_fee\"`, or leave out what they give back with \
                 `purchase = [\"on_demand\", \"spot\", \"reserved\"]`, or write `basis = \"amortized\"` or \
                 `\"list\"`, which have no negations",
                rule.id
            ),
        );
    }
}

/// Warns of discounts on `AmazonEC2` that say nothing else of what they are for. Offers mean the hours of
/// instances by "EC2", but in a report `AmazonEC2` has much more.
fn discounts_on_all_of_ec2(customer: &Customer, report: &Report) {
    for rule in customer.prices.rules().filter(|rule| rule.discounts_all_of("AmazonEC2")) {
        report.warn(
            rule.position,
            format!(
                "`{}` is also for disks, snapshots, NAT gateways, data transfer and Spot, and for what the \
                 customer's own commitments cost; if it is for instances on demand, write \
                 `usage_type = \"*BoxUsage*\"` and `purchase = \"on_demand\"`, and if it is for all of \
                 AmazonEC2, write `purchase = [\"on_demand\", \"spot\", \"reserved\", \"savings_plan\"]`",
                rule.id
            ),
        );
    }
}
