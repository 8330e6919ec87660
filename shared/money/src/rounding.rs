//! The only module that drops digits, and it returns what it has dropped.
//!
//! A number of a report or a product with more than 18 decimals is rounded half to even. Everything after
//! that is a sum, and a sum drops nothing. So two sides of a law that add up the same parts are equal to
//! the last digit.

use std::cmp::Ordering;

use num_bigint::{BigInt, Sign};

pub use crate::digits::DECIMALS_READ;

use crate::digits::{Digits, power_of_ten};
use crate::{Amount, Dropped, Exact, ParseAmountError};

/// How a number between two allowed numbers is rounded. `Up` is away from zero and `Down` is towards zero,
/// so that a credit of −10.5 is rounded like a charge of 10.5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    HalfUp,
    HalfEven,
    Up,
    Down,
}

/// A rounded amount and the difference that rounding made: `exact + difference = rounded`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rounded {
    pub rounded: Amount,
    pub difference: Amount,
}

/// Rounds to this many decimals. For a currency these are its minor units: 0 for JPY, 2 for USD.
pub fn round(exact: Amount, decimals: u32, mode: Mode) -> Rounded {
    round_to(exact, Amount::coin(decimals), mode)
}

/// Rounds to a multiple of a unit, which may be more than 1: 133,163 yen rounded up to 1,000 yen are
/// 134,000 yen.
pub fn round_to(exact: Amount, unit: Amount, mode: Mode) -> Rounded {
    let step = unit.units();
    assert!(step > 0, "nothing is rounded to a multiple of {unit}");
    let dropped = exact.units().checked_rem(step).unwrap_or_default();
    let truncated = exact - Amount::from_units(dropped);
    // Half of an odd count of units lies between two counts, so twice the rest is compared.
    let to_half = dropped.abs().saturating_mul(2).cmp(&step);
    let last_digit_is_odd =
        truncated.units().checked_div(step).unwrap_or_default().checked_rem(2) != Some(0);
    let away_from_zero = match mode {
        Mode::Down => false,
        Mode::Up => dropped != 0,
        Mode::HalfUp => dropped != 0 && to_half != Ordering::Less,
        Mode::HalfEven => match to_half {
            Ordering::Less => false,
            Ordering::Equal => last_digit_is_odd,
            Ordering::Greater => true,
        },
    };
    let nudge = if away_from_zero { unit } else { Amount::ZERO };
    let rounded = if dropped < 0 { truncated - nudge } else { truncated + nudge };
    Rounded { rounded, difference: rounded - exact }
}

/// A number as it was read: `amount + dropped` is the number of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    pub amount: Amount,
    pub dropped: Dropped,
}

/// Reads a number in any notation of [`Amount::parse`], and rounds a number with more than 18 decimals at
/// the 18th: `0.0000000000000000125` becomes 12 × 10⁻¹⁸, and 0.5 × 10⁻¹⁸ is dropped.
pub fn read(text: &[u8]) -> Result<Read, ParseAmountError> {
    let Digits { count, decimals } = Digits::parse(text)?;
    let last = decimals.max(Amount::DECIMALS);
    let count = count * power_of_ten(last.saturating_sub(decimals));
    let unit = power_of_ten(last.saturating_sub(Amount::DECIMALS));
    let units = nearest(&count, &unit);
    let dropped = Dropped::new(count - &units * unit, last);
    let amount = i128::try_from(units).ok().and_then(Amount::checked);
    Ok(Read { amount: amount.ok_or(ParseAmountError::TooLarge)?, dropped })
}

/// `amount × mantissa × 10⁻ˢ` for a scale s, rounded at the 18th decimal. `None` if it is too large.
pub(crate) fn product(amount: Amount, mantissa: i128, scale: u32) -> Option<Amount> {
    let product = BigInt::from(amount.units()) * BigInt::from(mantissa);
    let units = nearest(&product, &power_of_ten(scale));
    i128::try_from(units).ok().and_then(Amount::checked)
}

/// `whole × part ÷ of`, rounded half to even at the 18th decimal. `part` is not more than `of`, so the result
/// is not more than `whole`. 10,000 of which 21 days of 31 count are 6,774.193548387096774194.
pub fn fraction(whole: Amount, part: Amount, of: Amount) -> Amount {
    assert!(!part.is_negative() && part <= of && !of.is_zero(), "{part} is no part of {of}");
    let product = BigInt::from(whole.units()) * BigInt::from(part.units());
    let units = nearest(&product, &BigInt::from(of.units()));
    // The result is not more than `whole`, which fits.
    i128::try_from(units).map_or(whole, Amount::from_units)
}

/// The whole number nearest to a quotient. If two are equally near, the even one.
fn nearest(dividend: &BigInt, divisor: &BigInt) -> BigInt {
    let towards_zero = dividend / divisor;
    let twice: BigInt = (dividend - &towards_zero * divisor) * 2;
    let is_away = match twice.magnitude().cmp(divisor.magnitude()) {
        Ordering::Less => false,
        Ordering::Equal => towards_zero.bit(0),
        Ordering::Greater => true,
    };
    let step = if twice.sign() == Sign::Minus { -1 } else { 1 };
    if is_away { towards_zero + step } else { towards_zero }
}

/// A number cut towards zero at the 18th decimal. This is for the weights of a split, whose parts add up
/// whatever the weights are, and for shares that are shown; never for money.
pub fn cut(exact: &Exact) -> Amount {
    exact.as_amount().unwrap_or_else(|| {
        let unit = 10_i128.pow(Amount::DECIMALS);
        let units =
            (exact.rational() * num_rational::BigRational::from_integer(unit.into())).trunc();
        let units = i128::try_from(units.to_integer());
        Amount::from_units(units.unwrap_or(if *exact < Exact::ZERO {
            i128::MIN
        } else {
            i128::MAX
        }))
    })
}

/// How many decimals are shown of a share.
const SHARE_DECIMALS: u32 = 6;

/// `part ÷ whole`, cut at the sixth decimal. `None` if `whole` is zero.
pub fn share(part: Amount, whole: Amount) -> Option<Amount> {
    if whole.is_zero() {
        return None;
    }
    let share = cut(&(&Exact::from(part) / &Exact::from(whole)));
    Some(round(share, SHARE_DECIMALS, Mode::Down).rounded)
}
