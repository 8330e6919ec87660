//! Real reports beside the repository, and generated reports. The bill must be what stands in the files,
//! which is added up here with other code.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use billing::MarginTerm;
use commitments::Purchase;
use contracts::{Basis, Contracts, Sharing};
use datasets::{AllocationRow, ChargeRow, decode_csv, decode_parquet};
use generator::{Generation, Layout, Options, Sink};
use laws::{Law, ReportCheck, Tally};
use money::Amount;
use pipeline::Compression;
use sluice::{Finished, RunOptions};

/// The folder of public samples, if the machine has it.
fn shared_data() -> Option<PathBuf> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let is_required = std::env::vars_os().any(|(name, _)| name == "SLUICE_REQUIRE_SHARED");
    assert!(data.is_dir() || !is_required, "{} is not there", data.display());
    data.is_dir().then_some(data)
}

/// The file of rates beside a report, if there is one.
const RATES: &str = "savings-plan-rates.csv";

pub(crate) async fn bill(source: &Path, contracts: &str, out: &Path) -> Vec<Finished> {
    bill_with(source, contracts, out, false).await
}

async fn bill_with(
    source: &Path,
    contracts: &str,
    out: &Path,
    manifest_less: bool,
) -> Vec<Finished> {
    fs::create_dir_all(out).unwrap();
    let file = out.join("contracts-in.toml");
    fs::write(&file, contracts).unwrap();
    let rates = source.join(RATES);
    let options = RunOptions {
        source: source.to_owned(),
        contracts: file,
        rates: rates.is_file().then_some(rates),
        out: out.to_owned(),
        manifest: None,
        manifest_less,
        compression: Compression::Gzip,
        is_quiet: true,
    };
    sluice::run(&options).await.unwrap()
}

/// The lines of an account: their number, the number of lines without an invoice, and the unblended cost.
type Totals = BTreeMap<String, (u64, u64, i128)>;

fn charge_rows(out: &Path) -> impl Iterator<Item = ChargeRow> {
    let files = files(&out.join("billing")).into_iter();
    let charges = files.filter(|path| path.file_name().is_some_and(|name| name == "charges.csv"));
    charges.flat_map(|path| decode_csv::<ChargeRow>(&fs::read(path).unwrap()).unwrap())
}

/// The totals of each account in the published charges.
fn charged(out: &Path) -> Totals {
    let mut totals = Totals::new();
    for ChargeRow { charge, .. } in charge_rows(out) {
        let total = totals.entry(charge.key.usage_account_id.to_string()).or_default();
        total.0 += charge.measures.line_count;
        total.1 += charge.measures.uninvoiced_line_count;
        total.2 += charge.measures.unblended_cost.units();
    }
    totals
}

/// The totals of each account in the report's files. They are read with another CSV reader, and decimals are
/// read digit by digit.
fn reported(source: &Path, skips_split_cost: bool) -> Totals {
    let mut totals = Totals::new();
    for path in files(source).into_iter().filter(|path| !path.ends_with(RATES)) {
        let mut text = Vec::new();
        let mut file = File::open(&path).unwrap();
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("gz") => flate2::read::MultiGzDecoder::new(file).read_to_end(&mut text).unwrap(),
            Some("csv") => file.read_to_end(&mut text).unwrap(),
            _ => continue,
        };
        add_up(&text, skips_split_cost, &mut totals);
    }
    totals
}

fn add_up(text: &[u8], skips_split_cost: bool, totals: &mut Totals) {
    let mut reader = csv::Reader::from_reader(text);
    let header = reader.headers().unwrap().clone();
    let column = |names: [&str; 2]| header.iter().position(|name| names.contains(&name));
    let account = column(["lineItem/UsageAccountId", "line_item_usage_account_id"]).unwrap();
    let cost = column(["lineItem/UnblendedCost", "line_item_unblended_cost"]).unwrap();
    let operation = column(["lineItem/Operation", "line_item_operation"]).unwrap();
    let invoice = column(["bill/InvoiceId", "bill_invoice_id"]);
    for record in reader.records() {
        let record = record.unwrap();
        if skips_split_cost && record[operation].starts_with("EKSPod-EC2") {
            continue;
        }
        let total = totals.entry(record[account].to_owned()).or_default();
        total.0 += 1;
        total.1 += u64::from(invoice.is_none_or(|invoice| record[invoice].is_empty()));
        total.2 += units(&record[cost]);
    }
}

