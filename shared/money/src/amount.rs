//! An exact amount of money or usage: a whole number of 10⁻¹⁸ units.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};
use std::str::FromStr;

use ethnum::I256;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::digits::{
    DECIMALS, Mantissa, ParseAmountError, WHOLE_DIGITS, parse_exponent, split_sign,
};

/// An exact amount with up to 18 decimals. An amount does not know its currency or unit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Amount(i128);

impl Amount {
    pub const ZERO: Self = Self(0);
    /// How many decimals an amount keeps: the scale of `decimal(38,18)`.
    pub const DECIMALS: u32 = DECIMALS;

    /// The amount as a count of 10⁻¹⁸, the unscaled value of a `decimal(38,18)`.
    pub const fn units(self) -> i128 {
        self.0
    }

    pub const fn from_units(units: i128) -> Self {
        Self(units)
    }

    /// The smallest coin of a currency with this many decimals: 0.01 for 2.
    pub const fn coin(decimals: u32) -> Self {
        assert!(decimals <= Self::DECIMALS, "no coin has more decimals than amounts have");
        Self(10_i128.pow(Self::DECIMALS.saturating_sub(decimals)))
    }

    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// For serde, which gives a reference.
    pub const fn is_nothing(&self) -> bool {
        self.is_zero()
    }

    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    #[must_use]
    pub const fn abs(self) -> Self {
        Self(self.0.saturating_abs())
    }

    /// Whether `a × b` differs from `self` by at most `tolerance`. Only numbers that AWS computed are
    /// checked in this way; Sluice computes nothing with a tolerance.
    pub fn is_about(self, a: Self, b: Self, tolerance: Self) -> bool {
        const UNIT: I256 = I256::new(10_i128.pow(Amount::DECIMALS));
        let product = I256::from(a.0).saturating_mul(b.0.into());
        let claimed = I256::from(self.0).saturating_mul(UNIT);
        product.saturating_sub(claimed).saturating_abs()
            <= I256::from(tolerance.0).saturating_mul(UNIT)
    }

    /// Reads every notation that AWS writes: `12.3400000000`, `-7.0E-10`, `4e-07`, `-0.0`. A number may
    /// have any count of zeros at both ends. A number with more than 18 decimals is an error, and so is any
    /// other text. [`rounding::read`](crate::rounding::read) reads numbers with more decimals.
    ///
    /// The text is bytes, because the cells of a report are bytes and each line has several numbers.
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
        const MAX: u128 = 10_u128.pow(DECIMALS + WHOLE_DIGITS);
        (units.unsigned_abs() < MAX).then_some(Self(units))
    }
}

// No sum of a real report leaves ±1.7·10²⁰. A hostile report whose sums do must stop: the panic fails
// one message, and nothing is published.
const OVERFLOW: &str = "an amount left the range of decimal(38,18)";

/// Makes a count an amount, so that a law can compare two counts.
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

/// Plain notation without trailing zeros. Each amount has one spelling, so equal amounts are equal bytes.
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
