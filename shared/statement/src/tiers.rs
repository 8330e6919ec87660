//! Rates that change with the amount they are applied to.

use contracts::terms::{Reach, Tiers};
use money::{Amount, ProductTooLarge, Rate};

use crate::Step;

/// Applies a table of rates to an amount. Returns the sum of the steps, and one step for each slice that is
/// not empty.
///
/// With slices of 10 % to 10,000 and 7 % above, an amount of 11,000 gives 1,000 + 70 = 1,070. If the rate of
/// its tier is applied to the whole amount, 11,000 gives 770.
///
/// The upper bound of a tier belongs to the tier: 10,000 itself is charged with 10 %. The first tier has no
/// lower bound, so a negative amount has the first rate. A month in which more was given back than charged
/// then gives back a part of the fee, and the sum over two months is the same whichever month has the refund,
/// as long as both stay in the first tier. Nothing is due for an amount of zero, and it has no steps.
pub fn apply(tiers: &Tiers, amount: Amount) -> Result<(Amount, Vec<Step>), ProductTooLarge> {
    assert!(
        tiers.tiers.last().is_some_and(|last| last.up_to.is_none()),
        "the last tier has no end"
    );
    let slices = match tiers.reach {
        Reach::Slices => slices(tiers, amount),
        Reach::Whole => whole(tiers, amount).into_iter().collect(),
    };
    let slices = slices.into_iter().filter(|(slice, _)| !slice.is_zero());
    let steps = slices.map(|(slice, rate)| Ok(Step { slice, rate, amount: rate.times(slice)? }));
    let steps = steps.collect::<Result<Vec<_>, _>>()?;
    Ok((steps.iter().map(|step| step.amount).sum(), steps))
}

/// The part of the amount that lies within each tier.
fn slices(tiers: &Tiers, amount: Amount) -> Vec<(Amount, Rate)> {
    let mut slices = Vec::new();
    let mut start = Amount::ZERO;
    for tier in &tiers.tiers {
        let end = tier.up_to.map_or(amount, |up_to| up_to.min(amount));
        slices.push((end - start, tier.rate));
        if end == amount {
            break;
        }
        start = end;
    }
    slices
}

/// The whole amount, with the rate of the tier that it lies in.
fn whole(tiers: &Tiers, amount: Amount) -> Option<(Amount, Rate)> {
    let tier = tiers.tiers.iter().find(|tier| tier.up_to.is_none_or(|up_to| amount <= up_to));
    tier.map(|tier| (amount, tier.rate))
}
