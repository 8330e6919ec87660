//! `coverage`: how much of each family's usage commitments covered, by account and day, at list price.

use ::commitments::{CoverageCost, CoverageDay};
use money::Amount;

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
        Column::optional_amount("list_cost"),
        Column::optional_amount("reserved"),
        Column::optional_amount("planned"),
        Column::optional_amount("on_demand"),
        Column::optional_amount("borrowed"),
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
        let mut cost = |of: fn(&CoverageCost) -> Amount| {
            cell(Value::OptionalAmount(day.at_list.as_ref().map(of)));
        };
        cost(|of| of.list_cost);
        cost(|of| of.reserved);
        cost(|of| of.planned);
        cost(|of| of.on_demand);
        cost(|of| of.borrowed);
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
                at_list: at_list(cells),
            },
        })
    }
}

/// All of it, or nothing.
fn at_list(cells: &mut Cells<'_>) -> Option<CoverageCost> {
    let [list_cost, reserved, planned, on_demand, borrowed] =
        std::array::from_fn(|_| cells.optional_amount());
    Some(CoverageCost {
        list_cost: list_cost?,
        reserved: reserved?,
        planned: planned?,
        on_demand: on_demand?,
        borrowed: borrowed?,
    })
}
