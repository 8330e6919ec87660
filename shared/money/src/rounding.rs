//! The only place where a digit is dropped, and it says which.

use crate::{Amount, Exact};

/// How a number between two allowed ones is rounded. `Up` and `Down` go by magnitude:
/// away from zero and towards it, so that a credit is rounded as the charge it mirrors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    HalfUp,
    HalfEven,
    Up,
    Down,
}

/// A rounded amount and what rounding added to it: `exact + difference = rounded`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rounded {
    pub rounded: Amount,
    pub difference: Amount,
}

/// Rounds to `decimals` (a currency's minor units: 0 for JPY, 2 for USD).
pub fn round(exact: Amount, decimals: u32, mode: Mode) -> Rounded {
    assert!(decimals <= Amount::DECIMALS, "nothing is rounded to more decimals than amounts have");
    let step = 10_i128.pow(Amount::DECIMALS.saturating_sub(decimals));
    let dropped = exact.units().checked_rem(step).unwrap_or_default();
    let truncated = exact - Amount::from_units(dropped);
    let half = step.checked_div(2).unwrap_or_default();
    let last_digit_is_odd =
        truncated.units().checked_div(step).unwrap_or_default().checked_rem(2) != Some(0);
    let away_from_zero = match mode {
        Mode::Down => false,
        Mode::Up => dropped != 0,
        Mode::HalfUp => step > 1 && dropped.abs() >= half,
        Mode::HalfEven => {
            step > 1 && (dropped.abs() > half || (dropped.abs() == half && last_digit_is_odd))
        }
    };
    let nudge = if away_from_zero { Amount::from_units(step) } else { Amount::ZERO };
    let rounded = if dropped < 0 { truncated - nudge } else { truncated + nudge };
    Rounded { rounded, difference: rounded - exact }
}

/// What 18 decimals can hold of a number, cut towards zero. For weights of a split, whose parts add up
/// whatever the weights are, and for shares that are shown; never for money.
pub fn cut(exact: &Exact) -> Amount {
    exact.as_amount().unwrap_or_else(|| {
        let unit = 10_i128.pow(Amount::DECIMALS);
        let units =
            (exact.rational() * num_rational::BigRational::from_integer(unit.into())).trunc();
        let units = i128::try_from(units.to_integer());
        Amount::from_units(units.unwrap_or(if *exact < Exact::ZERO {
            i128::MIN
        } else {
            i128::MAX
        }))
    })
}

/// Decimals of a share that is shown.
const SHARE_DECIMALS: u32 = 6;

/// What share of the whole a part is, cut at the sixth decimal. `None` of nothing.
pub fn share(part: Amount, whole: Amount) -> Option<Amount> {
    if whole.is_zero() {
        return None;
    }
    let share = cut(&(&Exact::from(part) / &Exact::from(whole)));
    Some(round(share, SHARE_DECIMALS, Mode::Down).rounded)
}
