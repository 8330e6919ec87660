//! Money in every notation: read exactly, rounded at the 18th decimal while the dropped digits are stated,
//! or refused by name.

use std::collections::BTreeMap;

use cur::{Column, CsvError, Records};
use money::rounding::read;
use money::{Amount, ParseAmountError};
use proptest::prelude::*;

#[test]
fn zeros_at_both_ends_are_no_digits() {
    let zeros = "0".repeat(60);
    for (text, expected) in [
        (format!("1.5{zeros}"), "1.5"),
        (format!("{zeros}1.5"), "1.5"),
        (format!("-0.{zeros}"), "0"),
        (format!("{zeros}0E-400"), "0"),
        (format!("0.{zeros}7E60"), "0.7"),
        (format!("25{zeros}E-61"), "2.5"),
        ("0E99999999999999999999".to_owned(), "0"),
        (
            "99999999999999999999.999999999999999999".to_owned(),
            "99999999999999999999.999999999999999999",
        ),
        ("-99999999999999999999".to_owned(), "-99999999999999999999"),
        ("0.000000000000000001".to_owned(), "0.000000000000000001"),
        ("1.0E-18".to_owned(), "0.000000000000000001"),
        ("-1000000000000000000000E-3".to_owned(), "-1000000000000000000"),
        ("1.".to_owned(), "1"),
        (".5".to_owned(), "0.5"),
        ("+1.5e+2".to_owned(), "150"),
    ] {
        assert_eq!(
            text.parse::<Amount>().map(|amount| amount.to_string()),
            Ok(expected.to_owned()),
            "{text}"
        );
    }
}

#[test]
fn what_is_not_exact_has_a_name() {
    let digits = "123456789".repeat(8);
    let check = |text: &str, error: ParseAmountError| {
        assert_eq!(text.parse::<Amount>(), Err(error.clone()), "{text}");
        assert_eq!(read(text.as_bytes()).map(|read| read.amount), Err(error), "{text}");
    };
    // Text that Sluice or the contracts write is never rounded.
    for text in [
        "0.0000000000000000001".to_owned(),
        "1E-19".to_owned(),
        "12.0000000000000000005".to_owned(),
        format!("0.{digits}"),
        format!("1.{digits}"),
        format!("{digits}E-72"),
    ] {
        assert_eq!(text.parse::<Amount>(), Err(ParseAmountError::TooManyDecimals), "{text}");
        assert!(read(text.as_bytes()).is_ok(), "{text}");
    }
    for text in ["1E-99999999999999999999", "1E-1101", "-12.5E-1100"] {
        check(text, ParseAmountError::TooManyDecimals);
    }
    for text in [
        "100000000000000000000".to_owned(),
        "1E20".to_owned(),
        "-1.7E20".to_owned(),
        digits.clone(),
        format!("{digits}.{digits}"),
        "1E99999999999999999999".to_owned(),
    ] {
        check(&text, ParseAmountError::TooLarge);
    }
    for text in [
        " 1",
        "1 ",
        "\t1",
        "1\0",
        "NaN",
        "Infinity",
        "-Infinity",
        "inf",
        "null",
        "NULL",
        "None",
        "N/A",
        "1,234.56",
        "1.234,56",
        "1_000",
        "1'000",
        "$1",
        "1USD",
        "--1",
        "+-1",
        "1-",
        "(1)",
        "0x10",
        "1e",
        "1e+",
        "1e1.5",
        "1e--1",
        ".",
        "-",
        "+",
        "e5",
        "١",
        "１",
        "1/2",
        "5%",
    ] {
        check(text, ParseAmountError::NotANumber);
    }
    check("", ParseAmountError::Empty);
}

