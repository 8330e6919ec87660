//! A day that follows from another day or from a billing period: "the end of the next month".

use chrono::{Datelike, Days, Months, NaiveDate};
use cur::BillingPeriod;

use crate::document::Field;

/// `{ months = 1, day = "last" }`: so many months after the month that is counted from, on this day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayRule {
    pub months: u32,
    pub day: MonthDay,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MonthDay {
    /// From 1. A month that is shorter ends on its last day.
    Number(u32),
    Last,
    /// `{ days = 30 }`: no day of a month, but so many days after the day that is counted from.
    DaysLater(u32),
}

impl DayRule {
    /// The last day of the period itself.
    pub const PERIOD_END: Self = Self { months: 0, day: MonthDay::Last };

    /// Counted from the last day of a period.
    pub fn of(self, period: BillingPeriod) -> NaiveDate {
        self.after(period.end().pred_opt().unwrap_or(NaiveDate::MIN))
    }

    /// Counted from any day: an invoice of 5 November that is due at the end of the next month is due on
    /// 31 December.
    pub fn after(self, day: NaiveDate) -> NaiveDate {
        let first = day.with_day(1).unwrap_or(day);
        let first = first.checked_add_months(Months::new(self.months)).unwrap_or(NaiveDate::MAX);
        let last = first
            .checked_add_months(Months::new(1))
            .and_then(|next| next.pred_opt())
            .unwrap_or(NaiveDate::MAX);
        match self.day {
            MonthDay::Last => last,
            MonthDay::Number(number) => first.with_day(number.min(last.day())).unwrap_or(last),
            MonthDay::DaysLater(days) => {
                day.checked_add_days(Days::new(days.into())).unwrap_or(NaiveDate::MAX)
            }
        }
    }

    /// Reads `{ months = 1, day = "last" }`, `{ months = 1, day = 10 }` or `{ days = 30 }`.
    pub(crate) fn read(field: &Field) -> Option<Self> {
        /// Ten years: more is a slip.
        const MONTHS_MAX: u32 = 120;
        const DAYS_MAX: u32 = 3650;
        let section = field.section("a day", &["months", "day", "days"])?;
        if let Some(days) = section.field("days") {
            section
                .refuse_keys(&["months", "day"], "cannot stand beside `days`; remove one of them");
            let days = days.whole(0..=DAYS_MAX)?;
            return Some(Self { months: 0, day: MonthDay::DaysLater(days) });
        }
        let months =
            section.required("months", "1").and_then(|months| months.whole(0..=MONTHS_MAX));
        let day = section.required("day", r#""last""#).and_then(|day| MonthDay::read(&day));
        Some(Self { months: months?, day: day? })
    }

    /// Reads `"period_end"`, or a table as [`Self::read`] does.
    pub(crate) fn read_or_period_end(field: &Field) -> Option<Self> {
        if field.is_text() {
            return field.choice(&[("period_end", Self::PERIOD_END)]);
        }
        Self::read(field)
    }
}

impl MonthDay {
    fn read(field: &Field) -> Option<Self> {
        if field.is_text() {
            return field.choice(&[("last", Self::Last)]);
        }
        field.whole(1..=31).map(Self::Number)
    }
}
