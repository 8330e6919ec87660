//! `benefits`: a day's benefit by charge. Kept for publishing, which needs no hours.

use ::commitments::DailyBenefit;

use crate::cells::sku;
use crate::table::{CellError, Cells, Column, Row, Value};

impl Row for DailyBenefit {
    const COLUMNS: &'static [Column] = &[
        Column::date("usage_date"),
        Column::text("commitment"),
        Column::text("assigned_to"),
        Column::text("usage_account_id"),
        Column::text("service_code"),
        Column::text("region"),
        Column::text("usage_type"),
        Column::text("operation"),
        Column::text("currency"),
        Column::amount("commitment_cost"),
        Column::amount("taken_off"),
        Column::optional_amount("benefit"),
    ];

    fn write(&self, cell: &mut impl FnMut(Value<'_>)) {
        cell(Value::Date(self.usage_date));
        cell(Value::Text(&self.commitment));
        cell(Value::Text(&self.assigned_to));
        cell(Value::Text(self.usage_account_id.as_str()));
        cell(Value::Text(&self.sku.service_code));
        cell(Value::Text(&self.sku.region));
        cell(Value::Text(&self.sku.usage_type));
        cell(Value::Text(&self.sku.operation));
        cell(Value::Text(&self.currency));
        cell(Value::Amount(self.commitment_cost));
        cell(Value::Amount(self.taken_off));
        cell(Value::OptionalAmount(self.benefit));
    }

    fn read(cells: &mut Cells<'_>) -> Result<Self, CellError> {
        Ok(Self {
            usage_date: cells.date(),
            commitment: cells.text().to_owned(),
            assigned_to: cells.text().to_owned(),
            usage_account_id: cells.parse()?,
            sku: sku(cells),
            currency: cells.text().to_owned(),
            commitment_cost: cells.amount(),
            taken_off: cells.amount(),
            benefit: cells.optional_amount(),
        })
    }
}