/// A decimal number as a number of 10⁻¹⁸, read digit by digit.
fn units(text: &str) -> i128 {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: i128 = format!("{whole}{fraction}").parse().unwrap();
    let shift = 18 + exponent.parse::<i32>().unwrap() - i32::try_from(fraction.len()).unwrap();
    let power = 10_i128.pow(shift.unsigned_abs());
    if shift >= 0 { digits * power } else { digits / power }
}

pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

fn contracts(sharing: &str, customers: &[(&str, &str, &str)]) -> String {
    let mut text = format!(
        "[reseller]\nname = \"MSP\"\n\n[fx.USD.JPY]\n\"2026-04\" = \"150.37\"\n\n\
         [commitments]\nsharing = \"{sharing}\"\n"
    );
    for (id, accounts, rest) in customers {
        let customer = format!("\n[[customer]]\nid = \"{id}\"\naccounts = [{accounts}]\n{rest}\n");
        text.push_str(&customer);
    }
    text
}

/// Checks that a report seals, adds up to the last digit, and is proved again from its files.
async fn check_sealed(source: &Path, contracts: &str) -> Finished {
    let scratch = tempfile::tempdir().unwrap();
    let mut finished = bill(source, contracts, scratch.path()).await;
    assert_eq!(finished.len(), 1);
    let run = finished.remove(0);
    assert!(run.is_sealed, "{:?}", run.failures);
    assert_eq!(charged(scratch.path()), reported(source, true));
    check_purchases(scratch.path(), &Contracts::parse(contracts).unwrap());
    for proof in sluice::verify(scratch.path(), None).await.unwrap() {
        assert_eq!(proof.differences, [""; 0]);
        assert_eq!(proof.replay.differences, [""; 0]);
    }
    run
}

/// Checks that customers who are billed by list price have exactly the covered usage that was handed out to
/// them, at the cost of the commitments.
fn check_purchases(out: &Path, contracts: &Contracts) {
    type Covered = BTreeMap<(String, Purchase, String), (Amount, Amount)>;
    let is_by_list = |customer: &str| {
        contracts.customer(customer).is_some_and(|customer| customer.basis == Basis::List)
    };
    let mut handed_out = Covered::new();
    let allocations =
        files(out).into_iter().filter(|path| path.starts_with(out.join("allocations")));
    let rows = allocations
        .flat_map(|path| decode_parquet::<AllocationRow>(fs::read(path).unwrap().into()).unwrap());
    for AllocationRow { customer_id, allocation } in rows.filter(|row| is_by_list(&row.customer_id))
    {
        let is_plan = allocation.commitment.contains(":savingsplan/");
        let purchase = if is_plan { Purchase::SavingsPlan } else { Purchase::Reserved };
        let key = (customer_id, purchase, allocation.sku.usage_type);
        let sums = handed_out.entry(key).or_default();
        sums.0 += allocation.usage_amount;
        sums.1 += allocation.commitment_cost;
    }
    let mut charged = Covered::new();
    for ChargeRow { customer_id, charge, .. } in charge_rows(out) {
        let covered = [Some(Purchase::Reserved), Some(Purchase::SavingsPlan)];
        if let Some(purchase) = charge.purchase
            && is_by_list(&customer_id)
            && covered.contains(&charge.purchase)
        {
            let key = (customer_id, purchase, charge.key.sku.usage_type);
            let sums = charged.entry(key).or_default();
            sums.0 += charge.measures.usage_amount;
            sums.1 += charge.charge_before_rules;
        }
    }
    assert_eq!(charged, handed_out);
    if contracts.sharing() == Sharing::Reseller {
        assert!(charged.is_empty(), "{charged:?}");
    }
}

