//! A billing period: the calendar month of a report, a contract rule or an invoice.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Days, Months, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A month in UTC, written `YYYY-MM`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BillingPeriod {
    first_day: NaiveDate,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a billing period such as 2026-10")]
pub struct InvalidBillingPeriod(String);

impl BillingPeriod {
    pub fn new(year: i32, month: u32) -> Option<Self> {
        (1000..=9999).contains(&year).then_some(())?;
        NaiveDate::from_ymd_opt(year, month, 1).map(|first_day| Self { first_day })
    }

    /// Reads the period from its start: `2026-10`, `20261001T000000.000Z` or `2026-10-01T00:00:00Z`.
    pub fn starting(text: &str) -> Option<Self> {
        let digits: String = text.chars().filter(|character| *character != '-').take(6).collect();
        let (year, month) = digits.split_at_checked(4)?;
        format!("{year}-{month}").parse().ok()
    }

    pub fn first_day(self) -> NaiveDate {
        self.first_day
    }

    /// The first day of the next period. Reports call it the end of the period.
    pub fn end(self) -> NaiveDate {
        self.first_day.checked_add_months(Months::new(1)).unwrap_or(NaiveDate::MAX)
    }

    pub fn previous(self) -> Option<Self> {
        self.first_day.checked_sub_months(Months::new(1)).map(|first_day| Self { first_day })
    }

    pub fn next(self) -> Option<Self> {
        self.first_day.checked_add_months(Months::new(1)).map(|first_day| Self { first_day })
    }

    /// The number of periods from this one to a later one: 1 from October to November.
    pub fn periods_until(self, later: Self) -> u32 {
        let months =
            |period: Self| period.first_day.year() * 12 + period.first_day.month0().cast_signed();
        u32::try_from(months(later) - months(self)).unwrap_or_default()
    }

    pub fn contains(self, day: NaiveDate) -> bool {
        self.first_day <= day && day < self.end()
    }

    /// Every day of the period, in order.
    pub fn days(self) -> impl Iterator<Item = NaiveDate> {
        let days = (self.end() - self.first_day).num_days().unsigned_abs();
        (0..days).filter_map(move |n| self.first_day.checked_add_days(Days::new(n)))
    }
}

impl FromStr for BillingPeriod {
    type Err = InvalidBillingPeriod;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (year, month) = text.split_once('-')?;
            let digits = |part: &str, length| {
                (part.len() == length && part.bytes().all(|b| b.is_ascii_digit())).then_some(())
            };
            digits(year, 4)?;
            digits(month, 2)?;
            Self::new(year.parse().ok()?, month.parse().ok()?)
        };
        parse().ok_or_else(|| InvalidBillingPeriod(text.to_owned()))
    }
}

impl fmt::Display for BillingPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first_day.format("%Y-%m"))
    }
}

impl fmt::Debug for BillingPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for BillingPeriod {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BillingPeriod {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
