//! A generated report looks like AWS's, and everything that should hold in a report holds in it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};

use cur::AccountId;
use flate2::read::GzDecoder;
use generator::{Generation, Layout, Options, PAYER, Sink, Summary, contracts, generate};
use money::{Amount, Rate};

/// The objects in the order of their creation.
#[derive(Default, PartialEq, Eq)]
struct Bucket(Vec<(String, Vec<u8>)>);

impl Sink for Bucket {
    fn create(&mut self, key: &str) -> io::Result<Box<dyn Write + '_>> {
        self.0.push((key.to_owned(), Vec::new()));
        let (_, bytes) = self.0.last_mut().unwrap();
        Ok(Box::new(bytes))
    }
}

impl Bucket {
    fn keys(&self) -> Vec<&str> {
        self.0.iter().map(|(key, _)| key.as_str()).collect()
    }

    fn text(&self, key: &str) -> String {
        let (_, bytes) = self.0.iter().find(|(name, _)| name == key).unwrap();
        if key.rsplit('.').next() != Some("gz") {
            return String::from_utf8(bytes.clone()).unwrap();
        }
        let mut text = String::new();
        GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
        text
    }
}

fn options(generation: Generation, lines: u64, accounts: u32) -> Options {
    Options {
        generation,
        payer: PAYER.parse().unwrap(),
        accounts,
        lines,
        seed: 7,
        period: "2026-10".parse().unwrap(),
        files: 0,
        layout: Layout::CreateNew,
        is_final: false,
        revision: 0,
    }
}

/// Two reports that have a whole month and two that are too small for that, in both generations.
fn cases() -> [Options; 4] {
    [
        options(Generation::Legacy, 3_000, 1),
        options(Generation::Legacy, 80_000, 9),
        options(Generation::Cur2, 80_000, 20),
        Options {
            files: 3,
            layout: Layout::Overwrite,
            period: "2028-02".parse().unwrap(),
            ..options(Generation::Cur2, 4_000, 3)
        },
    ]
}

/// One small report in each generation, for what does not depend on the size.
fn small_cases() -> impl Iterator<Item = Options> {
    cases().into_iter().filter(|options| options.lines < 10_000)
}

/// The name of a column in both generations.
type Name = (&'static str, &'static str);

const LINE_ITEM_ID: Name = ("identity/LineItemId", "identity_line_item_id");
const TIME_INTERVAL: Name = ("identity/TimeInterval", "identity_time_interval");
const INVOICE: Name = ("bill/InvoiceId", "bill_invoice_id");
const ENTITY: Name = ("bill/BillingEntity", "bill_billing_entity");
const PAYER_ID: Name = ("bill/PayerAccountId", "bill_payer_account_id");
const ACCOUNT: Name = ("lineItem/UsageAccountId", "line_item_usage_account_id");
const TYPE: Name = ("lineItem/LineItemType", "line_item_line_item_type");
const START: Name = ("lineItem/UsageStartDate", "line_item_usage_start_date");
const USAGE_TYPE: Name = ("lineItem/UsageType", "line_item_usage_type");
const OPERATION: Name = ("lineItem/Operation", "line_item_operation");
const ZONE: Name = ("lineItem/AvailabilityZone", "line_item_availability_zone");
const RESOURCE: Name = ("lineItem/ResourceId", "line_item_resource_id");
const AMOUNT: Name = ("lineItem/UsageAmount", "line_item_usage_amount");
const FACTOR: Name = ("lineItem/NormalizationFactor", "line_item_normalization_factor");
const NORMALIZED: Name = ("lineItem/NormalizedUsageAmount", "line_item_normalized_usage_amount");
const RATE: Name = ("lineItem/UnblendedRate", "line_item_unblended_rate");
const COST: Name = ("lineItem/UnblendedCost", "line_item_unblended_cost");
const DESCRIPTION: Name = ("lineItem/LineItemDescription", "line_item_line_item_description");
const OWNER_TAG: Name = ("resourceTags/user:Owner", "resource_tags");
const LIST_RATE: Name = ("pricing/publicOnDemandRate", "pricing_public_on_demand_rate");
const LIST_COST: Name = ("pricing/publicOnDemandCost", "pricing_public_on_demand_cost");
const RESERVATION: Name = ("reservation/ReservationARN", "reservation_reservation_a_r_n");
const EFFECTIVE: Name = ("reservation/EffectiveCost", "reservation_effective_cost");
const USED_UPFRONT: Name =
    ("reservation/AmortizedUpfrontCostForUsage", "reservation_amortized_upfront_cost_for_usage");
const USED_RECURRING: Name =
    ("reservation/RecurringFeeForUsage", "reservation_recurring_fee_for_usage");
const RESERVED: Name = ("reservation/TotalReservedUnits", "reservation_total_reserved_units");
const RESERVED_NORMALIZED: Name =
    ("reservation/TotalReservedNormalizedUnits", "reservation_total_reserved_normalized_units");
const UNUSED: Name = ("reservation/UnusedQuantity", "reservation_unused_quantity");
const UNUSED_NORMALIZED: Name =
    ("reservation/UnusedNormalizedUnitQuantity", "reservation_unused_normalized_unit_quantity");
const UNUSED_RECURRING: Name =
    ("reservation/UnusedRecurringFee", "reservation_unused_recurring_fee");
