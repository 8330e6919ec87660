//! The kinds of charges.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The kinds of charges, in the order in which an invoice lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChargeKind {
    /// Usage, covered by a commitment or not.
    Usage,
    /// Recurring and upfront fees of commitments, and negations of savings plans.
    CommitmentFee,
    /// AWS Support plans.
    Support,
    /// Any other fee, such as a domain registration or a one-time charge.
    Fee,
    /// Flat-rate subscriptions.
    Subscription,
    /// Purchases from a seller on AWS Marketplace.
    Marketplace,
    /// Credits that AWS granted.
    Credit,
    /// Money that AWS gave back.
    Refund,
    /// Taxes that AWS charged the payer.
    Tax,
    /// Discounts that AWS granted the payer: EDP, private rates, volume, solution provider.
    Discount,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a kind of charge")]
pub struct UnknownChargeKind(String);

impl ChargeKind {
    pub const ALL: [Self; 10] = [
        Self::Usage,
        Self::CommitmentFee,
        Self::Support,
        Self::Fee,
        Self::Subscription,
        Self::Marketplace,
        Self::Credit,
        Self::Refund,
        Self::Tax,
        Self::Discount,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::CommitmentFee => "commitment_fee",
            Self::Support => "support",
            Self::Fee => "fee",
            Self::Subscription => "subscription",
            Self::Marketplace => "marketplace",
            Self::Credit => "credit",
            Self::Refund => "refund",
            Self::Tax => "tax",
            Self::Discount => "discount",
        }
    }
}

impl fmt::Display for ChargeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ChargeKind {
    type Err = UnknownChargeKind;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| UnknownChargeKind(name.to_owned()))
    }
}
