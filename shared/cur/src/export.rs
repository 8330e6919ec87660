//! What AWS delivers to a bucket besides cost and usage reports, told apart by its columns.

use std::fmt;

use crate::Column;

/// A kind of delivery. Only a cost and usage report is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportKind {
    /// Legacy CUR or CUR 2.0.
    CostAndUsage,
    Focus,
    CostOptimization,
    Carbon,
    Dashboard,
    Unknown,
}

/// The columns that only a cost and usage report has. One of them is enough: a report that lacks the
/// others is refused by the name of what it lacks.
const OF_COST_AND_USAGE: [Column; 3] =
    [Column::UsageAccountId, Column::LineItemType, Column::UnblendedCost];

/// How columns of the other exports begin, in small letters and digits: AWS spells them `BilledCost` or
/// `billed_cost`, as the export's query says. The tables are those of
/// <https://docs.aws.amazon.com/cur/latest/userguide/dataexports-table-dictionary.html>, read in November 2026.
const OF_OTHERS: [(&str, ExportKind); 7] = [
    ("billedcost", ExportKind::Focus),
    ("chargeperiodstart", ExportKind::Focus),
    ("estimatedmonthlysavings", ExportKind::CostOptimization),
    ("recommendationid", ExportKind::CostOptimization),
    ("totalmbmemissions", ExportKind::Carbon),
    ("totallbmemissions", ExportKind::Carbon),
    ("amortizedcost", ExportKind::Dashboard),
];

impl ExportKind {
    /// What has these columns.
    pub fn of_columns<'a>(names: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut kind = Self::Unknown;
        for name in names {
            if OF_COST_AND_USAGE.iter().any(|column| is_named(*column, name)) {
                return Self::CostAndUsage;
            }
            if kind == Self::Unknown {
                kind = of_other(name);
            }
        }
        kind
    }
}

fn is_named(column: Column, name: &[u8]) -> bool {
    column.names().iter().any(|known| known.as_bytes().eq_ignore_ascii_case(name))
}

fn of_other(name: &[u8]) -> ExportKind {
    let plain: Vec<u8> = name
        .iter()
        .filter(|byte| byte.is_ascii_alphanumeric())
        .map(u8::to_ascii_lowercase)
        .collect();
    let found = OF_OTHERS.iter().find(|(beginning, _)| plain.starts_with(beginning.as_bytes()));
    found.map_or(ExportKind::Unknown, |(_, kind)| *kind)
}

impl fmt::Display for ExportKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CostAndUsage => "a cost and usage report",
            Self::Focus => "an export in the FOCUS format",
            Self::CostOptimization => "an export of Cost Optimization Hub",
            Self::Carbon => "an export of carbon emissions",
            Self::Dashboard => "an export for the cost and usage dashboard",
            Self::Unknown => "an export without the columns of a cost and usage report",
        })
    }
}