const UNUSED_UPFRONT: Name = (
    "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod",
    "reservation_unused_amortized_upfront_fee_for_billing_period",
);
const PERIOD_UPFRONT: Name = (
    "reservation/AmortizedUpfrontFeeForBillingPeriod",
    "reservation_amortized_upfront_fee_for_billing_period",
);
const RESERVATION_ZONE: Name = ("reservation/AvailabilityZone", "reservation_availability_zone");
const RESERVATION_START: Name = ("reservation/StartTime", "reservation_start_time");
const NUMBER: Name = ("reservation/NumberOfReservations", "reservation_number_of_reservations");
const REGION: Name = ("product/region", "product_region_code");
const PURCHASE_OPTION: Name = ("pricing/PurchaseOption", "pricing_purchase_option");
const PLAN: Name = ("savingsPlan/SavingsPlanARN", "savings_plan_savings_plan_a_r_n");
const PLAN_REGION: Name = ("savingsPlan/Region", "savings_plan_region");
const PLAN_FAMILY: Name = ("savingsPlan/InstanceTypeFamily", "savings_plan_instance_type_family");
const PLAN_OFFERING: Name = ("savingsPlan/OfferingType", "savings_plan_offering_type");
const PLAN_PAYMENT: Name = ("savingsPlan/PaymentOption", "savings_plan_payment_option");
const PLAN_RATE: Name = ("savingsPlan/SavingsPlanRate", "savings_plan_savings_plan_rate");
const PLAN_EFFECTIVE: Name =
    ("savingsPlan/SavingsPlanEffectiveCost", "savings_plan_savings_plan_effective_cost");
const USED_COMMITMENT: Name = ("savingsPlan/UsedCommitment", "savings_plan_used_commitment");
const COMMITMENT: Name =
    ("savingsPlan/TotalCommitmentToDate", "savings_plan_total_commitment_to_date");
const UPFRONT_COMMITMENT: Name = (
    "savingsPlan/AmortizedUpfrontCommitmentForBillingPeriod",
    "savings_plan_amortized_upfront_commitment_for_billing_period",
);
const RECURRING_COMMITMENT: Name = (
    "savingsPlan/RecurringCommitmentForBillingPeriod",
    "savings_plan_recurring_commitment_for_billing_period",
);
const SPLIT_COST: Name = ("splitLineItem/SplitCost", "split_line_item_split_cost");
const SPLIT_UNUSED: Name = ("splitLineItem/UnusedCost", "split_line_item_unused_cost");
const SPLIT_PARENT: Name = ("splitLineItem/ParentResourceId", "split_line_item_parent_resource_id");

struct Line<'r> {
    report: &'r Report,
    record: &'r csv::StringRecord,
}

impl Line<'_> {
    fn text(&self, name: Name) -> &str {
        let column = match self.report.options.generation {
            Generation::Legacy => name.0,
            Generation::Cur2 => name.1,
        };
        &self.record[self.report.columns[column]]
    }

    /// The number in the cell, or zero if the cell is empty.
    fn number(&self, name: Name) -> Amount {
        match self.text(name) {
            "" => Amount::ZERO,
            text => text.parse().unwrap_or_else(|error| panic!("{name:?} `{text}`: {error}")),
        }
    }

    fn is(&self, line_item_type: &str) -> bool {
        self.text(TYPE) == line_item_type
    }

    fn is_split(&self) -> bool {
        self.text(OPERATION) == "EKSPod-EC2"
    }

    fn product(&self, rate: Name) -> Amount {
        let rate: Rate = plain(self.number(rate)).parse().unwrap();
        rate.times(self.number(AMOUNT)).unwrap()
    }

    fn describe(&self) -> String {
        format!("{:?} {}", self.report.options, self.record.iter().collect::<Vec<_>>().join("|"))
    }
}

/// A number without an exponent, because rates in contracts have none.
fn plain(amount: Amount) -> String {
    amount.to_string()
}

struct Report {
    options: Options,
    bucket: Bucket,
    summary: Summary,
    header: Vec<String>,
    columns: BTreeMap<String, usize>,
    records: Vec<csv::StringRecord>,
}

impl Report {
    fn new(options: Options) -> Self {
        let mut bucket = Bucket::default();
        let summary = generate(&options, &mut bucket).unwrap();
        let mut headers = BTreeSet::new();
        let mut records = Vec::new();
        for key in &summary.file_keys {
            // The reader refuses a record that has another number of fields than the header.
            let text = bucket.text(key);
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            headers.insert(reader.headers().unwrap().iter().map(str::to_owned).collect::<Vec<_>>());
            records.extend(reader.records().map(Result::unwrap));
        }
        assert_eq!(headers.len(), 1, "every file has the same header");
        let header = headers.pop_first().unwrap();
        let columns = header.iter().cloned().zip(0..).collect();
        Self { options, bucket, summary, header, columns, records }
    }

    fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.records.iter().map(|record| Line { report: self, record })
    }

    fn of_type(&self, line_item_type: &'static str) -> impl Iterator<Item = Line<'_>> {
        self.lines().filter(move |line| line.is(line_item_type))
    }
}

/// Checks an expectation on reports with different options.
fn check(expect: fn(&Report)) {
    for options in cases() {
        expect(&Report::new(options));
    }
}

