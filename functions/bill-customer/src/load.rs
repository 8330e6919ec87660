//! What a bill rests on: the contract, the sealed runs of all payers, and what earlier bills leave.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use contracts::Contracts;
use contracts::terms::Corrections;
use cur::{AccountId, BillingPeriod};
use datasets::{ChargeRow, decode_parquet};
use pipeline::{
    Bill, BillPlan, BillPointer, BillRequest, BilledRun, Current, Numbered, Step, keys, version_of,
};
use runs::{App, Failure, parse_contracts};
use statement::{Balances, Correction, Invoice, Opening, PayerCharges, PayerSpend};

use crate::{ENGINE_VERSION, issued_to};

pub(crate) struct Input {
    pub(crate) plan: BillPlan,
    /// The contracts of now. They may not have the customer any more.
    pub(crate) contracts: Arc<Contracts>,
    /// The part of the contracts that the bill rests on, as a text of its own.
    pub(crate) contract: String,
    pub(crate) payers: Vec<PayerCharges>,
    /// What all customers spend, if this customer shares a support plan.
    pub(crate) plans: Vec<PayerSpend>,
}

/// `None` if there are no contracts.
pub(crate) async fn load(request: &BillRequest, app: &App) -> Result<Option<Input>, Failure> {
    let BillRequest { customer, billing_period: period } = request;
    let Some(now) = app.contracts_now().await? else {
        // Contracts with a mistake in them never bill anybody. The failure says where the mistake is.
        if let Some(object) = app.results.get(keys::CONTRACTS).await? {
            parse_contracts(keys::CONTRACTS, &object.bytes)?;
        }
        return Ok(None);
    };
    let contract = now.of_bills.of(customer).unwrap_or_default();
    let currents = app.results.list(keys::current_prefix()).await?;
    let mut plan = BillPlan {
        engine_version: ENGINE_VERSION.to_owned(),
        customer_id: customer.clone(),
        billing_period: *period,
        contracts_version: version_of(contract.as_bytes()),
        runs: Vec::new(),
        missing_payers: BTreeSet::new(),
        plan_runs: Vec::new(),
        outdated_payers: BTreeSet::new(),
        opening: Opening::default(),
    };
    let run_version = &now.run_version;
    let mut payers = Vec::new();
    let sealed: BTreeSet<AccountId> = keys::payers_of(&currents, *period).into_iter().collect();
    for payer in &sealed {
        let current: Current = app.need(&keys::current(*payer, *period)).await?;
        let key = keys::charges(*payer, *period, &current.run_id, customer);
        if let Some(charges) = charges(&key, app).await? {
            plan.runs.push(BilledRun { payer_account_id: *payer, run_id: current.run_id });
            payers.push(PayerCharges { payer: *payer, charges });
            if current.contracts_version != *run_version {
                plan.outdated_payers.insert(*payer);
            }
        }
    }
    if let Some(customer) = now.contracts.customer(customer) {
        plan.missing_payers = missing(request, &sealed, &currents, app).await?;
        let named = customer.payers_in(*period);
        plan.missing_payers.extend(named.filter(|payer| !sealed.contains(payer)));
        for part in &customer.terms.plan_parts {
            let of = now.contracts.own_plan(&part.plan).and_then(|plan| plan.payers.as_ref());
            plan.missing_payers.extend(of.into_iter().flatten().filter(|of| !sealed.contains(of)));
            for payer in sealed.iter().filter(|payer| of.is_none_or(|of| of.contains(payer))) {
                if plan.plan_runs.iter().any(|run| run.payer_account_id == *payer) {
                    continue;
                }
                let current: Current = app.need(&keys::current(*payer, *period)).await?;
                let run_id = current.run_id;
                plan.plan_runs.push(BilledRun { payer_account_id: *payer, run_id });
            }
        }
        if customer.terms.has_balances() {
            plan.opening.balances = balances(request, app).await?;
        }
        if customer.terms.corrections == Corrections::NextInvoice {
            plan.opening.corrections = corrections(request, app).await?;
        }
    }
    let plans = spend(&plan, app).await?;
    Ok(Some(Input { plan, contracts: now.contracts, contract, payers, plans }))
}

