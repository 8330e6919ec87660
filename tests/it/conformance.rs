//! Worked examples of how commitments apply, compared with the engine: examples of the project, examples
//! beside the repository, and examples that `SLUICE_CASES` names (a file or a folder in the same form).
//!
//! `cargo test -p tests conformance -- --nocapture` shows the number of examples and those that fail.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use commitments::{
    Attributes, Commitment, CommitmentIndex, Coverage, Eligibility, Engine, List, Order, Owner,
    Pass, PricedProduct, Product, SkuIndex, Terms, Usage, UsageIndex,
};
use cur::{AccountId, PlanType};
use money::{Amount, Exact};
use serde_json::Value;

const OWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");

#[test]
#[expect(clippy::print_stdout, reason = "how many examples there are is asked for")]
fn every_worked_example() {
    let mut files = cases_of(Path::new(OWN));
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/cases");
    let named = std::env::vars_os().find(|(name, _)| name == "SLUICE_CASES");
    let more = named.map(|(_, path)| PathBuf::from(path));
    for path in [Some(beside).filter(|path| path.is_dir()), more].into_iter().flatten() {
        files.extend(cases_of(&path));
    }
    let (mut passed, mut total) = (0, 0);
    let mut failed = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let cases: Value = serde_json::from_str(&text).unwrap();
        for case in cases["cases"].as_array().unwrap() {
            total += 1;
            // An example that cannot be read fails.
            let wrong = std::panic::catch_unwind(|| check(case));
            let wrong = wrong.unwrap_or_else(|_| vec!["it cannot be read".to_owned()]);
            if wrong.is_empty() {
                passed += 1;
            } else {
                let wrong = wrong.join("\n    ");
                failed.push(format!("{} {}\n    {wrong}", file.display(), text_of(case, "id")));
            }
        }
    }
    println!("{passed}/{total}");
    assert!(failed.is_empty(), "{passed}/{total} pass; these do not:\n{}", failed.join("\n"));
    assert!(total > 15, "there are examples: {total}");
}

fn cases_of(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    files
}

/// The expectations of an example that are not met.
fn check(case: &Value) -> Vec<String> {
    let outcome = Outcome::of(case);
    let expectations = case["expected"].as_array().unwrap();
    expectations.iter().filter_map(|expected| outcome.compare(expected).err()).collect()
}

/// An example, computed by the engine.
struct Outcome<'c> {
    case: &'c Value,
    usage: List<UsageIndex, &'c Value>,
    commitments: List<CommitmentIndex, &'c Value>,
    capacity: List<CommitmentIndex, Exact>,
    covered: Vec<Coverage>,
    on_demand: List<UsageIndex, Exact>,
    unused: List<CommitmentIndex, Exact>,
}

impl<'c> Outcome<'c> {
    fn of(case: &'c Value) -> Self {
        let list =
            |name: &str| case[name].as_array().map_or(Vec::new(), |all| all.iter().collect());
        let (mut usage, reservations, plans) =
            (list("usage"), list("reservations"), list("savings_plans"));
        usage.sort_by_key(|usage| text_of(usage, "account"));
        let usage: List<UsageIndex, &Value> = usage.into();
        let commitments: List<CommitmentIndex, &Value> =
            reservations.iter().chain(&plans).copied().collect();
        let accounts = Accounts::of(case, usage.iter().chain(&commitments));
        let products: List<SkuIndex, PricedProduct> =
            usage.iter().map(|usage| priced_product(usage)).collect();
        let usages: List<UsageIndex, Usage> = (usage.iter().zip((0..).map(SkuIndex::from)))
            .map(|(usage, sku)| Usage {
                account: accounts.id(text_of(usage, "account")),
                sku,
                zone: text_of(usage, "az").to_owned(),
            })
            .collect();
        let terms: List<CommitmentIndex, Commitment> = (commitments.iter())
            .map(|commitment| Commitment {
                owner: Owner::Account(accounts.id(text_of(commitment, "account"))),
                terms: terms(commitment),
                also: Vec::new(),
            })
            .collect();
        // Each usage has a SKU of its own.
        let rate = |plan: CommitmentIndex, sku: SkuIndex| {
            let name = commitments[plan]["type"].as_str()?;
            number(&usage[UsageIndex::from(usize::from(sku))]["sp_rates"][name])
        };
        let eligibility = accounts.eligibility();
        let mut engine =
            Engine::new(&products, &usages, &terms, &eligibility, &Order::default(), rate);
        let used: List<UsageIndex, Exact> =
            usage.iter().map(|usage| needed(usage, "quantity")).collect();
        let capacity: List<CommitmentIndex, Exact> = commitments
            .iter()
            .zip(&terms)
            .map(|(commitment, terms)| capacity(commitment, &terms.terms))
            .collect();
        engine.apply(&used, &capacity);
        let (covered, on_demand, unused) =
            (engine.covered().to_vec(), engine.on_demand().clone(), engine.unused().clone());
        Self { case, usage, commitments, capacity, covered, on_demand, unused }
    }

