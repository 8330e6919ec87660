//! Rates that change with the amount they are applied to.

use money::{Amount, Rate};

/// At least one tier; each but the last ends where the next begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tiers {
    pub tiers: Vec<Tier>,
    pub reach: Reach,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tier {
    /// The tier ends here, this amount included. `None` for the last tier, which has no end.
    pub up_to: Option<Amount>,
    pub rate: Rate,
}

/// What the rate of a tier is applied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// `tiers = "slices"`: each rate to the part of the amount within its tier. 10 % to 10,000 and 7 %
    /// above: 11,000 gives 1,000 + 70.
    Slices,
    /// `tiers = "whole"`: the rate of the tier that the amount lies in to the whole amount: 11,000 gives 770.
    Whole,
}