#[tokio::test]
async fn real_reports_add_up() {
    let Some(data) = shared_data() else { return };
    let gzip = data.join("legacy-cur/logzio/bucket-gzip");
    let one = contracts("as_billed", &[("solo", "\"111122223333\"", "")]);
    check_sealed(&gzip, &one).await;
    let yen = contracts("reseller", &[("solo", "\"444455556666\"", "currency = \"JPY\"")]);
    check_sealed(&data.join("cur2/bucket"), &yen).await;
    let shared = contracts("customer", &[("solo", "\"444455556666\"", "")]);
    check_sealed(&data.join("cur2/bucket"), &shared).await;

    let nise = data.join("nise/bucket_small");
    let customers = |basis| {
        [
            ("acme", "\"100000000001\", \"200000000002\"", basis),
            ("globex", "\"300000000003\"", basis),
        ]
    };
    let unblended = contracts("as_billed", &customers("basis = \"unblended\""));
    let proof = check_sealed(&nise, &unblended).await.reconciliation.unwrap();
    for check in [
        ReportCheck::EffectiveCostPresent,
        ReportCheck::OnDemandCostPresent,
        ReportCheck::NegationCancels,
    ] {
        assert!(proof.report_checks[&check].broken > 0, "{check}");
    }
    // AWS says that ids are used again, but not whether this happens within an hour. In real reports it
    // does not.
    for athena in ["gzip", "zip", "athena", "athena-int96"] {
        let bucket = data.join(format!("legacy-cur/logzio/bucket-{athena}"));
        let scratch = tempfile::tempdir().unwrap();
        let proof = bill(&bucket, &one, scratch.path()).await.remove(0).reconciliation.unwrap();
        for check in [ReportCheck::NoLineTwice, ReportCheck::OnePayer, ReportCheck::OnePeriod] {
            let Tally { checked, broken, .. } = proof.report_checks[&check];
            assert!(checked > 2_000 && broken == 0, "{athena} {check}: {broken} of {checked}");
        }
    }
    let scratch = tempfile::tempdir().unwrap();
    let list = contracts("as_billed", &customers("basis = \"list\""));
    let failures = bill(&nise, &list, scratch.path()).await.remove(0).failures;
    let named = "column pricing/publicOnDemandCost: \"convertible\" is not a number";
    assert!(failures.iter().any(|reason| reason.contains(named)), "{failures:?}");
}

/// The published charges of all customers, line by line, without the run's id.
fn charges(out: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    for path in files(&out.join("billing")) {
        if path.file_name().is_some_and(|name| name == "charges.csv" || name == "invoice.csv") {
            let text = fs::read_to_string(&path).unwrap();
            let lines_of_file = text.lines().map(|line| line.split_once(',').unwrap().1.to_owned());
            lines.extend(lines_of_file);
        }
    }
    lines.sort();
    lines
}

#[tokio::test]
async fn a_month_is_the_same_in_every_format() {
    let Some(data) = shared_data() else { return };
    let contracts = contracts("as_billed", &[("solo", "\"111122223333\"", "basis = \"list\"")]);
    let mut months = Vec::new();
    for bucket in ["gzip", "zip", "athena", "athena-int96"] {
        let scratch = tempfile::tempdir().unwrap();
        let source = data.join(format!("legacy-cur/logzio/bucket-{bucket}"));
        let run = bill(&source, &contracts, scratch.path()).await.remove(0);
        assert!(run.is_sealed, "{bucket}: {:?}", run.failures);
        for proof in sluice::verify(scratch.path(), None).await.unwrap() {
            assert_eq!(proof.differences, [""; 0], "{bucket}");
        }
        months.push((charged(scratch.path()), charges(scratch.path())));
    }
    let expected = reported(&data.join("legacy-cur/logzio/bucket-gzip"), true);
    for (totals, charges) in &months {
        assert_eq!(totals, &expected);
        assert_eq!(charges, &months[0].1);
        assert!(charges.len() > 20);
    }
}