fn sum<'r>(lines: impl Iterator<Item = Line<'r>>, name: Name) -> Amount {
    lines.map(|line| line.number(name)).sum()
}

#[test]
fn the_same_options_give_the_same_bytes() {
    for options in cases() {
        let generated = |options: &Options| {
            let mut bucket = Bucket::default();
            generate(options, &mut bucket).unwrap();
            bucket
        };
        let first = generated(&options);
        assert!(first == generated(&options), "{options:?}");
        assert!(first != generated(&Options { seed: 8, ..options.clone() }), "{options:?}");
    }
}

#[test]
fn it_is_delivered_where_aws_delivers() {
    let check = |generation, layout, keys: &[&str]| {
        let report = Report::new(Options { files: 2, layout, ..options(generation, 2_000, 3) });
        let version = report.summary.manifest_keys[0].split('/').nth_back(1).unwrap().to_owned();
        let expected: Vec<_> = keys.iter().map(|key| key.replace("VERSION", &version)).collect();
        assert_eq!(report.bucket.keys(), expected);
    };
    check(
        Generation::Legacy,
        Layout::CreateNew,
        &[
            "cur/sluice-demo/20261001-20261101/20261103T120125Z/sluice-demo-00001.csv.gz",
            "cur/sluice-demo/20261001-20261101/20261103T120125Z/sluice-demo-00002.csv.gz",
            "cur/sluice-demo/20261001-20261101/20261103T120125Z/sluice-demo-Manifest.json",
            "cur/sluice-demo/20261001-20261101/sluice-demo-Manifest.json",
        ],
    );
    check(
        Generation::Legacy,
        Layout::Overwrite,
        &[
            "cur/sluice-demo/20261001-20261101/sluice-demo-00001.csv.gz",
            "cur/sluice-demo/20261001-20261101/sluice-demo-00002.csv.gz",
            "cur/sluice-demo/20261001-20261101/sluice-demo-Manifest.json",
        ],
    );
    check(
        Generation::Cur2,
        Layout::CreateNew,
        &[
            "cur/sluice-demo/data/BILLING_PERIOD=2026-10/VERSION/sluice-demo-00001.csv.gz",
            "cur/sluice-demo/data/BILLING_PERIOD=2026-10/VERSION/sluice-demo-00002.csv.gz",
            "cur/sluice-demo/metadata/BILLING_PERIOD=2026-10/VERSION/sluice-demo-Manifest.json",
            "cur/sluice-demo/metadata/BILLING_PERIOD=2026-10/sluice-demo-Manifest.json",
        ],
    );
    check(
        Generation::Cur2,
        Layout::Overwrite,
        &[
            "cur/sluice-demo/data/BILLING_PERIOD=2026-10/sluice-demo-00001.csv.gz",
            "cur/sluice-demo/data/BILLING_PERIOD=2026-10/sluice-demo-00002.csv.gz",
            "cur/sluice-demo/metadata/BILLING_PERIOD=2026-10/sluice-demo-Manifest.json",
        ],
    );
}

#[test]
fn manifests_name_the_files_and_the_columns_of_their_header() {
    check(|report| {
        let mut contents: Vec<_> =
            report.summary.manifest_keys.iter().map(|key| report.bucket.text(key)).collect();
        contents.dedup();
        assert_eq!(contents.len(), 1, "both manifests of a delivery are the same");
        let manifest: serde_json::Value = serde_json::from_str(&contents[0]).unwrap();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let list = |name: &str| manifest[name].as_array().unwrap();
        let (files, columns): (Vec<_>, Vec<_>) = match report.options.generation {
            Generation::Legacy => (
                list("reportKeys").iter().map(text).collect(),
                list("columns")
                    .iter()
                    .map(|c| format!("{}/{}", text(&c["category"]), text(&c["name"])))
                    .collect(),
            ),
            Generation::Cur2 => (
                list("dataFiles")
                    .iter()
                    .map(|uri| text(uri).replace("s3://example-report-bucket/", ""))
                    .collect(),
                list("columns").iter().map(|column| text(&column["name"])).collect(),
            ),
        };
        assert_eq!(files, report.summary.file_keys);
        assert_eq!(columns, report.header);
    });
}

#[test]
fn it_has_about_the_lines_that_were_asked_for() {
    check(|report| {
        assert_eq!(report.records.len() as u64, report.summary.lines);
        assert!(report.summary.lines.abs_diff(report.options.lines) * 50 < report.options.lines);
    });
}

