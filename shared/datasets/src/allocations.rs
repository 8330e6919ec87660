//! `allocations`: who got what from which commitment, hour by hour.

use ::commitments::Allocation;

use crate::cells::{sku, usage_hour};
use crate::table::{CellError, Cells, Column, Row, Value};

/// An allocation with the customer that the benefit reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllocationRow {
    /// Empty for an account that belongs to nobody.
    pub customer_id: String,
    pub allocation: Allocation,
}

impl Row for AllocationRow {
    const COLUMNS: &'static [Column] = &[
        Column::date("usage_date"),
        Column::hour("usage_hour"),
        Column::text("commitment"),
        Column::text("owner_account_id"),
        Column::text("assigned_to"),
        Column::text("customer_id"),
        Column::text("usage_account_id"),
        Column::text("service_code"),
        Column::text("region"),
        Column::text("usage_type"),
        Column::text("operation"),
        Column::text("availability_zone"),
        Column::text("currency"),
        Column::amount("usage_amount"),
        Column::amount("units"),
        Column::optional_amount("list_cost"),
        Column::amount("commitment_cost"),
        Column::optional_amount("benefit"),
    ];

    fn write(&self, cell: &mut impl FnMut(Value<'_>)) {
        let allocation = &self.allocation;
        cell(Value::Date(allocation.usage_date));
        cell(Value::Hour(allocation.usage_hour.start()));
        cell(Value::Text(&allocation.commitment));
        cell(Value::Text(&allocation.owner_account_id));
        cell(Value::Text(&allocation.assigned_to));
        cell(Value::Text(&self.customer_id));
        cell(Value::Text(allocation.usage_account_id.as_str()));
        cell(Value::Text(&allocation.sku.service_code));
        cell(Value::Text(&allocation.sku.region));
        cell(Value::Text(&allocation.sku.usage_type));
        cell(Value::Text(&allocation.sku.operation));
        cell(Value::Text(&allocation.availability_zone));
        cell(Value::Text(&allocation.currency));
        cell(Value::Amount(allocation.usage_amount));
        cell(Value::Amount(allocation.units));
        cell(Value::OptionalAmount(allocation.list_cost));
        cell(Value::Amount(allocation.commitment_cost));
        cell(Value::OptionalAmount(allocation.benefit));
    }

    fn read(cells: &mut Cells<'_>) -> Result<Self, CellError> {
        let usage_date = cells.date();
        let usage_hour = usage_hour(cells)?;
        let commitment = cells.text().to_owned();
        let owner_account_id = cells.text().to_owned();
        let assigned_to = cells.text().to_owned();
        Ok(Self {
            customer_id: cells.text().to_owned(),
            allocation: Allocation {
                usage_date,
                usage_hour,
                commitment,
                owner_account_id,
                assigned_to,
                usage_account_id: cells.parse()?,
                sku: sku(cells),
                availability_zone: cells.text().to_owned(),
                currency: cells.text().to_owned(),
                usage_amount: cells.amount(),
                units: cells.amount(),
                list_cost: cells.optional_amount(),
                commitment_cost: cells.amount(),
                benefit: cells.optional_amount(),
            },
        })
    }
}
