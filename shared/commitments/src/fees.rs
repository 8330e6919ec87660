//! The fee lines of commitments: the units that can be handed out, and their cost.

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

/// The fee of a reservation for the period, as its line has it: the units that can be handed out, and their
/// cost. A text is empty if the line does not say it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReservationFee {
    pub arn: String,
    #[serde(flatten)]
    pub sku: Sku,
    /// A zone, or the region for some regional reservations.
    pub availability_zone: String,
    pub tenancy: String,
    pub deployment: String,
    pub currency: String,
    /// The normalized units of one reserved instance, if the line says them.
    pub normalization_factor: Option<Amount>,
    pub lease: Lease,
    /// The units of all hours of the lease together.
    pub units: Units,
    /// The part of the upfront payment for the period, `None` if no cell says the part.
    pub upfront_cost: Option<Amount>,
    pub recurring_cost: Amount,
}

/// The hours of the period in which a reservation is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    pub first_hour: UsageHour,
    pub hours: u32,
    /// The units of the first and the last hour, if they have fewer units than the other hours. A reservation
    /// that was bought at 21:48:36 has 0.19 units until 22:00, and one unit in each hour after that.
    pub broken_first: Option<Amount>,
    pub broken_last: Option<Amount>,
}

impl Lease {
    pub const fn whole(first_hour: UsageHour, hours: u32) -> Self {
        Self { first_hour, hours, broken_first: None, broken_last: None }
    }

    /// The number of an hour within the lease, `None` for an hour outside of the lease.
    pub fn number_of(&self, hour: UsageHour) -> Option<u32> {
        let number = u32::try_from(hour.hours_since(self.first_hour)).ok();
        number.filter(|number| *number < self.hours)
    }

    /// The days on which the reservation is valid.
    pub fn days(&self) -> impl Iterator<Item = NaiveDate> + use<> {
        let first = self.first_hour;
        let mut days: Vec<NaiveDate> =
            (0..self.hours).map(|hours| first.after(hours).date()).collect();
        days.dedup();
        days.into_iter()
    }
}

/// The terms of a savings plan, as its fees have them. The lines of each hour say how much the plan commits
/// to. A text is empty if the lines do not say it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PlanTerms {
    /// For example `ComputeSavingsPlans`.
    pub offering_type: String,
    /// `1yr` or `3yr`.
    pub term: String,
    /// `No Upfront`, `Partial Upfront` or `All Upfront`.
    pub payment_option: String,
    /// Only EC2 Instance plans have a region and an instance family. The region is a code or AWS's name of
    /// the region.
    pub region: String,
    pub family: String,
    /// The product code of the plan's fees.
    pub service_code: String,
    /// The usage type of the plan's fees has the type, the region and the family too:
    /// `USE1-EC2SP:m5.1yrNoUpfront`.
    pub usage_type: String,
    pub currency: String,
}

impl PlanTerms {
    /// The type of a plan by its offering. If the offering is empty, the beginning of the fee's usage type
    /// decides.
    pub(crate) fn plan_type(&self) -> Option<PlanType> {
        /// The beginnings of the fees' usage types, after the region.
        const FEES: [(&str, PlanType); 6] = [
            ("EC2SP", PlanType::Ec2Instance),
            ("EC2InstanceSP", PlanType::Ec2Instance),
            ("ComputeSP", PlanType::Compute),
            ("SageMakerSP", PlanType::SageMaker),
            ("DatabaseSP", PlanType::Database),
            ("DBSP", PlanType::Database),
        ];
        // Older reports write `ComputeSavingsPlan`, and AWS's pages write `Compute Savings Plans`.
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
