//! What runs, as far as a commitment must match it: classes that reservations cover, units that they
//! are counted in, kinds of plans that apply.

use std::collections::BTreeSet;

use cur::{BillingPeriod, PlanType, Sku};
use money::{Amount, Exact};

use crate::tables::{CACHES, DATABASES, INSTANCES, SIZES, USAGE, UsageKinds, is_prefix};

/// What is known of usage, or of what was reserved. Empty is unknown, or does not apply.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Attributes {
    /// The report's product code: `AmazonEC2`.
    pub service: String,
    pub region: String,
    /// `m5.large`, `db.r5.large`, `cache.r6g.large`, `r6g.large.search`; or what capacity is of.
    pub instance_type: String,
    /// Of EC2: `Linux/UNIX`.
    pub platform: String,
    /// Of EC2: `default` or `dedicated`.
    pub tenancy: String,
    /// Of databases and caches: `MySQL`, `Redis OSS`.
    pub engine: String,
    /// Of RDS: `Single-AZ`, `Multi-AZ`, `Multi-AZ cluster`.
    pub deployment: String,
    /// Of Aurora: `Aurora Standard`, `Aurora I/O-Optimized`.
    pub storage: String,
    /// Normalized units of one, where the report says so.
    pub factor: Option<Exact>,
    /// Whether it is capacity that was reserved and not used, which no zonal reservation covers.
    pub is_unused_capacity: bool,
    pub plans: Vec<PlanType>,
}

/// Attributes with what follows from them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Product {
    pub attributes: Attributes,
    /// What must be the same for a reservation that covers one size.
    pub(crate) exact_class: String,
    /// What must be the same for one that covers every size. `None` if sizes are not exchangeable.
    pub(crate) flexible_class: Option<FlexibleClass>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FlexibleClass {
    pub(crate) name: String,
    /// Other classes that a reservation of this one covers.
    pub(crate) also_covers: Vec<String>,
    /// Normalized units of one.
    pub(crate) factor: Exact,
}

/// Whether a commitment may cover usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverable {
    Yes,
    /// The tables do not know it. If a plan of the report has covered it, it is coverable.
    Unknown,
    Never,
}

impl Coverable {
    pub fn of(service: &str, usage_type: &str) -> Self {
        if Kind::of(service, usage_type).is_some() {
            Self::Yes
        } else if USAGE.never.has(service, without_region(usage_type)) {
            Self::Never
        } else {
            Self::Unknown
        }
    }

    /// Whether plans of these types have rates for anything of a service.
    pub(crate) fn has_plans(service: &str, plans: &BTreeSet<PlanType>) -> bool {
        let rows = USAGE.instances.iter().chain(&USAGE.capacity).chain(&USAGE.metered);
        rows.filter(|row| row.service == service)
            .any(|row| row.plans.iter().any(|plan| plans.contains(plan)))
    }
}

/// The row of the tables that usage is in, and what it is there.
struct Kind<'a> {
    row: &'static UsageKinds,
    /// `BoxUsage`; empty where it is capacity, or metered.
    of_usage: &'a str,
    instance_type: &'a str,
}

impl<'a> Kind<'a> {
    fn of(service: &str, usage_type: &'a str) -> Option<Self> {
        let (kind, instance_type) = parts(usage_type);
        let of_service =
            |list: &'static [UsageKinds]| list.iter().filter(move |row| row.service == service);
        if let Some(row) = of_service(&USAGE.instances).find(|row| row.has(kind, instance_type)) {
            return Some(Self { row, of_usage: kind, instance_type });
        }
        for row in of_service(&USAGE.capacity) {
            if let Some(instance_type) = row.capacity(kind, instance_type) {
                return Some(Self { row, of_usage: "", instance_type });
            }
        }
        let usage = without_region(usage_type);
        let row = of_service(&USAGE.metered).find(|row| row.has_beginning_of(usage))?;
        Some(Self { row, of_usage: "", instance_type: "" })
    }
}

