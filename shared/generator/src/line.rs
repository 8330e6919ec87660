//! One line of a report, independent of the columns of a generation.

use crate::account::Account;
use crate::bill::Bill;
use crate::commitments::{Plan, Reservation};
use crate::fixed::Fixed;
use crate::products::Product;
use crate::span::Span;
use crate::text::Cell;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Usage,
    DiscountedUsage,
    SavingsPlanCoveredUsage,
    SavingsPlanNegation,
    SavingsPlanRecurringFee,
    SavingsPlanUpfrontFee,
    RiFee,
    Fee,
    FlatRateSubscription,
    Credit,
    Refund,
    Tax,
    EdpDiscount,
    PrivateRateDiscount,
    RiVolumeDiscount,
    SppDiscount,
    DistributorDiscount,
    BundledDiscount,
    Discount,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Usage => "Usage",
            Self::DiscountedUsage => "DiscountedUsage",
            Self::SavingsPlanCoveredUsage => "SavingsPlanCoveredUsage",
            Self::SavingsPlanNegation => "SavingsPlanNegation",
            Self::SavingsPlanRecurringFee => "SavingsPlanRecurringFee",
            Self::SavingsPlanUpfrontFee => "SavingsPlanUpfrontFee",
            Self::RiFee => "RIFee",
            Self::Fee => "Fee",
            Self::FlatRateSubscription => "FlatRateSubscription",
            Self::Credit => "Credit",
            Self::Refund => "Refund",
            Self::Tax => "Tax",
            Self::EdpDiscount => "EdpDiscount",
            Self::PrivateRateDiscount => "PrivateRateDiscount",
            Self::RiVolumeDiscount => "RiVolumeDiscount",
            Self::SppDiscount => "SppDiscount",
            Self::DistributorDiscount => "DistributorDiscount",
            Self::BundledDiscount => "BundledDiscount",
            Self::Discount => "Discount",
        }
    }
}

pub(crate) struct Line<'a> {
    pub(crate) kind: Kind,
    /// The line item id is made from this key. Id and span together are unique in a report.
    pub(crate) key: u64,
    pub(crate) span: &'a Span,
    pub(crate) account: &'a Account,
    pub(crate) bill: &'a Bill,
    pub(crate) product: &'a Product,
    /// The usage type and the operation of the product, unless AWS writes others on this line.
    pub(crate) usage_type: &'a str,
    pub(crate) operation: &'a str,
    pub(crate) description: Description<'a>,
    pub(crate) zone: &'a str,
    pub(crate) resource: Option<u64>,
    pub(crate) tag_set: usize,
    pub(crate) amount: Fixed,
    pub(crate) rate: Option<Fixed>,
    pub(crate) cost: Fixed,
    pub(crate) on_demand: Option<OnDemand>,
    pub(crate) reserved: Option<Reserved<'a>>,
    pub(crate) planned: Option<Planned<'a>>,
    pub(crate) split: Option<Split>,
}

#[derive(Clone, Copy)]
pub(crate) enum Description<'a> {
    Text(&'a Cell),
    /// The description of a negation names the account and the product.
    Negation,
}

#[derive(Clone, Copy)]
pub(crate) struct OnDemand {
    pub(crate) rate: Fixed,
    pub(crate) cost: Fixed,
}

/// The columns about a reservation.
#[derive(Clone, Copy)]
pub(crate) struct Reserved<'a> {
    pub(crate) reservation: &'a Reservation,
    pub(crate) row: ReservedRow,
}

#[derive(Clone, Copy)]
pub(crate) enum ReservedRow {
    /// Usage that the reservation covers.
    Covered { upfront: Fixed, recurring: Fixed },
    /// The fee of the period, and how much of the reservation was not used.
    PeriodFee(PeriodFee),
    /// The upfront payment itself.
    Purchase,
    /// The payment on top of the reservation that was given in exchange.
    Exchange,
}

#[derive(Clone, Copy)]
pub(crate) struct PeriodFee {
    pub(crate) units: Fixed,
    pub(crate) normalized_units: Fixed,
    pub(crate) upfront: Fixed,
    pub(crate) unused_units: Fixed,
    pub(crate) unused_normalized_units: Fixed,
    pub(crate) unused_upfront: Fixed,
    pub(crate) unused_recurring: Fixed,
}

/// The columns about a savings plan.
#[derive(Clone, Copy)]
pub(crate) struct Planned<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) row: PlannedRow,
}

#[derive(Clone, Copy)]
pub(crate) enum PlannedRow {
    Covered { rate: Fixed, effective_cost: Fixed },
    Negation,
    HourlyFee { used: Fixed },
    Purchase,
}

/// The columns about a container's share of the instance it runs on.
#[derive(Clone, Copy)]
pub(crate) struct Split {
    pub(crate) parent: u64,
    pub(crate) ratio: Fixed,
    pub(crate) used_cost: Fixed,
    pub(crate) unused_cost: Fixed,
}

impl<'a> Line<'a> {
    /// A line with only a product and an account. The caller adds the rest.
    pub(crate) fn new(
        kind: Kind,
        key: u64,
        span: &'a Span,
        account: &'a Account,
        product: &'a Product,
    ) -> Self {
        Self {
            kind,
            key,
            span,
            account,
            bill: product.bill,
            product,
            usage_type: &product.usage_type,
            operation: product.operation,
            description: Description::Text(&product.description),
            zone: "",
            resource: None,
            tag_set: 0,
            amount: Fixed::ONE,
            rate: None,
            cost: Fixed::ZERO,
            on_demand: None,
            reserved: None,
            planned: None,
            split: None,
        }
    }

    /// The line with this many quanta of its product, at the on-demand rate.
    #[must_use]
    pub(crate) fn using(self, quanta: i64) -> Self {
        let cost = self.product.quantum_cost().times(quanta);
        Self {
            amount: self.product.amount(quanta),
            rate: Some(self.product.rate),
            cost,
            on_demand: Some(OnDemand { rate: self.product.rate, cost }),
            ..self
        }
    }

    /// Whether the line's cost repeats the cost of another line, as lines of split cost allocation do.
    pub(crate) fn repeats_a_cost(&self) -> bool {
        self.split.is_some()
    }
}
