//! Issues a bill: its invoices, or the notes that bring what was issued before up to the bill of now.

use std::collections::BTreeSet;

use contracts::Contracts;
use contracts::terms::Corrections;
use cur::{AccountId, BillingPeriod};
use pipeline::{
    Bill, BillRequest, Document, Issue, IssueRequest, IssuedDocument, IssuedFrom, Numbered, Series,
    Status, keys,
};
use runs::{App, Failure, Outcome, refuse_broken, to_json};

use crate::make;

/// Issues everything of a customer and period that is not issued yet. A request that comes twice, or two
/// requests at once, issue nothing twice.
pub async fn issue(request: &IssueRequest, app: &App) -> Result<Outcome, Failure> {
    loop {
        let of = BillRequest {
            customer: request.customer.clone(),
            billing_period: request.billing_period,
        };
        // The bill is made again in each round, so that a worker that lost a race does not issue a
        // difference back to an older bill.
        let bill = make(&of, app).await?.ok_or_else(|| nothing_known(request))?;
        let mut earlier = issued_to(&request.customer, request.billing_period, app).await?;
        complete(&mut earlier, app).await?;
        let now = app.contracts_now().await?.ok_or_else(|| nothing_known(request))?;
        let mut documents = books::documents(&bill, &earlier, &now.contracts, request.date);
        let stands_on_next = !earlier.is_empty() && corrects_on_next(&bill, &now.contracts);
        if documents.is_empty() || stands_on_next {
            // A later bill may take over what was issued, or what has changed since.
            crate::wake_later(&bill, &now.contracts, app).await?;
            return Ok(Outcome::Done);
        }
        refuse_unfinished(&bill, request)?;
        refuse_broken(&books::corrections_explain(&bill, &earlier, &documents))?;
        for document in &mut documents {
            document.series.first_free = first_free(&document.series, app).await?;
        }
        let sequence = u32::try_from(earlier.len()).unwrap_or(u32::MAX).saturating_add(1);
        let issue = Issue {
            customer_id: request.customer.clone(),
            billing_period: request.billing_period,
            sequence,
            bill_id: bill.bill_id.clone(),
            status: bill.status,
            date: request.date,
            documents,
        };
        let key = keys::issue(&request.customer, request.billing_period, sequence);
        // If somebody else has just written this issue, the next round sees it, and the difference to it.
        app.write_once(&key, &issue).await?;
    }
}

/// Whether the contract corrects an issued period by lines on the next invoice.
fn corrects_on_next(bill: &Bill, contracts: &Contracts) -> bool {
    let customer = contracts.customer(&bill.plan.customer_id);
    customer.is_some_and(|of| of.terms.corrections == Corrections::NextInvoice)
}

/// What would be issued next of a bill: nothing if everything was issued.
pub async fn not_issued(
    bill: &Bill,
    earlier: &[Numbered],
    app: &App,
) -> Result<Vec<Document>, Failure> {
    let Some(now) = app.contracts_now().await? else { return Ok(Vec::new()) };
    Ok(books::documents(bill, earlier, &now.contracts, bill.plan.billing_period.first_day()))
}

fn nothing_known(request: &IssueRequest) -> Failure {
    Failure::Reject(format!(
        "customer `{}` has no bill for {}: no sealed run has it, and the contracts do not have it",
        request.customer, request.billing_period
    ))
}

fn refuse_unfinished(bill: &Bill, request: &IssueRequest) -> Result<(), Failure> {
    let plan = &bill.plan;
    let list = |payers: &BTreeSet<AccountId>| {
        payers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    let why = match bill.status {
        Status::Final => return Ok(()),
        _ if request.force => return Ok(()),
        Status::Preliminary => {
            format!("AWS has not issued its invoice for {} of its lines yet", bill.uninvoiced_lines)
        }
        Status::Incomplete if plan.missing_payers.is_empty() => format!(
            "the runs of payers {} were made under other contracts: calculate them again",
            list(&plan.outdated_payers)
        ),
        Status::Incomplete => {
            format!("payers {} have no sealed run for the period yet", list(&plan.missing_payers))
        }
    };
    Err(Failure::Reject(format!(
        "the bill of customer `{}` for {} is {}: {why}; wait, or force it",
        request.customer,
        request.billing_period,
        bill.status.name()
    )))
}

/// The first number that nobody has. Numbers have no gaps, so it is found by doubling and then halving the
/// distance: 10,000 numbers are 27 questions.
async fn first_free(series: &Series, app: &App) -> Result<u64, Failure> {
    let is_taken = async |sequence: u64| -> Result<bool, Failure> {
        Ok(app.results.head(&keys::issued(&series.number(sequence))).await?.is_some())
    };
    // `taken` is taken, and `free` is free. Number 0 stands for "taken".
    let (mut taken, mut free) = (0, 1);
    while is_taken(free).await? {
        (taken, free) = (free, free * 2);
    }
    while free - taken > 1 {
        let middle = taken + (free - taken) / 2;
        if is_taken(middle).await? {
            taken = middle;
        } else {
            free = middle;
        }
    }
    Ok(free)
}

/// Everything that was issued to a customer for a period. The numbers of an issue are empty if its writer
/// stopped before all of its documents had one.
pub async fn issued_to(
    customer: &str,
    period: BillingPeriod,
    app: &App,
) -> Result<Vec<Numbered>, Failure> {
    let mut issued = Vec::new();
    for sequence in 1.. {
        let key = keys::issue(customer, period, sequence);
        let Some(issue) = app.find::<Issue>(&key).await? else { break };
        let numbers = app.find(&keys::numbers(customer, period, sequence)).await?;
        issued.push(Numbered { issue, numbers: numbers.unwrap_or_default() });
    }
    Ok(issued)
}

/// Gives numbers to the documents that have none yet.
async fn complete(issued: &mut [Numbered], app: &App) -> Result<(), Failure> {
    for Numbered { issue, numbers } in issued.iter_mut().filter(|of| of.numbers.is_empty()) {
        *numbers = number(issue, app).await?;
        let key = keys::numbers(&issue.customer_id, issue.billing_period, issue.sequence);
        app.write_once(&key, &numbers).await?;
    }
    Ok(())
}

/// Gives each document of an issue its number.
async fn number(issue: &Issue, app: &App) -> Result<Vec<String>, Failure> {
    let mut numbers = Vec::new();
    for (index, document) in issue.documents.iter().enumerate() {
        numbers.push(claim(issue, index, document, app).await?);
    }
    Ok(numbers)
}

/// Takes the first number that is free, or finds the number that the document has already. A number is left
/// behind only if another document has it, so there are no gaps. Whether this worker or another one has
/// written a number's object does not matter: its content says whose number it is.
async fn claim(
    issue: &Issue,
    index: usize,
    document: &Document,
    app: &App,
) -> Result<String, Failure> {
    let from = IssuedFrom {
        customer_id: issue.customer_id.clone(),
        billing_period: issue.billing_period,
        issue: issue.sequence,
        document: index,
    };
    let mut sequence = document.series.first_free;
    loop {
        let number = document.series.number(sequence);
        let key = keys::issued(&number);
        let taken = if let Some(taken) = app.find::<IssuedDocument>(&key).await? {
            taken
        } else {
            let issued = IssuedDocument {
                number: number.clone(),
                from: from.clone(),
                bill_id: issue.bill_id.clone(),
                status: issue.status,
                document: document.clone(),
            };
            app.results.create(&key, to_json(&key, &issued)?).await?;
            app.need(&key).await?
        };
        if taken.from == from {
            return Ok(number);
        }
        sequence += 1;
    }
}
