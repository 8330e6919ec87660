//! The real deployment: the template on a local AWS, the functions as Lambda runs them, and a report that
//! is put into the bucket. Then bills are issued. The results are those of a laptop, byte for byte.
//!
//! The local AWS enforces the roles of the functions, so a right that is missing in the template fails
//! here.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::Duration;

use clap::Parser;
use generator::{Generation, Layout, Options, Sink};
use pipeline::{Compression, Step, keys};
use serde_json::json;
use sluice::RunOptions;
use sluice::args::Args;

const REGION: &str = "eu-west-1";
const REPORT_BUCKET: &str = "reports-111122223333";
const PERIOD: &str = "2026-10";

/// The customers whose bills are issued, in this order. The numbers of their documents follow each other.
const ISSUED_TO: [&str; 2] = ["globex", "acme"];
const ISSUED_ON: &str = "2026-11-05";

#[test]
#[ignore = "builds seven AWS binaries and installs a local AWS: cargo test -p tests -- --ignored cloud"]
fn a_delivery_ends_as_on_a_laptop() {
    let scratch = tempfile::tempdir().unwrap();
    let [reports, expected, found] =
        ["reports", "expected", "found"].map(|name| scratch.path().join(name));
    let options = Options {
        generation: Generation::Legacy,
        payer: generator::PAYER.parse().unwrap(),
        accounts: 6,
        lines: 3_000,
        seed: 1,
        period: PERIOD.parse().unwrap(),
        files: 2,
        layout: Layout::CreateNew,
        // Only a final bill is issued.
        is_final: true,
        revision: 0,
    };
    let summary = generator::generate(&options, &mut Folder(&reports)).unwrap();
    let contracts = scratch.path().join("contracts.toml");
    fs::write(&contracts, generator::contracts(&options)).unwrap();

    let binaries = build_functions();
    let cloud = LocalAws::start(scratch.path());
    let template = project().join("infra/template.yaml");
    cloud.python("deploy.py", &[&template, &binaries, Path::new(REPORT_BUCKET)]);
    let requests = scratch.path().join("requests");
    fs::write(&requests, ISSUED_TO.map(issue_request).join("\n")).unwrap();
    cloud.python("deliver.py", &[&reports, &contracts, &requests, &found]);

    let run = RunOptions {
        source: reports,
        contracts,
        rates: None,
        out: expected.clone(),
        manifest: Some(summary.manifest_keys[0].clone()),
        manifest_less: false,
        compression: Compression::Zstd,
        is_quiet: true,
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let finished = runtime.block_on(sluice::run(&run)).unwrap();
    assert!(finished.iter().all(|run| run.is_sealed), "{finished:?}");
    for customer in ISSUED_TO {
        runtime.block_on(issue(customer, &expected));
    }
    assert_same_files(&expected, &found);
}

fn issue_request(customer: &str) -> String {
    let request = json!({ "customer": customer, "billing_period": PERIOD, "date": ISSUED_ON });
    json!({ "issue": request }).to_string()
}

/// Issues a bill on the laptop.
async fn issue(customer: &str, results: &Path) {
    let mut words = vec!["sluice", "issue", "--out", results.to_str().unwrap(), "--period", PERIOD];
    words.extend(["--customer", customer, "--date", ISSUED_ON]);
    let mut out = Vec::new();
    sluice::main(Args::parse_from(words).command, &mut out).await.unwrap();
    let out = String::from_utf8(out).unwrap();
    assert!(out.contains("issued") && !out.contains("NOT ISSUED"), "{out}");
}

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The folder that Cargo builds into. This test program lies in `<target>/<profile>/deps`.
fn target() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(3).unwrap().to_path_buf()
}

/// Builds the programs that Lambda runs and returns their folder.
fn build_functions() -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--locked", "--quiet", "--target-dir"]).arg(target());
    let functions = ["receive-report"].into_iter().chain(Step::ALL.map(Step::name));
    for function in functions.chain(["bill-customer"]) {
        cargo.args(["--package", function]);
    }
    run(cargo.current_dir(project()));
    target().join("debug")
}

fn run(command: &mut Command) {
    let status = command.status().unwrap();
    assert!(status.success(), "{command:?}: {status}");
}

/// A local AWS with its own state. It ends when it goes out of scope.
struct LocalAws {
    server: Child,
    endpoint: String,
    programs: PathBuf,
}