    fn compare(&self, expected: &Value) -> Result<(), String> {
        let found = |key: &str| match text_of(expected, "kind") {
            "line_item" => self.line_item(expected, key),
            "covered" | "total_covered" => Some(sum(self.matching(expected).map(|c| &c.quantity))),
            "on_demand" | "total_on_demand" => Some(self.on_demand(expected)),
            "ri_unused" | "sp_unused" | "unused" => self.unused(expected),
            "sp_used" => Some(sum(self.matching(expected).map(|coverage| &coverage.units))),
            "used" | "borrowed" | "lent" | "amortized" | "savings" => self.bucket(expected, key),
            "total" | "value" => self.total(text_of(expected, "name"), expected),
            _ => None,
        };
        let values = VALUES.iter().filter(|key| !expected[**key].is_null());
        let mut compared = 0;
        for key in values {
            let wanted = wanted(expected, key);
            let found = found(key).ok_or_else(|| format!("cannot be expressed: {expected}"))?;
            if !is_equal(&found, &wanted, &expected[*key]) {
                return Err(format!("{expected}: {key} is {found}"));
            }
            compared += 1;
        }
        if compared == 0 { Err(format!("nothing to compare: {expected}")) } else { Ok(()) }
    }

    /// The coverage that an expectation is about.
    fn matching(&self, expected: &'c Value) -> impl Iterator<Item = &Coverage> {
        let is = |wanted: &Value, found: &Value| wanted.is_null() || wanted == found;
        self.covered.iter().filter(move |coverage| {
            let (usage, commitment) =
                (self.usage[coverage.usage], self.commitments[coverage.commitment]);
            is(&expected["usage"], &usage["id"])
                && is(&expected["by"], &commitment["id"])
                && is(&expected["commitment"], &commitment["id"])
        })
    }

    fn usage_named<'e>(&'e self, expected: &'e Value) -> impl Iterator<Item = UsageIndex> + 'e {
        let of = &expected["usage"];
        self.usage.indices().filter(move |at| of.is_null() || *of == self.usage[*at]["id"])
    }

    fn on_demand(&self, expected: &Value) -> Exact {
        sum(self.usage_named(expected).map(|at| &self.on_demand[at]))
    }

    fn unused(&self, expected: &Value) -> Option<Exact> {
        let at = self.commitments.position(|c| c["id"] == expected["commitment"])?;
        let used = sum(self.matching(expected).map(|coverage| &coverage.units));
        assert_eq!(&used + &self.unused[at], self.capacity[at], "used and unused");
        Some(self.unused[at].clone())
    }

    fn total(&self, name: &str, expected: &Value) -> Option<Exact> {
        if let Some(of) = name.strip_prefix("on_demand_cost") {
            let of = of.trim_start_matches('_');
            let named: BTreeSet<&str> = (self.case["expected"].as_array()?.iter())
                .filter_map(|other| other["name"].as_str()?.strip_prefix("on_demand_cost_"))
                .collect();
            let is_of = |id: &str| match of {
                "" => true,
                "other" => !named.contains(id),
                _ => id == of,
            };
            let costs = (self.usage.indices())
                .filter(|at| is_of(text_of(self.usage[*at], "id")))
                .filter(|at| !self.on_demand[*at].is_zero())
                .map(|at| Some(&self.on_demand[at] * &number(&self.usage[at]["on_demand_rate"])?));
            return costs.sum_all();
        }
        let hourly = self.hourly_cost(expected);
        let upfront = hourly.as_ref().map(|(upfront, _)| upfront.clone());
        match name {
            "sp_used" => {
                let is_plan = |coverage: &&Coverage| {
                    self.commitments[coverage.commitment]["type"].is_string()
                };
                Some(sum(self.covered.iter().filter(is_plan).map(|coverage| &coverage.units)))
            }
            "effective_cost_per_hour" => hourly.map(|(upfront, recurring)| &upfront + &recurring),
            "amortized_upfront_cost_for_usage_per_hour" => upfront,
            "amortized_upfront_cost_for_usage_per_day" => {
                let day = Exact::from_str_of("24");
                upfront.map(|upfront| &upfront * &day)
            }
            _ => None,
        }
    }

