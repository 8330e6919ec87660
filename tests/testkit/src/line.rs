//! A line item as a test writes it. The test sets the cells that matter; all others have usual values.

use std::collections::BTreeMap;
use std::fmt::Display;

use cur::{Column, LineItemType};

/// One line of a report, of either generation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    cells: BTreeMap<Column, String>,
}

impl Line {
    /// A line of 1 October 2026 in Tokyo that costs nothing.
    pub fn new(item_type: LineItemType, account: &str) -> Self {
        let cells = [
            (Column::TimeInterval, "2026-10-01T00:00:00Z/2026-10-01T01:00:00Z"),
            (Column::BillType, "Anniversary"),
            (Column::BillingEntity, "AWS"),
            (Column::UsageAccountId, account),
            (Column::LineItemType, item_type.name()),
            (Column::UsageStartDate, "2026-10-01T00:00:00Z"),
            (Column::ProductCode, "AmazonEC2"),
            (Column::UsageType, "APN1-BoxUsage:m5.large"),
            (Column::Operation, "RunInstances"),
            (Column::UsageAmount, "1"),
            (Column::CurrencyCode, "USD"),
            (Column::UnblendedCost, "0"),
            (Column::Region, "ap-northeast-1"),
            // This text must be quoted in CSV, like nearly every description.
            (Column::LineItemDescription, "$0.124 per \"m5.large\" Instance Hour, Tokyo"),
        ];
        let cells = cells.map(|(column, value)| (column, value.to_owned()));
        Self { cells: cells.into() }
    }

    /// A line of on-demand usage.
    pub fn usage(account: &str, cost: &str) -> Self {
        Self::new(LineItemType::Usage, account).with(Column::UnblendedCost, cost)
    }

    #[must_use]
    pub fn with(mut self, column: Column, value: impl Display) -> Self {
        self.cells.insert(column, value.to_string());
        self
    }

    #[must_use]
    pub fn of_service(self, product_code: &str, usage_type: &str, operation: &str) -> Self {
        self.with(Column::ProductCode, product_code)
            .with(Column::UsageType, usage_type)
            .with(Column::Operation, operation)
    }

    /// Sets the hour in which the usage begins, such as `2026-10-05T13`.
    #[must_use]
    pub fn at(self, hour: &str) -> Self {
        self.with(Column::UsageStartDate, format_args!("{hour}:00:00Z"))
    }

    /// The value of the cell. It is empty if nothing was set.
    pub fn get(&self, column: Column) -> &str {
        self.cells.get(&column).map_or("", String::as_str)
    }
}
