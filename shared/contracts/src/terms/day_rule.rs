//! A day that follows from a billing period: "the end of the next month".

use chrono::{Datelike, Months, NaiveDate};
use cur::BillingPeriod;

/// `{ months = 1, day = "last" }`: so many months after the period's month, on this day.
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
}

impl DayRule {
    /// The last day of the period itself.
    pub const PERIOD_END: Self = Self { months: 0, day: MonthDay::Last };

    pub fn of(self, period: BillingPeriod) -> NaiveDate {
        self.after(period.first_day())
    }

    /// Counted from the month of any day: an invoice of 5 November that is due at the end of the next
    /// month is due on 31 December.
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
        }
    }
}
