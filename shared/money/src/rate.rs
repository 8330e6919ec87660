//! A price per unit, a percentage or an exchange rate: what an amount is multiplied by.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;

use crate::{Amount, rounding};

/// An exact decimal factor of a contract, as its text gives it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(Decimal);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a decimal number with at most 28 digits")]
pub struct ParseRateError(String);

/// The product is beyond what `decimal(38,18)` holds.
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

    /// `1 - self`: what is left of a price after a discount. `None` if it cannot be said exactly.
    pub fn complement(self) -> Option<Self> {
        let mut negative = self.0;
        negative.set_sign_negative(!self.0.is_sign_negative());
        Self::exact_sum(Decimal::ONE, negative)
    }

    /// `1 + self`: a price after a markup. `None` if it cannot be said exactly.
    pub fn increment(self) -> Option<Self> {
        Self::exact_sum(Decimal::ONE, self.0)
    }

    /// `rust_decimal` rounds a sum that does not fit; taking one term away again shows whether it did.
    fn exact_sum(a: Decimal, b: Decimal) -> Option<Self> {
        let sum = a.checked_add(b)?;
        (sum.checked_sub(a)? == b).then_some(Self(sum.normalize()))
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
