//! `charges`: what a customer is charged for, one row a distinct combination of descriptive columns.

use billing::{Charge, ChargeKey, Measures};
use cur::{AccountId, BillingPeriod};
use pipeline::RunId;

use crate::cells::sku;
use crate::table::{CellError, Cells, Column, Row, Value};

/// A charge with the run and the customer that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargeRow {
    pub run_id: RunId,
    pub payer_account_id: AccountId,
    pub billing_period: BillingPeriod,
    /// Empty for accounts that belong to nobody.
    pub customer_id: String,
    pub charge: Charge,
}

impl Row for ChargeRow {
    const COLUMNS: &'static [Column] = &[
        Column::text("run_id"),
        Column::text("payer_account_id"),
        Column::text("billing_period"),
        Column::text("customer_id"),
        Column::text("usage_account_id"),
        Column::text("charge_kind"),
        Column::text("service_code"),
        Column::text("region"),
        Column::text("usage_type"),
        Column::text("operation"),
        Column::text("currency"),
        Column::integer("line_count"),
        Column::amount("usage_amount"),
        Column::amount("unblended_cost"),
        Column::optional_amount("amortized_cost"),
        Column::optional_amount("list_cost"),
        Column::optional_amount("benefit"),
        Column::text("price_rule"),
        Column::amount("charge"),
    ];

    fn write(&self, cell: &mut impl FnMut(Value<'_>)) {
        let Charge { key, price_rule, measures } = &self.charge;
        cell(Value::Text(self.run_id.as_str()));
        cell(Value::Text(self.payer_account_id.as_str()));
        cell(Value::Text(&self.billing_period.to_string()));
        cell(Value::Text(&self.customer_id));
        cell(Value::Text(key.usage_account_id.as_str()));
        cell(Value::Text(key.charge_kind.name()));
        cell(Value::Text(&key.sku.service_code));
        cell(Value::Text(&key.sku.region));
        cell(Value::Text(&key.sku.usage_type));
        cell(Value::Text(&key.sku.operation));
        cell(Value::Text(&key.currency));
        cell(Value::Integer(measures.line_count.cast_signed()));
        cell(Value::Amount(measures.usage_amount));
        cell(Value::Amount(measures.unblended_cost));
        cell(Value::OptionalAmount(measures.amortized_cost));
        cell(Value::OptionalAmount(measures.list_cost));
        cell(Value::OptionalAmount(measures.benefit));
        cell(Value::Text(price_rule));
        cell(Value::Amount(measures.charge));
    }

    fn read(cells: &mut Cells<'_>) -> Result<Self, CellError> {
        let run_id = cells.parse()?;
        let payer_account_id = cells.parse()?;
        let billing_period = cells.parse()?;
        let customer_id = cells.text().to_owned();
        let key = ChargeKey {
            usage_account_id: cells.parse()?,
            charge_kind: cells.parse()?,
            sku: sku(cells),
            currency: cells.text().to_owned(),
        };
        let mut measures = Measures {
            line_count: cells.integer().cast_unsigned(),
            usage_amount: cells.amount(),
            unblended_cost: cells.amount(),
            amortized_cost: cells.optional_amount(),
            list_cost: cells.optional_amount(),
            benefit: cells.optional_amount(),
            ..Measures::ZERO
        };
        let price_rule = cells.text().to_owned();
        measures.charge = cells.amount();
        let charge = Charge { key, price_rule, measures };
        Ok(Self { run_id, payer_account_id, billing_period, customer_id, charge })
    }
}
