//! A factor of an amount: a price per unit, a percentage or an exchange rate.

use std::fmt;
use std::str::FromStr;

use num_bigint::BigInt;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::digits::power_of_ten;
use crate::{Amount, rounding};

/// An exact decimal factor, as the text of the contracts gives it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(Decimal);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a decimal number with at most 28 digits")]
pub struct ParseRateError(String);

/// The product is larger than `decimal(38,18)` can hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{amount} × {rate} has more than 20 digits before the point")]
pub struct ProductTooLarge {
    pub amount: Amount,
    pub rate: Rate,
}

impl Rate {
    pub const ZERO: Self = Self(Decimal::ZERO);
    pub const ONE: Self = Self(Decimal::ONE);

    pub fn is_negative(self) -> bool {
        self.0.is_sign_negative() && !self.0.is_zero()
    }

    #[must_use]
    pub fn abs(self) -> Self {
        Self(self.0.abs())
    }

    /// `1 - self`: the part of a price that is left after a discount. `None` if the difference has too many
    /// digits.
    pub fn complement(self) -> Option<Self> {
        let mut negative = self.0;
        negative.set_sign_negative(!self.0.is_sign_negative());
        Self::exact_sum(Decimal::ONE, negative)
    }

    /// `1 + self`: the factor of a price with a markup. `None` if the sum has too many digits.
    pub fn increment(self) -> Option<Self> {
        Self::exact_sum(Decimal::ONE, self.0)
    }

    /// `self + other`. `None` if the sum has too many digits.
    pub fn plus(self, other: Self) -> Option<Self> {
        Self::exact_sum(self.0, other.0)
    }

    /// `self × other`. `None` if the product has too many digits.
    pub fn by(self, other: Self) -> Option<Self> {
        // `rust_decimal` rounds a product that does not fit, so the digits are multiplied once more.
        let product = self.0.checked_mul(other.0)?;
        let scale = self.0.scale().saturating_add(other.0.scale());
        let rest = power_of_ten(scale.checked_sub(product.scale())?);
        let exact = BigInt::from(self.0.mantissa()) * BigInt::from(other.0.mantissa());
        (exact == BigInt::from(product.mantissa()) * rest).then(|| Self(product.normalize()))
    }

    /// `rust_decimal` rounds a sum that does not fit. Subtracting the terms again shows whether it rounded:
    /// the term that has more decimals than the sum does not come back.
    fn exact_sum(a: Decimal, b: Decimal) -> Option<Self> {
        let sum = a.checked_add(b)?;
        (sum.checked_sub(a)? == b && sum.checked_sub(b)? == a).then_some(Self(sum.normalize()))
    }

    /// `amount × self`, rounded half to even at the 18th decimal.
    pub fn times(self, amount: Amount) -> Result<Amount, ProductTooLarge> {
        rounding::product(amount, self.0.mantissa(), self.0.scale())
            .ok_or(ProductTooLarge { amount, rate: self })
    }
}

impl FromStr for Rate {
    type Err = ParseRateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Decimal::from_str_exact(text)
            .map(|decimal| Self(decimal.normalize()))
            .map_err(|_| ParseRateError(text.to_owned()))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

// In JSON a rate is a string, as an amount is.
impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
