//! How usage was purchased.

use std::fmt;
use std::str::FromStr;

/// The purchase of usage, after commitments were handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purchase {
    /// No commitment covers the usage, and it is not Spot.
    OnDemand,
    /// Spare capacity at AWS's Spot price. Commitments never cover it.
    Spot,
    /// A reservation covers the usage.
    Reserved,
    /// A savings plan covers the usage.
    SavingsPlan,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a purchase")]
pub struct UnknownPurchase(String);

impl Purchase {
    pub const ALL: [Self; 4] = [Self::OnDemand, Self::Spot, Self::Reserved, Self::SavingsPlan];

    pub const fn name(self) -> &'static str {
        match self {
            Self::OnDemand => "on_demand",
            Self::Spot => "spot",
            Self::Reserved => "reserved",
            Self::SavingsPlan => "savings_plan",
        }
    }

    /// The purchase of usage that no commitment covers. The usage types of Spot have `SpotUsage` in them:
    /// `APN1-SpotUsage:m5.large`, `SpotUsage-Fargate-GB-Hours`. AWS documents no column that says it:
    /// `pricing/term` is about reservations alone.
    pub fn of_uncovered(usage_type: &str) -> Self {
        if usage_type.contains("SpotUsage") { Self::Spot } else { Self::OnDemand }
    }
}

impl fmt::Display for Purchase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Purchase {
    type Err = UnknownPurchase;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|purchase| purchase.name() == name)
            .ok_or_else(|| UnknownPurchase(name.to_owned()))
    }
}