impl LocalAws {
    fn start(scratch: &Path) -> Self {
        let programs = install();
        let port = free_port();
        let endpoint = format!("http://127.0.0.1:{port}");
        let log = File::create(target().join("ministack.log")).unwrap();
        let mut command = Command::new(programs.join("ministack"));
        // Functions inherit the environment of the server, so it contains only what is set here.
        command.env_clear().envs(aws_environment(&endpoint)).envs([
            ("PATH", "/usr/bin:/bin"),
            ("AUTH", "true"),
            ("ATHENA_ENGINE", "mock"),
            ("BIND_HOST", "127.0.0.1"),
            ("GATEWAY_PORT", &port.to_string()),
            ("IOT_MTLS_ENABLED", "0"),
            ("MINISTACK_ACCOUNT_ID", "111122223333"),
            ("MINISTACK_HOST", "127.0.0.1"),
            ("MINISTACK_REGION", REGION),
            ("SFTP_ENABLED", "0"),
        ]);
        for folder in ["HOME", "TMPDIR", "STATE_DIR", "S3_DATA_DIR"] {
            let path = scratch.join(folder.to_lowercase());
            fs::create_dir(&path).unwrap();
            command.env(folder, path);
        }
        let server = command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let cloud = Self { server, endpoint, programs };
        Self::wait_until_it_listens(port);
        cloud
    }

    fn wait_until_it_listens(port: u16) {
        for _ in 0..120 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return;
            }
            thread::sleep(Duration::from_millis(250));
        }
        panic!("the local AWS did not start: see {}", target().join("ministack.log").display());
    }

    /// Runs a script of `tests/cloud` against the local AWS.
    fn python(&self, script: &str, arguments: &[&Path]) {
        let script = project().join("tests/cloud").join(script);
        let mut python = Command::new(self.programs.join("python3"));
        run(python.arg(script).args(arguments).envs(aws_environment(&self.endpoint)));
    }
}

impl Drop for LocalAws {
    fn drop(&mut self) {
        // A request to end, and not a kill, so that the server also ends the functions that it started.
        let id = self.server.id().to_string();
        let asked = Command::new("kill").arg(id).status();
        let deadline = 40;
        for _ in 0..deadline {
            if asked.is_err() || matches!(self.server.try_wait(), Ok(Some(_))) {
                break;
            }
            thread::sleep(Duration::from_millis(250));
        }
        drop(self.server.kill());
        drop(self.server.wait());
    }
}

fn aws_environment(endpoint: &str) -> [(&str, &str); 4] {
    [
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_DEFAULT_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ]
}

/// Installs the packages of `requirements.txt` unless they are installed, and returns the folder of the
/// programs.
fn install() -> PathBuf {
    let wanted = fs::read(project().join("tests/cloud/requirements.txt")).unwrap();
    let home = target().join("ministack");
    let (programs, installed) = (home.join("bin"), home.join("requirements.txt"));
    if fs::read(&installed).is_ok_and(|there| there == wanted) {
        return programs;
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&home));
    let requirements = project().join("tests/cloud/requirements.txt");
    let mut pip = Command::new(programs.join("pip"));
    run(pip.args(["install", "--quiet", "--requirement"]).arg(requirements));
    fs::write(installed, wanted).unwrap();
    programs
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// A folder that stands for a report bucket.
struct Folder<'a>(&'a Path);

impl Sink for Folder<'_> {
    fn create(&mut self, key: &str) -> io::Result<Box<dyn Write + '_>> {
        let path = self.0.join(key);
        fs::create_dir_all(path.parent().unwrap())?;
        Ok(Box::new(File::create(path)?))
    }
}

fn assert_same_files(expected: &Path, found: &Path) {
    let (expected, found) = (files(expected, expected), files(found, found));
    let keys = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&found), keys(&expected));
    for (folder, what) in [
        (keys::current_prefix(), "sealed"),
        (keys::billed_prefix(), "billed"),
        (&keys::issues_prefix(ISSUED_TO[0]), "issued"),
    ] {
        assert!(found.keys().any(|key| key.starts_with(folder)), "nothing is {what}");
    }
    for (key, bytes) in &expected {
        assert!(found[key] == *bytes, "`{key}` differs:\n{}\n{}", text(bytes), text(&found[key]));
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(2_000)]).into_owned()
}

/// All files below a folder, by their keys.
fn files(root: &Path, folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(root, &path));
        } else {
            let key = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            found.insert(key, fs::read(path).unwrap());
        }
    }
    found
}
