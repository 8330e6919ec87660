//! `skus` and `demand`: what commitments cover, or could cover, in each hour of an account. Kept for the
//! allocation, not published. Texts stand once in `skus`; the rows of hours have numbers only.

use ::commitments::{DemandRow, DemandSku};

use crate::cells::{line_item_type, sku, usage_hour};
use crate::table::{CellError, Cells, Column, Row, Value};

impl Row for DemandSku {
    const COLUMNS: &'static [Column] = &[
        Column::text("usage_account_id"),
        Column::text("line_item_type"),
        Column::text("commitment"),
        Column::text("service_code"),
        Column::text("region"),
        Column::text("usage_type"),
        Column::text("operation"),
        Column::text("availability_zone"),
        Column::text("currency"),
        Column::optional_amount("normalization_factor"),
        Column::optional_amount("public_rate"),
        Column::optional_amount("unblended_rate"),
        Column::optional_amount("savings_plan_rate"),
    ];

    fn write(&self, cell: &mut impl FnMut(Value<'_>)) {
        cell(Value::Text(self.usage_account_id.as_str()));
        cell(Value::Text(self.line_item_type.name()));
        cell(Value::Text(&self.commitment));
        cell(Value::Text(&self.sku.service_code));
        cell(Value::Text(&self.sku.region));
        cell(Value::Text(&self.sku.usage_type));
        cell(Value::Text(&self.sku.operation));
        cell(Value::Text(&self.availability_zone));
        cell(Value::Text(&self.currency));
        cell(Value::OptionalAmount(self.normalization_factor));
        cell(Value::OptionalAmount(self.public_rate));
        cell(Value::OptionalAmount(self.unblended_rate));
        cell(Value::OptionalAmount(self.savings_plan_rate));
    }

    fn read(cells: &mut Cells<'_>) -> Result<Self, CellError> {
        Ok(Self {
            usage_account_id: cells.parse()?,
            line_item_type: line_item_type(cells)?,
            commitment: cells.text().to_owned(),
            sku: sku(cells),
            availability_zone: cells.text().to_owned(),
            currency: cells.text().to_owned(),
            normalization_factor: cells.optional_amount(),
            public_rate: cells.optional_amount(),
            unblended_rate: cells.optional_amount(),
            savings_plan_rate: cells.optional_amount(),
        })
    }
}

impl Row for DemandRow {
    const COLUMNS: &'static [Column] = &[
        Column::date("usage_date"),
        Column::hour("usage_hour"),
        Column::integer("sku"),
        Column::amount("usage_amount"),
        Column::amount("unblended_cost"),
        Column::optional_amount("list_cost"),
        Column::optional_amount("commitment_cost"),
    ];

    fn write(&self, cell: &mut impl FnMut(Value<'_>)) {
        cell(Value::Date(self.usage_date));
        cell(Value::Hour(self.usage_hour.start()));
        cell(Value::Integer(i64::try_from(self.sku).unwrap_or(i64::MAX)));
        cell(Value::Amount(self.usage_amount));
        cell(Value::Amount(self.unblended_cost));
        cell(Value::OptionalAmount(self.list_cost));
        cell(Value::OptionalAmount(self.commitment_cost));
    }

    fn read(cells: &mut Cells<'_>) -> Result<Self, CellError> {
        let usage_date = cells.date();
        let usage_hour = usage_hour(cells)?;
        let sku = cells.integer();
        let sku = usize::try_from(sku)
            .map_err(|_| cells.refuse(format_args!("`{sku}` is no place in a list")))?;
        Ok(Self {
            usage_date,
            usage_hour,
            sku,
            usage_amount: cells.amount(),
            unblended_cost: cells.amount(),
            list_cost: cells.optional_amount(),
            commitment_cost: cells.optional_amount(),
        })
    }
}
