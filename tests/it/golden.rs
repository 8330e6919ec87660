//! Reports and contracts that are small enough to compute by hand, and exactly the files that are
//! published.
//!
//! `UPDATE=1 cargo test -p tests golden` writes the new files. Read the difference before you keep it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use cur::Generation;
use money::Amount;
use pipeline::{Bill, Reconciliation};
use testkit::{Delivery, Order, World};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/golden");

#[tokio::test]
async fn what_is_published_is_what_was() {
    let is_update = std::env::vars_os().any(|(name, _)| name == "UPDATE");
    let mut cases = 0;
    for case in fs::read_dir(GOLDEN).unwrap() {
        let case = case.unwrap().path();
        let published = publish_all(&case.join("in")).await;
        let out = case.join("out");
        if is_update {
            write(&out, &published);
        }
        assert_eq!(read(&out), published, "{}", case.display());
        cases += 1;
    }
    assert!(cases > 3, "{cases}");
}

/// The files that are published under the contracts of a case. If a case has several contracts, each has a
/// folder.
async fn publish_all(input: &Path) -> BTreeMap<String, String> {
    let mut published = BTreeMap::new();
    for entry in fs::read_dir(input).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap();
        let folder = if name == "contracts" { String::new() } else { format!("{name}/") };
        let files = publish(input, &path).await.into_iter();
        published.extend(files.map(|(file, text)| (format!("{folder}{file}"), text)));
    }
    published
}

/// The files that customers and the operator see, without the id of the run.
async fn publish(input: &Path, contracts: &Path) -> BTreeMap<String, String> {
    let world = World::new(&fs::read_to_string(contracts).unwrap());
    let mut delivery = Delivery::new(Generation::Legacy, "20261103T120125Z", &[]);
    delivery.files = vec![fs::read_to_string(input.join("report.csv")).unwrap()];
    delivery.put(&world.reports);
    let given_up = world.deliver(&delivery.manifest_keys()[0], Order::Sent).await;
    assert_eq!(given_up, [""; 0], "{}", input.display());

    let proof: Reconciliation =
        serde_json::from_slice(&world.object("reconciliation.json")).unwrap();
    let mut published = BTreeMap::from([("summary.txt".to_owned(), summary(&proof))]);
    let mut ids = vec![(proof.run_id.to_string(), "RUN")];
    for (key, bytes) in world.outcome() {
        if key.ends_with("/bill.json") {
            let bill: Bill = serde_json::from_slice(&bytes).unwrap();
            ids.push((bill.bill_id.to_string(), "BILL"));
            let name = format!("{}/waterfall.txt", bill.plan.customer_id);
            published.insert(name, waterfall(&bill));
        }
    }
    let without_ids =
        |text: String| ids.iter().fold(text, |text, (id, name)| text.replace(id.as_str(), name));
    for (key, bytes) in world.outcome() {
        let folders = ["billing/", "invoices/"];
        let Some((_, name)) = key.split_once("/customer=").filter(|_| is_in(&key, &folders)) else {
            continue;
        };
        if let Ok(text) = String::from_utf8(bytes.to_vec()) {
            // The invoices of a customer are beside its charges.
            let name = without_ids(name.to_owned()).replace("period=2026-10/bill=BILL/", "");
            published.insert(name, without_ids(text));
        }
    }
    published.retain(|name, _| !name.ends_with(".parquet"));
    published
}

fn is_in(key: &str, folders: &[&str]) -> bool {
    folders.iter().any(|folder| key.starts_with(folder))
}

/// The way from AWS's cost to the amount due, for each invoice of a bill.
fn waterfall(bill: &Bill) -> String {
    let mut text = String::new();
    for of in &bill.waterfalls {
        let mut line = |name: &str, amount: &str| writeln!(text, "{name:<24} {amount}").unwrap();
        line("invoice", &of.invoice_id);
        line("status", bill.status.name());
        line("AWS's cost", &format!("{} {}", of.aws_cost, of.currency));
        for (term, amount) in &of.terms {
            let name = serde_json::to_value(term).unwrap();
            line(name.as_str().unwrap(), &amount.to_string());
        }
        line("amount due", &of.amount_due.to_string());
        line("margin", &if_known(of.margin));
    }
    text
}

fn summary(proof: &Reconciliation) -> String {
    let margin = &proof.margin;
    let mut text = String::new();
    let mut line = |name: &str, value: &dyn std::fmt::Display| {
        writeln!(text, "{name:<24} {value}").unwrap();
    };
    line("unblended", &margin.unblended_cost);
    line("upfront_timing", &if_known(margin.upfront_timing));
    line("amortized", &if_known(margin.amortized_cost));
    for (name, term) in &margin.terms {
        line(name.name(), term);
    }
    line("charge", &margin.charge);
    line("margin", &if_known(margin.margin));
    line("split-cost lines", &proof.report_totals.split_cost_lines);
    for (name, tally) in proof.report_checks.iter().filter(|(_, tally)| tally.broken > 0) {
        line(name.name(), &format_args!("broken {} of {}", tally.broken, tally.checked));
    }
    text
}

fn if_known(amount: Option<Amount>) -> String {
    amount.map_or_else(|| "unknown".to_owned(), |amount| amount.to_string())
}

fn write(folder: &Path, published: &BTreeMap<String, String>) {
    if folder.exists() {
        fs::remove_dir_all(folder).unwrap();
    }
    for (name, text) in published {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn read(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    collect(folder, folder, &mut found);
    found
}

fn collect(root: &Path, folder: &Path, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, found);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            found.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
}
