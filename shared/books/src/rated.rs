//! The book of all accounts: which commitments can be handed out, and which accounts have demand on which
//! day.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use commitments::ReservationFee;
use cur::LineItemType;
use pipeline::{RecalculateBook, RecalculateReceipt};

use crate::costs::tallies;

/// The types of lines that belong to commitments. A report without any of them has nothing to hand out.
const OF_COMMITMENTS: [LineItemType; 5] = [
    LineItemType::DiscountedUsage,
    LineItemType::SavingsPlanCoveredUsage,
    LineItemType::SavingsPlanNegation,
    LineItemType::RiFee,
    LineItemType::SavingsPlanRecurringFee,
];

/// Collects what the receipts of all accounts say about commitments and demand.
pub fn recalculate_book(receipts: &[RecalculateReceipt]) -> RecalculateBook {
    let mut book = RecalculateBook::default();
    for receipt in receipts {
        let RecalculateReceipt { account, reservations, plans, .. } = receipt;
        book.reservations.extend(reservations.iter().map(|fee| (*account, fee.clone())));
        let plans = plans.iter().map(|(arn, terms)| (arn.clone(), (*account, terms.clone())));
        book.plans.extend(plans);
        for day in &receipt.demand_days {
            book.demand.entry(*day).or_default().push(*account);
        }
    }
    let tallies = tallies(receipts).into_iter();
    book.tallies = tallies.map(|(arn, tally)| (arn.to_owned(), tally)).collect();
    if !book.reservations.is_empty() || !book.plans.is_empty() {
        book.not_hourly = receipts.iter().find_map(|receipt| receipt.not_hourly.clone());
    }
    book
}

/// The days that must be allocated: days with demand, and the days of reservations, which cost money even
/// when they are not used. If the report has no commitments, there are no such days.
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
