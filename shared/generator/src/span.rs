//! The time that a line is about.

use chrono::{NaiveDateTime, TimeDelta};

/// The time that a line is about, as text.
pub(crate) struct Span {
    pub(crate) interval: String,
    /// Without fraction; CUR 2.0 adds one.
    pub(crate) start: String,
    pub(crate) end: String,
}

impl Span {
    /// From one hour to another, both counted from `origin`.
    pub(crate) fn new(origin: NaiveDateTime, from: i64, until: i64) -> Self {
        let [start, end] = [from, until].map(|hour| time_text(origin, hour * HOUR));
        Self { interval: format!("{start}Z/{end}Z"), start, end }
    }

    /// Of a reservation's fee: it begins so many seconds earlier, and ends with a second, not with an hour.
    pub(crate) fn of_fee(origin: NaiveDateTime, from: i64, until: i64, earlier: i64) -> Self {
        let [start, end] =
            [from * HOUR - earlier, until * HOUR - 1].map(|second| time_text(origin, second));
        Self { start, end, ..Self::new(origin, from, until) }
    }
}

pub(crate) const HOUR: i64 = 60 * 60;

/// A second counted from `origin`, without the zone's `Z`.
pub(crate) fn time_text(origin: NaiveDateTime, second: i64) -> String {
    (origin + TimeDelta::seconds(second)).format("%Y-%m-%dT%H:%M:%S").to_string()
}
