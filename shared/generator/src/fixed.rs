//! Numbers as AWS rounds them: exact, with ten decimals, in the two notations of AWS's reports.

/// A number as a count of 10⁻¹⁰. Every amount, rate and cost of a line is such a number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Fixed(i64);

const DECIMALS: usize = 10;
const ONE: i64 = 10_000_000_000;
const ONE_UNSIGNED: u64 = ONE.unsigned_abs();

impl Fixed {
    pub(crate) const ZERO: Self = Self(0);
    pub(crate) const ONE: Self = Self(ONE);

    pub(crate) const fn whole(number: i64) -> Self {
        Self(number * ONE)
    }

    pub(crate) const fn from_units(units: i64) -> Self {
        Self(units)
    }

    pub(crate) const fn units(self) -> i64 {
        self.0
    }

    pub(crate) const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The number of a text in the source code, such as `Fixed::of("0.0104")`. In a constant, a typing
    /// error does not compile.
    pub(crate) const fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut units: i64 = 0;
        let mut decimals = 0;
        let mut seen_point = false;
        let mut index = 0;
        while index < bytes.len() {
            if bytes[index] == b'.' {
                seen_point = true;
            } else {
                assert!(bytes[index].is_ascii_digit(), "not a decimal number");
                units = units * 10 + (bytes[index] - b'0') as i64;
                decimals += seen_point as usize;
            }
            index += 1;
        }
        while decimals < DECIMALS {
            units *= 10;
            decimals += 1;
        }
        Self(units)
    }

    pub(crate) const fn times(self, count: i64) -> Self {
        Self(self.0 * count)
    }

    #[must_use]
    pub(crate) fn plus(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }

    #[must_use]
    pub(crate) fn negated(self) -> Self {
        Self(-self.0)
    }

    /// The product. The numbers of the catalogue are chosen so that it needs at most ten decimals.
    pub(crate) fn product(self, other: Self) -> Self {
        exact(i128::from(self.0) * i128::from(other.0), i128::from(ONE))
    }

    /// The quotient. The numbers of the catalogue are chosen so that it needs at most ten decimals.
    pub(crate) fn quotient(self, other: Self) -> Self {
        exact(i128::from(self.0) * i128::from(ONE), i128::from(other.0))
    }

    /// Writes `12.3400000000`: always with ten decimals.
    pub(crate) fn write_plain(self, out: &mut Vec<u8>) {
        let magnitude = self.write_sign(out);
        write_integer(magnitude / ONE_UNSIGNED, out);
        out.push(b'.');
        let mut decimals = [b'0'; DECIMALS];
        fill_digits(magnitude % ONE_UNSIGNED, &mut decimals);
        out.extend_from_slice(&decimals);
    }

    /// Writes `12.34`, `1.0E-7` or `1.25E8`, as Java prints a double.
    pub(crate) fn write_java(self, out: &mut Vec<u8>) {
        const PLAIN: std::ops::Range<u64> = ONE_UNSIGNED / 1000..ONE_UNSIGNED * 10_000_000;
        let magnitude = self.write_sign(out);
        if magnitude == 0 {
            out.extend_from_slice(b"0.0");
        } else if PLAIN.contains(&magnitude) {
            write_integer(magnitude / ONE_UNSIGNED, out);
            let mut decimals = [b'0'; DECIMALS];
            fill_digits(magnitude % ONE_UNSIGNED, &mut decimals);
            write_decimals(&decimals, out);
        } else {
            let mut buffer = [b'0'; DIGITS];
            let digits = fill_digits(magnitude, &mut buffer);
            out.push(digits[0]);
            write_decimals(&digits[1..], out);
            out.push(b'E');
            write_exponent(digits.len() - 1, out);
        }
    }

    fn write_sign(self, out: &mut Vec<u8>) -> u64 {
        if self.0 < 0 {
            out.push(b'-');
        }
        self.0.unsigned_abs()
    }
}

fn exact(numerator: i128, denominator: i128) -> Fixed {
    assert!(numerator % denominator == 0, "the catalogue's numbers need more than ten decimals");
    i64::try_from(numerator / denominator).map_or_else(
        |_| panic!("a single line costs more than a report line can"),
        Fixed::from_units,
    )
}

/// How many digits the largest `u64` has.
const DIGITS: usize = 20;

pub(crate) fn write_integer(number: u64, out: &mut Vec<u8>) {
    let mut buffer = [b'0'; DIGITS];
    out.extend_from_slice(fill_digits(number, &mut buffer));
}

/// Writes the digits at the end of the buffer and returns them. There is at least one digit.
fn fill_digits(mut number: u64, buffer: &mut [u8]) -> &[u8] {
    let mut start = buffer.len();
    loop {
        start -= 1;
        // A remainder of ten is a single digit.
        buffer[start] = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
        if number == 0 {
            return &buffer[start..];
        }
    }
}

/// Writes the decimals without trailing zeros, but at least one decimal, as Java does.
fn write_decimals(decimals: &[u8], out: &mut Vec<u8>) {
    let length = decimals.iter().rposition(|digit| *digit != b'0').map_or(0, |last| last + 1);
    out.push(b'.');
    out.extend_from_slice(&decimals[..length]);
    if length == 0 {
        out.push(b'0');
    }
}

/// Writes the exponent of a count of 10⁻¹⁰ that has this many digits after its first.
fn write_exponent(digits_after_first: usize, out: &mut Vec<u8>) {
    if digits_after_first < DECIMALS {
        out.push(b'-');
    }
    write_integer(digits_after_first.abs_diff(DECIMALS) as u64, out);
}
