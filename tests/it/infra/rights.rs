//! What each function may do with the objects of the results bucket, and what it does.

use std::collections::BTreeSet;
use std::sync::Arc;

use pipeline::Notice;
use runs::App;
use serde_json::Value;
use testkit::{CountingStore, Delivery, Line, World};

use super::template::Template;
use super::{SETTINGS, arn, list, statements, sub};
use crate::small::{CONTRACTS, lines};

/// The objects of the results bucket that each function reads, and those that it writes.
const RIGHTS: [(&str, &[&str], &[&str]); 6] = [
    (
        "receive-report",
        &["config/contracts.toml", "config/savings-plan-rates.csv", "current/*", "runs/*"],
        &["current/*", "runs/*"],
    ),
    ("split-report", &["runs/*"], &["line_items/*", "line_item_rows/*", "runs/*"]),
    ("register-partitions", &["runs/*"], &["runs/*"]),
    (
        "recalculate-account",
        &["demand/*", "line_items/*", "line_item_rows/*", "runs/*"],
        &["demand/*", "rated/*", "runs/*"],
    ),
    (
        "allocate-commitments",
        &["benefits/*", "commitments/*", "demand/*", "runs/*"],
        &["allocations/*", "benefits/*", "commitments/*", "reports/coverage/*", "runs/*"],
    ),
    (
        "publish-datasets",
        &["benefits/*", "config/contracts.toml", "current/*", "rated/*", "runs/*"],
        &["billing/*", "current/*", "reports/*", "runs/*"],
    ),
];

#[test]
fn a_role_touches_only_its_own_objects() {
    let template = Template::read();
    for (step, reads, writes) in RIGHTS {
        let statements = statements(&template, step);
        let check = |name: &str, prefixes: &[&str]| {
            let allowed: Vec<Value> = prefixes
                .iter()
                .map(|prefix| sub(&format!("${{ResultsBucket.Arn}}/{prefix}")))
                .collect();
            let found = list(&statements[name]["Resource"]);
            assert_eq!(found, allowed.iter().collect::<Vec<_>>(), "{step} {name}");
        };
        check("ReadResults", reads);
        check("WriteResults", writes);
        // Without this right, S3 answers "forbidden" for a missing object. The code must be able to tell
        // that it is missing.
        assert_eq!(statements["ListResults"]["Resource"], arn("ResultsBucket"), "{step}");

        let (_, settings) = SETTINGS.into_iter().find(|(name, _)| *name == step).unwrap();
        let reads_reports = statements.contains_key("ReadReports");
        assert_eq!(reads_reports, settings.contains(&"REPORT_BUCKET"), "{step}");
    }
}

/// Rights follow from what the handlers do, for a report with commitments and for one without any.
#[tokio::test]
async fn a_role_may_do_what_its_function_does() {
    let everyone = CONTRACTS.replace("as_billed", "everyone");
    let plain: Vec<Line> = lines().into_iter().take(5).collect();
    let mut used: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (contracts, lines) in [(&everyone, lines()), (&everyone, plain), (&everyone, Vec::new())] {
        let world = World::new(contracts);
        let delivery = Delivery::new(cur::Generation::Legacy, "20261103T120125Z", &lines);
        delivery.put(&world.reports);
        let key = delivery.manifest_keys()[0].clone();
        let notice = Notice::ObjectCreated { bucket: "reports".to_owned(), key };
        let (app, counting) = counted(&world);
        receive_report::handle(&notice, &app).await.unwrap();
        check_rights("receive-report", &counting, &mut used);
        while let Some(message) = world.take() {
            let (app, counting) = counted(&world);
            sluice::dispatch(&message, &app).await.unwrap();
            // A message that comes back may do what was left undone.
            sluice::dispatch(&message, &app).await.unwrap();
            check_rights(message.step().name(), &counting, &mut used);
        }
        assert!(!world.current().is_empty(), "the run is sealed");
    }
    for (step, reads, _) in RIGHTS {
        let unused = reads.iter().filter(|right| !used.contains(&(step, **right)));
        // The samples have no savings plan rates, no rows, and no examples in reports.
        let unused: Vec<_> = unused
            .filter(|right| !["config/savings-plan-rates.csv", "line_item_rows/*"].contains(right))
            .collect();
        assert!(unused.is_empty(), "{step} may read {unused:?} and never does");
    }
}

/// The same world, with the requests of one message counted apart.
fn counted(world: &World) -> (App, CountingStore) {
    let counting = CountingStore::new(Arc::new(world.results.clone()));
    (App { results: Arc::new(counting.clone()), ..world.app.clone() }, counting)
}

fn check_rights<'a>(
    step: &'a str,
    counting: &CountingStore,
    used: &mut BTreeSet<(&'a str, &'static str)>,
) {
    let (_, reads, writes) = RIGHTS.into_iter().find(|(name, ..)| *name == step).unwrap();
    let right_for = |rights: &[&'static str], key: &str| {
        let matches = |right: &&&'static str| match right.strip_suffix('*') {
            Some(prefix) => key.starts_with(prefix),
            None => key == **right,
        };
        rights.iter().find(matches).copied()
    };
    for key in counting.reads() {
        let right = right_for(reads, &key);
        let right = right.unwrap_or_else(|| panic!("{step} may not read `{key}`, and does"));
        used.insert((step, right));
    }
    for key in counting.writes() {
        assert!(right_for(writes, &key).is_some(), "{step} may not write `{key}`, and does");
    }
}