    /// The cost of an hour of one reservation: its share of the upfront fee, and the recurring fee.
    fn hourly_cost(&self, expected: &Value) -> Option<(Exact, Exact)> {
        let of = &expected["commitment"];
        let mut commitments = self.commitments.iter();
        let reservation = commitments.find(|c| of.is_null() || *of == c["id"])?;
        let upfront = number(&reservation["upfront"]).unwrap_or(Exact::ZERO);
        let recurring = number(&reservation["hourly_recurring"]).unwrap_or(Exact::ZERO);
        let share = match number(&reservation["term_hours"]) {
            Some(hours) => &upfront / &hours,
            None if upfront.is_zero() => Exact::ZERO,
            None => return None,
        };
        Some((share, recurring))
    }

    /// The sums of a tool that follows commitments from account to account.
    fn bucket(&self, expected: &Value, key: &str) -> Option<Exact> {
        let account = |value: &Value| value["account"].clone();
        let kind = text_of(expected, "kind");
        let mut found = Exact::ZERO;
        for coverage in self.matching(expected) {
            let (usage, commitment) =
                (self.usage[coverage.usage], self.commitments[coverage.commitment]);
            let is_own = account(usage) == account(commitment);
            let holder = if kind == "lent" { account(commitment) } else { account(usage) };
            let is_asked = expected["account"].is_null() || expected["account"] == holder;
            let is_kind = match kind {
                "used" => is_own,
                "borrowed" | "lent" => !is_own,
                _ => true,
            };
            if is_asked && is_kind {
                found = &found + &self.measure(coverage, kind, key)?;
            }
        }
        Some(found)
    }

    fn measure(&self, coverage: &Coverage, kind: &str, key: &str) -> Option<Exact> {
        if ["quantity", "usage_hours"].contains(&key) {
            return Some(coverage.quantity.clone());
        }
        let commitment = self.commitments[coverage.commitment];
        let (upfront, recurring) = self.hourly_cost(&serde_json::json!({
            "commitment": commitment["id"]
        }))?;
        let is_plan = commitment["type"].is_string();
        let share = &coverage.units / &self.capacity[coverage.commitment];
        let count = number(&commitment["count"]).unwrap_or(Exact::ONE);
        let of_all = |hourly: &Exact| &(hourly * &count) * &share;
        let recurring = if is_plan { coverage.units.clone() } else { of_all(&recurring) };
        match kind {
            "amortized" => Some(of_all(&upfront)),
            "savings" => {
                let rate = number(&self.usage[coverage.usage]["on_demand_rate"])?;
                let effective = &recurring + &of_all(&upfront);
                Some(&(&coverage.quantity * &rate) - &effective)
            }
            _ => Some(recurring),
        }
    }

    /// A cell of a line as it would be in the report.
    fn line_item(&self, expected: &Value, key: &str) -> Option<Exact> {
        let covered: Vec<&Coverage> = self.matching(expected).collect();
        let quantity = sum(covered.iter().map(|coverage| &coverage.quantity));
        let units = sum(covered.iter().map(|coverage| &coverage.units));
        let cost = || {
            let cost = |coverage: &&Coverage| {
                let rate = number(&self.usage[coverage.usage]["on_demand_rate"])?;
                Some(&coverage.quantity * &rate)
            };
            covered.iter().map(cost).sum_all()
        };
        let negative = |number: Exact| &Exact::ZERO - &number;
        match (text_of(expected, "line_item_type"), key) {
            ("DiscountedUsage" | "SavingsPlanCoveredUsage", "UsageAmount") => Some(quantity),
            ("DiscountedUsage", "NormalizedUsageAmount")
            | ("SavingsPlanCoveredUsage", "SavingsPlanEffectiveCost") => Some(units),
            ("DiscountedUsage", "NormalizationFactor")
            | ("SavingsPlanCoveredUsage", "SavingsPlanRate") => Some(&units / &quantity),
            ("DiscountedUsage", "UnblendedRate" | "UnblendedCost") => Some(Exact::ZERO),
            ("SavingsPlanCoveredUsage", "UnblendedCost") => cost(),
            ("SavingsPlanNegation", "UsageAmount") => Some(negative(quantity)),
            ("SavingsPlanNegation", "UnblendedCost") => cost().map(negative),
            ("RIFee", _) => self.fee(expected, key),
            _ => None,
        }
    }

