//! The `sluice` program as a person calls it: its output and its exit code.

use std::fs;
use std::path::Path;

use clap::Parser;
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

#[tokio::test]
async fn the_demo_shows_customers_laws_and_where_the_files_are() {
    let scratch = tempfile::tempdir().unwrap();
    let out = path(scratch.path(), "demo");
    let (shown, is_good) = call(&["demo", "--out", &out]).await;
    assert!(is_good, "{shown}");
    let line = |start: &str| {
        let found = shown.lines().find(|line| line.starts_with(start));
        found.unwrap_or_else(|| panic!("no line `{start}…` in:\n{shown}"))
    };
    let customers = line("customer ");
    for column in ["AWS cost", "charge", "margin"] {
        assert!(customers.contains(column), "{customers}");
    }
    line("_unassigned ");
    let bill = shown.lines().filter(|line| line.starts_with("acme ")).nth(1).unwrap();
    assert!(bill.contains("preliminary") && bill.ends_with(" JPY"), "{bill}");
    for law in
        ["every_line_once", "cost_is_conserved", "parts_sum_to_whole", "margin_explains_itself"]
    {
        assert!(line(law).ends_with("holds"), "{}", line(law));
    }
    assert!(!shown.contains("BROKEN"), "{shown}");
    line("The invoice of Acme K.K., 2026-10:");
    line("total ");
    for place in ["Charges:              ", "Tables for SQL:       ", "Proof:                "] {
        let there = line(place).trim_start_matches(place);
        assert!(Path::new(there).exists(), "{there}");
    }

    let results = path(scratch.path(), "demo/results-bucket");
    let (proved, is_good) = call(&["verify", &results]).await;
    assert!(is_good && proved.starts_with("PROVED"), "{proved}");
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
