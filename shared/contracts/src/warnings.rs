//! Warnings: parts of a valid file that may be a mistake. A warning never stops a run.

use crate::charge_kind::ChargeKind;
use crate::customer::{Basis, Customer};
use crate::report::Report;

pub(crate) fn warn(customers: &[Customer], report: &Report) {
    for customer in customers.iter().filter(|customer| customer.basis == Basis::Unblended) {
        discounts_without_negations(customer, report);
    }
}

/// Warns of discounts on usage that negations do not get. `UnblendedCost` of usage that a savings plan
/// covered is the public price, and a negation of kind `commitment_fee` gives that price back. With 5
/// percent off usage alone, 9.50 of 10.00 is charged and 10.00 is given back.
fn discounts_without_negations(customer: &Customer, report: &Report) {
    for rule in customer.prices.discounts_of_only(ChargeKind::Usage, ChargeKind::CommitmentFee) {
        report.warn(
            rule.position,
            format!(
                "`{}` takes from usage what negations of savings plans give back in full, since \
                 `basis = \"unblended\"` has both; write `kind = [\"usage\", \"commitment_fee\"]`, or \
                 `basis = \"amortized\"` or `\"list\"`, which have no negations",
                rule.id
            ),
        );
    }
}
