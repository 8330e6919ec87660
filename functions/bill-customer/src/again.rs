//! A bill made once more, for the proof.

use std::sync::Arc;

use bytes::Bytes;
use contracts::Contracts;
use pipeline::{Bill, BillPlan, keys};
use runs::{App, Failure, parse_contracts};
use statement::PayerCharges;

use crate::load::{self, Input};
use crate::{compute, objects};

/// Makes the bill of a plan again, from the contract that is stored beside it and from the charges of the
/// runs that the plan names. Returns the bill with all of its objects.
pub async fn again(plan: &BillPlan, app: &App) -> Result<(Bill, Vec<(String, Bytes)>), Failure> {
    let (customer, period) = (&plan.customer_id, plan.billing_period);
    let key = keys::bill(customer, period, &plan.id(), objects::CONTRACT);
    let text = app.need_bytes(&key).await?;
    let contracts: Contracts = parse_contracts(&key, &text)?;
    let mut payers = Vec::new();
    for run in &plan.runs {
        let payer = run.payer_account_id;
        let key = keys::charges(payer, period, &run.run_id, customer);
        let charges = load::charges(&key, app).await?;
        let charges = charges.ok_or_else(|| Failure::Reject(format!("`{key}` is missing")))?;
        payers.push(PayerCharges { payer, charges });
    }
    let contract = String::from_utf8_lossy(&text).into_owned();
    let (contracts, plans) = (Arc::new(contracts), load::spend(plan, app).await?);
    let input = Input { plan: plan.clone(), contracts, contract, payers, plans };
    let bill = compute(&input)?;
    let objects = objects::objects(&bill, &input.contract)?;
    Ok((bill, objects))
}
