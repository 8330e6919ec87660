//! An exact amount of money or usage: a whole number of 10⁻¹⁸ units.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};
use std::str::FromStr;

use ethnum::I256;
use num_bigint::BigInt;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::dropped::power_of_ten;
use crate::rounding::DECIMALS_READ;

/// An exact amount with up to 18 decimals. The currency or unit stands beside it, not in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Amount(i128);

/// Why a cell is not an amount. The caller adds file, line and column.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseAmountError {
    #[error("it is empty")]
    Empty,
    #[error("it is not a number")]
    NotANumber,
    #[error("it has more than {} decimals", Amount::DECIMALS)]
    TooManyDecimals,
    #[error("it is too large")]
    TooLarge,
}

impl Amount {
    pub const ZERO: Self = Self(0);
    /// Decimals kept, the scale of `decimal(38,18)`.
    pub const DECIMALS: u32 = 18;
    /// Digits before the point, those that `decimal(38,18)` has beside its decimals.
    const WHOLE_DIGITS: i32 = 20;

    /// The amount as a count of 10⁻¹⁸, the unscaled value of a `decimal(38,18)`.
    pub const fn units(self) -> i128 {
        self.0
    }

    pub const fn from_units(units: i128) -> Self {
        Self(units)
    }

    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    #[must_use]
    pub const fn abs(self) -> Self {
        Self(self.0.saturating_abs())
    }

    /// Whether `a × b` is `self`, give or take `tolerance`. For checking other people's numbers;
    /// nothing of ours is computed with a tolerance.
    pub fn is_about(self, a: Self, b: Self, tolerance: Self) -> bool {
        const UNIT: I256 = I256::new(10_i128.pow(Amount::DECIMALS));
        let product = I256::from(a.0).saturating_mul(b.0.into());
        let claimed = I256::from(self.0).saturating_mul(UNIT);
        product.saturating_sub(claimed).saturating_abs()
            <= I256::from(tolerance.0).saturating_mul(UNIT)
    }

    /// Reads every notation AWS writes: `12.3400000000`, `-7.0E-10`, `4e-07`, `-0.0`. Zeros may stand at
    /// both ends in any number; a digit that cannot be kept is an error, and so is everything else.
    /// [`rounding::read`](crate::rounding::read) reads numbers with more digits.
    ///
    /// Works on bytes because a report is a stream of them, several a line.
    pub fn parse(text: &[u8]) -> Result<Self, ParseAmountError> {
        if text.is_empty() {
            return Err(ParseAmountError::Empty);
        }
        let (negative, digits) = split_sign(text);
        let (mantissa, rest) = Mantissa::parse(digits)?;
        let units = mantissa.units(parse_exponent(rest)?)?;
        Ok(Self(if negative { units.saturating_neg() } else { units }))
    }

    /// `None` for a number that `decimal(38,18)` cannot hold.
    pub(crate) fn checked(units: i128) -> Option<Self> {
        const MAX: u128 = 10_u128.pow(Amount::DECIMALS + Amount::WHOLE_DIGITS.unsigned_abs());
        (units.unsigned_abs() < MAX).then_some(Self(units))
    }
}

/// Whether there is a minus, and what follows the sign.
#[inline]
fn split_sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

/// The digits of a number before its exponent, from the first to the last that is not a zero.
struct Mantissa {
    /// As one integer; `None` if there are too many of them.
    significant: Option<i128>,
    /// How many there are.
    count: i32,
    /// The power of ten of the last of them.
    exponent: i32,
}

/// A number with all its digits, which no integer of a fixed size holds.
pub(crate) struct Digits {
    /// A count of 10⁻ᵈ, where d is the number of decimals.
    pub(crate) count: BigInt,
    pub(crate) decimals: u32,
}

impl Digits {
    pub(crate) fn parse(text: &[u8]) -> Result<Self, ParseAmountError> {
        if text.is_empty() {
            return Err(ParseAmountError::Empty);
        }
        let (is_negative, unsigned) = split_sign(text);
        let (mantissa, rest) = Mantissa::parse(unsigned)?;
        let exponent = mantissa.exponent.saturating_add(parse_exponent(rest)?);
        if mantissa.count.saturating_add(exponent) > Amount::WHOLE_DIGITS {
            return Err(ParseAmountError::TooLarge);
        }
        let decimals = exponent.min(0).unsigned_abs();
        if decimals > DECIMALS_READ {
            return Err(ParseAmountError::TooManyDecimals);
        }
        let before_exponent = unsigned.len().saturating_sub(rest.len());
        let magnitude = mantissa.magnitude(unsigned.get(..before_exponent).unwrap_or_default());
        let magnitude = magnitude * power_of_ten(exponent.max(0).unsigned_abs());
        let count = if is_negative { -magnitude } else { magnitude };
        Ok(Self { count, decimals })
    }
}

