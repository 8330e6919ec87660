//! The digits that amounts lost when they were read.

use std::fmt;
use std::ops::AddAssign;
use std::str::FromStr;

use num_bigint::BigInt;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::digits::{Digits, ParseAmountError, power_of_ten};

/// A sum of dropped digits, exact to the last digit: for each number, the number as it was written less the
/// amount that it was read as.
#[derive(Clone, Default)]
pub struct Dropped {
    /// A count of 10⁻ᵈ, where d is the number of decimals.
    count: BigInt,
    decimals: u32,
}

impl Dropped {
    pub(crate) const fn new(count: BigInt, decimals: u32) -> Self {
        Self { count, decimals }
    }

    /// The sum as a count of 10⁻ᵈ, where d is `decimals` and not smaller than `self.decimals`.
    fn count_at(&self, decimals: u32) -> BigInt {
        &self.count * power_of_ten(decimals.saturating_sub(self.decimals))
    }
}

impl AddAssign<&Self> for Dropped {
    fn add_assign(&mut self, other: &Self) {
        let decimals = self.decimals.max(other.decimals);
        *self = Self::new(self.count_at(decimals) + other.count_at(decimals), decimals);
    }
}

impl PartialEq for Dropped {
    fn eq(&self, other: &Self) -> bool {
        let decimals = self.decimals.max(other.decimals);
        self.count_at(decimals) == other.count_at(decimals)
    }
}

impl Eq for Dropped {}

/// Plain notation without trailing zeros, as for amounts.
impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = self.decimals as usize;
        let width = decimals.saturating_add(1);
        let digits = format!("{:0>width$}", self.count.magnitude().to_string());
        let (whole, fraction) = digits.split_at(digits.len().saturating_sub(decimals));
        let fraction = fraction.trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        f.pad_integral(self.count >= BigInt::ZERO, "", &format!("{whole}{point}{fraction}"))
    }
}

impl fmt::Debug for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Dropped {
    type Err = ParseAmountError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Digits { count, decimals } = Digits::parse(text.as_bytes())?;
        Ok(Self::new(count, decimals))
    }
}

// In JSON the sum is a string, as an amount is.
impl Serialize for Dropped {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Dropped {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|error| {
            serde::de::Error::custom(format_args!("`{text}` is not a number: {error}"))
        })
    }
}