#[test]
fn every_type_of_line_occurs() {
    const TYPES: [&str; 19] = [
        "BundledDiscount",
        "Credit",
        "Discount",
        "DiscountedUsage",
        "DistributorDiscount",
        "EdpDiscount",
        "Fee",
        "FlatRateSubscription",
        "PrivateRateDiscount",
        "RIFee",
        "Refund",
        "RiVolumeDiscount",
        "SavingsPlanCoveredUsage",
        "SavingsPlanNegation",
        "SavingsPlanRecurringFee",
        "SavingsPlanUpfrontFee",
        "SppDiscount",
        "Tax",
        "Usage",
    ];
    check(|report| {
        let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
        for record in &report.records {
            let line = Line { report, record };
            let name = TYPES.iter().find(|name| line.is(name)).expect("a known type");
            *seen.entry(name).or_default() += 1;
        }
        assert_eq!(seen.keys().copied().collect::<Vec<_>>(), TYPES, "{:?}", report.options);
        assert_eq!(seen, report.summary.lines_by_type);
        let values = |lines: &'static str, name| -> BTreeSet<_> {
            report.of_type(lines).map(|line| line.text(name).to_owned()).collect()
        };
        let payments = ["All Upfront", "No Upfront", "Partial Upfront"].map(str::to_owned);
        assert_eq!(values("RIFee", PURCHASE_OPTION), payments.clone().into());
        assert_eq!(values("SavingsPlanRecurringFee", PLAN_PAYMENT), payments.into());
        let offerings = [
            "ComputeSavingsPlans",
            "DatabaseSavingsPlans",
            "EC2InstanceSavingsPlans",
            "SageMakerSavingsPlans",
        ]
        .map(str::to_owned);
        assert_eq!(values("SavingsPlanCoveredUsage", PLAN_OFFERING), offerings.into());
        let is_upfront_fee = |line: &Line<'_>| line.is("Fee") && !line.text(RESERVATION).is_empty();
        assert!(report.lines().any(|line| is_upfront_fee(&line)), "an upfront fee");
    });
}

#[test]
fn line_item_id_and_time_interval_are_unique_together() {
    check(|report| {
        let mut seen = BTreeSet::new();
        for line in report.lines() {
            let id = (line.text(LINE_ITEM_ID).to_owned(), line.text(TIME_INTERVAL).to_owned());
            assert_eq!(id.0.len(), 52);
            assert!(seen.insert(id), "{}", line.describe());
        }
    });
}

#[test]
fn rate_times_amount_is_cost() {
    check(|report| {
        let mut rated = 0;
        for line in report.lines() {
            let describe = || line.describe();
            if !line.text(RATE).is_empty() {
                rated += 1;
                assert_eq!(line.product(RATE), line.number(COST), "{}", describe());
            }
            if !line.text(LIST_RATE).is_empty() && !line.number(LIST_COST).is_zero() {
                assert_eq!(line.product(LIST_RATE), line.number(LIST_COST), "{}", describe());
            }
            if !line.number(NORMALIZED).is_zero() {
                assert_eq!(line.product(FACTOR), line.number(NORMALIZED), "{}", describe());
            }
            if line.is("SavingsPlanCoveredUsage") {
                assert!(!line.number(PLAN_EFFECTIVE).is_zero(), "{}", describe());
                assert_eq!(line.product(PLAN_RATE), line.number(PLAN_EFFECTIVE), "{}", describe());
                assert_eq!(line.number(LIST_COST), line.number(COST), "{}", describe());
            }
        }
        assert!(rated * 10 > report.records.len() * 9);
    });
}

#[test]
fn negations_cancel_covered_usage_in_every_account() {
    check(|report| {
        let mut sums: BTreeMap<[String; 6], (Amount, Amount)> = BTreeMap::new();
        for line in report.lines() {
            if line.is("SavingsPlanCoveredUsage") || line.is("SavingsPlanNegation") {
                let key = [START, ACCOUNT, PLAN, OPERATION, USAGE_TYPE, ZONE];
                let sum = sums.entry(key.map(|name| line.text(name).to_owned())).or_default();
                sum.0 += line.number(COST);
                sum.1 += line.number(AMOUNT);
            }
        }
        assert!(!sums.is_empty());
        for (key, sum) in sums {
            assert_eq!(sum, (Amount::ZERO, Amount::ZERO), "{key:?}");
        }
        assert!(report.summary.lines_by_type["SavingsPlanNegation"] > 0);
    });
}

/// The sums of the lines of one reservation, or of all reservations.
#[derive(Default)]
struct Used {
    amount: Amount,
    normalized: Amount,
    effective: Amount,
    upfront: Amount,
    recurring: Amount,
    /// Whether every line has normalized units.
    is_normalized: bool,
}

/// The service in an ARN: `rds` in `arn:aws:rds:us-east-1:…`.
fn service(arn: &str) -> &str {
    arn.split(':').nth(2).unwrap()
}

