//! The laws of a run. `docs/laws.md` has a paragraph for each.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is true of every run that is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Law {
    /// Every line of the report is in exactly one account, and in exactly one charge.
    EveryLineOnce,
    /// AWS's cost is the same after every step as in the report.
    CostIsConserved,
    /// What commitments bought is what they gave, to the last unit and the last digit of cost.
    CommitmentIsConserved,
    /// The parts of an amount that was split add up to the amount.
    PartsSumToWhole,
    /// An invoice is its charges, converted, rounded and taxed.
    InvoiceReAdds,
    /// The named terms of the margin add up to the margin.
    MarginExplainsItself,
    /// AWS's own rules give what AWS has billed, or AWS's outcome is kept.
    AwsReplays,
}

impl Law {
    pub const ALL: [Self; 7] = [
        Self::EveryLineOnce,
        Self::CostIsConserved,
        Self::CommitmentIsConserved,
        Self::PartsSumToWhole,
        Self::InvoiceReAdds,
        Self::MarginExplainsItself,
        Self::AwsReplays,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::EveryLineOnce => "every_line_once",
            Self::CostIsConserved => "cost_is_conserved",
            Self::CommitmentIsConserved => "commitment_is_conserved",
            Self::PartsSumToWhole => "parts_sum_to_whole",
            Self::InvoiceReAdds => "invoice_re_adds",
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
