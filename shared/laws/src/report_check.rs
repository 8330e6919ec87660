//! The checks of a report. `docs/laws.md` has a paragraph for each.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A question about the report: do the numbers that AWS sent agree with each other? A broken check is
/// shown. It stops a run only if the contracts ask for that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportCheck {
    CommitmentRowsAgree,
    DigitsKept,
    DiscountsAreLines,
    EffectiveCostPresent,
    NegationCancels,
    NoLineTwice,
    OnDemandCostPresent,
    OneCurrency,
    OnePayer,
    OnePeriod,
    RateTimesAmount,
}

impl ReportCheck {
    pub const ALL: [Self; 11] = [
        Self::CommitmentRowsAgree,
        Self::DigitsKept,
        Self::DiscountsAreLines,
        Self::EffectiveCostPresent,
        Self::NegationCancels,
        Self::NoLineTwice,
        Self::OnDemandCostPresent,
        Self::OneCurrency,
        Self::OnePayer,
        Self::OnePeriod,
        Self::RateTimesAmount,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::CommitmentRowsAgree => "commitment_rows_agree",
            Self::DigitsKept => "digits_kept",
            Self::DiscountsAreLines => "discounts_are_lines",
            Self::EffectiveCostPresent => "effective_cost_present",
            Self::NegationCancels => "negation_cancels",
            Self::NoLineTwice => "no_line_twice",
            Self::OnDemandCostPresent => "on_demand_cost_present",
            Self::OneCurrency => "one_currency",
            Self::OnePayer => "one_payer",
            Self::OnePeriod => "one_period",
            Self::RateTimesAmount => "rate_times_amount",
        }
    }
}

impl fmt::Display for ReportCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
