//! `daily_costs`: cost and charge of each day, for questions about when a cost arose.

use billing::{DailyCharge, Measures};
use chrono::NaiveDate;
use contracts::ChargeKind;
use cur::AccountId;
use money::Amount;

use crate::table::row;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DailyCostRow {
    pub usage_date: NaiveDate,
    /// Empty if the account belongs to no customer.
    pub customer_id: String,
    pub usage_account_id: AccountId,
    pub service_code: String,
    pub region: String,
    pub usage_type: String,
    pub charge_kind: ChargeKind,
    pub currency: String,
    pub measures: Measures,
    pub charge: Amount,
}

impl DailyCostRow {
    /// Makes one row for each day and combination of columns. Charges that differ only by operation or
    /// price rule are added up.
    pub fn of(customer_id: &str, charges: &[DailyCharge]) -> Vec<Self> {
        let mut days = std::collections::BTreeMap::new();
        for charge in charges {
            let mut key = charge.key.clone();
            key.sku.operation.clear();
            let sums = days.entry((charge.usage_date, key));
            let (measures, sum) = sums.or_insert((Measures::ZERO, Amount::ZERO));
            measures.add(&charge.measures);
            *sum += charge.charge;
        }
        days.into_iter()
            .map(|((usage_date, key), (measures, charge))| Self {
                usage_date,
                customer_id: customer_id.to_owned(),
                usage_account_id: key.usage_account_id,
                service_code: key.sku.service_code,
                region: key.sku.region,
                usage_type: key.sku.usage_type,
                charge_kind: key.charge_kind,
                currency: key.currency,
                measures,
                charge,
            })
            .collect()
    }
}

row!(DailyCostRow {
    usage_date,
    customer_id,
    usage_account_id,
    service_code,
    region,
    usage_type,
    charge_kind,
    currency,
    measures,
    charge,
});
