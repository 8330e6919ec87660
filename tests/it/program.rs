//! The `sluice` program as a person calls it: its output and its exit code.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use laws::Law;
use serde_json::Value;
use sluice::args::Args;

/// Runs a command line. Returns its output, and whether it ended well.
async fn call(words: &[&str]) -> (String, bool) {
    let args = Args::try_parse_from(["sluice"].iter().chain(words)).unwrap();
    let mut out = Vec::new();
    let code = sluice::main(args.command, &mut out).await.unwrap();
    let is_good = format!("{code:?}") == format!("{:?}", std::process::ExitCode::SUCCESS);
    (String::from_utf8(out).unwrap(), is_good)
}

/// The reason why a command could not be tried.
async fn refused(words: &[&str]) -> String {
    let args = Args::try_parse_from(["sluice"].iter().chain(words)).unwrap();
    format!("{:#}", sluice::main(args.command, &mut Vec::new()).await.unwrap_err())
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().unwrap().to_owned()
}

/// All files below a folder, by their paths in it.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = fs::read(&path).unwrap();
                found.insert(path.strip_prefix(folder).unwrap().to_owned(), bytes);
            }
        }
    }
    found
}

#[tokio::test]
async fn the_demo_goes_from_reports_to_invoices_and_a_note() {
    let scratch = tempfile::tempdir().unwrap();
    let [out, again] = ["demo", "again"].map(|name| path(scratch.path(), name));
    let (shown, is_good) = call(&["demo", "--out", &out]).await;
    assert!(is_good, "{shown}");
    check_text(&shown);

    let (json, is_good) = call(&["demo", "--json", "--out", &again]).await;
    assert!(is_good, "{json}");
    check_json(&serde_json::from_str(&json).unwrap());
    assert!(files(Path::new(&out)) == files(Path::new(&again)), "the bytes differ");

    let contracts = path(Path::new(&out), "report-bucket/contracts.toml");
    let (said, is_good) = call(&["check", &contracts]).await;
    assert!(is_good && said.ends_with(": nothing wrong, 3 customers\n"), "{said}");
    try_next(&shown).await;
    // What was issued stays issued, so a second demo needs another folder.
    assert!(refused(&["demo", "--out", &out]).await.contains("is not empty: remove it, or name"));
}

fn lines_with<'a>(shown: &'a str, start: &str) -> Vec<&'a str> {
    shown.lines().filter(|line| line.starts_with(start)).collect()
}

/// What the demo tells a person: the bills, an invoice, a note, the laws and the places of files.
fn check_text(shown: &str) {
    let the = |start: &str| {
        let lines = lines_with(shown, start);
        assert_eq!(lines.len(), 1, "lines `{start}…` in:\n{shown}");
        lines[0]
    };
    // The bills are final, then issued and changed, and then corrected.
    let of_acme = lines_with(shown, "acme ").into_iter().filter(|line| line.contains(" JPY"));
    let [bill, changed, why, corrected] = of_acme.collect::<Vec<_>>()[..] else {
        panic!("{shown}")
    };
    assert!(bill.contains(" final ") && bill.ends_with(" JPY"), "{bill}");
    assert!(changed.contains(" issued, changed "), "{changed}");
    assert!(changed.ends_with(" INV-2026-0001"), "{changed}");
    assert!(why.contains("`acme` has changed by -"), "{why}");
    assert!(corrected.ends_with(" INV-2026-0001, NOTE-2026-0001"), "{corrected}");
    the("Invoice INV-2026-0001 of 2026-11-05 to Acme K.K., due 2026-12-31:");
    the("1 USD is 153.3774 JPY (mean 2026-10)");
    the("Credit note NOTE-2026-0001 of 2026-11-12 to Acme K.K., which corrects INV-2026-0001:");
    the("Account 999988887777 belongs to no customer: AWS charged ");
    for law in Law::ALL {
        assert!(the(&format!("{law} ")).ends_with(" holds"), "{law}");
    }
    for place in ["Reports:", "Contracts:", "Issued documents:", "Bills of customers:", "Proofs:"] {
        let there = the(place).trim_start_matches(place).trim();
        assert!(Path::new(there).exists(), "{there}");
    }
    // The README shows a part of it.
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).unwrap();
    let (_, example) = readme.split_once("```text\n").unwrap();
    for line in example.lines().take_while(|line| *line != "```") {
        assert!(shown.lines().any(|of| of == line), "`{line}` of the README in:\n{shown}");
    }
}

