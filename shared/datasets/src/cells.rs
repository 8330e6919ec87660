//! Cells that hold types of the report.

use chrono::Timelike;
use cur::{LineItemType, Sku, UsageHour};

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

pub(crate) fn sku(cells: &mut Cells<'_>) -> Sku {
    let [service_code, region, usage_type, operation] =
        std::array::from_fn(|_| cells.text().to_owned());
    Sku { service_code, region, usage_type, operation }
}
