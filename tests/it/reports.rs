//! Small reports as AWS writes them, each with the exact result: reports of the project under
//! `tests/reports`, reports beside the repository, and reports that `SLUICE_REPORTS` names (one folder, or
//! a folder of such folders).
//!
//! A folder has the report bucket (`bucket/`), the contracts (`contracts.toml`), the right result with its
//! reason (`expected.md`), and the values to compare (`expected.json`). The values are `charges`, the exact
//! sum of each customer; `totals`, the totals of the invoices; `exit`, the exit code of `sluice run`; and
//! `says`, a text that the output must contain. The reports of the project may also have `verify`, the exit
//! code of `sluice verify`. A folder may also have rates of savings plans (`savings-plan-rates.csv`).
//!
//! `cargo test -p tests reports -- --nocapture` shows the number of reports and those that fail.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use clap::Parser;
use money::Amount;
use serde_json::Value;
use sluice::args::Args;

const OWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/reports");

#[tokio::test]
#[expect(clippy::print_stdout, reason = "how many reports there are is asked for")]
async fn every_report_is_billed_as_it_should_be() {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/cases/reports");
    let named = std::env::vars_os().find(|(name, _)| name == "SLUICE_REPORTS");
    let named = named.map(|(_, path)| PathBuf::from(path));
    if !beside.is_dir() {
        println!("{} is not there, so only the project's own reports are read", beside.display());
    }
    let folders = [Some(PathBuf::from(OWN)), Some(beside).filter(|path| path.is_dir()), named];
    let cases: Vec<PathBuf> = folders.into_iter().flatten().flat_map(|path| cases(&path)).collect();
    let mut failed = Vec::new();
    for case in &cases {
        let wrong = check(case).await;
        if !wrong.is_empty() {
            failed.push(format!("{}\n    {}", case.display(), wrong.join("\n    ")));
        }
    }
    println!("{}/{}", cases.len() - failed.len(), cases.len());
    assert!(
        failed.is_empty(),
        "{} of {} reports are billed wrongly:\n{}",
        failed.len(),
        cases.len(),
        failed.join("\n")
    );
    assert!(cases.len() > 3, "there are reports: {}", cases.len());
}

/// The folder itself if it is a case, otherwise the cases in it.
fn cases(path: &Path) -> Vec<PathBuf> {
    let is_case = |path: &Path| path.join("expected.json").is_file();
    if is_case(path) {
        return vec![path.to_owned()];
    }
    let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| is_case(path));
    found.sort();
    found
}

/// The expectations of a case that are not met.
async fn check(case: &Path) -> Vec<String> {
    let expected = fs::read_to_string(case.join("expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&expected).unwrap();
    let results = tempfile::tempdir().unwrap();
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let run = Run {
        source: path(&case.join("bucket")),
        contracts: path(&case.join("contracts.toml")),
        results: path(results.path()),
        rates: Some(case.join("savings-plan-rates.csv")).filter(|rates| rates.is_file()),
    };
    let (said, exit) = run.call(&[]).await;
    let mut wrong = Vec::new();
    let mut compare = |what: &str, found: &Value, right: &Value| {
        if !right.is_null() && found != right {
            wrong.push(format!("{what} is {found}, right is {right}"));
        }
    };
    compare("exit", &exit.into(), &expected["exit"]);
    if let Some(text) = expected["says"].as_str()
        && !said.contains(text)
    {
        wrong.push(format!("nothing says `{text}`"));
    }
    if exit == 0 {
        let (json, _) = run.call(&["--json"]).await;
        let runs: Value = serde_json::from_str(&json).unwrap();
        let billed = billed(&runs);
        for (name, of) in [("charges", 0), ("totals", 1)] {
            let Some(right) = expected[name].as_object() else { continue };
            for (customer, right) in right {
                let found = billed.get(customer).map(|amounts| amounts[of]);
                let right = corrected(case).unwrap_or(right);
                if found != Some(amount(right)) {
                    wrong.push(format!("{name} of {customer} are {found:?}, right is {right}"));
                }
            }
        }
        if !expected["verify"].is_null() {
            let (proved, code) = call(&["verify", &run.results]).await;
            if expected["verify"] != code {
                wrong.push(format!("verify ends with {code}:\n{proved}"));
            }
        }
    }
    if !wrong.is_empty() {
        let said: Vec<&str> = said.lines().filter(|line| !line.ends_with("holds")).collect();
        wrong.push(format!("the output is:\n    {}", said.join("\n    ")));
    }
    wrong
}

/// The right value, if a report beside the repository has a wrong one.
fn corrected(case: &Path) -> Option<&'static Value> {
    static PRODUCT: LazyLock<Value> = LazyLock::new(|| "0.000002057617266893".into());
    // 0.1234567891 × 0.0000166667 is 0.00000205761726689297. The report's answer has 4873 in place of the
    // last digits 6893.
    let name = "32-rate-of-aws-needs-twenty-decimals";
    case.ends_with(name).then(|| &*PRODUCT)
}

struct Run {
    source: String,
    contracts: String,
    results: String,
    rates: Option<PathBuf>,
}

impl Run {
    async fn call(&self, more: &[&str]) -> (String, i64) {
        let Self { source, contracts, results, rates } = self;
        let run = ["run", "--source", source, "--contracts", contracts, "--out", results];
        let rates = rates.iter().flat_map(|rates| ["--rates", rates.to_str().unwrap()]);
        let words: Vec<&str> = run.into_iter().chain(rates).chain(more.iter().copied()).collect();
        call(&words).await
    }
}

/// Runs a command line. Returns its output and its exit code.
async fn call(words: &[&str]) -> (String, i64) {
    let args = Args::try_parse_from(["sluice"].iter().chain(words)).unwrap();
    let mut out = Vec::new();
    let ended = sluice::main(args.command, &mut out).await;
    let mut said = String::from_utf8(out).unwrap();
    let is_good = match ended {
        Ok(code) => format!("{code:?}") == format!("{:?}", std::process::ExitCode::SUCCESS),
        Err(error) => {
            write!(said, "{error:#}").unwrap();
            false
        }
    };
    (said, i64::from(!is_good))
}

/// The charge and the invoice total of each customer, over all runs.
fn billed(runs: &Value) -> BTreeMap<String, [Amount; 2]> {
    let mut billed: BTreeMap<String, [Amount; 2]> = BTreeMap::new();
    for run in runs.as_array().unwrap() {
        for customer in run["reconciliation"]["customers"].as_array().into_iter().flatten() {
            let sums = billed.entry(customer["customer"].as_str().unwrap().to_owned()).or_default();
            sums[0] += amount(&customer["charge"]);
        }
    }
    // A bill rests on all runs of its period, so the last one that was made counts.
    let mut bills: BTreeMap<[&str; 2], Amount> = BTreeMap::new();
    for bill in runs.as_array().unwrap().iter().filter_map(|run| run["bills"].as_array()).flatten()
    {
        let invoices = bill["invoices"].as_array().unwrap().iter();
        let of = ["customer_id", "billing_period"].map(|key| bill[key].as_str().unwrap());
        bills.insert(of, invoices.map(|invoice| amount(&invoice["total"])).sum());
    }
    for ([customer, _], total) in bills {
        billed.entry(customer.to_owned()).or_default()[1] += total;
    }
    billed
}

fn amount(value: &Value) -> Amount {
    value.as_str().unwrap().parse().unwrap()
}
