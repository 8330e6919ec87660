//! The billing periods in which a part of the contracts holds.

use cur::BillingPeriod;

use crate::document::{Field, Section};

/// All billing periods from `from` to `until`, both included. `None` means that there is no limit.
#[derive(Debug, Clone, Copy)]
pub struct Periods {
    pub from: Option<BillingPeriod>,
    pub until: Option<BillingPeriod>,
}

impl Periods {
    pub(crate) const ALWAYS: Self = Self { from: None, until: None };

    /// Reads `from` and `until`. `None` if one of them is wrong.
    pub(crate) fn read(section: &Section) -> Option<Self> {
        let from = section.optional("from", Field::parsed::<BillingPeriod>);
        let until = section.optional("until", |until| {
            let until_period = until.parsed::<BillingPeriod>()?;
            if let Some(Some(from)) = from
                && until_period < from
            {
                until.refuse(format!(
                    "`until` {until_period} is before `from` {from}; both ends are inclusive, \
                     so `until` is the last billing period"
                ));
            }
            Some(until_period)
        });
        Some(Self { from: from?, until: until? })
    }

    pub fn contains(self, period: BillingPeriod) -> bool {
        self.from.is_none_or(|from| from <= period)
            && self.until.is_none_or(|until| period <= until)
    }

    pub(crate) fn overlaps(self, other: Self) -> bool {
        self.starts_by_the_end_of(other) && other.starts_by_the_end_of(self)
    }

    /// Whether all billing periods of `other` are in `self`.
    pub(crate) fn cover(self, other: Self) -> bool {
        self.from.is_none_or(|from| other.from.is_some_and(|other| from <= other))
            && self.until.is_none_or(|until| other.until.is_some_and(|other| other <= until))
    }

    fn starts_by_the_end_of(self, other: Self) -> bool {
        match (self.from, other.until) {
            (Some(from), Some(until)) => from <= until,
            _ => true,
        }
    }
}
