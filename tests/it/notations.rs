//! Money in every notation: exact, or refused by name. Nothing is ever rounded to be read.

use cur::{Column, CsvError, Records};
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
        assert_eq!(text.parse::<Amount>(), Err(error), "{text}");
    };
    for text in [
        "0.0000000000000000001".to_owned(),
        "1E-19".to_owned(),
        "12.0000000000000000005".to_owned(),
        format!("0.{digits}"),
        format!("1.{digits}"),
        format!("{digits}E-72"),
        "1E-99999999999999999999".to_owned(),
    ] {
        check(&text, ParseAmountError::TooManyDecimals);
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

/// A number and one of the ways to write it: digits moved behind an exponent, a sign, zeros at both ends.
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
            // The digits and, counted from their end, where the point is.
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

    /// What cannot be kept is refused: an amount that was read has all the digits of its text.
    #[test]
    fn no_digit_is_lost(whole in "[0-9]{0,24}", fraction in "[0-9]{0,24}", exponent in -25_i32..25) {
        let text = format!("{whole}.{fraction}E{exponent}");
        if let Ok(amount) = text.parse::<Amount>() {
            let significant = |text: &str| {
                let digits: String = text.chars().filter(char::is_ascii_digit).collect();
                digits.trim_matches('0').to_owned()
            };
            prop_assert_eq!(significant(&amount.to_string()), significant(&format!("{whole}{fraction}")));
        }
    }
}

/// The error of a cell says where it is, in every column that is read as an amount.
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
    check("1E-19", "has more than 18 decimals");
    check("1E20", "is too large a number: amounts have at most 20 digits before the point");
}