/// Checks the columns that AWS fills for a service, and checks that AWS's empty columns are empty.
#[test]
fn used_and_unused_are_what_was_reserved() {
    check(|report| {
        let mut used: BTreeMap<String, Used> = BTreeMap::new();
        let mut covered_accounts: BTreeSet<(bool, bool)> = BTreeSet::new();
        for line in report.of_type("DiscountedUsage") {
            let arn = line.text(RESERVATION);
            let effective = line.number(EFFECTIVE);
            let parts = line.number(USED_UPFRONT) + line.number(USED_RECURRING);
            if service(arn) == "redshift" {
                assert!(effective.is_zero(), "{}", line.describe());
            } else {
                assert_eq!(effective, parts, "{}", line.describe());
                assert!(!effective.is_zero(), "{}", line.describe());
            }
            assert!(line.number(COST).is_zero(), "{}", line.describe());
            assert!(!line.number(LIST_COST).is_zero(), "{}", line.describe());
            let of = used
                .entry(arn.to_owned())
                .or_insert_with(|| Used { is_normalized: true, ..Used::default() });
            of.amount += line.number(AMOUNT);
            of.normalized += line.number(NORMALIZED);
            of.effective += effective;
            of.upfront += line.number(USED_UPFRONT);
            of.recurring += line.number(USED_RECURRING);
            of.is_normalized &= !line.number(FACTOR).is_zero();
            let is_own = arn.contains(line.text(ACCOUNT));
            covered_accounts.insert((arn.contains("999988887777"), is_own));
        }
        let mut unused_somewhere = false;
        let mut fees = 0;
        for fee in report.of_type("RIFee") {
            fees += 1;
            let arn = fee.text(RESERVATION);
            let used = used.remove(arn).unwrap_or_default();
            let number = |name| fee.number(name);
            let describe = fee.describe();
            let unused = number(UNUSED_UPFRONT) + number(UNUSED_RECURRING);
            let all = number(PERIOD_UPFRONT) + number(COST);
            match service(arn) {
                // These services have no columns of the unused part.
                "dynamodb" | "mediaconnect" | "redshift-serverless" => {
                    assert!(unused.is_zero() && number(UNUSED).is_zero(), "{describe}");
                    assert!(used.effective <= all && used.amount <= number(RESERVED), "{describe}");
                }
                // Redshift has no column of the recurring part that was used, and so no sum of the used
                // part.
                "redshift" => {
                    assert_eq!(used.upfront + number(UNUSED_UPFRONT), number(PERIOD_UPFRONT));
                    assert!(number(UNUSED_RECURRING) < number(COST), "{describe}");
                    assert_eq!(used.amount + number(UNUSED), number(RESERVED), "{describe}");
                }
                _ => {
                    assert_eq!(used.effective + unused, all, "{describe}");
                    assert_eq!(used.recurring + number(UNUSED_RECURRING), number(COST));
                    assert_eq!(used.upfront + number(UNUSED_UPFRONT), number(PERIOD_UPFRONT));
                }
            }
            let is_counted = !number(RESERVED_NORMALIZED).is_zero()
                && !number(UNUSED_NORMALIZED).is_zero()
                && used.is_normalized;
            if is_counted {
                let normalized = used.normalized + number(UNUSED_NORMALIZED);
                assert_eq!(normalized, number(RESERVED_NORMALIZED), "{describe}");
            }
            assert!(number(UNUSED) <= number(RESERVED) && !number(UNUSED).is_negative());
            unused_somewhere |= !number(UNUSED).is_zero();
        }
        assert!(used.is_empty(), "every reservation has a fee line");
        assert_eq!(fees, 21);
        assert!(unused_somewhere);
        assert!(covered_accounts.contains(&(true, false)), "the payer's reservations are shared");
        assert!(covered_accounts.contains(&(false, true)), "customers use their own");
    });
}

/// AWS's dictionary contradicts itself and names services without certain columns. Each report has several
/// of these forms, and all seeds together have all forms.
#[test]
fn commitments_are_written_in_every_way_of_aws() {
    let mut seen: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for seed in 0..16 {
        let report =
            Report::new(Options { seed, files: 1, ..options(Generation::Legacy, 1_300, 5) });
        let mut ways: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for line in report.lines() {
            ways_of_plans(&line, &mut ways);
            ways_of_reservations(&line, &mut ways);
        }
        let mixed = ways.values().filter(|ways| ways.len() > 1).count();
        assert!(mixed > 4, "seed {seed} has {ways:?}");
        for (what, ways) in ways {
            seen.entry(what).or_default().extend(ways);
        }
    }
    let expected: BTreeMap<&str, BTreeSet<&str>> = [
        ("region of a plan", vec!["name", "code", "Any", ""]),
        ("family on a plan's fee", vec!["there", ""]),
        ("family on what a plan covers", vec!["there", ""]),
        ("zone of a regional reservation", vec!["region", ""]),
        ("normalized units on a fee", vec!["there", ""]),
        ("unused normalized units on a fee", vec!["there", ""]),
        ("factor on a fee", vec!["there", ""]),
        ("factor on what a database reservation covers", vec!["there", ""]),
        ("region of a fee", vec!["there", ""]),
        ("number on a fee", vec!["there", ""]),
        ("times of EC2", vec!["there"]),
        ("times of DynamoDB", vec![""]),
        ("unused of DynamoDB", vec![""]),
        ("upfront columns of a host", vec![""]),
        ("units", vec!["whole", "of a broken hour"]),
        ("fee of a dedicated instance", vec!["HeavyUsage"]),
        ("fee in two zones", vec!["HeavyUsage", "Multi-AZHeavyUsage"]),
        ("another kind of reservation", vec!["covers", "fee"]),
        ("exchange", vec!["paid on top"]),
        ("SageMaker plan", vec!["Studio", "Host"]),
    ]
    .map(|(what, ways)| (what, ways.into_iter().collect()))
    .into();
    assert_eq!(seen, expected);
}

fn there(text: &str) -> &'static str {
    if text.is_empty() { "" } else { "there" }
}

type Ways<'w> = BTreeMap<&'w str, BTreeSet<&'w str>>;

