//! The map of the code as rules: which crates a crate may depend on, and which names its sources may
//! contain.
//!
//! Most rules say that something is absent. A reader of the code does not see what is absent, so each rule
//! is written down and checked here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Crates that only compute: bytes and values in, bytes and values out.
const COMPUTE: [&str; 12] = [
    "billing",
    "books",
    "commitments",
    "contracts",
    "cur",
    "datasets",
    "generator",
    "laws",
    "money",
    "pipeline",
    "rows",
    "statement",
];

/// The computing crates that know nothing of runs, steps and objects. They could compute a bill anywhere.
const BELOW_THE_PIPELINE: [&str; 8] =
    ["billing", "commitments", "contracts", "cur", "laws", "money", "rows", "statement"];

/// Crates that are needed to wait for something outside, besides the crates of AWS.
const OUTSIDE: [&str; 12] = [
    "async-std",
    "catalog",
    "hyper",
    "lambda",
    "mio",
    "queue",
    "reqwest",
    "runs",
    "rustls",
    "smol",
    "storage",
    "tokio",
];

/// Crates that may be used in one place only. Elsewhere, a reader would have to learn their types a second
/// time.
const HOMES: [(&str, &[&str]); 14] = [
    ("aws-config", &["lambda"]),
    ("aws-sdk-athena", &["catalog", "lambda"]),
    ("aws-sdk-s3", &["lambda", "storage"]),
    ("aws-sdk-sqs", &["lambda", "queue"]),
    ("aws_lambda_events", &["lambda"]),
    ("clap", &["sluice"]),
    ("ethnum", &["money"]),
    ("indicatif", &["sluice"]),
    ("iso_currency", &["money"]),
    ("lambda_runtime", &["lambda"]),
    ("parquet", &["datasets", "rows"]),
    ("rust_decimal", &["money"]),
    ("toml", &["billing", "commitments", "contracts", "statement"]),
    ("zip", &["reports"]),
];

/// The places where a rule of `clippy.toml` is set aside. A new exception must be added here as well.
const EXCEPTIONS: [(&str, &str); 9] = [
    ("shared/billing/src/groups.rs", "clippy::disallowed_types"),
    ("shared/billing/src/identities.rs", "clippy::disallowed_types"),
    ("shared/commitments/src/fees.rs", "clippy::disallowed_types"),
    ("shared/commitments/src/unpriced.rs", "clippy::disallowed_types"),
    // `sluice issue` takes today for the day of issue, if the user names none.
    ("functions/local/src/bills.rs", "clippy::disallowed_methods"),
    ("shared/lambda/src/function.rs", "clippy::disallowed_methods"),
    ("shared/lambda/src/settings.rs", "clippy::disallowed_methods"),
    ("shared/pipeline/src/bill.rs", "clippy::disallowed_types"),
    ("shared/pipeline/src/issue.rs", "clippy::disallowed_types"),
];

/// A package of the workspace, from its manifest.
struct Package {
    name: String,
    folder: PathBuf,
    dependencies: Vec<Dependency>,
    /// Whether Cargo would look for tests in the package.
    has_own_tests: bool,
}

struct Dependency {
    name: String,
    is_for_tests: bool,
    is_optional: bool,
}

impl Package {
    fn is_in(&self, folder: &str) -> bool {
        self.folder.parent().is_some_and(|parent| parent.ends_with(folder))
    }

    /// The dependencies that are needed to build the package, without those of its tests.
    fn needs(&self) -> impl Iterator<Item = &Dependency> {
        self.dependencies.iter().filter(|dependency| !dependency.is_for_tests)
    }
}

/// Asks Cargo without the network. Everything that the tests were built from is already downloaded.
fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--locked", "--offline"])
        .current_dir(ROOT)
        .output()
        .unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {arguments:?}: {complaints}");
    String::from_utf8(output.stdout).unwrap()
}