    /// The fee of a reservation for a month.
    fn fee(&self, expected: &Value, key: &str) -> Option<Exact> {
        let at = self.commitments.position(|c| c["id"] == expected["commitment"])?;
        let hours = number(&expected["hours_in_month"])?;
        let units = &number(&self.commitments[at]["count"])? * &hours;
        match key {
            "TotalReservedUnits" => Some(units),
            "TotalReservedNormalizedUnits" => Some(&self.capacity[at] * &hours),
            "UnblendedCost" | "UnblendedCost_printed" => {
                Some(&number(&expected["hourly"])? * &units)
            }
            _ => None,
        }
    }
}

/// The keys of an expectation that have a number to compare.
const VALUES: [&str; 18] = [
    "quantity",
    "normalized_units",
    "instance_hours",
    "amount",
    "value",
    "cost",
    "usage_hours",
    "UsageAmount",
    "UnblendedCost",
    "UnblendedRate",
    "NormalizationFactor",
    "NormalizedUsageAmount",
    "SavingsPlanRate",
    "SavingsPlanEffectiveCost",
    "TotalReservedUnits",
    "TotalReservedNormalizedUnits",
    "UnblendedCost_printed",
    "units",
];

/// The expected number. If its decimals do not end, the exact number is used.
fn wanted(expected: &Value, key: &str) -> Exact {
    let plain = key.trim_end_matches("_printed");
    number(&expected[format!("{plain}_exact")]).unwrap_or_else(|| needed(expected, key))
}

/// Compares a number with the expected one. An expected number with more than nine decimals was cut off or
/// rounded, so it may differ by half of its last decimal.
fn is_equal(found: &Exact, wanted: &Exact, printed: &Value) -> bool {
    let text = printed.to_string();
    let decimals = text.trim_matches('"').split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let difference = if found > wanted { found - wanted } else { wanted - found };
    let half: Exact = format!("5e-{}", decimals + 1).parse().unwrap();
    found == wanted || (decimals > 9 && difference <= half)
}

trait SumAll {
    fn sum_all(self) -> Option<Exact>;
}

impl<I: Iterator<Item = Option<Exact>>> SumAll for I {
    fn sum_all(self) -> Option<Exact> {
        let mut total = Exact::ZERO;
        for part in self {
            total = &total + &part?;
        }
        Some(total)
    }
}

trait FromStrOf {
    fn from_str_of(text: &str) -> Self;
}

impl FromStrOf for Exact {
    fn from_str_of(text: &str) -> Self {
        text.parse().unwrap()
    }
}

fn sum<'a>(parts: impl Iterator<Item = &'a Exact>) -> Exact {
    parts.fold(Exact::ZERO, |total, part| &total + part)
}

/// Account ids for the names in an example, in the order of the names.
struct Accounts<'c> {
    names: BTreeMap<&'c str, AccountId>,
    sharing: &'c Value,
}

impl<'c> Accounts<'c> {
    fn of<'v>(case: &'c Value, all: impl Iterator<Item = &'v &'c Value>) -> Self
    where
        'c: 'v,
    {
        let sharing = &case["sharing"];
        let mut names: BTreeSet<&str> = all.map(|value| text_of(value, "account")).collect();
        let groups = sharing["groups"].as_object().into_iter().flat_map(|groups| groups.values());
        names.extend(groups.flat_map(strings));
        let id = |number: u64| format!("{number:012}").parse().unwrap();
        Self { names: names.into_iter().zip((1..).map(id)).collect(), sharing }
    }

    fn id(&self, name: &str) -> AccountId {
        self.names[name]
    }

    fn eligibility(&self) -> Eligibility {
        let passes: &[Pass] = match self.sharing["mode"].as_str().unwrap_or("OPEN") {
            "OPEN" => &[Pass::Owner, Pass::Everyone],
            "PRIORITIZED" => &[Pass::Owner, Pass::Group, Pass::Everyone],
            "RESTRICTED" => &[Pass::Owner, Pass::Group],
            "NONE" => &[Pass::Owner],
            mode => panic!("sharing cannot be `{mode}`"),
        };
        let mut groups = BTreeMap::new();
        for (name, members) in self.sharing["groups"].as_object().into_iter().flatten() {
            groups.extend(strings(members).map(|member| (self.id(member), name.clone())));
        }
        let inactive = ["inactive", "deactivated"].map(|key| &self.sharing[key]);
        let inactive = inactive.into_iter().flat_map(strings).map(|name| self.id(name)).collect();
        Eligibility::new(passes.iter().copied(), groups, inactive)
    }
}