fn ways_of_plans(line: &Line<'_>, ways: &mut Ways<'_>) {
    if line.text(PLAN).is_empty() {
        return;
    }
    let mut see = |what, way| ways.entry(what).or_default().insert(way);
    let is_for_instances = line.text(PLAN_OFFERING) == "EC2InstanceSavingsPlans";
    see(
        "region of a plan",
        match line.text(PLAN_REGION) {
            "" => "",
            "Any" => "Any",
            name if name.contains('(') => "name",
            _ => "code",
        },
    );
    match line.text(TYPE) {
        "SavingsPlanRecurringFee" if is_for_instances => {
            see("family on a plan's fee", there(line.text(PLAN_FAMILY)));
        }
        "SavingsPlanCoveredUsage" => {
            see("family on what a plan covers", there(line.text(PLAN_FAMILY)));
            let is_instance = line.text(USAGE_TYPE).contains("BoxUsage");
            assert!(!is_instance || !line.text(PLAN_FAMILY).is_empty(), "{}", line.describe());
            if line.text(PLAN_OFFERING) == "SageMakerSavingsPlans" {
                let is_studio = line.text(USAGE_TYPE).contains("Studio:JupyterLab-ml.");
                see("SageMaker plan", if is_studio { "Studio" } else { "Host" });
            }
        }
        _ => assert!(is_for_instances || line.text(PLAN_FAMILY).is_empty()),
    }
}

fn ways_of_reservations(line: &Line<'_>, ways: &mut Ways<'_>) {
    let arn = line.text(RESERVATION);
    if arn.is_empty() {
        return;
    }
    let mut see = |what, way| ways.entry(what).or_default().insert(way);
    let usage_type = line.text(USAGE_TYPE);
    let is_unknown = ["mediaconnect", "redshift-serverless"].contains(&service(arn));
    match line.text(TYPE) {
        "Fee" if arn.contains("exchange") => {
            see("exchange", "paid on top");
        }
        "DiscountedUsage" if is_unknown => {
            see("another kind of reservation", "covers");
        }
        "DiscountedUsage" if service(arn) == "rds" => {
            let factor = there(line.text(FACTOR));
            see("factor on what a database reservation covers", factor);
        }
        "RIFee" => {
            let is_zonal = !line.text(ZONE).is_empty();
            let is_regional = !is_zonal && usage_type.contains("BoxUsage");
            assert!(!is_regional, "fees are not usage: {}", line.describe());
            see("region of a fee", there(line.text(REGION)));
            see("number on a fee", there(line.text(NUMBER)));
            let is_whole = line.number(RESERVED).units() % 10_i128.pow(18) == 0;
            see("units", if is_whole { "whole" } else { "of a broken hour" });
            if is_unknown {
                see("another kind of reservation", "fee");
            }
            match service(arn) {
                "ec2" if arn.contains("host-reservation") => {
                    see("upfront columns of a host", there(line.text(PERIOD_UPFRONT)));
                    assert_eq!(usage_type, "ReservedHostUsage:a1");
                }
                "ec2" => {
                    if !is_zonal {
                        let zone = line.text(RESERVATION_ZONE);
                        assert!(!zone.ends_with(|last: char| last.is_ascii_lowercase()));
                        let way = if zone.is_empty() { "" } else { "region" };
                        see("zone of a regional reservation", way);
                    }
                    see("times of EC2", there(line.text(RESERVATION_START)));
                    see("normalized units on a fee", there(line.text(RESERVED_NORMALIZED)));
                    let unused = there(line.text(UNUSED_NORMALIZED));
                    see("unused normalized units on a fee", unused);
                    see("factor on a fee", there(line.text(FACTOR)));
                    assert!(!usage_type.contains("DedicatedUsage"), "{}", line.describe());
                    if line.text(DESCRIPTION).contains("DedicatedUsage") {
                        see("fee of a dedicated instance", "HeavyUsage");
                    }
                }
                "rds" if usage_type.ends_with("db.r8g.large") => {
                    let is_named = usage_type.starts_with("Multi-AZ");
                    let way = if is_named { "Multi-AZHeavyUsage" } else { "HeavyUsage" };
                    see("fee in two zones", way);
                }
                "dynamodb" => {
                    see("times of DynamoDB", there(line.text(RESERVATION_START)));
                    see("unused of DynamoDB", there(line.text(UNUSED)));
                }
                _ => {}
            }
        }
        _ => {}
    }
}

/// One account does not share. The contracts either name it, or Sluice has to learn it.
#[test]
fn an_account_may_be_without_sharing() {
    let (mut stated, mut covered) = (0, 0);
    for seed in (0..12).step_by(2) {
        let options = Options { seed, ..options(Generation::Legacy, 1_300, 6) };
        let contracts: toml::Table = contracts(&options).parse().unwrap();
        let Some(aws) = contracts["commitments"].get("aws") else { continue };
        let unshared = aws["inactive"][0].as_str().unwrap().to_owned();
        stated += 1;
        for line in Report::new(options).lines() {
            let arn = [RESERVATION, PLAN].map(|name| line.text(name).to_owned()).concat();
            if line.is("DiscountedUsage") || line.is("SavingsPlanCoveredUsage") {
                let owner = arn.split(':').nth(4).unwrap();
                let is_concerned = owner == unshared || line.text(ACCOUNT) == unshared;
                assert!(!is_concerned || owner == line.text(ACCOUNT), "{}", line.describe());
                covered += usize::from(is_concerned);
            }
        }
    }
    assert!(stated > 1 && covered > 0, "{stated} {covered}");
}

