//! Cells that hold types of the report.

use chrono::Timelike;
use cur::{LineItemType, UsageHour};

use crate::table::{CellError, Cells};

pub(crate) fn line_item_type(cells: &mut Cells<'_>) -> Result<LineItemType, CellError> {
    let text = cells.text();
    LineItemType::parse(text.as_bytes())
        .ok_or_else(|| cells.refuse(format_args!("`{text}` is no type of line item")))
}

pub(crate) fn usage_hour(cells: &mut Cells<'_>) -> Result<UsageHour, CellError> {
    let time = cells.hour();
    UsageHour::new(time.date_naive(), time.hour())
        .ok_or_else(|| cells.refuse(format_args!("`{time}` is no hour")))
}