#[tokio::test]
async fn mock_reports_of_other_tools_add_up() {
    let Some(data) = shared_data() else { return };
    let mocks = data.join("mock/keboola/tests/mock_data");
    let contracts = contracts("as_billed", &[("solo", "\"123456789012\"", "")]);
    for (bucket, text) in [
        ("cur_1_0/s3_structure/mock-cur-bucket", "cur_1_0/sample_billing_data.csv"),
        ("cur_2_0/s3_structure/mock-cur-v2-bucket", "cur_2_0/sample_billing_data_v2.csv"),
    ] {
        let scratch = tempfile::tempdir().unwrap();
        let run = bill(&mocks.join(bucket), &contracts, scratch.path()).await.remove(0);
        assert!(run.is_sealed, "{bucket}: {:?}", run.failures);
        let mut expected = Totals::new();
        add_up(&fs::read(mocks.join(text)).unwrap(), true, &mut expected);
        assert_eq!(charged(scratch.path()), expected, "{bucket}");
    }
}

/// Copies a sample to the place where AWS would have put it.
fn place(sample: &Path, bucket: &Path, key: &str) {
    let path = bucket.join(key);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, fs::read(sample).unwrap()).unwrap();
}

/// Checks the known result of a sample that has no manifest or is not from AWS.
async fn check_placed(sample: &Path, key: &str, payer: &str, words: &[&str]) {
    let scratch = tempfile::tempdir().unwrap();
    let source = scratch.path().join("in");
    place(sample, &source, key);
    let contracts = format!(
        "[reseller]\nname = \"MSP\"\npayers = [\"{payer}\"]\n\
         [commitments]\nsharing = \"as_billed\"\n\
         [[customer]]\nid = \"solo\"\nbasis = \"unblended\"\naccounts = [\"111122223333\"]\n"
    );
    let out = scratch.path().join("out");
    let run = bill_with(&source, &contracts, &out, true).await.remove(0);
    assert_eq!(run.is_sealed, words.is_empty(), "{key}: {:?}", run.failures);
    let passed_over = run.passed_over.map(|export| export.reason);
    let reasons: Vec<String> = run.failures.into_iter().chain(passed_over).collect();
    for word in words {
        assert!(reasons.iter().any(|reason| reason.contains(word)), "{reasons:?}");
    }
    if run.is_sealed {
        assert_eq!(charged(&out), reported(&source, true));
        assert!(!run.reconciliation.unwrap().not_guaranteed.is_empty());
        assert!(sluice::verify(&out, None).await.unwrap().iter().all(sluice::Proof::holds));
    }
}

#[tokio::test]
async fn samples_without_a_manifest_are_billed_or_say_why_not() {
    let Some(data) = shared_data() else { return };
    let legacy = "costs/20231101-20231201/costs-00001.csv";
    let real = data.join("legacy-cur/focus_converters/sample-anonymous-aws-export-dataset.csv");
    check_placed(&real, legacy, "123412340534", &[]).await;
    let other_payer = ["a report of payer 123412340534, which is not among the payers"];
    check_placed(&real, legacy, "123456789012", &other_payer).await;
    let november = "costs/20231201-20240101/costs-00001.csv";
    let other_period = ["is a folder of 2023-12, and the first line of", "is of 2023-11"];
    check_placed(&real, november, "123412340534", &other_period).await;
    let focus = data.join("focus/FOCUS-Sample-Data/FOCUS-1.0/focus_sample.csv");
    let is_focus = ["report `costs` is an export in the FOCUS format"];
    check_placed(&focus, legacy, "123456789012", &is_focus).await;
    let mock = data.join("mock/sbroenne/sample-cur20.csv");
    let export = "e/data/BILLING_PERIOD=2025-01/e-00001.csv";
    let no_type = ["e-00001.csv", "lineItem/LineItemType or line_item_line_item_type"];
    check_placed(&mock, export, "123456789012", &no_type).await;
}

