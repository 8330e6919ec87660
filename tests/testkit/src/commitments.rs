//! Commitments as AWS shows them in lines: the usage that they cover, their cost, and the unused part.

use cur::{Column, LineItemType};

use crate::Line;

/// A reserved instance. Each of its lines has its ARN.
#[derive(Debug, Clone, Copy)]
pub struct Reservation<'a> {
    pub arn: &'a str,
    pub owner: &'a str,
}

/// The numbers of a reservation's fee line for a month.
#[derive(Debug, Clone, Copy)]
pub struct ReservationMonth<'a> {
    /// The cost that is paid in this month. It is zero if all was paid upfront.
    pub cost: &'a str,
    pub units: &'a str,
    pub unused_units: &'a str,
    pub unused_recurring: &'a str,
    pub unused_upfront: &'a str,
}

impl Reservation<'_> {
    fn line(&self, item_type: LineItemType, account: &str) -> Line {
        Line::new(item_type, account).with(Column::ReservationArn, self.arn)
    }

    /// The upfront payment on the day of purchase.
    pub fn upfront_fee(&self, cost: &str) -> Line {
        self.line(LineItemType::Fee, self.owner).with(Column::UnblendedCost, cost)
    }

    /// The fee of a month. It is dated the first of the month and is for all of its hours.
    pub fn monthly_fee(&self, month: &ReservationMonth<'_>) -> Line {
        self.line(LineItemType::RiFee, self.owner)
            .with(Column::UnblendedCost, month.cost)
            .with(Column::UsageAmount, month.units)
            .with(Column::TotalReservedUnits, month.units)
            .of_service("AmazonEC2", "APN1-HeavyUsage:m5.large", "RunInstances")
            .with(Column::NumberOfReservations, "1")
            .with(Column::UnusedQuantity, month.unused_units)
            .with(Column::UnusedRecurringFee, month.unused_recurring)
            .with(Column::UnusedAmortizedUpfrontFee, month.unused_upfront)
    }

    /// One hour of an instance that costs nothing because it was reserved.
    pub fn covers(&self, account: &str, on_demand: &str, effective: &str) -> Line {
        self.line(LineItemType::DiscountedUsage, account)
            .with(Column::UnblendedRate, "0")
            .with(Column::PublicOnDemandCost, on_demand)
            .with(Column::EffectiveCost, effective)
    }
}

/// A savings plan.
#[derive(Debug, Clone, Copy)]
pub struct SavingsPlan<'a> {
    pub arn: &'a str,
    pub owner: &'a str,
}

impl SavingsPlan<'_> {
    fn line(&self, item_type: LineItemType, account: &str) -> Line {
        Line::new(item_type, account).with(Column::SavingsPlanArn, self.arn)
    }

    /// Covered usage at its on-demand price. A negation takes this price back.
    pub fn covers(&self, account: &str, on_demand: &str, effective: &str) -> Line {
        self.line(LineItemType::SavingsPlanCoveredUsage, account)
            .with(Column::UnblendedCost, on_demand)
            .with(Column::SavingsPlanEffectiveCost, effective)
    }

    /// A negation. One negation may take back many covered lines of its hour, operation, usage type and
    /// zone.
    pub fn negates(&self, account: &str, on_demand: &str) -> Line {
        self.line(LineItemType::SavingsPlanNegation, account)
            .with(Column::UsageAmount, "-1")
            .with(Column::UnblendedCost, on_demand)
    }

    /// The fee of an hour, with the commitment of the hour and its used part.
    pub fn recurring_fee(&self, cost: &str, commitment: &str, used: &str) -> Line {
        self.fee(LineItemType::SavingsPlanRecurringFee, cost)
            .with(Column::OfferingType, "ComputeSavingsPlans")
            .with(Column::PurchaseTerm, "1yr")
            .with(Column::PaymentOption, "No Upfront")
            .with(Column::TotalCommitmentToDate, commitment)
            .with(Column::UsedCommitment, used)
    }

    pub fn upfront_fee(&self, cost: &str) -> Line {
        self.fee(LineItemType::SavingsPlanUpfrontFee, cost)
    }

    fn fee(&self, item_type: LineItemType, cost: &str) -> Line {
        self.line(item_type, self.owner)
            .of_service("ComputeSavingsPlans", "ComputeSP:1yrNoUpfront", "None")
            .with(Column::UnblendedCost, cost)
    }
}
