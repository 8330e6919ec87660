//! A range of billing periods on the command line.

use std::str::FromStr;

use cur::BillingPeriod;

/// Billing periods from the first to the last: `2026-04..2026-09`, or a single one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeriodRange {
    pub first: BillingPeriod,
    pub last: BillingPeriod,
}

impl FromStr for PeriodRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let period =
            |text: &str| text.parse().map_err(|error: cur::InvalidBillingPeriod| error.to_string());
        let (first, last) = (period(first)?, period(last)?);
        if last < first {
            return Err(format!("{last} is before {first}"));
        }
        Ok(Self { first, last })
    }
}
