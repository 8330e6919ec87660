//! The proof of bills: every bill is made once more from its contract and the charges of its runs, and what
//! was issued is compared with what should have been.

use std::collections::BTreeMap;
use std::sync::Arc;

use pipeline::{
    Bill, BillPointer, Current, Document, IssuedDocument, IssuedFrom, Numbered, Series, keys,
    version_of,
};
use runs::{App, to_json};
use storage::Store;

use super::{Proof, ReplayProof, first_difference};

/// Proves the bill that a pointer names.
pub(super) async fn prove(pointer: &str, app: &App) -> anyhow::Result<Proof> {
    let of: BillPointer = app.need(pointer).await?;
    let (customer, period) = (&of.customer_id, of.billing_period);
    let key = keys::bill(customer, period, &of.bill_id, "bill.json");
    let bill: Bill = app.need(&key).await?;
    let plan = &bill.plan;
    let mut proof = Proof {
        name: format!("bill {} of {customer}, {period}", of.bill_id),
        compared: BTreeMap::new(),
        differences: Vec::new(),
        not_derived: Vec::new(),
        replay: ReplayProof::default(),
    };
    let mut differs = |what: String| proof.differences.push(what);
    if plan.engine_version != bill_customer::ENGINE_VERSION {
        anyhow::bail!(
            "bill {} was made by version {} of Sluice, and this is version {}: prove it with the version that \
             made it",
            of.bill_id,
            plan.engine_version,
            bill_customer::ENGINE_VERSION
        );
    }
    if plan.id() != of.bill_id || keys::billed(&plan.customer_id, plan.billing_period) != pointer {
        differs(format!("`{key}` is not what the bill's id was made of"));
        return Ok(proof);
    }
    for run in &plan.runs {
        let current: Option<Current> =
            app.find(&keys::current(run.payer_account_id, period)).await?;
        if current.is_none_or(|current| current.run_id != run.run_id) {
            differs(format!(
                "`{pointer}` rests on run {} of payer {}, which is not current",
                run.run_id, run.payer_account_id
            ));
        }
    }
    let (again, objects) = bill_customer::again(plan, app).await?;
    if BillPointer::of(&again, of.moves) != of {
        differs(format!("`{pointer}` does not say what its bill says"));
    }
    let mut keys_of_bill = Vec::new();
    for (key, bytes) in objects {
        if key.ends_with("contracts.toml") && version_of(&bytes) != plan.contracts_version {
            differs(format!("`{key}` is not the contract that the bill's id was made of"));
        }
        match app.results.get(&key).await? {
            None => differs(format!("`{key}` is not there")),
            Some(stored) if stored.bytes == bytes => {}
            Some(stored) => differs(format!("`{key}` {}", first_difference(&stored.bytes, &bytes))),
        }
        keys_of_bill.push(key);
    }
    for folder in [
        keys::bill(customer, period, &of.bill_id, ""),
        keys::invoice(customer, period, &of.bill_id, ""),
    ] {
        for key in app.results.list(&folder).await? {
            if !keys_of_bill.contains(&key) {
                differs(format!("`{key}` is there, and nothing has written it"));
            }
        }
    }
    proof.compared.insert("bills".to_owned(), keys_of_bill.len() as u64);
    Ok(proof)
}

/// Each customer of a current run must have a bill.
pub(super) async fn missing(app: &App) -> anyhow::Result<Vec<String>> {
    let mut missing = Vec::new();
    for key in app.results.list(keys::current_prefix()).await? {
        let current: Current = app.need(&key).await?;
        for customer in app.customers_of(&current.run_id).await? {
            let pointer = keys::billed(&customer, current.billing_period);
            if app.results.head(&pointer).await?.is_none() {
                missing.push(format!("`{pointer}` is missing: `{customer}` has no bill"));
            }
        }
    }
    Ok(missing)
}

/// Athena reads every object of the table of invoice lines, so each must be of a bill that was made.
pub(super) async fn foreign_lines(stored: &Arc<dyn Store>) -> anyhow::Result<Vec<String>> {
    let mut foreign = Vec::new();
    for key in stored.list(keys::INVOICE_LINES).await? {
        let bill = match keys::bill_of_lines(&key) {
            Some(bill) => stored.head(&bill).await?,
            None => None,
        };
        if bill.is_none() {
            foreign.push(format!("`{key}` is there, and no bill has written it"));
        }
    }
    Ok(foreign)
}

/// Proves what was issued: each issue is what its bill leaves to be issued, each document has one number, and
/// no sequence of numbers has a gap.
pub(super) async fn prove_issued(
    stored: &Arc<dyn Store>,
    app: &App,
) -> anyhow::Result<Option<Proof>> {
    let mut expected: BTreeMap<String, IssuedDocument> = BTreeMap::new();
    let mut proof = Proof {
        name: "issued documents".to_owned(),
        compared: BTreeMap::new(),
        differences: Vec::new(),
        not_derived: Vec::new(),
        replay: ReplayProof::default(),
    };
    let mut series: BTreeMap<[String; 2], (Series, u64)> = BTreeMap::new();
    for key in stored.list(keys::all_issues_prefix()).await? {
        let Some((customer, period, 1)) = keys::issue_of(&key) else { continue };
        let issues = bill_customer::issued_to(customer, period, app).await?;
        for (index, Numbered { issue, numbers }) in issues.iter().enumerate() {
            if numbers.is_empty() {
                let missing = format!("`{key}` has documents without numbers: issue it again");
                proof.differences.push(missing);
            }
            let bill: Bill =
                app.need(&keys::bill(customer, period, &issue.bill_id, "bill.json")).await?;
            let documents = &issue.documents;
            let laws = books::corrections_explain(&bill, &issues[..index], documents);
            proof
                .differences
                .extend(laws.iter().filter(|law| !law.holds).map(|law| format!("`{key}`: {law}")));
            for (at, (number, document)) in numbers.iter().zip(documents).enumerate() {
                let of = &document.series;
                let name = [of.before.clone(), of.after.clone()];
                series.entry(name).or_insert_with(|| (of.clone(), 0)).1 += 1;
                expected.insert(keys::issued(number), numbered(issue, at, number, document));
            }
        }
    }
    for (key, document) in &expected {
        let stored = stored.get(key).await?.map(|object| object.bytes);
        if stored != Some(to_json(key, document)?) {
            proof.differences.push(format!("`{key}` is not what was issued"));
        }
    }
    for key in stored.list(keys::issued_prefix()).await? {
        if !expected.contains_key(&key) {
            proof.differences.push(format!("`{key}` was issued by nobody"));
        }
    }
    for (series, count) in series.values() {
        for sequence in 1..=*count {
            let key = keys::issued(&series.number(sequence));
            if !expected.contains_key(&key) {
                proof.differences.push(format!("`{key}` is missing: the numbers have a gap"));
            }
        }
    }
    let count = expected.len() as u64;
    proof.compared.insert("issued".to_owned(), count);
    Ok((count > 0 || !proof.differences.is_empty()).then_some(proof))
}

fn numbered(
    issue: &pipeline::Issue,
    at: usize,
    number: &str,
    document: &Document,
) -> IssuedDocument {
    IssuedDocument {
        number: number.to_owned(),
        from: IssuedFrom {
            customer_id: issue.customer_id.clone(),
            billing_period: issue.billing_period,
            issue: issue.sequence,
            document: at,
        },
        bill_id: issue.bill_id.clone(),
        status: issue.status,
        document: document.clone(),
    }
}
