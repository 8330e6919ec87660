//! Splitting a whole by weights so that the parts add up to it exactly.

use ethnum::I256;

use crate::Amount;

/// Parts have at most ten decimals, as the costs that AWS prints. A part is later multiplied by the rates
/// of contracts and currencies; eight decimals are left for these, so that few products need to be rounded.
const DECIMALS: u32 = 10;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApportionError {
    #[error("nothing can be split by weights that are all zero")]
    NoWeight,
    #[error("a weight is negative: {0}")]
    NegativeWeight(Amount),
}

/// Splits `whole` in proportion to `weights`. Each part is first cut at the tenth decimal. The units of
/// 10⁻¹⁰ that are left go to the parts with the largest remainders, one unit each; of two equal remainders
/// the earlier part comes first. The digits of `whole` beyond the tenth decimal all go to the part with the
/// largest remainder. For example, 1 split by 1, 1 and 1 is 0.3333333334, 0.3333333333 and 0.3333333333.
pub fn apportion(whole: Amount, weights: &[Amount]) -> Result<Vec<Amount>, ApportionError> {
    if let Some(negative) = weights.iter().find(|weight| weight.is_negative()) {
        return Err(ApportionError::NegativeWeight(*negative));
    }
    let total = weights.iter().fold(I256::ZERO, |sum, w| sum.saturating_add(w.units().into()));
    if total == I256::ZERO {
        return Err(ApportionError::NoWeight);
    }
    let unit = 10_i128.pow(Amount::DECIMALS.saturating_sub(DECIMALS));
    let magnitude = whole.units().abs();
    let mut parts = Vec::with_capacity(weights.len());
    let mut remainders = Vec::with_capacity(weights.len());
    for (index, weight) in weights.iter().enumerate() {
        // Both factors are below 2¹²⁷, so the product fits.
        let product = I256::from(magnitude).saturating_mul(weight.units().into());
        let exact = product.checked_div(total).unwrap_or_default().as_i128();
        let part = exact.saturating_sub(exact.checked_rem(unit).unwrap_or_default());
        parts.push(part);
        remainders.push((product.saturating_sub(total.saturating_mul(part.into())), index));
    }
    let left = magnitude.saturating_sub(parts.iter().sum());
    let mut units_left = left.checked_div(unit).unwrap_or_default();
    let mut digits_left = left.checked_rem(unit).unwrap_or_default();
    remainders.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    for (_, index) in remainders {
        let Some(part) = parts.get_mut(index) else { continue };
        if units_left > 0 {
            *part = part.saturating_add(unit);
            units_left = units_left.saturating_sub(1);
        }
        *part = part.saturating_add(std::mem::take(&mut digits_left));
    }
    let sign = |units: i128| if whole.is_negative() { units.saturating_neg() } else { units };
    Ok(parts.into_iter().map(|units| Amount::from_units(sign(units))).collect())
}

/// One part of `whole` when it is split evenly. The first part has the number 0. [`apportion`] with equal
/// weights gives the same part.
pub fn even_part(whole: Amount, parts: u32, number: u32) -> Amount {
    assert!(number < parts, "part {number} of {parts}");
    let unit = 10_i128.pow(Amount::DECIMALS.saturating_sub(DECIMALS));
    let magnitude = whole.units().abs();
    let each = magnitude.checked_div(unit.saturating_mul(parts.into())).unwrap_or_default();
    let left = magnitude.saturating_sub(each.saturating_mul(unit).saturating_mul(parts.into()));
    let more = i128::from(number) < left.checked_div(unit).unwrap_or_default();
    let digits = if number == 0 { left.checked_rem(unit).unwrap_or_default() } else { 0 };
    let part = each.saturating_add(more.into()).saturating_mul(unit).saturating_add(digits);
    Amount::from_units(if whole.is_negative() { part.saturating_neg() } else { part })
}