#[test]
fn digits_beyond_the_18th_decimal_are_rounded_half_to_even_and_stated() {
    for (text, amount, dropped) in [
        ("0.1234567890123456784", "0.123456789012345678", "0.0000000000000000004"),
        ("0.1234567890123456785", "0.123456789012345678", "0.0000000000000000005"),
        ("0.1234567890123456795", "0.12345678901234568", "-0.0000000000000000005"),
        ("0.12345678901234567850000001", "0.123456789012345679", "-0.00000000000000000049999999"),
        ("-0.1234567890123456789", "-0.123456789012345679", "0.0000000000000000001"),
        ("-0.1234567890123456785", "-0.123456789012345678", "-0.0000000000000000005"),
        ("1.1102230246251565E-16", "0.000000000000000111", "0.00000000000000000002230246251565"),
        ("4.999E-19", "0", "0.0000000000000000004999"),
        ("5E-19", "0", "0.0000000000000000005"),
        ("-15e-19", "-0.000000000000000002", "0.0000000000000000005"),
        ("0.9999999999999999999", "1", "-0.0000000000000000001"),
        ("12.5", "12.5", "0"),
        ("25000000E-1", "2500000", "0"),
        ("1.5E+3", "1500", "0"),
        ("-0.0", "0", "0"),
        // The exact value of the 64-bit float next to 0.1.
        (
            "0.1000000000000000055511151231257827021181583404541015625",
            "0.100000000000000006",
            "-0.0000000000000000004488848768742172978818416595458984375",
        ),
        ("1E-30", "0", "0.000000000000000000000000000001"),
    ] {
        let read = read(text.as_bytes()).unwrap();
        assert_eq!(read.amount.to_string(), amount, "{text}");
        assert_eq!(read.dropped.to_string(), dropped, "{text}");
        assert_eq!(dropped.parse(), Ok(read.dropped), "{text}");
    }
    // This number is too large only after it is rounded.
    let text = "99999999999999999999.9999999999999999995";
    assert_eq!(read(text.as_bytes()), Err(ParseAmountError::TooLarge));
    let text = "99999999999999999999.9999999999999999994";
    assert_eq!(read(text.as_bytes()).unwrap().amount.units(), 10_i128.pow(38) - 1);
}

