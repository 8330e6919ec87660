//! The laws of runs and bills. `docs/laws.md` has a paragraph for each.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A statement that is true of every sealed run, or of every bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Law {
    /// Every line of the report is in exactly one account's objects and in exactly one charge.
    EveryLineOnce,
    /// AWS's cost after each step is the same as in the report.
    CostIsConserved,
    /// The used and the unused part of a commitment add up to what its fees bought, in units and in cost.
    CommitmentIsConserved,
    /// The parts of an amount that was split add up to the amount.
    PartsSumToWhole,
    /// Every charge of the sealed runs is on exactly one bill.
    ChargeBilledOnce,
    /// Issued invoices, notes and corrections add up to the bill.
    CorrectionsExplainTheDifference,
    /// An invoice is the sum of its lines, converted, rounded and taxed.
    BillReAdds,
    /// The named terms of the margin add up to the margin.
    MarginExplainsItself,
    /// AWS's own rules give what AWS has billed, or the coverage stays as AWS billed it.
    AwsReplays,
}

impl Law {
    pub const ALL: [Self; 9] = [
        Self::EveryLineOnce,
        Self::CostIsConserved,
        Self::CommitmentIsConserved,
        Self::PartsSumToWhole,
        Self::ChargeBilledOnce,
        Self::BillReAdds,
        Self::CorrectionsExplainTheDifference,
        Self::MarginExplainsItself,
        Self::AwsReplays,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::EveryLineOnce => "every_line_once",
            Self::CostIsConserved => "cost_is_conserved",
            Self::CommitmentIsConserved => "commitment_is_conserved",
            Self::PartsSumToWhole => "parts_sum_to_whole",
            Self::ChargeBilledOnce => "charge_billed_once",
            Self::BillReAdds => "bill_re_adds",
            Self::CorrectionsExplainTheDifference => "corrections_explain_the_difference",
            Self::MarginExplainsItself => "margin_explains_itself",
            Self::AwsReplays => "aws_replays",
        }
    }
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
