//! `daily_costs`: cost and charge by day, for people who ask when.

use billing::{DailyCharge, Measures};
use chrono::NaiveDate;
use contracts::ChargeKind;
use cur::AccountId;

use crate::table::{CellError, Cells, Column, Row, Value};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DailyCostRow {
    pub usage_date: NaiveDate,
    /// Empty for accounts that belong to nobody.
    pub customer_id: String,
    pub usage_account_id: AccountId,
    pub service_code: String,
    pub region: String,
    pub usage_type: String,
    pub charge_kind: ChargeKind,
    pub currency: String,
    pub measures: Measures,
}

impl DailyCostRow {
    /// One row a day and combination of columns: what differs only by operation or price rule is added.
    pub fn of(customer_id: &str, charges: &[DailyCharge]) -> Vec<Self> {
        let mut days = std::collections::BTreeMap::new();
        for charge in charges {
            let mut key = charge.key.clone();
            key.sku.operation.clear();
            days.entry((charge.usage_date, key)).or_insert(Measures::ZERO).add(&charge.measures);
        }
        days.into_iter()
            .map(|((usage_date, key), measures)| Self {
                usage_date,
                customer_id: customer_id.to_owned(),
                usage_account_id: key.usage_account_id,
                service_code: key.sku.service_code,
                region: key.sku.region,
                usage_type: key.sku.usage_type,
                charge_kind: key.charge_kind,
                currency: key.currency,
                measures,
            })
            .collect()
    }
}

impl Row for DailyCostRow {
    const COLUMNS: &'static [Column] = &[
        Column::date("usage_date"),
        Column::text("customer_id"),
        Column::text("usage_account_id"),
        Column::text("service_code"),
        Column::text("region"),
        Column::text("usage_type"),
        Column::text("charge_kind"),
        Column::text("currency"),
        Column::integer("line_count"),
        Column::amount("usage_amount"),
        Column::amount("unblended_cost"),
        Column::optional_amount("amortized_cost"),
        Column::optional_amount("list_cost"),
        Column::optional_amount("benefit"),
        Column::amount("charge"),
    ];

    fn write(&self, cell: &mut impl FnMut(Value<'_>)) {
        cell(Value::Date(self.usage_date));
        cell(Value::Text(&self.customer_id));
        cell(Value::Text(self.usage_account_id.as_str()));
        cell(Value::Text(&self.service_code));
        cell(Value::Text(&self.region));
        cell(Value::Text(&self.usage_type));
        cell(Value::Text(self.charge_kind.name()));
        cell(Value::Text(&self.currency));
        cell(Value::Integer(self.measures.line_count.cast_signed()));
        cell(Value::Amount(self.measures.usage_amount));
        cell(Value::Amount(self.measures.unblended_cost));
        cell(Value::OptionalAmount(self.measures.amortized_cost));
        cell(Value::OptionalAmount(self.measures.list_cost));
        cell(Value::OptionalAmount(self.measures.benefit));
        cell(Value::Amount(self.measures.charge));
    }

    fn read(cells: &mut Cells<'_>) -> Result<Self, CellError> {
        Ok(Self {
            usage_date: cells.date(),
            customer_id: cells.text().to_owned(),
            usage_account_id: cells.parse()?,
            service_code: cells.text().to_owned(),
            region: cells.text().to_owned(),
            usage_type: cells.text().to_owned(),
            charge_kind: cells.parse()?,
            currency: cells.text().to_owned(),
            measures: Measures {
                line_count: cells.integer().cast_unsigned(),
                usage_amount: cells.amount(),
                unblended_cost: cells.amount(),
                amortized_cost: cells.optional_amount(),
                list_cost: cells.optional_amount(),
                benefit: cells.optional_amount(),
                charge: cells.amount(),
            },
        })
    }
}
