//! `commitments`: each commitment's day: purchased, used, unused, what it cost, who borrowed it.

use ::commitments::CommitmentDay;

use crate::table::{CellError, Cells, Column, Row, Value};

/// A commitment's day with the customer that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitmentRow {
    /// Empty for a commitment that belongs to nobody.
    pub customer_id: String,
    pub day: CommitmentDay,
}

impl Row for CommitmentRow {
    const COLUMNS: &'static [Column] = &[
        Column::date("usage_date"),
        Column::text("commitment"),
        Column::text("kind"),
        Column::text("owner_account_id"),
        Column::text("assigned_to"),
        Column::text("customer_id"),
        Column::text("service_code"),
        Column::text("region"),
        Column::text("covers"),
        Column::text("currency"),
        Column::text("unit"),
        Column::amount("purchased"),
        Column::amount("used"),
        Column::amount("unused"),
        Column::amount("used_by_owner"),
        Column::amount("lent"),
        Column::optional_amount("utilisation"),
        Column::amount("upfront_cost"),
        Column::amount("recurring_cost"),
        Column::amount("used_cost"),
        Column::optional_amount("unused_cost"),
        Column::optional_amount("list_cost"),
        Column::optional_amount("benefit"),
        Column::integer("kept_hours"),
        Column::text("kept_reason"),
    ];

    fn write(&self, cell: &mut impl FnMut(Value<'_>)) {
        let day = &self.day;
        cell(Value::Date(day.usage_date));
        cell(Value::Text(&day.commitment));
        cell(Value::Text(&day.kind));
        cell(Value::Text(&day.owner_account_id));
        cell(Value::Text(&day.assigned_to));
        cell(Value::Text(&self.customer_id));
        cell(Value::Text(&day.service_code));
        cell(Value::Text(&day.region));
        cell(Value::Text(&day.covers));
        cell(Value::Text(&day.currency));
        cell(Value::Text(&day.unit));
        cell(Value::Amount(day.purchased));
        cell(Value::Amount(day.used));
        cell(Value::Amount(day.unused));
        cell(Value::Amount(day.used_by_owner));
        cell(Value::Amount(day.lent));
        cell(Value::OptionalAmount(day.utilisation));
        cell(Value::Amount(day.upfront_cost));
        cell(Value::Amount(day.recurring_cost));
        cell(Value::Amount(day.used_cost));
        cell(Value::OptionalAmount(day.unused_cost));
        cell(Value::OptionalAmount(day.list_cost));
        cell(Value::OptionalAmount(day.benefit));
        cell(Value::Integer(day.kept_hours.cast_signed()));
        cell(Value::Text(&day.kept_reason));
    }

    fn read(cells: &mut Cells<'_>) -> Result<Self, CellError> {
        let usage_date = cells.date();
        let commitment = cells.text().to_owned();
        let kind = cells.text().to_owned();
        let owner_account_id = cells.text().to_owned();
        let assigned_to = cells.text().to_owned();
        Ok(Self {
            customer_id: cells.text().to_owned(),
            day: CommitmentDay {
                usage_date,
                commitment,
                kind,
                owner_account_id,
                assigned_to,
                service_code: cells.text().to_owned(),
                region: cells.text().to_owned(),
                covers: cells.text().to_owned(),
                currency: cells.text().to_owned(),
                unit: cells.text().to_owned(),
                purchased: cells.amount(),
                used: cells.amount(),
                unused: cells.amount(),
                used_by_owner: cells.amount(),
                lent: cells.amount(),
                utilisation: cells.optional_amount(),
                upfront_cost: cells.amount(),
                recurring_cost: cells.amount(),
                used_cost: cells.amount(),
                unused_cost: cells.optional_amount(),
                list_cost: cells.optional_amount(),
                benefit: cells.optional_amount(),
                kept_hours: cells.integer().cast_unsigned(),
                kept_reason: cells.text().to_owned(),
            },
        })
    }
}
