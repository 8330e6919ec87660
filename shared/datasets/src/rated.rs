//! `rated`: an account's lines with a standard price and a classification, grouped by day.

use billing::LineGroup;

use crate::cells::{line_item_type, sku};
use crate::table::{CellError, Cells, Column, Row, Value};

impl Row for LineGroup {
    const COLUMNS: &'static [Column] = &[
        Column::date("usage_date"),
        Column::text("usage_account_id"),
        Column::text("charge_kind"),
        Column::text("line_item_type"),
        Column::text("service_code"),
        Column::text("region"),
        Column::text("usage_type"),
        Column::text("operation"),
        Column::text("currency"),
        Column::text("commitment"),
        Column::integer("line_count"),
        Column::amount("usage_amount"),
        Column::amount("normalized_usage_amount"),
        Column::amount("unblended_cost"),
        Column::optional_amount("amortized_cost"),
        Column::optional_amount("list_cost"),
    ];

    fn write(&self, cell: &mut impl FnMut(Value<'_>)) {
        cell(Value::Date(self.usage_date));
        cell(Value::Text(self.usage_account_id.as_str()));
        cell(Value::Text(self.charge_kind.name()));
        cell(Value::Text(self.line_item_type.name()));
        cell(Value::Text(&self.sku.service_code));
        cell(Value::Text(&self.sku.region));
        cell(Value::Text(&self.sku.usage_type));
        cell(Value::Text(&self.sku.operation));
        cell(Value::Text(&self.currency));
        cell(Value::Text(&self.commitment));
        cell(Value::Integer(self.line_count.cast_signed()));
        cell(Value::Amount(self.usage_amount));
        cell(Value::Amount(self.normalized_usage_amount));
        cell(Value::Amount(self.unblended_cost));
        cell(Value::OptionalAmount(self.amortized_cost));
        cell(Value::OptionalAmount(self.list_cost));
    }

    fn read(cells: &mut Cells<'_>) -> Result<Self, CellError> {
        Ok(Self {
            usage_date: cells.date(),
            usage_account_id: cells.parse()?,
            charge_kind: cells.parse()?,
            line_item_type: line_item_type(cells)?,
            sku: sku(cells),
            currency: cells.text().to_owned(),
            commitment: cells.text().to_owned(),
            line_count: cells.integer().cast_unsigned(),
            usage_amount: cells.amount(),
            normalized_usage_amount: cells.amount(),
            unblended_cost: cells.amount(),
            amortized_cost: cells.optional_amount(),
            list_cost: cells.optional_amount(),
        })
    }
}