impl Mantissa {
    /// Reads up to an exponent, and returns what follows.
    fn parse(text: &[u8]) -> Result<(Self, &[u8]), ParseAmountError> {
        let mut found = Self { significant: Some(0), count: 0, exponent: 0 };
        let mut decimals: i32 = 0;
        // Zeros that count only if another digit follows.
        let mut zeros: u32 = 0;
        let mut seen_point = false;
        let mut seen_digit = false;
        let mut end = text.len();
        for (index, byte) in text.iter().enumerate() {
            match byte {
                b'0'..=b'9' => {
                    seen_digit = true;
                    decimals = decimals.saturating_add(i32::from(seen_point));
                    zeros = zeros.saturating_add(1);
                    if *byte != b'0' {
                        found.push(zeros, i128::from(byte.wrapping_sub(b'0')));
                        zeros = 0;
                    }
                }
                b'.' if !seen_point => seen_point = true,
                b'e' | b'E' => {
                    end = index;
                    break;
                }
                _ => return Err(ParseAmountError::NotANumber),
            }
        }
        if !seen_digit {
            return Err(ParseAmountError::NotANumber);
        }
        found.exponent = i32::try_from(zeros).unwrap_or(i32::MAX).saturating_sub(decimals);
        Ok((found, text.get(end..).unwrap_or_default()))
    }

    /// Adds a digit that is not zero, `places` after the one before.
    fn push(&mut self, places: u32, digit: i128) {
        if self.significant == Some(0) {
            // Zeros before the first digit say nothing.
            (self.significant, self.count) = (Some(digit), 1);
            return;
        }
        self.count = self.count.saturating_add(i32::try_from(places).unwrap_or(i32::MAX));
        self.significant = self.significant.and_then(|significant| {
            significant.checked_mul(10_i128.checked_pow(places)?)?.checked_add(digit)
        });
    }

    /// As an integer, however many digits the text has.
    fn magnitude(&self, text: &[u8]) -> BigInt {
        let many = || {
            let digits = text.iter().filter(|byte| byte.is_ascii_digit());
            let digits: Vec<u8> = digits.skip_while(|byte| **byte == b'0').copied().collect();
            let count = usize::try_from(self.count).unwrap_or_default();
            let digits = digits.get(..count).unwrap_or_default();
            BigInt::parse_bytes(digits, 10).unwrap_or_default()
        };
        self.significant.map_or_else(many, BigInt::from)
    }

    /// With its exponent, as a count of 10⁻¹⁸.
    fn units(&self, exponent: i32) -> Result<i128, ParseAmountError> {
        let shift = self.exponent.saturating_add(exponent).saturating_add(18);
        // Digits before the decimal point, if it is a number with any.
        let whole = self.count.saturating_add(shift).saturating_sub(18);
        match self.significant {
            Some(0) => Ok(0),
            _ if whole > Amount::WHOLE_DIGITS => Err(ParseAmountError::TooLarge),
            // The last digit is not zero, so it would be lost.
            _ if shift < 0 => Err(ParseAmountError::TooManyDecimals),
            significant => significant
                .and_then(|digits| digits.checked_mul(10_i128.checked_pow(shift.unsigned_abs())?))
                .ok_or(ParseAmountError::TooLarge),
        }
    }
}

/// The value of `E-10`, or 0 where there is no exponent. No exponent is too large to be read: the number
/// may be zero.
fn parse_exponent(text: &[u8]) -> Result<i32, ParseAmountError> {
    let (is_negative, digits) = match text {
        [] => return Ok(0),
        [_, b'-', digits @ ..] => (true, digits),
        [_, b'+', digits @ ..] | [_, digits @ ..] => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(ParseAmountError::NotANumber);
    }
    let magnitude = digits.iter().fold(0_i32, |magnitude, digit| {
        magnitude.saturating_mul(10).saturating_add(i32::from(digit.wrapping_sub(b'0')))
    });
    Ok(if is_negative { magnitude.saturating_neg() } else { magnitude })
}

// Sums of parsed cells cannot leave ±1.7·10²⁰ in any real report; a hostile one that does must stop
// loudly. A panic fails one message, and nothing is published.
const OVERFLOW: &str = "an amount left the range of decimal(38,18)";

/// A count, to be compared with another.
impl From<u64> for Amount {
    fn from(count: u64) -> Self {
        // 2⁶⁴ × 10¹⁸ is below 2¹²⁷.
        Self(i128::from(count).saturating_mul(10_i128.pow(Self::DECIMALS)))
    }
}

impl Add for Amount {
    type Output = Self;

    #[expect(clippy::expect_used, reason = "overflow must stop, see OVERFLOW")]
    fn add(self, other: Self) -> Self {
        Self(self.0.checked_add(other.0).expect(OVERFLOW))
    }
}

impl Sub for Amount {
    type Output = Self;

    #[expect(clippy::expect_used, reason = "overflow must stop, see OVERFLOW")]
    fn sub(self, other: Self) -> Self {
        Self(self.0.checked_sub(other.0).expect(OVERFLOW))
    }
}

impl Neg for Amount {
    type Output = Self;

    fn neg(self) -> Self {
        Self::ZERO - self
    }
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl FromStr for Amount {
    type Err = ParseAmountError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text.as_bytes())
    }
}

/// Plain notation without trailing zeros: one spelling for one amount, so equal amounts are equal bytes.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNIT: u128 = 10_u128.pow(Amount::DECIMALS);
        let magnitude = self.0.unsigned_abs();
        let whole = magnitude.checked_div(UNIT).unwrap_or_default();
        let fraction = magnitude.checked_rem(UNIT).unwrap_or_default();
        let mut text = whole.to_string();
        if fraction != 0 {
            text.push('.');
            text.push_str(format!("{fraction:018}").trim_end_matches('0'));
        }
        f.pad_integral(self.0 >= 0, "", &text)
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

// In JSON an amount is a string: a JSON number is read back as a float by most tools.
impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|error| {
            serde::de::Error::custom(format_args!("`{text}` is not an amount: {error}"))
        })
    }
}