/// What the demo tells a program.
fn check_json(demo: &Value) {
    let list = |value: &Value| value.as_array().unwrap().clone();
    assert_eq!(demo["is_good"], true, "{demo}");
    for run in [list(&demo["runs"]), list(&demo["restated"])].concat() {
        assert!(run["is_sealed"] == true && run.get("held").is_none(), "{run}");
    }
    assert_eq!(demo["changed"][0]["rows"][0]["status"], "issued, changed");
    let numbers: Vec<Value> = list(&demo["issued"]).iter().map(|of| of["number"].clone()).collect();
    assert_eq!(
        numbers,
        ["INV-2026-0001", "NOTE-2026-0001", "INV-2026-0002", "INV-2026-0003", "INV-2026-0004"]
    );
    let note = &demo["issued"][1];
    assert_eq!(note["kind"], "credit_note");
    assert_eq!(list(&note["corrects"]), ["INV-2026-0001"]);

    let of_lines = |document: usize, column: &str| -> BTreeSet<String> {
        let lines = list(&demo["issued"][document]["lines"]);
        let texts = lines.iter().map(|line| line[column].as_str().unwrap().to_owned());
        texts.filter(|text| !text.is_empty()).collect()
    };
    let set = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    assert_eq!(of_lines(0, "payer_account_id"), set(&["888877776666", "999988887777"]));
    assert!(of_lines(0, "section").is_superset(&set(&["support", "discount"])));
    assert!(of_lines(3, "section").contains("minimum"));
    // Nobody names these accounts: the contract of Kaze names the payer.
    let of_kaze = of_lines(4, "usage_account_id");
    assert!(of_kaze.is_superset(&set(&["888877776666", "988889000002"])), "{of_kaze:?}");
}

/// Every command that the demo proposes works as it is printed.
async fn try_next(shown: &str) {
    let mut tried = BTreeMap::new();
    for line in lines_with(shown, "  sluice ") {
        let words: Vec<&str> = line.split_whitespace().skip(1).collect();
        let (said, is_good) = call(&words).await;
        assert!(is_good, "{line}\n{said}");
        tried.insert(words[0], said);
    }
    assert_eq!(tried.keys().copied().collect::<Vec<_>>(), ["bills", "run", "simulate", "verify"]);
    // Two runs, three bills, and what was issued.
    assert_eq!(lines_with(&tried["verify"], "PROVED  ").len(), 6, "{}", tried["verify"]);
    assert!(tried["bills"].contains("UNASSIGNED  2026-10: "), "{}", tried["bills"]);
    assert_eq!(lines_with(&tried["run"], "SEALED  payer ").len(), 2, "{}", tried["run"]);
    let simulated = lines_with(&tried["simulate"], "acme ");
    assert!(simulated.iter().any(|line| line.contains(" fx ")), "{}", tried["simulate"]);
}

#[tokio::test]
async fn what_is_not_sealed_says_why_and_ends_badly() {
    let scratch = tempfile::tempdir().unwrap();
    let [reports, results] = ["reports", "results"].map(|name| path(scratch.path(), name));
    let (_, is_good) = call(&["generate", "--lines", "300", "--accounts", "3", &reports]).await;
    assert!(is_good);
    let contracts = path(Path::new(&reports), "contracts.toml");
    let run = ["run", "--source", &reports, "--contracts", &contracts, "--out", &results];

    let (json, is_good) = call(&[&run[..], &["--json"]].concat()).await;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(is_good && json[0]["is_sealed"] == true, "{json}");

    // The contracts no longer have the payer.
    let text = fs::read_to_string(&contracts).unwrap();
    fs::write(&contracts, text.replace("999988887777", "123456789012")).unwrap();
    let (shown, is_good) = call(&run).await;
    assert!(!is_good, "{shown}");
    assert!(shown.starts_with("NOT SEALED  "), "{shown}");
    assert!(shown.contains("payer 999988887777, which is not among the payers"), "{shown}");

    // A later step finds that a rate is missing, and finds it again when the run is repeated.
    fs::write(&contracts, text.replace("\"2026-10\" = ", "\"2026-09\" = ")).unwrap();
    for _ in 0..2 {
        let (shown, is_good) = call(&run).await;
        assert!(!is_good && shown.contains("[fx.USD.JPY]"), "{shown}");
    }

    // A warning does not change the exit code of a check.
    let customer =
        "[[customer]]\nid = \"acme\"\naccounts = [\"111122223333\"]\nbasis = \"unblended\"\n";
    let warned =
        format!("[reseller]\nname = \"MSP\"\n{customer}[[customer.price]]\ndiscount = \"0.05\"\n");
    fs::write(&contracts, warned).unwrap();
    let (said, is_good) = call(&["check", &contracts]).await;
    assert!(is_good && said.contains(":7:1: warning: `discount 0.05` takes from usage"), "{said}");
    assert!(said.ends_with("nothing wrong, 1 customers, warnings: 1\n"), "{said}");

    // The file is no longer a valid contracts file.
    fs::write(&contracts, text.replace("[reseller]", "[reseler]")).unwrap();
    let (problems, is_good) = call(&["check", &contracts]).await;
    assert!(!is_good && problems.contains(":3:2"), "{problems}");
    assert!(refused(&run).await.contains("contracts.toml:3:2"));
    assert!(refused(&["verify", &reports]).await.contains("nothing is sealed in"));
    let nowhere = path(scratch.path(), "nowhere");
    let run = ["run", "--source", &nowhere, "--contracts", &contracts, "--out", &results];
    assert!(refused(&run).await.contains("nowhere` is not a folder"));
}
