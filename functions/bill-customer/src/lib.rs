//! `bill-customer`: makes the bill of a customer for a billing period from all sealed runs, and issues it
//! when a person asks.

mod again;
mod issue;
mod load;
mod objects;

use std::sync::Arc;

use contracts::Contracts;
use pipeline::{Bill, BillPointer, BillRequest, keys};
use runs::{App, Failure, Outcome, refuse_broken};
use storage::Replaced;

pub use again::again;
pub use issue::{issue, issued_to, not_issued};

use load::Input;

/// A part of every bill id, so that a new version computes everything again.
pub const ENGINE_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Makes the bill of now, and moves the pointer to it.
pub async fn bill(request: &BillRequest, app: &App) -> Result<Outcome, Failure> {
    Ok(match make(request, app).await? {
        Some(_) => Outcome::Done,
        None => Outcome::Ignored(format!("nothing is known of customer `{}`", request.customer)),
    })
}

/// Returns the bill of now. `None` if the contracts do not have the customer and never had.
///
/// Two runs may seal at once, and each wakes the bill. The pointer is read before the runs are. So a worker
/// that has not seen the newer run cannot move the pointer after a worker that has: the pointer is not the
/// one that it read, and it begins again.
pub(crate) async fn make(request: &BillRequest, app: &App) -> Result<Option<Bill>, Failure> {
    let key = keys::billed(&request.customer, request.billing_period);
    loop {
        let found = app.results.get(&key).await?;
        let pointer: Option<BillPointer> = match &found {
            Some(object) => Some(
                serde_json::from_slice(&object.bytes)
                    .map_err(|error| Failure::Reject(format!("`{key}`: {error}")))?,
            ),
            None => None,
        };
        let Some(input) = load::load(request, app).await? else { return Ok(None) };
        if input.contracts.customer(&request.customer).is_none() && pointer.is_none() {
            return Ok(None);
        }
        let contracts = Arc::clone(&input.contracts);
        let bill = compute(&input)?;
        if pointer.as_ref().is_some_and(|pointer| pointer.bill_id == bill.bill_id) {
            wake_later(&bill, &contracts, app).await?;
            return Ok(Some(bill));
        }
        for (key, bytes) in objects::objects(&bill, &input.contract)? {
            app.results.create(&key, bytes).await?;
        }
        let moves = pointer.map_or(1, |pointer| pointer.moves + 1);
        let pointer = BillPointer::of(&bill, moves);
        // The JSON is on one line, because Athena's JSON tables need that.
        let bytes =
            serde_json::to_vec(&pointer).map_err(|error| Failure::Reject(error.to_string()))?;
        let expected = found.as_ref().map(|object| object.info.etag.as_str());
        if app.results.replace(&key, bytes.into(), expected).await? == Replaced::Yes {
            wake_later(&bill, &contracts, app).await?;
            return Ok(Some(bill));
        }
    }
}

fn compute(input: &Input) -> Result<Bill, Failure> {
    let Input { plan, contracts, payers, plans, .. } = input;
    let Some(customer) = contracts.customer(&plan.customer_id) else {
        return Ok(books::withdrawn(plan.clone()));
    };
    let bill = books::bill(plan.clone(), contracts, customer, payers, plans)
        .map_err(|error| Failure::Reject(error.to_string()))?;
    refuse_broken(&bill.laws)?;
    Ok(bill)
}

/// Wakes the next bill of the customer, if it takes over balances or corrections of this one.
pub(crate) async fn wake_later(
    bill: &Bill,
    contracts: &Contracts,
    app: &App,
) -> Result<(), Failure> {
    let plan = &bill.plan;
    let customer = contracts.customer(&plan.customer_id);
    if !customer.is_some_and(|customer| customer.terms.takes_over()) {
        return Ok(());
    }
    let later = load::periods(&plan.customer_id, app).await?;
    let Some(next) = later.into_iter().find(|period| *period > plan.billing_period) else {
        return Ok(());
    };
    let request = BillRequest { customer: plan.customer_id.clone(), billing_period: next };
    Ok(app.queue.wake(&[request]).await?)
}