#[test]
fn effective_costs_are_the_used_commitment_of_the_hour() {
    check(|report| {
        let mut used: BTreeMap<[String; 2], Amount> = BTreeMap::new();
        let key = |line: &Line<'_>| [PLAN, START].map(|name| line.text(name).to_owned());
        for line in report.of_type("SavingsPlanCoveredUsage") {
            *used.entry(key(&line)).or_default() += line.number(PLAN_EFFECTIVE);
        }
        let (mut partly_used, mut used_up) = (0, 0);
        for fee in report.of_type("SavingsPlanRecurringFee") {
            let number = |name| fee.number(name);
            let describe = fee.describe();
            let of_hour = used.remove(&key(&fee)).unwrap_or_default();
            assert_eq!(of_hour, number(USED_COMMITMENT), "{describe}");
            assert!(of_hour <= number(COMMITMENT), "{describe}");
            let parts = number(UPFRONT_COMMITMENT) + number(RECURRING_COMMITMENT);
            assert_eq!(parts, number(COMMITMENT), "{describe}");
            assert_eq!(number(RECURRING_COMMITMENT), number(COST), "{describe}");
            if of_hour == number(COMMITMENT) {
                used_up += 1;
            } else {
                partly_used += 1;
            }
        }
        assert!(used.is_empty(), "every plan-hour that covers has a fee line");
        assert!(partly_used > 0 && used_up > 0, "{:?} {partly_used} {used_up}", report.options);
    });
}

/// Usage beyond all commitments stays on demand, as a second line with the same resource and hour.
#[test]
fn commitments_cover_a_part_of_an_hour() {
    check(|report| {
        let mut covered = BTreeSet::new();
        for line in report.of_type("SavingsPlanCoveredUsage") {
            covered.insert([START, RESOURCE].map(|name| line.text(name).to_owned()));
        }
        let mut left = report.of_type("Usage").filter(|line| !line.is_split());
        let is_left = |line: Line<'_>| {
            covered.contains(&[START, RESOURCE].map(|name| line.text(name).to_owned()))
        };
        assert!(left.any(is_left), "{:?}", report.options);
    });
}

#[test]
fn split_lines_repeat_the_cost_of_their_instance() {
    check(|report| {
        let split: Vec<_> = report.lines().filter(Line::is_split).collect();
        assert_eq!(split.len() as u64, report.summary.split_lines);
        assert!(!split.is_empty());
        let mut hours: BTreeMap<&str, Amount> = BTreeMap::new();
        for line in &split {
            let whole = line.number(SPLIT_COST) + line.number(SPLIT_UNUSED);
            assert_eq!(line.number(COST), whole, "{}", line.describe());
            *hours.entry(line.text(START)).or_default() += whole;
        }
        let parent = split[0].text(SPLIT_PARENT);
        for (hour, cost) in hours {
            let of_parent = report
                .lines()
                .filter(|line| line.text(START) == hour && line.text(RESOURCE) == parent)
                .filter(|line| !line.is("SavingsPlanNegation"));
            assert_eq!(sum(of_parent, LIST_COST), cost);
        }
    });
}

#[test]
fn the_summary_says_what_every_account_costs() {
    check(|report| {
        let mut costs: BTreeMap<String, Amount> = BTreeMap::new();
        for line in report.lines().filter(|line| !line.is_split()) {
            *costs.entry(line.text(ACCOUNT).to_owned()).or_default() += line.number(COST);
        }
        let accounts = &report.summary.unblended_cost_by_account;
        let summary: BTreeMap<_, _> =
            accounts.iter().map(|(account, cost)| (account.to_string(), *cost)).collect();
        assert_eq!(costs, summary);
        assert_eq!(costs.len() as u64, 1 + u64::from(report.options.accounts));
    });
}