fn strings(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn attributes(value: &Value) -> Attributes {
    let text = |key: &str| text_of(value, key).to_owned();
    let capacity = ["instance_type", "unit", "capacity_unit"].map(|key| text_of(value, key));
    let is =
        |words: [&str; 2]| capacity.iter().any(|text| words.iter().any(|word| text.contains(word)));
    let instance_type = match text_of(value, "service") {
        "AmazonDynamoDB" if is(["RCU", "Read"]) => "ReadCapacityUnit-Hrs".to_owned(),
        "AmazonDynamoDB" if is(["WCU", "Write"]) => "WriteCapacityUnit-Hrs".to_owned(),
        _ if text_of(value, "instance_type").is_empty() => text("unit"),
        _ => text("instance_type"),
    };
    let rates = value["sp_rates"].as_object();
    let mut attributes = Attributes {
        service: text("service"),
        region: text("region"),
        instance_type,
        engine: engine(text_of(value, "engine")).to_owned(),
        deployment: text("deployment"),
        storage: text("storage_config"),
        factor: number(&value["normalization_factor"]),
        plans: rates.into_iter().flatten().map(|(name, _)| plan_type(name)).collect(),
        ..Attributes::default()
    };
    if attributes.service == "AmazonEC2" {
        let or = |key, usual: &str| value[key].as_str().unwrap_or(usual).to_owned();
        attributes.platform = or("platform", "Linux/UNIX");
        attributes.tenancy = or("tenancy", "default");
    }
    attributes
}

/// Cache engines have more than one name.
fn engine(name: &str) -> &str {
    match name {
        "Redis" | "redis" => "Redis OSS",
        "valkey" => "Valkey",
        "memcached" => "Memcached",
        _ => name,
    }
}

fn priced_product(usage: &Value) -> PricedProduct {
    let period = "2026-10".parse().unwrap();
    PricedProduct {
        product: Product::new(attributes(usage), period),
        on_demand_rate: number(&usage["on_demand_rate"]),
    }
}

fn terms(commitment: &Value) -> Terms {
    if let Some(name) = commitment["type"].as_str() {
        return Terms::Plan {
            plan_type: plan_type(name),
            region: text_of(commitment, "region").to_owned(),
            family: text_of(commitment, "family").to_owned(),
        };
    }
    let zone = commitment["az"].as_str().filter(|_| text_of(commitment, "scope") != "Region");
    Terms::Reservation {
        product: Box::new(Product::new(attributes(commitment), "2026-10".parse().unwrap())),
        zone: zone.map(commitments::Zone::from),
    }
}

fn capacity(commitment: &Value, terms: &Terms) -> Exact {
    if let Some(per_hour) = number(&commitment["commitment_per_hour"]) {
        return per_hour;
    }
    let count = needed(commitment, "count");
    match terms {
        Terms::Reservation { product, .. } if terms.is_normalized() => {
            &count * &product.units().unwrap()
        }
        _ => count,
    }
}

fn plan_type(name: &str) -> PlanType {
    let is = |plan_type: &PlanType| plan_type.name().starts_with(name);
    PlanType::ALL.into_iter().find(is).unwrap_or_else(|| panic!("`{name}` is no type of plan"))
}

/// The text of a key, or the empty text if there is none.
fn text_of<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

/// Reads a number, or a fraction in a string.
fn number(value: &Value) -> Option<Exact> {
    match value {
        Value::Number(number) => Some(number.to_string().parse::<Amount>().unwrap().into()),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn needed(value: &Value, key: &str) -> Exact {
    number(&value[key]).unwrap_or_else(|| panic!("{value} has no {key}"))
}
