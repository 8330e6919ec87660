//! What a bill rests on: the contract, the sealed runs of all payers, and what earlier bills leave.

use std::collections::BTreeSet;
use std::sync::Arc;

use contracts::Contracts;
use cur::{AccountId, BillingPeriod};
use datasets::{ChargeRow, decode_parquet};
use pipeline::{Bill, BillPlan, BillPointer, BillRequest, BilledRun, Current, keys, version_of};
use runs::{App, ContractsNow, Failure};
use statement::{Opening, PayerCharges};

use crate::ENGINE_VERSION;

pub(crate) struct Input {
    pub(crate) plan: BillPlan,
    /// `None` if the contracts do not have the customer any more.
    pub(crate) contract: Option<Arc<Contracts>>,
    pub(crate) payers: Vec<PayerCharges>,
}

/// `None` if there are no contracts that can be read.
pub(crate) async fn load(request: &BillRequest, app: &App) -> Result<Option<Input>, Failure> {
    let BillRequest { customer, billing_period: period } = request;
    let Some(now) = app.contracts_now().await? else { return Ok(None) };
    let contract = contracts::parts::of_bills(&now.text, customer);
    let currents = app.results.list(keys::current_prefix()).await?;
    let mut plan = BillPlan {
        engine_version: ENGINE_VERSION.to_owned(),
        customer_id: customer.clone(),
        billing_period: *period,
        contracts_version: version_of(contract.as_deref().unwrap_or_default().as_bytes()),
        runs: Vec::new(),
        missing_payers: BTreeSet::new(),
        outdated_payers: BTreeSet::new(),
        opening: Opening::default(),
    };
    let run_version = now.run_version();
    let mut payers = Vec::new();
    let sealed: BTreeSet<AccountId> = keys::payers_of(&currents, *period).into_iter().collect();
    for payer in &sealed {
        let current: Current = app.need(&keys::current(*payer, *period)).await?;
        if let Some(charges) = charges(&current, customer, app).await? {
            plan.runs.push(BilledRun { payer_account_id: *payer, run_id: current.run_id });
            payers.push(PayerCharges { payer: *payer, charges });
            if current.contracts_version != run_version {
                plan.outdated_payers.insert(*payer);
            }
        }
    }
    if contract.is_some() {
        plan.missing_payers = missing(request, &sealed, &currents, app).await?;
        plan.opening = opening(request, &now, app).await?;
    }
    let contract = contract.map(|_| now.contracts);
    Ok(Some(Input { plan, contract, payers }))
}

/// The charges of a customer in a sealed run. `None` if the run has no such customer.
async fn charges(
    current: &Current,
    customer: &str,
    app: &App,
) -> Result<Option<Vec<billing::Charge>>, Failure> {
    let (payer, period) = (current.payer_account_id, current.billing_period);
    let key = keys::charges(payer, period, &current.run_id, customer);
    let Some(object) = app.results.get(&key).await? else { return Ok(None) };
    let rows: Vec<ChargeRow> = decode_parquet(object.bytes)
        .map_err(|error| Failure::Reject(format!("`{key}`: {error}")))?;
    Ok(Some(rows.into_iter().map(|row| row.charge).collect()))
}

/// Payers that had charges of this customer in the period before, and have no sealed run for this one.
async fn missing(
    request: &BillRequest,
    sealed: &BTreeSet<AccountId>,
    currents: &[String],
    app: &App,
) -> Result<BTreeSet<AccountId>, Failure> {
    let mut missing = BTreeSet::new();
    let Some(before) = request.billing_period.previous() else { return Ok(missing) };
    for payer in keys::payers_of(currents, before) {
        if sealed.contains(&payer) {
            continue;
        }
        let current: Current = app.need(&keys::current(payer, before)).await?;
        let key = keys::charges(payer, before, &current.run_id, &request.customer);
        if app.results.head(&key).await?.is_some() {
            missing.insert(payer);
        }
    }
    Ok(missing)
}

/// What the newest bill before this period leaves.
async fn opening(request: &BillRequest, now: &ContractsNow, app: &App) -> Result<Opening, Failure> {
    let customer = &request.customer;
    let has_balances = now.contracts.customer(customer).is_some_and(|of| of.terms.has_balances());
    if !has_balances {
        return Ok(Opening::default());
    }
    let earlier = periods(customer, app).await?.into_iter();
    let Some(before) = earlier.filter(|period| *period < request.billing_period).next_back() else {
        return Ok(Opening::default());
    };
    let pointer: BillPointer = app.need(&keys::billed(customer, before)).await?;
    let bill: Bill = app.need(&keys::bill(customer, before, &pointer.bill_id, "bill.json")).await?;
    Ok(Opening { balances: bill.closing, ..Opening::default() })
}

/// The periods for which the customer has a bill, in order.
pub(crate) async fn periods(customer: &str, app: &App) -> Result<Vec<BillingPeriod>, Failure> {
    let prefix = format!("{}{customer}/", keys::billed_prefix());
    let pointers = app.results.list(&prefix).await?;
    Ok(pointers.iter().filter_map(|key| Some(keys::customer_and_period(key)?.1)).collect())
}