#[test]
fn it_looks_like_a_real_report() {
    check(|report| {
        let free = report.lines().filter(|line| line.number(COST).is_zero()).count();
        assert_eq!(free as u64, report.summary.free_lines);
        let percent = free * 100 / report.records.len();
        assert!((38..=86).contains(&percent), "{percent}% of the lines cost nothing");
        let any = |says: &dyn Fn(&Line<'_>) -> bool| report.lines().any(|line| says(&line));
        assert!(any(&|line| line.text(DESCRIPTION).contains('\n')), "a line break");
        assert!(any(&|line| line.text(DESCRIPTION).contains('"')), "a quote");
        assert!(any(&|line| line.text(OWNER_TAG).contains("Größe")), "text beyond ASCII");
        if report.options.generation == Generation::Cur2 {
            assert!(any(&|line| line.text(AMOUNT).contains("E-")), "an exponent");
        }
        assert!(any(&|line| !line.text(INVOICE).is_empty()), "an invoice id");
        if report.options.accounts > 2 {
            assert!(any(&|line| line.text(INVOICE).is_empty()), "no invoice id");
        }
        let time = match report.options.generation {
            Generation::Legacy => "-01T00:00:00Z",
            Generation::Cur2 => "-01T00:00:00.000Z",
        };
        assert!(any(&|line| line.text(START).ends_with(time)));
    });
}

/// AWS invoices purchases on AWS Marketplace apart from its own services. Nothing else differs from the open
/// report.
#[test]
fn a_final_report_has_an_invoice_for_every_line() {
    for options in cases() {
        let invoice = match options.generation {
            Generation::Legacy => INVOICE.0,
            Generation::Cur2 => INVOICE.1,
        };
        let (open, report) =
            (Report::new(options.clone()), Report::new(Options { is_final: true, ..options }));
        let mut invoices: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (line, of_open) in report.lines().zip(open.lines()) {
            let of_entity = invoices.entry(line.text(ENTITY).to_owned()).or_default();
            of_entity.insert(line.text(INVOICE).to_owned());
            let without_invoice = |record: &csv::StringRecord| -> Vec<String> {
                let cells = report.header.iter().zip(record);
                cells
                    .filter(|(name, _)| *name != invoice)
                    .map(|(_, cell)| cell.to_owned())
                    .collect()
            };
            assert_eq!(without_invoice(line.record), without_invoice(of_open.record));
        }
        assert_eq!(report.records.len(), open.records.len());
        let [aws, marketplace] = ["AWS", "AWS Marketplace"].map(|entity| &invoices[entity]);
        assert!(!aws.contains("") && !marketplace.contains(""), "{invoices:?}");
        assert!(aws.is_disjoint(marketplace), "{invoices:?}");
    }
}

/// Reports of several payers fit into one bucket, and no account is under two payers.
#[test]
fn payers_share_neither_accounts_nor_keys() {
    for options in small_cases() {
        let report = |payer: &str| {
            let payer = payer.parse().unwrap();
            Report::new(Options { payer, ..options.clone() })
        };
        let reports = [PAYER, "888877776666", "123456789012"].map(report);
        let mut accounts: BTreeSet<AccountId> = BTreeSet::new();
        let mut keys: BTreeSet<&str> = BTreeSet::new();
        for report in &reports {
            let payer = report.options.payer;
            assert!(report.lines().all(|line| line.text(PAYER_ID) == payer.as_str()), "{payer}");
            accounts.extend(report.summary.unblended_cost_by_account.keys());
            keys.extend(report.bucket.keys());
            assert!(report.summary.unblended_cost_by_account.contains_key(&payer), "{payer}");
            let manifest = report.bucket.text(&report.summary.manifest_keys[0]);
            assert!(manifest.contains(payer.as_str()), "{manifest}");
        }
        let all = |count: fn(&Report) -> usize| reports.iter().map(count).sum::<usize>();
        assert_eq!(accounts.len(), all(|of| of.summary.unblended_cost_by_account.len()));
        assert_eq!(keys.len(), all(|of| of.bucket.keys().len()));
    }
}

/// In a revision, AWS has measured less of one resource. So the account's discount and tax are less, and so
/// is the support that the payer buys. Nothing else differs.
#[test]
fn a_revision_corrects_the_usage_of_one_resource() {
    for options in small_cases() {
        let before = Report::new(options.clone());
        let now = Report::new(Options { revision: 1, ..options });
        assert_eq!(now.records.len(), before.records.len());
        let manifest = |report: &Report| report.summary.manifest_keys[0].clone();
        let is_overwritten = now.options.layout == Layout::Overwrite;
        assert_eq!(manifest(&now) == manifest(&before), is_overwritten);
        assert_ne!(now.bucket.text(&manifest(&now)), before.bucket.text(&manifest(&before)));

        let mut corrected = BTreeSet::new();
        let mut following = BTreeSet::new();
        for (line, of_before) in now.lines().zip(before.lines()) {
            assert_eq!(line.text(LINE_ITEM_ID), of_before.text(LINE_ITEM_ID));
            if line.record == of_before.record {
                continue;
            }
            let about = [ACCOUNT, RESOURCE, USAGE_TYPE].map(|name| line.text(name).to_owned());
            match line.text(TYPE) {
                "Usage" => {
                    assert!(line.number(AMOUNT) < of_before.number(AMOUNT), "{}", line.describe());
                    assert!(line.number(COST) <= of_before.number(COST), "{}", line.describe());
                    corrected.insert(about);
                }
                kind => _ = following.insert((kind.to_owned(), line.text(ACCOUNT).to_owned())),
            }
        }
        assert_eq!(corrected.len(), 1, "{corrected:?}");
        let account = corrected.first().unwrap()[0].as_str();
        let may_follow = [("EdpDiscount", account), ("Fee", PAYER), ("Tax", account)];
        for (kind, of) in &following {
            assert!(may_follow.contains(&(kind, of)), "{following:?}");
        }
        let total = |report: &Report| sum(report.lines(), COST);
        assert!(total(&now) < total(&before), "{:?}", now.options);
    }
}

#[test]
fn its_contracts_know_its_accounts() {
    for options in cases() {
        let contracts: toml::Table = contracts(&options).parse().unwrap();
        let assigned: BTreeSet<&str> = contracts["customer"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|customer| customer["accounts"].as_array().unwrap())
            .map(|account| account.as_str().unwrap())
            .collect();
        let report = Report::new(options);
        let seen = report.summary.unblended_cost_by_account.keys().map(ToString::to_string);
        let unassigned =
            seen.filter(|account| !assigned.contains(account.as_str())).collect::<Vec<_>>();
        assert!((1..=2).contains(&unassigned.len()), "{unassigned:?}");
    }
}
