//! Reads the digits of a number from its text, in every notation that AWS writes.

use num_bigint::BigInt;

/// How many decimals an amount keeps: the scale of `decimal(38,18)`.
pub(crate) const DECIMALS: u32 = 18;
/// How many digits an amount has before the point: `decimal(38,18)` has 38 digits, 18 of them decimals.
pub(crate) const WHOLE_DIGITS: u32 = 20;

/// The most decimals that are read of a number, so that a hostile cell cannot cost much time. The exact
/// value of a 64-bit float has up to 1,074 decimals.
pub const DECIMALS_READ: u32 = 1_100;

/// Why a text is not an amount. The caller adds the file, the line and the column.
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

/// Returns whether the number is negative, and the text after the sign.
#[inline]
pub(crate) fn split_sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

/// The digits of a number before its exponent, without the zeros at both ends: 12, count 2 and exponent
/// −1 for `001.20`.
pub(crate) struct Mantissa {
    /// The digits as one integer; `None` if they do not fit.
    significant: Option<i128>,
    /// How many digits there are.
    count: i32,
    /// The power of ten of the last digit.
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
    /// Reads up to the exponent, and returns the rest of the text.
    pub(crate) fn parse(text: &[u8]) -> Result<(Self, &[u8]), ParseAmountError> {
        let mut found = Self { significant: Some(0), count: 0, exponent: 0 };
        let mut decimals: i32 = 0;
        // Zeros after the last other digit. They count only if another digit follows.
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

    /// Adds a digit that is not zero and stands `distance` digits after the one before.
    fn push(&mut self, distance: u32, digit: i128) {
        if self.significant == Some(0) {
            // Zeros before the first other digit are not part of the number.
            (self.significant, self.count) = (Some(digit), 1);
            return;
        }
        self.count = self.count.saturating_add(i32::try_from(distance).unwrap_or(i32::MAX));
        self.significant = self.significant.and_then(|significant| {
            significant.checked_mul(10_i128.checked_pow(distance)?)?.checked_add(digit)
        });
    }

    /// The digits as an integer, even if they do not fit into `significant`. `text` is the number's text.
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

    /// The number with this exponent, as a count of 10⁻¹⁸.
    pub(crate) fn units(&self, exponent: i32) -> Result<i128, ParseAmountError> {
        let shift = self.exponent.saturating_add(exponent).saturating_add(DECIMALS.cast_signed());
        // How many digits the number has before the decimal point.
        let whole = self.count.saturating_add(shift).saturating_sub(DECIMALS.cast_signed());
        match self.significant {
            Some(0) => Ok(0),
            _ if whole > WHOLE_DIGITS.cast_signed() => Err(ParseAmountError::TooLarge),
            // The last digit is not zero, so an amount would lose it.
            _ if shift < 0 => Err(ParseAmountError::TooManyDecimals),
            significant => significant
                .and_then(|digits| digits.checked_mul(10_i128.checked_pow(shift.unsigned_abs())?))
                .ok_or(ParseAmountError::TooLarge),
        }
    }
}

/// The value of `E-10`, or 0 where there is no exponent. Every exponent can be read, however large, because
/// the number may be zero.
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
    // Nearly all exponents are small, and 64-bit integers are several times as fast.
    let small = 10_u64.checked_pow(exponent).map(BigInt::from);
    small.unwrap_or_else(|| BigInt::from(10).pow(exponent))
}
