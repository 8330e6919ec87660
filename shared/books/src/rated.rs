//! The book of all accounts: what there is to hand out, and who has demand on which day.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use commitments::ReservationFee;
use cur::LineItemType;
use pipeline::{RecalculateBook, RecalculateReceipt};

/// Lines without which there is nothing to hand out.
const OF_COMMITMENTS: [LineItemType; 5] = [
    LineItemType::DiscountedUsage,
    LineItemType::SavingsPlanCoveredUsage,
    LineItemType::SavingsPlanNegation,
    LineItemType::RiFee,
    LineItemType::SavingsPlanRecurringFee,
];

/// Puts together what the receipts of all accounts say of commitments and of demand.
pub fn recalculate_book(receipts: &[RecalculateReceipt]) -> RecalculateBook {
    let mut book = RecalculateBook::default();
    for receipt in receipts {
        let RecalculateReceipt { account, reservations, plans, commitments, .. } = receipt;
        book.reservations.extend(reservations.iter().map(|fee| (*account, fee.clone())));
        let plans = plans.iter().map(|(arn, terms)| (arn.clone(), (*account, terms.clone())));
        book.plans.extend(plans);
        for (arn, tally) in commitments {
            book.tallies.entry(arn.clone()).or_default().add(tally);
        }
        for day in &receipt.demand_days {
            book.demand.entry(*day).or_default().push(*account);
        }
    }
    if !book.reservations.is_empty() || !book.plans.is_empty() {
        book.not_hourly = receipts.iter().find_map(|receipt| receipt.not_hourly.clone());
    }
    book
}

/// The days on which something was used, and the days of reservations, which cost without being used too.
/// There are none where the report has no commitments.
pub fn days_to_allocate(receipts: &[RecalculateReceipt]) -> BTreeSet<NaiveDate> {
    let mut types = receipts.iter().flat_map(|receipt| &receipt.line_item_types);
    if !types.any(|name| OF_COMMITMENTS.iter().any(|of| of.name() == name)) {
        return BTreeSet::new();
    }
    let demand = receipts.iter().flat_map(|receipt| receipt.demand_days.iter().copied());
    let reservations = receipts.iter().flat_map(|receipt| &receipt.reservations);
    let leases = reservations.flat_map(|fee: &ReservationFee| fee.lease.days());
    demand.chain(leases).collect()
}
