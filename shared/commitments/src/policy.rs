//! Who benefits from a commitment, and who pays for the part of it that nobody used.

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

/// Who may use the benefit of a commitment: passes over AWS's own algorithm, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Sharing {
    /// What AWS did in the report stays as it is.
    AsBilled,
    /// The account that owns the commitment.
    Owner,
    /// The account that owns it, then the rest of its customer.
    #[default]
    Customer,
    /// The account that owns it, its customer, then everybody.
    Everyone,
    /// Nobody: the reseller keeps the benefit and customers pay the standard price.
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

    /// Whether commitments are handed out anew. Otherwise what AWS did stays, or nobody gets anything.
    pub const fn is_handed_out(self) -> bool {
        matches!(self, Self::Owner | Self::Customer | Self::Everyone)
    }

    /// The passes over AWS's algorithm, where it is applied anew.
    pub fn passes(self) -> &'static [Pass] {
        match self {
            Self::AsBilled | Self::Reseller => &[],
            Self::Owner => &[Pass::Owner],
            Self::Customer => &[Pass::Owner, Pass::Group],
            Self::Everyone => &[Pass::Owner, Pass::Group, Pass::Everyone],
        }
    }
}

/// Who pays for the hours of a commitment that nobody used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unused {
    /// The customer of the account that owns the commitment.
    #[default]
    Owner,
    /// The reseller: customers pay nothing for it.
    Reseller,
    /// Those who used the rest of it, in proportion to their use.
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
    /// How many of its units; `None` is all of them.
    pub count: Option<NonZeroU32>,
    /// The first billing period; `None` is since ever.
    pub from: Option<BillingPeriod>,
    /// The last billing period, inclusive; `None` is until further notice.
    pub until: Option<BillingPeriod>,
}

impl Assignment {
    pub fn is_in_force(&self, period: BillingPeriod) -> bool {
        self.from.is_none_or(|from| from <= period)
            && self.until.is_none_or(|until| period <= until)
    }
}