/// Normalized units of one of what a fee is for, by AWS's tables; `None` where sizes are not exchangeable.
pub fn units_of_one(sku: &Sku) -> Option<Amount> {
    Attributes::of_sku(sku, &sku.region)
        .and_then(|attributes| listed_factor(&attributes))
        .and_then(|factor| factor.as_amount())
}

impl Attributes {
    /// What a SKU is, `None` if the tables do not know it. The report may have AWS's name of a region where
    /// its code is needed, so the code comes apart.
    pub fn of_sku(sku: &Sku, region: &str) -> Option<Self> {
        let Kind { row, of_usage, instance_type } = Kind::of(&sku.service_code, &sku.usage_type)?;
        let mut attributes = Self {
            service: sku.service_code.clone(),
            region: region.to_owned(),
            instance_type: instance_type.to_owned(),
            plans: row.plans.clone(),
            ..Self::default()
        };
        if !of_usage.is_empty() {
            attributes.describe(of_usage, &sku.operation);
        }
        Some(attributes)
    }

    /// Usage that the tables do not know is of a class of its own.
    pub(crate) fn of_unknown(sku: &Sku, region: &str) -> Self {
        Self {
            service: sku.service_code.clone(),
            region: region.to_owned(),
            instance_type: without_region(&sku.usage_type).to_owned(),
            platform: sku.operation.clone(),
            ..Self::default()
        }
    }

    /// Fills in what the kind of usage and the operation say.
    fn describe(&mut self, kind: &str, operation: &str) {
        match self.service.as_str() {
            "AmazonEC2" => {
                let code = operation.strip_prefix("RunInstances").unwrap_or(operation);
                let code = code.trim_start_matches(':');
                // A platform without a name is one of its own.
                let name = INSTANCES.platform.name.get(code);
                self.platform = name.cloned().unwrap_or_else(|| operation.to_owned());
                let tenancy = match kind {
                    "DedicatedUsage" | "UnusedDed" => "dedicated",
                    "HostUsage" => "host",
                    _ => "default",
                };
                tenancy.clone_into(&mut self.tenancy);
                self.is_unused_capacity = matches!(kind, "UnusedBox" | "UnusedDed");
                if self.instance_type.is_empty() {
                    // How the oldest usage type, plain `BoxUsage`, is to be read.
                    "m1.small".clone_into(&mut self.instance_type);
                }
            }
            "AmazonRDS" | "AmazonNeptune" | "AmazonDocDB" => {
                let code = operation.strip_prefix("CreateDBInstance:").unwrap_or_default();
                let name = DATABASES.engine.get(code);
                self.engine = name.cloned().unwrap_or_else(|| operation.to_owned());
                let deployment = match kind {
                    _ if kind.starts_with("Multi-AZCluster") => "Multi-AZ cluster",
                    _ if kind.starts_with("Multi-AZ") => "Multi-AZ",
                    _ => "Single-AZ",
                };
                deployment.clone_into(&mut self.deployment);
                if kind.ends_with("IOOptimized") {
                    "Aurora I/O-Optimized".clone_into(&mut self.storage);
                }
            }
            _ => {
                let name = CACHES.operation.get(operation);
                self.engine = name.cloned().unwrap_or_else(|| operation.to_owned());
            }
        }
    }

    /// The deployment of which one has so many normalized units: an instance in two zones has twice the units
    /// of its size. AWS rounds, so one percent is close enough.
    pub(crate) fn deployment_of(&self, units_of_one: Option<&Exact>) -> Option<String> {
        let (_, size) = split_type(&self.instance_type);
        let (true, Some(of_size)) = (self.service == "AmazonRDS", SIZES.size.get(size)) else {
            return None;
        };
        let times = units_of_one? / &Exact::from(*of_size);
        let is_close = |units: &Amount| {
            let [low, high] = ["0.99", "1.01"].map(|share| share.parse().unwrap_or(Exact::ONE));
            let units = Exact::from(*units);
            &units * &low <= times && times <= &units * &high
        };
        let mut deployments = DATABASES.deployment.iter();
        deployments.find(|(_, units)| is_close(units)).map(|(name, _)| name.clone())
    }

