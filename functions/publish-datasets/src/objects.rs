//! The objects that are published for one customer.

use books::Published;
use bytes::Bytes;
use datasets::{ChargeRow, DailyCostRow, Row, encode_csv};
use pipeline::{Plan, Table, UNASSIGNED, keys};
use runs::{Failure, encoded};

/// Makes the objects: charges as Parquet and CSV, and the tables that analysts query. The charges are stored
/// twice. One copy is for people and for the bill of the customer. The other is in the table
/// for Athena, which reads every object of a partition and could not read a CSV among Parquet files.
pub(crate) fn objects(
    plan: &Plan,
    customer: &str,
    published: &Published,
) -> Result<Vec<(String, Bytes)>, Failure> {
    let customer_id = if customer == UNASSIGNED { "" } else { customer };
    let charges: Vec<ChargeRow> = (published.charges.iter().cloned())
        .map(|charge| ChargeRow {
            run_id: plan.run_id.clone(),
            payer_account_id: plan.payer_account_id,
            billing_period: plan.billing_period,
            customer_id: customer_id.to_owned(),
            charge,
        })
        .collect();
    let daily = DailyCostRow::of(customer_id, &published.daily);

    let charges_parquet = encoded(&charges)?;
    Ok(vec![
        (keys::report(plan, Table::Charges, customer), charges_parquet.clone()),
        (keys::billing(plan, customer, "charges.parquet"), charges_parquet),
        (keys::billing(plan, customer, "charges.csv"), csv(&charges)?),
        (keys::report(plan, Table::DailyCosts, customer), encoded(&daily)?),
    ])
}

fn csv<R: Row>(rows: &[R]) -> Result<Bytes, Failure> {
    encode_csv(rows).map_err(|error| Failure::Reject(error.to_string()))
}
