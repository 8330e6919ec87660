//! A number that no division rounds. The hours of commitments are computed with it.

use std::cmp::Ordering;
use std::fmt;
use std::ops::{Add, Div, Mul, Sub};
use std::str::FromStr;

use ethnum::I256;
use num_rational::BigRational;

use crate::{Amount, ParseAmountError};

/// A rational number. If an [`Amount`] can hold the number, it is held as an amount, which is fast; nearly
/// all numbers are. Any other number is a fraction of two integers of any length. Each number has one
/// form, so equal numbers are equal values.
#[derive(Clone, PartialEq, Eq)]
pub struct Exact(Form);

#[derive(Clone, PartialEq, Eq)]
enum Form {
    Decimal(Amount),
    Fraction(Box<BigRational>),
}

/// How many units of an amount make one.
const UNIT: i128 = 10_i128.pow(Amount::DECIMALS);

impl Exact {
    pub const ZERO: Self = Self(Form::Decimal(Amount::ZERO));
    pub const ONE: Self = Self(Form::Decimal(Amount::from_units(UNIT)));

    pub const fn is_zero(&self) -> bool {
        matches!(&self.0, Form::Decimal(amount) if amount.is_zero())
    }

    /// The number as an amount, if 18 decimals are enough.
    pub const fn as_amount(&self) -> Option<Amount> {
        match &self.0 {
            Form::Decimal(amount) => Some(*amount),
            Form::Fraction(_) => None,
        }
    }

    pub(crate) fn rational(&self) -> BigRational {
        match &self.0 {
            Form::Decimal(amount) => BigRational::new(amount.units().into(), UNIT.into()),
            Form::Fraction(fraction) => fraction.as_ref().clone(),
        }
    }

    fn of(number: BigRational) -> Self {
        let units = &number * BigRational::from_integer(UNIT.into());
        let amount = units.is_integer().then(|| i128::try_from(units.to_integer()).ok()).flatten();
        Self(match amount {
            Some(units) => Form::Decimal(Amount::from_units(units)),
            None => Form::Fraction(Box::new(number)),
        })
    }

    /// The units of both numbers, if both are held as amounts.
    fn units(&self, other: &Self) -> Option<(i128, i128)> {
        Some((self.as_amount()?.units(), other.as_amount()?.units()))
    }
}

impl From<Amount> for Exact {
    fn from(amount: Amount) -> Self {
        Self(Form::Decimal(amount))
    }
}

impl From<i128> for Form {
    fn from(units: i128) -> Self {
        Self::Decimal(Amount::from_units(units))
    }
}

impl Add for &Exact {
    type Output = Exact;

    fn add(self, other: Self) -> Exact {
        let sum = self.units(other).and_then(|(a, b)| a.checked_add(b));
        sum.map_or_else(|| Exact::of(self.rational() + other.rational()), |sum| Exact(sum.into()))
    }
}

impl Sub for &Exact {
    type Output = Exact;

    fn sub(self, other: Self) -> Exact {
        let rest = self.units(other).and_then(|(a, b)| a.checked_sub(b));
        rest.map_or_else(
            || Exact::of(self.rational() - other.rational()),
            |rest| Exact(rest.into()),
        )
    }
}

impl Mul for &Exact {
    type Output = Exact;

    fn mul(self, other: Self) -> Exact {
        let product = self.units(other).and_then(|(a, b)| quotient(a, b, UNIT));
        product.map_or_else(
            || Exact::of(self.rational() * other.rational()),
            |units| Exact(units.into()),
        )
    }
}

impl Div for &Exact {
    type Output = Exact;

    /// Panics if `other` is zero, as integers do.
    fn div(self, other: Self) -> Exact {
        let quotient = self.units(other).and_then(|(a, b)| quotient(a, UNIT, b));
        quotient.map_or_else(
            || Exact::of(self.rational() / other.rational()),
            |units| Exact(units.into()),
        )
    }
}

/// `a × b ÷ divisor`, if that is a whole number and fits into 128 bits.
fn quotient(a: i128, b: i128, divisor: i128) -> Option<i128> {
    // Products of everyday amounts fit into 128 bits, where the division is several times as fast.
    if let Some(product) = a.checked_mul(b) {
        return (product.checked_rem(divisor)? == 0)
            .then(|| product.checked_div(divisor))
            .flatten();
    }
    let product = I256::from(a).checked_mul(b.into())?;
    let divisor = I256::from(divisor);
    (product.checked_rem(divisor)? == I256::ZERO).then_some(())?;
    i128::try_from(product.checked_div(divisor)?).ok()
}

impl Ord for Exact {
    fn cmp(&self, other: &Self) -> Ordering {
        match self.units(other) {
            Some((a, b)) => a.cmp(&b),
            None => self.rational().cmp(&other.rational()),
        }
    }
}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Reads an amount, or a fraction of two amounts: `20/7`.
impl FromStr for Exact {
    type Err = ParseAmountError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some((numerator, denominator)) = text.split_once('/') else {
            return text.parse().map(Amount::into);
        };
        let denominator: Amount = denominator.parse()?;
        if denominator.is_zero() {
            return Err(ParseAmountError::NotANumber);
        }
        Ok(&Self::from(numerator.parse::<Amount>()?) / &denominator.into())
    }
}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Decimal(amount) => fmt::Display::fmt(amount, f),
            Form::Fraction(fraction) => fmt::Display::fmt(fraction, f),
        }
    }
}

impl fmt::Debug for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
