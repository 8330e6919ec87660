//! The properties of usage that a commitment must match: the classes that reservations cover, the units in
//! which they are counted, and the types of plans that apply.

use std::collections::BTreeSet;

use cur::{BillingPeriod, PlanType, Sku};
use money::{Amount, Exact};

use crate::tables::{CACHES, DATABASES, INSTANCES, SIZES, USAGE, UsageKinds, is_prefix};

/// The known properties of usage, or of a reservation. An empty text is unknown, or does not apply.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Attributes {
    /// The report's product code, such as `AmazonEC2`.
    pub service: String,
    pub region: String,
    /// `m5.large`, `db.r5.large`, `cache.r6g.large` or `r6g.large.search`. For capacity, the kind of
    /// capacity.
    pub instance_type: String,
    /// For EC2, such as `Linux/UNIX`.
    pub platform: String,
    /// For EC2: `default`, `dedicated` or `host`.
    pub tenancy: String,
    /// For databases and caches, such as `MySQL` or `Redis OSS`.
    pub engine: String,
    /// For databases: `Single-AZ`, `Multi-AZ` or `Multi-AZ cluster`.
    pub deployment: String,
    /// For Aurora: `Aurora Standard` or `Aurora I/O-Optimized`.
    pub storage: String,
    /// The normalized units of one, if the report says them.
    pub factor: Option<Exact>,
    /// Whether this is reserved capacity that nobody used. No zonal reservation covers unused capacity.
    pub is_unused_capacity: bool,
    pub plans: Vec<PlanType>,
}

/// Attributes, with the classes that follow from them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Product {
    pub attributes: Attributes,
    /// A reservation of one size covers usage whose exact class is equal.
    pub(crate) exact_class: String,
    /// A size-flexible reservation covers usage whose flexible class is equal. `None` if sizes are not
    /// exchangeable.
    pub(crate) flexible_class: Option<FlexibleClass>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FlexibleClass {
    pub(crate) name: String,
    /// Other classes that a reservation of this class covers.
    pub(crate) also_covers: Vec<String>,
    /// The normalized units of one.
    pub(crate) factor: Exact,
}

/// Whether a commitment may cover usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverable {
    Yes,
    /// The tables do not know the usage. If a plan of the report has covered it, it may be covered.
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

    /// Whether plans of these types have rates for any usage of a service.
    pub(crate) fn has_plans(service: &str, plans: &BTreeSet<PlanType>) -> bool {
        let rows = USAGE.instances.iter().chain(&USAGE.capacity).chain(&USAGE.metered);
        rows.filter(|row| row.service == service)
            .any(|row| row.plans.iter().any(|plan| plans.contains(plan)))
    }
}

/// The row of the tables for a usage type, with the parts of the usage type.
struct Kind<'a> {
    row: &'static UsageKinds,
    /// The kind of usage, such as `BoxUsage`. Empty for capacity and for metered usage.
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

/// The normalized units of one reserved instance, by AWS's tables and the SKU of the fee. `None` if the
/// tables do not have its size.
pub fn units_of_one(sku: &Sku) -> Option<Amount> {
    Attributes::of_sku(sku, &sku.region)
        .and_then(|attributes| listed_factor(&attributes))
        .and_then(|factor| factor.as_amount())
}

impl Attributes {
    /// The attributes of a SKU, `None` if the tables do not know the SKU. `region` is a code. It is a
    /// separate argument because the report's column may have AWS's name of the region instead.
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

    /// The attributes of usage that the tables do not know. Each kind of unknown usage is a class of its own.
    pub(crate) fn of_unknown(sku: &Sku, region: &str) -> Self {
        Self {
            service: sku.service_code.clone(),
            region: region.to_owned(),
            instance_type: without_region(&sku.usage_type).to_owned(),
            platform: sku.operation.clone(),
            ..Self::default()
        }
    }

    /// Fills in the properties that follow from the kind of usage and from the operation.
    fn describe(&mut self, kind: &str, operation: &str) {
        match self.service.as_str() {
            "AmazonEC2" => {
                let code = operation.strip_prefix("RunInstances").unwrap_or(operation);
                let code = code.trim_start_matches(':');
                // If the table has no name for the platform, the platform is its own operation.
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
                    // The oldest usage type is `BoxUsage` without a type. It means `m1.small`.
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

    /// The deployment by the normalized units of one. An instance in two zones has twice the units of its
    /// size: 8 units of a `large` with 4 are Multi-AZ. AWS rounds, so a difference of one percent is
    /// accepted.
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

    /// The family: `m5` of `m5.large`, `db.r5` of `db.r5.large`.
    pub fn family(&self) -> &str {
        split_type(&self.instance_type).0
    }
}

impl Product {
    /// `on` decides which of AWS's dated lists applies.
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

    /// The normalized units of one, if sizes are exchangeable.
    pub fn units(&self) -> Option<Exact> {
        self.flexible_class.as_ref().map(|class| class.factor.clone())
    }
}

/// Names of classes are only compared. Nobody sees them.
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

/// The normalized units of one by AWS's tables, `None` if the tables do not have the size.
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

/// Divides a type into family and size: `db.r5` and `large`.
pub(crate) fn split_type(instance_type: &str) -> (&str, &str) {
    let node = node(instance_type);
    node.rsplit_once('.').unwrap_or((node, ""))
}

/// Some columns have OpenSearch's types with an ending, and some without.
fn node(instance_type: &str) -> &str {
    let endings = [".search", ".elasticsearch"];
    endings.iter().find_map(|ending| instance_type.strip_suffix(ending)).unwrap_or(instance_type)
}

/// The kind and the type of a usage type: `BoxUsage` and `m5.large` of `APN1-BoxUsage:m5.large`.
fn parts(usage_type: &str) -> (&str, &str) {
    let usage = without_region(usage_type);
    usage.split_once(':').unwrap_or((usage, ""))
}

/// A usage type without the prefix of its region.
pub(crate) fn without_region(usage_type: &str) -> &str {
    match usage_type.split_once('-') {
        Some((region, rest)) if is_prefix(region) => rest,
        _ => usage_type,
    }
}
