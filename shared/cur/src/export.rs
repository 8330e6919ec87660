//! The kinds of export that AWS can deliver to a bucket. The columns tell which kind one is.

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

/// The columns that only a cost and usage report has. One of them is enough. A report that lacks another
/// one is refused later, and the error names the column.
const OF_COST_AND_USAGE: [Column; 3] =
    [Column::UsageAccountId, Column::LineItemType, Column::UnblendedCost];

/// The beginnings of column names that tell the other exports, in small letters and digits only: the query
/// of an export decides whether AWS writes `BilledCost` or `billed_cost`. The tables are those of
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
    /// The kind of an export with these columns.
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