/// A folder that stands for a report bucket.
struct Folder(PathBuf);

impl Sink for Folder {
    fn create(&mut self, key: &str) -> io::Result<Box<dyn Write + '_>> {
        let path = self.0.join(key);
        fs::create_dir_all(path.parent().unwrap())?;
        Ok(Box::new(File::create(path)?))
    }
}

fn generate(generation: Generation, folder: &Path) -> String {
    let options = Options {
        generation,
        payer: generator::PAYER.parse().unwrap(),
        accounts: 5,
        lines: 4_000,
        seed: 3,
        period: "2026-10".parse().unwrap(),
        files: 2,
        layout: Layout::CreateNew,
        // One of the two is open, and the other one is final.
        is_final: generation == Generation::Cur2,
        revision: 0,
    };
    generator::generate(&options, &mut Folder(folder.to_owned())).unwrap();
    fs::write(folder.join(RATES), generator::savings_plan_rates(&options)).unwrap();
    generator::contracts(&options)
}

/// The contracts with another policy.
fn under(contracts: &str, sharing: &str, unused: &str) -> String {
    let policy = format!("sharing = \"{sharing}\"\nunused = \"{unused}\"");
    contracts
        .lines()
        .filter(|line| !line.starts_with("unused"))
        .map(|line| if line.starts_with("sharing") { policy.as_str() } else { line })
        .collect::<Vec<_>>()
        .join("\n")
}

#[tokio::test]
async fn generated_reports_add_up_and_agree_with_themselves() {
    for generation in [Generation::Legacy, Generation::Cur2] {
        let scratch = tempfile::tempdir().unwrap();
        let contracts = generate(generation, scratch.path());
        for unused in ["owner", "reseller", "pro_rata"] {
            let run = check_sealed(scratch.path(), &under(&contracts, "as_billed", unused)).await;
            let proof = run.reconciliation.unwrap();
            for (name, tally) in &proof.report_checks {
                assert_eq!(tally.broken, 0, "{name}: {:?}", tally.example);
            }
            let split = proof.laws.iter().filter(|law| law.law == Law::PartsSumToWhole);
            let parts: Amount = split.map(|law| law.left).sum();
            assert_eq!(parts.is_zero(), unused != "pro_rata", "{unused}");
        }
    }
}

/// Under every policy, the bill adds up and AWS's own rules give what AWS has billed.
#[tokio::test]
async fn generated_reports_seal_under_every_policy() {
    let scratch = tempfile::tempdir().unwrap();
    let contracts = generate(Generation::Cur2, scratch.path());
    let mut benefits = BTreeMap::new();
    for (sharing, unused) in [
        ("as_billed", "owner"),
        ("owner", "owner"),
        ("customer", "reseller"),
        ("everyone", "pro_rata"),
        ("reseller", "reseller"),
    ] {
        let contracts = under(&contracts, sharing, unused);
        let proof = check_sealed(scratch.path(), &contracts).await.reconciliation.unwrap();
        assert!(proof.missing_rates.is_empty(), "{sharing}: {:?}", proof.missing_rates);
        benefits.insert(sharing, proof.margin.terms[&MarginTerm::Benefit]);
    }
    // A benefit reduces a charge, so it is negative. If commitments may be shared more widely, more usage
    // is covered. AWS has shared all of them already, so no policy can give more.
    assert!(benefits["reseller"].is_zero());
    assert!(benefits["owner"] < Amount::ZERO);
    assert!(benefits["customer"] <= benefits["owner"]);
    assert!(benefits["everyone"] <= benefits["customer"]);
}