/// What the customers of the runs spend that share a support plan.
pub(crate) async fn spend(plan: &BillPlan, app: &App) -> Result<Vec<PayerSpend>, Failure> {
    let mut spend = Vec::new();
    for run in &plan.plan_runs {
        let customers = app.need(&keys::book(&run.run_id, Step::PublishDatasets)).await?;
        spend.push(PayerSpend { payer: run.payer_account_id, customers });
    }
    Ok(spend)
}

/// The charges of a customer in a sealed run. `None` if the run has no such customer.
pub(crate) async fn charges(key: &str, app: &App) -> Result<Option<Vec<billing::Charge>>, Failure> {
    let Some(object) = app.results.get(key).await? else { return Ok(None) };
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

/// The balances that the newest bill before this period leaves.
async fn balances(request: &BillRequest, app: &App) -> Result<Balances, Failure> {
    let customer = &request.customer;
    let billed = periods(customer, app).await?;
    let before = billed.into_iter().rfind(|period| *period < request.billing_period);
    Ok(match before {
        Some(before) => current_bill(customer, before, app).await?.closing,
        None => Balances::default(),
    })
}

/// The bill of a period that has one.
async fn current_bill(customer: &str, period: BillingPeriod, app: &App) -> Result<Bill, Failure> {
    let pointer: BillPointer = app.need(&keys::billed(customer, period)).await?;
    app.need(&keys::bill(customer, period, &pointer.bill_id, "bill.json")).await
}

/// The corrections of issued periods that stand on this bill. Each period is corrected on the first later
/// bill that is not issued, so no correction stands on two bills. A bill that is issued keeps the corrections
/// that it was issued with.
async fn corrections(request: &BillRequest, app: &App) -> Result<Vec<Correction>, Failure> {
    let BillRequest { customer, billing_period } = request;
    let of_this = issued_to(customer, *billing_period, app).await?;
    if !of_this.is_empty() {
        return Ok(of_this.iter().flat_map(Numbered::invoices).flat_map(Correction::of).collect());
    }
    let mut issued: BTreeMap<BillingPeriod, Vec<Numbered>> = BTreeMap::new();
    for key in app.results.list(&keys::issues_prefix(customer)).await? {
        if let Some((period, 1)) = keys::period_and_sequence(customer, &key) {
            issued.insert(period, issued_to(customer, period, app).await?);
        }
    }
    let mut corrections = Vec::new();
    // From the newest period back to the first one that is billed and not issued: that period takes the
    // corrections of all periods before it.
    for period in periods(customer, app).await?.into_iter().rev() {
        if period >= *billing_period {
            continue;
        }
        let bill = current_bill(customer, period, app).await?;
        let Some(of_period) = issued.get(&period) else {
            if bill.invoices.iter().any(Invoice::is_sent) {
                break;
            }
            continue;
        };
        if of_period.last().is_some_and(|newest| newest.issue.bill_id == bill.bill_id) {
            continue;
        }
        let documents: Vec<&Invoice> = of_period.iter().flat_map(Numbered::invoices).collect();
        let later = issued.range(period..).skip(1).flat_map(|(_, of)| of);
        let corrected: Vec<Correction> =
            later.flat_map(Numbered::invoices).flat_map(Correction::of).collect();
        let sent: Vec<Invoice> = bill.invoices.into_iter().filter(Invoice::is_sent).collect();
        corrections.extend(statement::corrections(period, &sent, &documents, &corrected));
    }
    corrections.sort_by_key(|correction| correction.line.billing_period);
    Ok(corrections)
}

/// The periods for which the customer has a bill, in order.
pub(crate) async fn periods(customer: &str, app: &App) -> Result<Vec<BillingPeriod>, Failure> {
    let prefix = format!("{}{customer}/", keys::billed_prefix());
    let pointers = app.results.list(&prefix).await?;
    Ok(pointers.iter().filter_map(|key| Some(keys::customer_and_period(key)?.1)).collect())
}