/// A number and one way to write it, with an exponent, a sign, or zeros at both ends.
fn notation() -> impl Strategy<Value = (Amount, String)> {
    let units = prop_oneof![
        -10_i128.pow(38) + 1..10_i128.pow(38),
        -10_i128.pow(22)..10_i128.pow(22),
        (-1_000_000_i128..1_000_000, 0_u32..30)
            .prop_map(|(digits, zeros)| digits * 10_i128.pow(zeros)),
    ];
    (units, -60_i32..60, 0_usize..30, 0_usize..30, any::<[bool; 4]>()).prop_map(
        |(units, exponent, before, after, [is_upper, has_plus, has_exponent, drops_zeros])| {
            let exponent = if has_exponent { exponent } else { 0 };
            // The digits, and the position of the point, counted from the end.
            let mut digits = units.unsigned_abs().to_string();
            let mut decimals = 18 + exponent;
            if decimals < 0 {
                digits.push_str(&"0".repeat(decimals.unsigned_abs() as usize));
                decimals = 0;
            }
            let decimals = usize::try_from(decimals).unwrap();
            let digits = format!("{digits:0>width$}", width = decimals + 1);
            let (whole, fraction) = digits.split_at(digits.len() - decimals);
            let fraction = if drops_zeros {
                fraction.trim_end_matches('0').to_owned()
            } else {
                format!("{fraction}{}", "0".repeat(after))
            };
            let sign = if units < 0 {
                "-"
            } else if has_plus {
                "+"
            } else {
                ""
            };
            let mut text = format!("{sign}{}{whole}", "0".repeat(before));
            if !fraction.is_empty() {
                text.push('.');
                text.push_str(&fraction);
            }
            if has_exponent {
                text.push(if is_upper { 'E' } else { 'e' });
                text.push_str(&exponent.to_string());
            }
            (Amount::from_units(units), text)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn every_notation_of_a_number_is_the_same_amount((amount, text) in notation()) {
        prop_assert_eq!(text.parse(), Ok(amount), "{}", text);
        prop_assert_eq!(amount.to_string().parse(), Ok(amount));
    }

    /// An amount and the dropped part together are the text, to the last digit. The dropped part is never
    /// more than half of the 18th decimal.
    #[test]
    fn no_digit_is_lost(
        is_negative in any::<bool>(),
        whole in "[0-9]{0,24}",
        fraction in "([0-9]{0,24}|[0-9]{17}[05]{1,5})",
        exponent in -25_i32..25,
    ) {
        let sign = if is_negative { "-" } else { "" };
        let text = format!("{sign}{whole}.{fraction}E{exponent}");
        if let Ok(found) = read(text.as_bytes()) {
            let (amount, dropped) = (found.amount.to_string(), found.dropped.to_string());
            let mut sum = Places::default();
            sum.add(&amount, 1);
            sum.add(&dropped, 1);
            sum.add(&text, -1);
            prop_assert!(sum.is_zero(), "{text} is {amount} and {dropped}");

            let mut twice_less_a_unit = Places::default();
            twice_less_a_unit.add(dropped.trim_start_matches('-'), 2);
            twice_less_a_unit.add("1E-18", -1);
            let sign = twice_less_a_unit.sign();
            prop_assert!(sign <= 0, "{text}: {dropped}");
            prop_assert!(sign < 0 || found.amount.units() % 2 == 0, "{text}: {amount}");

            if let Ok(exact) = text.parse::<Amount>() {
                prop_assert_eq!(found.amount, exact);
                prop_assert_eq!(dropped, "0");
            }
        }
    }
}

/// A sum that is computed place by place, as on paper: for each power of ten, how many there are.
#[derive(Default)]
pub(crate) struct Places(BTreeMap<i32, i64>);

impl Places {
    /// Adds the number in a text this many times.
    pub(crate) fn add(&mut self, text: &str, times: i64) {
        let (number, exponent) = text.split_once('E').unwrap_or((text, "0"));
        let (number, times) = match number.strip_prefix('-') {
            Some(number) => (number, -times),
            None => (number, times),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let last = exponent.parse::<i32>().unwrap() - i32::try_from(fraction.len()).unwrap();
        let digits = whole.chars().chain(fraction.chars());
        for (place, digit) in (last..).zip(digits.rev()) {
            *self.0.entry(place).or_default() += times * i64::from(digit.to_digit(10).unwrap());
        }
    }

    /// The sign (−1, 0 or 1), which the highest place has after carrying.
    fn sign(&self) -> i64 {
        let (Some(first), Some(last)) = (self.0.keys().next(), self.0.keys().last()) else {
            return 0;
        };
        let (mut carry, mut is_zero) = (0, true);
        for place in *first..=*last + 1 {
            let count = self.0.get(&place).copied().unwrap_or_default() + carry;
            carry = count.div_euclid(10);
            is_zero &= count.rem_euclid(10) == 0;
        }
        match carry {
            0 if is_zero => 0,
            negative if negative < 0 => -1,
            _ => 1,
        }
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.sign() == 0
    }
}

/// The error about a cell names its line and column, in every column that is read as an amount.
#[test]
fn a_cell_that_is_no_amount_is_named_by_line_and_column() {
    let check = |cell: &str, problem: &str| {
        let text = format!("lineItem/UnblendedCost,a\n1,\n\"{cell}\",\n");
        let mut records = Records::new(&[Column::UnblendedCost]);
        let mut found = Vec::new();
        let result = records.push::<CsvError>(text.as_bytes(), |line| {
            found.extend(line.required_amount(Column::UnblendedCost).err());
            Ok(())
        });
        assert_eq!(result, Ok(()));
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found, [format!("line 3, column lineItem/UnblendedCost: \"{cell}\" {problem}")]);
    };
    check("NaN", "is not a number");
    check("1,234.56", "is not a number");
    check(" 7", "is not a number");
    check("", "is empty where a value is needed");
    check("1E-1101", "has more than 1100 decimals");
    check("1E20", "is too large a number: amounts have at most 20 digits before the point");
}
