//! Exact money: all notations, products to the 18th decimal, rounding by named modes, and parts that add
//! up.

use money::rounding::{Mode, fraction, round};
use money::{Amount, ParseAmountError, Rate, apportion};
use proptest::prelude::*;

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

#[test]
fn every_notation_of_aws() {
    for (text, expected) in [
        ("12.3400000000", "12.34"),
        ("-7.0E-10", "-0.0000000007"),
        ("4e-07", "0.0000004"),
        ("1.0E7", "10000000"),
        ("-0.0", "0"),
        ("0", "0"),
        ("+5", "5"),
        ("0.045107999999999995", "0.045107999999999995"),
        ("123456789012345678.5", "123456789012345678.5"),
    ] {
        assert_eq!(amount(text).to_string(), expected, "{text}");
    }
    for (text, error) in [
        ("", ParseAmountError::Empty),
        ("twelve", ParseAmountError::NotANumber),
        ("1.2.3", ParseAmountError::NotANumber),
        ("1e", ParseAmountError::NotANumber),
        ("-", ParseAmountError::NotANumber),
        ("1E-19", ParseAmountError::TooManyDecimals),
        ("1E21", ParseAmountError::TooLarge),
    ] {
        assert_eq!(text.parse::<Amount>(), Err(error), "{text}");
    }
}

#[test]
fn a_fraction_is_rounded_at_the_18th_decimal() {
    let days = |whole: &str, part: u64, of: u64| fraction(amount(whole), part.into(), of.into());
    for (whole, part, of, expected) in [
        // 21 of 31 days, and the same in seconds.
        ("10000", 21, 31, "6774.193548387096774194"),
        ("10000", 1_814_400, 2_678_400, "6774.193548387096774194"),
        ("-29", 21, 31, "-19.645161290322580645"),
        ("29", 0, 31, "0"),
        ("29", 31, 31, "29"),
        ("0", 1, 31, "0"),
        // A half is rounded to the even neighbour.
        ("0.000000000000000001", 1, 2, "0"),
        ("0.000000000000000003", 1, 2, "0.000000000000000002"),
        ("-0.000000000000000003", 1, 2, "-0.000000000000000002"),
        ("99999999999999999999", 30, 31, "96774193548387096773.225806451612903226"),
    ] {
        assert_eq!(days(whole, part, of), amount(expected), "{whole} × {part} ÷ {of}");
    }
}

#[test]
fn a_product_is_rounded_at_the_18th_decimal() {
    let times = |rate: &str, by: &str| rate.parse::<Rate>().unwrap().times(amount(by));
    for (rate, by, expected) in [
        ("150.37", "0.0000000001", "0.000000015037"),
        ("0.95", "-12.34", "-11.723"),
        // The exact product is 0.04285259999999999525. A quarter of the last decimal is dropped.
        ("0.95", "0.045107999999999995", "0.042852599999999995"),
        // AWS's price of Lambda. The exact product is 0.00000205761726689297.
        ("0.0000166667", "0.1234567891", "0.000002057617266893"),
        // A half is rounded to the even neighbour, on both sides of zero.
        ("0.5", "0.000000000000000001", "0"),
        ("0.5", "0.000000000000000003", "0.000000000000000002"),
        ("0.5", "-0.000000000000000003", "-0.000000000000000002"),
        ("1.5", "-0.000000000000000003", "-0.000000000000000004"),
        ("0.5000000000000000000000000001", "0.000000000000000001", "0.000000000000000001"),
        ("0.0000000000000000000000000001", "1", "0"),
        ("9999999999", "10000000000", "99999999990000000000"),
    ] {
        assert_eq!(times(rate, by), Ok(amount(expected)), "{rate} × {by}");
    }
    let too_large = times("10", "10000000000000000000").unwrap_err().to_string();
    assert_eq!(too_large, "10000000000000000000 × 10 has more than 20 digits before the point");
    assert!(times("79228162514264337593543950335", "-99999999999999999999").is_err());
    let discount: Rate = "0.05".parse().unwrap();
    assert_eq!(discount.complement().unwrap().to_string(), "0.95");
    assert_eq!(discount.increment().unwrap().to_string(), "1.05");
}

