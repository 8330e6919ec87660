//! The digits of a number as its text has them, in every notation that AWS writes.

use num_bigint::BigInt;

/// Decimals that an amount keeps, the scale of `decimal(38,18)`.
pub(crate) const DECIMALS: u32 = 18;
/// Digits before the point, those that `decimal(38,18)` has beside its decimals.
pub(crate) const WHOLE_DIGITS: u32 = 20;

/// Decimals that are read at most, to bound what a hostile cell costs. The exact value of a 64-bit float has
/// up to 1,074 of them.
pub const DECIMALS_READ: u32 = 1_100;

/// Why a cell is not an amount. The caller adds file, line and column.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseAmountError {
    #[error("it is empty")]
    Empty,
    #[error("it is not a number")]
    NotANumber,
    #[error("it has more than {} decimals", DECIMALS)]
    TooManyDecimals,
    #[error("it is too large")]
    TooLarge,
}

/// Whether there is a minus, and what follows the sign.
#[inline]
pub(crate) fn split_sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

/// The digits of a number before its exponent, from the first to the last that is not a zero.
pub(crate) struct Mantissa {
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
        if mantissa.count.saturating_add(exponent) > WHOLE_DIGITS.cast_signed() {
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
    pub(crate) fn parse(text: &[u8]) -> Result<(Self, &[u8]), ParseAmountError> {
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
    pub(crate) fn units(&self, exponent: i32) -> Result<i128, ParseAmountError> {
        let shift = self.exponent.saturating_add(exponent).saturating_add(DECIMALS.cast_signed());
        // Digits before the decimal point, if it is a number with any.
        let whole = self.count.saturating_add(shift).saturating_sub(DECIMALS.cast_signed());
        match self.significant {
            Some(0) => Ok(0),
            _ if whole > WHOLE_DIGITS.cast_signed() => Err(ParseAmountError::TooLarge),
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
pub(crate) fn parse_exponent(text: &[u8]) -> Result<i32, ParseAmountError> {
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

pub(crate) fn power_of_ten(exponent: u32) -> BigInt {
    // Nearly all are small, and then this is several times as fast.
    let small = 10_u64.checked_pow(exponent).map(BigInt::from);
    small.unwrap_or_else(|| BigInt::from(10).pow(exponent))
}
