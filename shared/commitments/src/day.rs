//! One day of the report: the input of the replay and of the allocation.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use cur::{AccountId, BillingPeriod};

use crate::{CommitmentTally, DemandRow, DemandSku, PlanTerms, ReservationFee};

/// Everything that the allocation of one day depends on.
pub struct Day<'a> {
    pub period: BillingPeriod,
    pub date: NaiveDate,
    pub reservations: &'a [(AccountId, ReservationFee)],
    pub plans: &'a BTreeMap<String, (AccountId, PlanTerms)>,
    /// What the lines of all accounts say about each commitment.
    pub tallies: &'a BTreeMap<String, CommitmentTally>,
    /// The SKUs of all accounts in the whole period, because the report may show a rate on another day.
    pub skus: &'a [DemandSku],
    /// The rows of this day. A row names its SKU by the index in `skus`.
    pub rows: &'a [DemandRow],
}