fn packages() -> Vec<Package> {
    let metadata = cargo(&["metadata", "--no-deps", "--format-version", "1"]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    list(&metadata["packages"]).map(package).collect()
}

fn package(package: &Value) -> Package {
    let manifest = Path::new(package["manifest_path"].as_str().unwrap());
    Package {
        name: text(&package["name"]),
        folder: manifest.parent().unwrap().to_path_buf(),
        dependencies: list(&package["dependencies"]).map(dependency).collect(),
        has_own_tests: list(&package["targets"]).any(|target| target["test"] == true),
    }
}

fn dependency(dependency: &Value) -> Dependency {
    Dependency {
        name: text(&dependency["name"]),
        is_for_tests: dependency["kind"] == "dev",
        is_optional: dependency["optional"] == true,
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().unwrap().iter()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// All crates that are built into this crate with its default features.
fn reach(package: &str) -> BTreeSet<String> {
    let tree = ["tree", "--package", package, "--edges", "normal", "--prefix", "none"];
    let names = cargo(&tree);
    names.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

fn is_aws(name: &str) -> bool {
    name.starts_with("aws") || name == "lambda_runtime"
}

#[test]
fn computing_reaches_nothing_outside() {
    for package in COMPUTE {
        let outside: Vec<String> = reach(package)
            .into_iter()
            .filter(|name| is_aws(name) || OUTSIDE.contains(&name.as_str()))
            .collect();
        assert!(outside.is_empty(), "`{package}` computes, and reaches {outside:?}");
    }
}

#[test]
fn money_is_computed_without_the_pipeline() {
    for package in BELOW_THE_PIPELINE {
        assert!(!reach(package).contains("pipeline"), "`{package}` reaches `pipeline`");
    }
}

#[test]
fn the_local_program_has_no_aws_in_it() {
    let aws: Vec<String> = reach("sluice").into_iter().filter(|name| is_aws(name)).collect();
    assert!(aws.is_empty(), "`sluice` runs without AWS, and reaches {aws:?}");
}

#[test]
fn functions_know_nothing_of_each_other() {
    let packages = packages();
    let functions: BTreeSet<&str> = (packages.iter())
        .filter(|package| package.is_in("functions"))
        .map(|package| package.name.as_str())
        .collect();
    // The local program is all functions in one process, and the test kit calls all of them.
    let is_one = |package: &&Package| !["sluice", "testkit"].contains(&package.name.as_str());
    for package in packages.iter().filter(is_one) {
        let known: Vec<&str> = (package.needs())
            .map(|dependency| dependency.name.as_str())
            .filter(|name| functions.contains(name))
            .collect();
        assert!(known.is_empty(), "`{}` depends on {known:?}", package.name);
    }
}

#[test]
fn a_handler_is_built_without_lambda() {
    for package in packages() {
        if package.is_in("functions") {
            for dependency in package.needs().filter(|needed| needed.name == "lambda") {
                assert!(dependency.is_optional, "`{}`", package.name);
            }
            check_absent(&package.folder, &["lambda::"], |path| path.ends_with("main.rs"));
        }
    }
}

#[test]
fn every_tool_has_one_home() {
    let homes = BTreeMap::from(HOMES);
    for package in packages().into_iter().filter(|package| package.name != "tests") {
        for Dependency { name, .. } in package.needs() {
            let home = homes.get(name.as_str()).copied();
            let is_home = home.is_none_or(|home| home.contains(&package.name.as_str()));
            assert!(is_home, "`{}` depends on {name}, which is at home in {home:?}", package.name);
            assert!(!is_aws(name) || home.is_some(), "{name} has no home: name one in HOMES");
        }
    }
}

#[test]
fn aws_types_stay_at_the_edge() {
    for package in packages() {
        let is_edge =
            HOMES.iter().any(|(name, home)| is_aws(name) && home.contains(&&*package.name));
        if package.name != "tests" && !is_edge {
            // Names of AWS's crates. `aws` alone would also match words of the project, such as the law
            // `aws_replays`.
            let crates = ["aws_config", "aws_credential", "aws_lambda", "aws_sdk", "aws_smithy"];
            check_absent(&package.folder, &crates, |_| false);
            check_absent(&package.folder, &["aws_runtime", "aws_sig", "aws_types"], |_| false);
        }
    }
}

#[test]
fn tests_and_their_tools_stay_here() {
    for package in packages() {
        if package.name == "tests" {
            continue;
        }
        assert!(!package.has_own_tests, "`{}`: tests are in tests/it", package.name);
        check_absent(&package.folder, &["#[test]", "cfg(test)"], |_| false);
        for tool in ["proptest", "saphyr", "tempfile", "testkit"] {
            let has_it = package.dependencies.iter().any(|dependency| dependency.name == tool);
            assert!(!has_it, "`{}` depends on {tool}, which is for tests", package.name);
        }
    }
}

#[test]
fn computing_names_nothing_outside() {
    let outside = [
        "async ",
        "println!",
        "std::env",
        "std::fs",
        "std::net",
        "std::process",
        "std::thread",
        "std::time",
        "tokio::",
    ];
    for package in COMPUTE {
        check_absent(&Path::new(ROOT).join("shared").join(package), &outside, |_| false);
    }
}

/// If a key were written in two places, the two could one day differ.
#[test]
fn keys_are_spelled_in_one_place() {
    let places = [
        "\"allocations/",
        "\"billed/",
        "\"billing/",
        "\"bills/",
        "\"config/",
        "\"current/",
        "\"demand/",
        "\"invoices/",
        "\"issued/",
        "\"issues/",
        "\"line_item_rows/",
        "\"line_items/",
        "\"rated/",
        "\"reports/",
        "\"runs/",
        "account={",
        "bill={",
        "customer={",
        "payer={",
        "period={",
        "run={",
    ];
    let is_home = |path: &Path| path.ends_with("pipeline/src/keys.rs");
    check_absent(&Path::new(ROOT).join("shared"), &places, is_home);
    check_absent(&Path::new(ROOT).join("functions"), &places, is_home);
}

#[test]
fn digits_are_dropped_in_one_place() {
    let droppers =
        ["f32", "f64", ".ceil()", ".floor()", ".rescale(", ".round(", ".round_", ".trunc("];
    let is_home = |path: &Path| path.ends_with("money/src/rounding.rs");
    check_absent(&Path::new(ROOT).join("shared"), &droppers, is_home);
    check_absent(&Path::new(ROOT).join("functions"), &droppers, is_home);
}

#[test]
fn exceptions_to_the_bans_are_known() {
    let mut found = BTreeSet::new();
    for folder in ["shared", "functions"] {
        for path in sources(&Path::new(ROOT).join(folder)) {
            let code = code_of(&path);
            let path = path.strip_prefix(ROOT).unwrap().to_str().unwrap();
            for ban in ["clippy::disallowed_types", "clippy::disallowed_methods"] {
                if code.contains(ban) {
                    found.insert((path.to_owned(), ban));
                }
            }
        }
    }
    let known = EXCEPTIONS.map(|(path, ban)| (path.to_owned(), ban));
    assert_eq!(found, BTreeSet::from(known));
}

/// Checks that none of these words stands in the code below a folder, apart from excepted files.
fn check_absent(folder: &Path, words: &[&str], is_excepted: impl Fn(&Path) -> bool) {
    for path in sources(folder).into_iter().filter(|path| !is_excepted(path)) {
        let code = code_of(&path);
        for word in words {
            assert!(!code.contains(word), "`{}` names `{word}`", path.display());
        }
    }
}

/// The code that the compiler reads. Comments are left out, because they may name anything.
fn code_of(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.collect::<Vec<_>>().join("\n")
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// A ring of modules can only be read all at once.
#[test]
fn modules_of_a_crate_import_in_one_direction() {
    let mut seen = 0;
    for package in packages() {
        if package.name == "tests" {
            continue;
        }
        let imports = imports(&package.folder.join("src"));
        for module in imports.keys() {
            let mut reached = BTreeSet::new();
            let mut next: Vec<&String> = imports[module].iter().collect();
            while let Some(imported) = next.pop() {
                if reached.insert(imported) {
                    next.extend(imports.get(imported).into_iter().flatten());
                }
            }
            assert!(!reached.contains(module), "`{}`: `{module}` imports itself", package.name);
            seen += imports[module].len();
        }
    }
    assert!(seen > 200, "imports are found: {seen}");
}

/// What each module of a crate takes from which others, by their names below the root.
fn imports(folder: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let root = fs::read_to_string(folder.join("lib.rs")).unwrap_or_default();
    let homes: BTreeMap<String, String> = uses(&root, "pub use ")
        .filter_map(|(path, name)| Some((name, path.split("::").next()?.to_owned())))
        .collect();
    let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in sources(folder) {
        let below = path.strip_prefix(folder).unwrap().with_extension("");
        let module = below.components().next().unwrap().as_os_str().to_str().unwrap().to_owned();
        if ["lib", "main"].contains(&module.as_str()) {
            continue;
        }
        for (path, name) in uses(&code_of(&path), "use crate::") {
            let first = path.split("::").next().filter(|first| !first.is_empty());
            let home = first.map(str::to_owned).or_else(|| homes.get(&name).cloned());
            // A name of the root that no module has is a module's own.
            let imported = home.unwrap_or(name);
            if imported != module {
                imports.entry(module.clone()).or_default().insert(imported);
            }
        }
    }
    imports
}

/// The imports that begin so: the path before the name, and the name.
fn uses(code: &str, beginning: &str) -> impl Iterator<Item = (String, String)> {
    let statements = code.split(beginning).skip(1).filter_map(|rest| rest.split(';').next());
    statements.flat_map(|statement| {
        let statement: String = statement.split_whitespace().collect();
        let (path, names) = match statement.split_once('{') {
            Some((path, names)) => (path.to_owned(), names.trim_end_matches('}').to_owned()),
            None => match statement.rsplit_once("::") {
                Some((path, name)) => (path.to_owned(), name.to_owned()),
                None => (String::new(), statement.clone()),
            },
        };
        let path = path.trim_end_matches("::").to_owned();
        let names: Vec<String> = names.split(',').map(str::to_owned).collect();
        names.into_iter().filter(|name| !name.is_empty()).map(move |name| {
            match (path.is_empty(), name.split_once("::")) {
                (true, Some((module, name))) => (module.to_owned(), name.to_owned()),
                _ => (path.clone(), name),
            }
        })
    })
}
