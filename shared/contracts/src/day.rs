//! Days as contracts write them, and texts that are a billing period or a day.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use cur::BillingPeriod;

/// A day, written `2026-10-31`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Day(pub(crate) NaiveDate);

/// A billing period, written `2026-10`, or a day, written `2026-10-31`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PeriodOrDay {
    Period(BillingPeriod),
    Day(NaiveDate),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a day such as 2026-10-31")]
pub(crate) struct InvalidDay(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither a billing period such as 2026-10 nor a day such as 2026-10-31")]
pub(crate) struct InvalidPeriodOrDay(String);

impl FromStr for Day {
    type Err = InvalidDay;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let day = text.parse().ok().map(Self);
        // `chrono` also reads `2026-1-5`. One day has one spelling.
        day.filter(|day| day.to_string() == text).ok_or_else(|| InvalidDay(text.to_owned()))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%d"))
    }
}

impl PeriodOrDay {
    /// The first day of a period, or the day.
    pub(crate) fn first_day(self) -> NaiveDate {
        match self {
            Self::Period(period) => period.first_day(),
            Self::Day(day) => day,
        }
    }

    /// The last day of a period, or the day.
    pub(crate) fn last_day(self) -> NaiveDate {
        match self {
            Self::Period(period) => period.end().pred_opt().unwrap_or(NaiveDate::MIN),
            Self::Day(day) => day,
        }
    }
}

impl FromStr for PeriodOrDay {
    type Err = InvalidPeriodOrDay;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let period = text.parse().ok().map(Self::Period);
        let day = || text.parse().ok().map(|Day(day)| Self::Day(day));
        period.or_else(day).ok_or_else(|| InvalidPeriodOrDay(text.to_owned()))
    }
}

impl fmt::Display for PeriodOrDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Period(period) => write!(f, "{period}"),
            Self::Day(day) => write!(f, "{}", Day(*day)),
        }
    }
}