    /// `m5` of `m5.large`, `db.r5` of `db.r5.large`.
    pub fn family(&self) -> &str {
        split_type(&self.instance_type).0
    }
}

impl Product {
    /// `on` decides which of AWS's dated lists counts.
    pub fn new(attributes: Attributes, on: BillingPeriod) -> Self {
        let flexible_class = flexible_class(&attributes, on);
        let deployment = match attributes.deployment.as_str() {
            "" if attributes.service == "AmazonRDS" => "Single-AZ",
            deployment => deployment,
        };
        let exact_class = class(&[
            &attributes.service,
            &attributes.region,
            node(&attributes.instance_type),
            &attributes.platform,
            &attributes.tenancy,
            &attributes.engine,
            deployment,
        ]);
        Self { attributes, exact_class, flexible_class }
    }

    /// The normalized units of one, where sizes are exchangeable.
    pub fn units(&self) -> Option<Exact> {
        self.flexible_class.as_ref().map(|class| class.factor.clone())
    }
}

/// The names of classes are texts that can be compared; nobody sees them.
fn class(parts: &[&str]) -> String {
    parts.join("\n")
}

fn flexible_class(attributes: &Attributes, on: BillingPeriod) -> Option<FlexibleClass> {
    let Attributes { service, region, engine, .. } = attributes;
    let (family, _) = split_type(&attributes.instance_type);
    let named = |engine: &str| class(&[service, region, family, engine]);
    let mut also_covers = Vec::new();
    match service.as_str() {
        "AmazonEC2" => {
            let is_flexible = attributes.tenancy == "default"
                && INSTANCES.is_size_flexible(&attributes.platform, family, on);
            is_flexible.then_some(())?;
        }
        "AmazonRDS" => DATABASES.is_size_flexible(engine).then_some(())?,
        _ => {
            let others = CACHES.service.get(service)?.also_covers(engine);
            also_covers.extend(others.iter().map(|other| named(other)));
        }
    }
    let factor = attributes.factor.clone().or_else(|| listed_factor(attributes))?;
    let name = if engine.is_empty() { named(&attributes.platform) } else { named(engine) };
    Some(FlexibleClass { name, also_covers, factor })
}

/// The units of one by AWS's tables, `None` if its size is not in them: nothing is guessed.
fn listed_factor(attributes: &Attributes) -> Option<Exact> {
    let (family, size) = split_type(&attributes.instance_type);
    let of_size = if size == "metal" { SIZES.metal.get(family) } else { SIZES.size.get(size) };
    let mut factor = Exact::from(*of_size?);
    let multipliers = [
        DATABASES.deployment.get(&attributes.deployment),
        DATABASES.storage.get(&attributes.storage),
        CACHES.service.get(&attributes.service).and_then(|of| of.units.get(&attributes.engine)),
    ];
    for multiplier in multipliers.into_iter().flatten() {
        factor = &factor * &Exact::from(*multiplier);
    }
    Some(factor)
}

/// Family and size: `db.r5` and `large`.
pub(crate) fn split_type(instance_type: &str) -> (&str, &str) {
    let node = node(instance_type);
    node.rsplit_once('.').unwrap_or((node, ""))
}

/// OpenSearch is not always written behind its types.
fn node(instance_type: &str) -> &str {
    let endings = [".search", ".elasticsearch"];
    endings.iter().find_map(|ending| instance_type.strip_suffix(ending)).unwrap_or(instance_type)
}

/// Kind and type of a usage type: `BoxUsage` and `m5.large` of `APN1-BoxUsage:m5.large`.
fn parts(usage_type: &str) -> (&str, &str) {
    let usage = without_region(usage_type);
    usage.split_once(':').unwrap_or((usage, ""))
}

/// A usage type without its region.
pub(crate) fn without_region(usage_type: &str) -> &str {
    match usage_type.split_once('-') {
        Some((region, rest)) if is_prefix(region) => rest,
        _ => usage_type,
    }
}