/// Rates of exchange are multiplied and added without a digit lost, or not at all.
#[test]
fn a_rate_with_a_premium_is_exact_or_not_there() {
    let check = |a: &str, b: &str, product: Option<&str>, sum: Option<&str>| {
        let [a, b] = [a, b].map(|text| text.parse::<Rate>().unwrap());
        let text = |rate: Option<Rate>| rate.map(|rate| rate.to_string());
        assert_eq!(text(a.by(b)), product.map(str::to_owned), "{a} × {b}");
        assert_eq!(text(b.by(a)), product.map(str::to_owned), "{b} × {a}");
        assert_eq!(text(a.plus(b)), sum.map(str::to_owned), "{a} + {b}");
        assert_eq!(text(b.plus(a)), sum.map(str::to_owned), "{b} + {a}");
    };
    check("1.5234", "1.02", Some("1.553868"), Some("2.5434"));
    check("0", "150.37", Some("0"), Some("150.37"));
    check("-1.5", "0.2", Some("-0.3"), Some("-1.3"));
    let long = "0.1111111111111111111111111111";
    check(long, "10", Some("1.111111111111111111111111111"), None);
    check(long, "1.1", None, Some("1.2111111111111111111111111111"));
    check(long, "-10", Some("-1.111111111111111111111111111"), None);
    check(long, "0.0000000000000000000000000001", None, Some("0.1111111111111111111111111112"));
    check("79228162514264337593543950335", "1", Some("79228162514264337593543950335"), None);
    check("79228162514264337593543950335", "10", None, None);
    assert_eq!("-0.5".parse::<Rate>().unwrap().abs().to_string(), "0.5");
}

#[test]
fn rounding_goes_by_magnitude() {
    use Mode::{Down, HalfEven, HalfUp, Up};
    for (exact, decimals, mode, expected) in [
        ("0.5", 0, HalfUp, "1"),
        ("0.5", 0, HalfEven, "0"),
        ("1.5", 0, HalfEven, "2"),
        ("0.500000000000000001", 0, HalfEven, "1"),
        ("0.999", 0, Down, "0"),
        ("0.001", 0, Up, "1"),
        ("-0.5", 0, HalfUp, "-1"),
        ("-0.999", 0, Down, "0"),
        ("-0.001", 2, Up, "-0.01"),
        ("1.005", 2, HalfUp, "1.01"),
        ("7", 0, Up, "7"),
    ] {
        let rounded = round(amount(exact), decimals, mode);
        assert_eq!(rounded.rounded, amount(expected), "{exact} {mode:?}");
        assert_eq!(amount(exact) + rounded.difference, rounded.rounded);
    }
}

/// Twelve services cost 0.006 dollars each, at 150.37 yen a dollar. Rounded down one by one they cost
/// nothing; rounded together they cost ten yen.
#[test]
fn the_scope_of_rounding_is_real_money() {
    let yen = "150.37".parse::<Rate>().unwrap().times(amount("0.006")).unwrap();
    assert_eq!(round(yen, 0, Mode::Down).rounded, Amount::ZERO);
    let together = (0..12).map(|_| yen).sum();
    assert_eq!(round(together, 0, Mode::Down).rounded, amount("10"));
}

#[test]
fn the_largest_remainders_get_what_is_left() {
    let split = |whole: &str, weights: &[&str]| {
        let weights: Vec<Amount> = weights.iter().map(|weight| amount(weight)).collect();
        apportion(amount(whole), &weights)
            .map(|parts| parts.iter().map(Amount::to_string).collect())
    };
    let expected: Vec<String> =
        ["0.3333333334", "0.3333333333", "0.3333333333"].map(String::from).into();
    assert_eq!(split("1", &["1", "1", "1"]), Ok(expected));
    assert_eq!(split("-2", &["1", "3"]), Ok(vec!["-0.5".to_owned(), "-1.5".to_owned()]));
    assert!(split("1", &["0", "0"]).is_err());
    assert!(split("1", &["1", "-1"]).is_err());
}

proptest! {
    #[test]
    fn text_round_trips(units in any::<i128>()) {
        let amount = Amount::from_units(units / 10);
        prop_assert_eq!(amount.to_string().parse(), Ok(amount));
    }

    #[test]
    fn parts_add_up(
        whole in -10_i128.pow(30)..10_i128.pow(30),
        weights in prop::collection::vec(0..10_i128.pow(28), 1..20),
    ) {
        let weights: Vec<Amount> = weights.into_iter().map(Amount::from_units).collect();
        prop_assume!(weights.iter().any(|weight| !weight.is_zero()));
        let whole = Amount::from_units(whole);
        let parts = apportion(whole, &weights).unwrap();
        prop_assert_eq!(parts.iter().copied().sum::<Amount>(), whole);
        for (part, weight) in parts.iter().zip(&weights) {
            prop_assert!(part.is_zero() || part.is_negative() == whole.is_negative());
            prop_assert!(!weight.is_zero() || part.abs() <= Amount::from_units(10_i128.pow(9)));
        }
    }
}
