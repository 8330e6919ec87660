//! `coverage`: how much of each family's usage commitments covered, by account and day, at list price.

use ::commitments::CoverageDay;

use crate::table::{CellError, Cells, Column, Row, Value};

/// An account's day of a family, with the customer that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoverageRow {
    /// Empty for an account that belongs to nobody.
    pub customer_id: String,
    pub day: CoverageDay,
}

impl Row for CoverageRow {
    const COLUMNS: &'static [Column] = &[
        Column::date("usage_date"),
        Column::text("customer_id"),
        Column::text("usage_account_id"),
        Column::text("service_code"),
        Column::text("region"),
        Column::text("family"),
        Column::text("currency"),
        Column::amount("list_cost"),
        Column::amount("reserved"),
        Column::amount("planned"),
        Column::amount("on_demand"),
        Column::amount("borrowed"),
    ];

    fn write(&self, cell: &mut impl FnMut(Value<'_>)) {
        let day = &self.day;
        cell(Value::Date(day.usage_date));
        cell(Value::Text(&self.customer_id));
        cell(Value::Text(day.usage_account_id.as_str()));
        cell(Value::Text(&day.service_code));
        cell(Value::Text(&day.region));
        cell(Value::Text(&day.family));
        cell(Value::Text(&day.currency));
        cell(Value::Amount(day.list_cost));
        cell(Value::Amount(day.reserved));
        cell(Value::Amount(day.planned));
        cell(Value::Amount(day.on_demand));
        cell(Value::Amount(day.borrowed));
    }

    fn read(cells: &mut Cells<'_>) -> Result<Self, CellError> {
        let usage_date = cells.date();
        Ok(Self {
            customer_id: cells.text().to_owned(),
            day: CoverageDay {
                usage_date,
                usage_account_id: cells.parse()?,
                service_code: cells.text().to_owned(),
                region: cells.text().to_owned(),
                family: cells.text().to_owned(),
                currency: cells.text().to_owned(),
                list_cost: cells.amount(),
                reserved: cells.amount(),
                planned: cells.amount(),
                on_demand: cells.amount(),
                borrowed: cells.amount(),
            },
        })
    }
}
