//! `sluice verify` proves every digit of every object that a run has written.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use cur::Generation;
use sluice::Proof;
use testkit::{Delivery, World};

use crate::samples::{bill, files};
use crate::small::{CONTRACTS, lines};

/// A sealed run in a folder, and the report from which it was made.
async fn sealed(generation: Generation, folder: &Path) -> (PathBuf, PathBuf) {
    let (reports, out) = (folder.join("reports"), folder.join("out"));
    let world = World::new(CONTRACTS);
    Delivery::new(generation, "20261103T120125Z", &lines()).put(&world.reports);
    for (key, bytes) in world.reports.contents() {
        let path = reports.join(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let run = bill(&reports, CONTRACTS, &out).await.remove(0);
    assert!(run.is_sealed, "{:?}", run.failures);
    (reports, out)
}

/// All differences that are reported. An error counts as one.
async fn differences(out: &Path, reports: Option<&Path>) -> Vec<String> {
    match sluice::verify(out, reports).await {
        Ok(proofs) => proofs.into_iter().flat_map(|proof: Proof| proof.differences).collect(),
        Err(error) => vec![format!("{error:#}")],
    }
}

/// The objects of the run and the pointer to it, by their keys.
fn written(out: &Path) -> BTreeMap<String, PathBuf> {
    let key = |path: &PathBuf| path.strip_prefix(out).unwrap().to_str().unwrap().to_owned();
    let all = files(out).into_iter().map(|path| (key(&path), path));
    // Files that the user put there are left out, because a run has its own copy of them.
    // Notes on what befell a run are left out too: whether bills were woken is history.
    let is_derived = |key: &str| {
        !key.starts_with("config/") && key != "contracts-in.toml" && !key.contains("/woken/")
    };
    all.filter(|(key, _)| is_derived(key)).collect()
}

/// The positions at which a file is changed: digits of a text, or any bytes of another file.
fn positions(bytes: &[u8]) -> Vec<usize> {
    let is_text = std::str::from_utf8(bytes).is_ok();
    let may_change = |(_, byte): &(usize, &u8)| !is_text || byte.is_ascii_digit();
    let all: Vec<usize> =
        bytes.iter().enumerate().filter(may_change).map(|(position, _)| position).collect();
    let [first, last] = [all.first(), all.last()].map(Option::<&usize>::copied);
    let mut some = vec![first, all.get(all.len() / 2).copied(), last];
    some.dedup();
    some.into_iter().flatten().collect()
}

fn changed(bytes: &[u8], position: usize) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    changed[position] = match changed[position] {
        digit @ b'0'..=b'8' => digit + 1,
        b'9' => b'0',
        byte => byte ^ 1,
    };
    changed
}

async fn every_changed_digit_is_found(generation: Generation) {
    let scratch = tempfile::tempdir().unwrap();
    let (reports, out) = sealed(generation, scratch.path()).await;
    assert_eq!(differences(&out, Some(&reports)).await, [""; 0]);
    assert_eq!(differences(&out, None).await, [""; 0]);

    let written = written(&out);
    let folders: Vec<&str> = written.keys().map(|key| key.split('/').next().unwrap()).collect();
    for folder in [
        "allocations",
        "benefits",
        "billed",
        "billing",
        "bills",
        "commitments",
        "current",
        "demand",
        "invoices",
        "line_items",
        "rated",
        "reports",
        "runs",
    ] {
        assert!(folders.contains(&folder), "nothing in {folder}/ is tried");
    }
    for (key, path) in &written {
        let before = fs::read(path).unwrap();
        for position in positions(&before) {
            // How often a pointer has moved is history.
            if before[..position].ends_with(b"\"moves\":") {
                continue;
            }
            fs::write(path, changed(&before, position)).unwrap();
            let found = differences(&out, Some(&reports)).await;
            let is_named = found.iter().any(|difference| difference.contains(key));
            assert!(is_named, "{key} at {position}: {found:?}");
        }
        fs::remove_file(path).unwrap();
        let found = differences(&out, Some(&reports)).await;
        if key.starts_with("current/") {
            assert!(found[0].contains("nothing is sealed"), "{found:?}");
        } else {
            assert!(found.iter().any(|difference| difference.contains(key)), "{key}: {found:?}");
        }
        fs::write(path, before).unwrap();
    }
    assert_eq!(differences(&out, Some(&reports)).await, [""; 0]);
}

#[tokio::test]
async fn every_changed_digit_of_a_legacy_run_is_found() {
    every_changed_digit_is_found(Generation::Legacy).await;
}

#[tokio::test]
async fn every_changed_digit_of_a_data_export_is_found() {
    every_changed_digit_is_found(Generation::DataExports).await;
}

/// A file that looks like lines of an account, and that no step has written.
#[tokio::test]
async fn lines_of_an_account_that_the_report_does_not_have_are_found() {
    let scratch = tempfile::tempdir().unwrap();
    let (reports, out) = sealed(Generation::Legacy, scratch.path()).await;
    let written = written(&out);
    let own = written.iter().find(|(key, _)| key.starts_with("line_items/")).unwrap();
    let other = own.1.parent().unwrap().parent().unwrap().join("account=999999999999");
    fs::create_dir_all(&other).unwrap();
    fs::copy(own.1, other.join(own.1.file_name().unwrap())).unwrap();
    for reports in [Some(reports.as_path()), None] {
        let found = differences(&out, reports).await;
        assert!(!found.is_empty(), "with reports: {}", reports.is_some());
    }
}

/// Athena reads every object of a partition, so an object that no step has written must be found.
#[tokio::test]
async fn a_foreign_file_is_found_in_every_folder() {
    let scratch = tempfile::tempdir().unwrap();
    let (reports, out) = sealed(Generation::Legacy, scratch.path()).await;
    let folders: std::collections::BTreeSet<PathBuf> = written(&out)
        .into_iter()
        .filter(|(key, _)| !key.starts_with("current/"))
        .map(|(_, path)| path.parent().unwrap().to_owned())
        .collect();
    assert!(folders.len() > 20, "{folders:?}");
    for folder in folders {
        let foreign = folder.join("foreign.parquet");
        fs::write(&foreign, "PAR1").unwrap();
        let key = foreign.strip_prefix(&out).unwrap().to_str().unwrap();
        for reports in [Some(reports.as_path()), None] {
            let found = differences(&out, reports).await;
            assert!(found.iter().any(|difference| difference.contains(key)), "{key}: {found:?}");
        }
        fs::remove_file(foreign).unwrap();
    }
}

/// A run that takes the place of another one says what changed, and each number of that is derived too.
#[tokio::test]
async fn every_changed_digit_of_a_run_that_replaces_another_is_found() {
    let scratch = tempfile::tempdir().unwrap();
    let (reports, out) = sealed(Generation::Legacy, scratch.path()).await;
    let contracts = CONTRACTS.replace("0.05", "0.06");
    assert!(bill(&reports, &contracts, &out).await.remove(0).is_sealed);
    assert_eq!(differences(&out, Some(&reports)).await, [""; 0]);
    assert_eq!(differences(&out, None).await, [""; 0]);

    let written = written(&out);
    let changes = |path: &PathBuf| fs::read_to_string(path).unwrap().find("\"changes\"");
    let proofs = written.iter().filter(|(key, _)| key.ends_with("/reconciliation.json"));
    let (key, path) = proofs.into_iter().find(|(_, path)| changes(path).is_some()).unwrap();
    let (before, from) = (fs::read(path).unwrap(), changes(path).unwrap());
    let digits = (from..before.len()).filter(|position| before[*position].is_ascii_digit());
    for position in digits.step_by(3) {
        fs::write(path, changed(&before, position)).unwrap();
        for reports in [Some(reports.as_path()), None] {
            let found = differences(&out, reports).await;
            let is_named = found.iter().any(|difference| difference.contains(key));
            assert!(is_named, "{key} at {position}: {found:?}");
        }
    }
}
