//! Splitting a whole by weights so that the parts add up to it exactly.

use ethnum::I256;

use crate::Amount;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApportionError {
    #[error("nothing can be split by weights that are all zero")]
    NoWeight,
    #[error("a weight is negative: {0}")]
    NegativeWeight(Amount),
}

/// Splits `whole` in proportion to `weights`. Each part is cut at the 18th decimal and the units
/// that remain go to the largest remainders, the earlier part first when they are equal.
pub fn apportion(whole: Amount, weights: &[Amount]) -> Result<Vec<Amount>, ApportionError> {
    if let Some(negative) = weights.iter().find(|weight| weight.is_negative()) {
        return Err(ApportionError::NegativeWeight(*negative));
    }
    let total = weights.iter().fold(I256::ZERO, |sum, w| sum.saturating_add(w.units().into()));
    if total == I256::ZERO {
        return Err(ApportionError::NoWeight);
    }
    let magnitude = I256::from(whole.units().unsigned_abs());
    let mut parts = Vec::with_capacity(weights.len());
    let mut remainders = Vec::with_capacity(weights.len());
    for (index, weight) in weights.iter().enumerate() {
        // Both factors are below 2¹²⁸ in magnitude and one is below 2¹²⁷, so the product fits.
        let product = magnitude.saturating_mul(weight.units().into());
        parts.push(product.checked_div(total).unwrap_or_default().as_i128());
        remainders.push((product.checked_rem(total).unwrap_or_default(), index));
    }
    let handed_out: i128 = parts.iter().sum();
    let left = whole.units().abs().saturating_sub(handed_out);
    remainders.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    for (_, index) in remainders.iter().take(usize::try_from(left).unwrap_or(usize::MAX)) {
        if let Some(part) = parts.get_mut(*index) {
            *part = part.saturating_add(1);
        }
    }
    let sign = |units: i128| {
        if whole.is_negative() { units.saturating_neg() } else { units }
    };
    Ok(parts.into_iter().map(|units| Amount::from_units(sign(units))).collect())
}
