//! Who benefits from a commitment, and who pays for its unused part.

use std::num::NonZeroU32;

use cur::BillingPeriod;
use serde::{Deserialize, Serialize};

use crate::eligibility::{Eligibility, Pass};

/// The reseller's policy.
pub struct Policy<'a> {
    pub sharing: Sharing,
    pub eligibility: Eligibility,
    pub assignments: &'a [Assignment],
}

/// Who may use a commitment. AWS's algorithm runs once for each of these circles, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Sharing {
    /// AWS's own application stays as it is.
    AsBilled,
    /// The account that owns the commitment.
    Owner,
    /// The account that owns the commitment, then the rest of its customer.
    #[default]
    Customer,
    /// The account that owns the commitment, then the rest of its customer, then all accounts.
    Everyone,
    /// Nobody. The reseller keeps the benefit, and customers pay the standard price.
    Reseller,
}

impl Sharing {
    pub const ALL: [Self; 5] =
        [Self::AsBilled, Self::Owner, Self::Customer, Self::Everyone, Self::Reseller];

    pub const fn name(self) -> &'static str {
        match self {
            Self::AsBilled => "as_billed",
            Self::Owner => "owner",
            Self::Customer => "customer",
            Self::Everyone => "everyone",
            Self::Reseller => "reseller",
        }
    }

    /// Whether commitments are applied again. Otherwise AWS's own application stays, or nobody benefits.
    pub const fn is_handed_out(self) -> bool {
        matches!(self, Self::Owner | Self::Customer | Self::Everyone)
    }

    /// The passes of AWS's algorithm. There are none if commitments are not applied again.
    pub fn passes(self) -> &'static [Pass] {
        match self {
            Self::AsBilled | Self::Reseller => &[],
            Self::Owner => &[Pass::Owner],
            Self::Customer => &[Pass::Owner, Pass::Group],
            Self::Everyone => &[Pass::Owner, Pass::Group, Pass::Everyone],
        }
    }
}

/// Who pays for the unused part of a commitment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unused {
    /// The customer of the account that owns the commitment.
    #[default]
    Owner,
    /// The reseller. Customers pay nothing for the unused part.
    Reseller,
    /// The accounts that used the rest of the commitment, in proportion to their use.
    ProRata,
}

impl Unused {
    pub const ALL: [Self; 3] = [Self::Owner, Self::Reseller, Self::ProRata];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Reseller => "reseller",
            Self::ProRata => "pro_rata",
        }
    }
}

/// A commitment that belongs to a customer, whichever account bought it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    pub arn: String,
    /// The customer's id in the contracts.
    pub customer: String,
    /// The number of units that the customer gets. `None` means all units.
    pub count: Option<NonZeroU32>,
    /// The first billing period. `None` means that there is no first period.
    pub from: Option<BillingPeriod>,
    /// The last billing period, which is included. `None` means that there is no last period.
    pub until: Option<BillingPeriod>,
}

impl Assignment {
    pub fn is_in_force(&self, period: BillingPeriod) -> bool {
        self.from.is_none_or(|from| from <= period)
            && self.until.is_none_or(|until| period <= until)
    }
}
