//! The time span of a line.

use chrono::{NaiveDateTime, TimeDelta};

/// The time span of a line, as text.
pub(crate) struct Span {
    pub(crate) interval: String,
    /// Without a fraction of a second; CUR 2.0 adds one.
    pub(crate) start: String,
    pub(crate) end: String,
}

impl Span {
    /// The span from one hour to another, both counted from `origin`.
    pub(crate) fn new(origin: NaiveDateTime, from: i64, until: i64) -> Self {
        let [start, end] = [from, until].map(|hour| time_text(origin, hour * HOUR));
        Self { interval: format!("{start}Z/{end}Z"), start, end }
    }

    /// The span of a reservation's fee. It begins this many seconds earlier, and ends one second before the
    /// hour `until`.
    pub(crate) fn of_fee(origin: NaiveDateTime, from: i64, until: i64, earlier: i64) -> Self {
        let [start, end] =
            [from * HOUR - earlier, until * HOUR - 1].map(|second| time_text(origin, second));
        Self { start, end, ..Self::new(origin, from, until) }
    }
}

pub(crate) const HOUR: i64 = 60 * 60;

/// The time of a second that is counted from `origin`, without the `Z` of the time zone.
pub(crate) fn time_text(origin: NaiveDateTime, second: i64) -> String {
    (origin + TimeDelta::seconds(second)).format("%Y-%m-%dT%H:%M:%S").to_string()
}
