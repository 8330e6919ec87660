//! What fee lines say of commitments: what there is to hand out, and its cost.

#![expect(
    clippy::disallowed_types,
    reason = "what serde makes of `flatten` could hold a float; no field here does"
)]

use chrono::NaiveDate;
use cur::{PlanType, Sku, UsageHour};
use money::Amount;
use serde::{Deserialize, Serialize};

use crate::Units;
use crate::product::without_region;

/// A reservation's fee for the period as its line has it: what there is to hand out, and its cost. A text
/// is empty where the line is silent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReservationFee {
    pub arn: String,
    #[serde(flatten)]
    pub sku: Sku,
    /// A zone, or for some regional reservations the region.
    pub availability_zone: String,
    pub tenancy: String,
    pub deployment: String,
    pub currency: String,
    /// Normalized units of one, where the line says so.
    pub normalization_factor: Option<Amount>,
    pub lease: Lease,
    /// Of all hours of the lease together.
    pub units: Units,
    /// The upfront payment's part for the period, `None` where nothing says it.
    pub upfront_cost: Option<Amount>,
    pub recurring_cost: Amount,
}

/// The hours of the period in which a reservation is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    pub first_hour: UsageHour,
    pub hours: u32,
    /// The units of the first hour and of the last, where they have fewer than the others. Bought at
    /// 21:48:36, a reservation has 0.19 units until 22:00, and one in each hour after that.
    pub broken_first: Option<Amount>,
    pub broken_last: Option<Amount>,
}

impl Lease {
    pub const fn whole(first_hour: UsageHour, hours: u32) -> Self {
        Self { first_hour, hours, broken_first: None, broken_last: None }
    }

    /// The number of an hour within the lease, `None` outside.
    pub fn number_of(&self, hour: UsageHour) -> Option<u32> {
        let number = u32::try_from(hour.hours_since(self.first_hour)).ok();
        number.filter(|number| *number < self.hours)
    }

    /// The days on which the reservation is there.
    pub fn days(&self) -> impl Iterator<Item = NaiveDate> + use<> {
        let first = self.first_hour;
        let mut days: Vec<NaiveDate> =
            (0..self.hours).map(|hours| first.after(hours).date()).collect();
        days.dedup();
        days.into_iter()
    }
}

/// What a savings plan is as its fees have it. How much it commits to stands in the lines of each hour. A
/// text is empty where the lines are silent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PlanTerms {
    /// `ComputeSavingsPlans` and the like.
    pub offering_type: String,
    /// `1yr` or `3yr`.
    pub term: String,
    /// `No Upfront`, `Partial Upfront` or `All Upfront`.
    pub payment_option: String,
    /// Region and instance family are those of EC2 Instance plans. A region is a code or AWS's name for it.
    pub region: String,
    pub family: String,
    /// What its fees are lines of.
    pub service_code: String,
    /// `USE1-EC2SP:m5.1yrNoUpfront`: the type, the region and the family again.
    pub usage_type: String,
    pub currency: String,
}

impl PlanTerms {
    /// The type of a plan: its offering, else what the usage type of its fee begins with.
    pub(crate) fn plan_type(&self) -> Option<PlanType> {
        /// How the usage types of fees begin, behind the region.
        const FEES: [(&str, PlanType); 6] = [
            ("EC2SP", PlanType::Ec2Instance),
            ("EC2InstanceSP", PlanType::Ec2Instance),
            ("ComputeSP", PlanType::Compute),
            ("SageMakerSP", PlanType::SageMaker),
            ("DatabaseSP", PlanType::Database),
            ("DBSP", PlanType::Database),
        ];
        // Older reports write `ComputeSavingsPlan`, and AWS's pages `Compute Savings Plans`.
        let offering = self.offering_type.replace(' ', "");
        let offering = offering.trim_end_matches('s');
        let by_name = |name: &str| {
            PlanType::ALL.into_iter().find(|of| of.name().trim_end_matches('s') == name)
        };
        let usage = without_region(&self.usage_type);
        let of_fee =
            || FEES.iter().find(|(beginning, _)| usage.starts_with(beginning)).map(|of| of.1);
        let is_other = !offering.is_empty() && by_name(offering).is_none();
        if is_other { None } else { by_name(offering).or_else(of_fee) }
    }
}
