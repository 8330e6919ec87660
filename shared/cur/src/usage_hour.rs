//! The hour in which usage began, in UTC. AWS applies commitments hour by hour.

use std::fmt;

use chrono::{DateTime, NaiveDate, TimeDelta, Timelike, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An hour of a day, UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UsageHour {
    date: NaiveDate,
    hour: u32,
}

impl UsageHour {
    pub fn new(date: NaiveDate, hour: u32) -> Option<Self> {
        (hour < 24).then_some(Self { date, hour })
    }

    /// Reads `2026-04-01T05:00:00Z` with or without milliseconds. Other tools write a space for the `T`,
    /// and `+00:00` or nothing for the `Z`. Minutes and seconds are dropped, because a fee may begin at any
    /// second.
    pub fn parse(text: &[u8]) -> Option<Self> {
        Self::parse_with_seconds(text).map(|(hour, _)| hour)
    }

    /// Reads a time as its hour and the seconds since the hour began.
    pub(crate) fn parse_with_seconds(text: &[u8]) -> Option<(Self, u32)> {
        let (date, time) = text.split_at_checked(10)?;
        let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = date else {
            return None;
        };
        let [b'T' | b' ', h1, h2, b':', minute @ .., b':', s1, s2] = time.get(..9)? else {
            return None;
        };
        let year = number(&[*y1, *y2, *y3, *y4])?;
        let date = NaiveDate::from_ymd_opt(
            i32::try_from(year).ok()?,
            number(&[*m1, *m2])?,
            number(&[*d1, *d2])?,
        )?;
        let (minute, second) = (number(minute)?, number(&[*s1, *s2])?);
        (minute < 60 && second <= 60 && is_utc(time.get(9..)?)).then_some(())?;
        Some((Self::new(date, number(&[*h1, *h2])?)?, minute * 60 + second))
    }

    pub const fn date(self) -> NaiveDate {
        self.date
    }

    /// 0 to 23.
    pub const fn hour(self) -> u32 {
        self.hour
    }

    /// The first hour of a day.
    pub const fn midnight(date: NaiveDate) -> Self {
        Self { date, hour: 0 }
    }

    /// The hour that is this many hours later.
    #[must_use]
    pub fn after(self, hours: u32) -> Self {
        let time = self.start() + TimeDelta::hours(hours.into());
        Self { date: time.date_naive(), hour: time.hour() }
    }

    /// The hours from `other` until this hour; negative if this hour is earlier.
    pub fn hours_since(self, other: Self) -> i64 {
        (self.start() - other.start()).num_hours()
    }

    /// The moment at which the hour begins.
    pub fn start(self) -> DateTime<Utc> {
        self.date.and_hms_opt(self.hour, 0, 0).unwrap_or_default().and_utc()
    }
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |number, digit| {
        digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0'))
    })
}

/// Whether the text after the seconds says UTC. A fraction of a second may come first.
fn is_utc(text: &[u8]) -> bool {
    let zone = match text {
        [b'.', rest @ ..] => {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            rest.get(digits..).unwrap_or_default()
        }
        _ => text,
    };
    matches!(zone, b"" | b"Z" | b"+00:00" | b" UTC")
}

impl fmt::Display for UsageHour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}T{:02}:00:00Z", self.date, self.hour)
    }
}

impl fmt::Debug for UsageHour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for UsageHour {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UsageHour {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(text.as_bytes())
            .ok_or_else(|| serde::de::Error::custom(format_args!("`{text}` is not an hour")))
    }
}
