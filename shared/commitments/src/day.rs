//! A day as the report has it: the input of everything that is worked out of a day.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use cur::{AccountId, BillingPeriod};

use crate::{CommitmentTally, DemandRow, DemandSku, PlanTerms, ReservationFee};

/// Everything that one day's allocation depends on.
pub struct Day<'a> {
    pub period: BillingPeriod,
    pub date: NaiveDate,
    pub reservations: &'a [(AccountId, ReservationFee)],
    pub plans: &'a BTreeMap<String, (AccountId, PlanTerms)>,
    /// What lines say of each commitment, over all accounts.
    pub tallies: &'a BTreeMap<String, CommitmentTally>,
    /// The SKUs of all accounts in the whole period: a rate may be seen on another day.
    pub skus: &'a [DemandSku],
    /// The rows of this day. A row names its SKU by the index in `skus`.
    pub rows: &'a [DemandRow],
}
