//! AWS's dated facts, from `data/`: sizes, platforms, engines, and the usage that commitments may cover.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use cur::{BillingPeriod, PlanType};
use money::Amount;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The normalized units of sizes.
#[derive(Deserialize)]
pub(crate) struct Sizes {
    pub(crate) size: BTreeMap<String, Amount>,
    /// Bare metal instances, by family.
    pub(crate) metal: BTreeMap<String, Amount>,
}

/// The facts of EC2.
#[derive(Deserialize)]
pub(crate) struct Instances {
    pub(crate) platform: Platforms,
    flexible: FlexibleInstances,
}

#[derive(Deserialize)]
pub(crate) struct Platforms {
    /// The names of platforms, by the text after `RunInstances:` in the operation.
    pub(crate) name: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct FlexibleInstances {
    platforms: Vec<String>,
    /// The oldest list comes first.
    excluded: Vec<ExcludedFamilies>,
}

#[derive(Deserialize)]
struct ExcludedFamilies {
    from: BillingPeriod,
    families: Vec<String>,
}

impl Instances {
    /// Whether a regional reservation with default tenancy covers every size of its family.
    pub(crate) fn is_size_flexible(&self, platform: &str, family: &str, on: BillingPeriod) -> bool {
        let lists = &self.flexible.excluded;
        let list = lists.iter().rev().find(|list| list.from <= on).or(lists.first());
        let is_excluded = list.is_some_and(|list| list.families.iter().any(|name| name == family));
        self.flexible.platforms.iter().any(|name| name == platform) && !is_excluded
    }
}

/// The facts of RDS, Aurora, Neptune and `DocumentDB`.
#[derive(Deserialize)]
pub(crate) struct Databases {
    /// The names of engines, by the text after `CreateDBInstance:` in the operation.
    pub(crate) engine: BTreeMap<String, String>,
    flexible: FlexibleEngines,
    pub(crate) deployment: BTreeMap<String, Amount>,
    pub(crate) storage: BTreeMap<String, Amount>,
}

#[derive(Deserialize)]
struct FlexibleEngines {
    engines: Vec<String>,
}

impl Databases {
    pub(crate) fn is_size_flexible(&self, engine: &str) -> bool {
        self.flexible.engines.iter().any(|name| engine.starts_with(name.as_str()))
    }
}

/// The facts of ElastiCache and MemoryDB.
#[derive(Deserialize)]
pub(crate) struct Caches {
    pub(crate) service: BTreeMap<String, CacheService>,
    pub(crate) operation: BTreeMap<String, String>,
}

#[derive(Deserialize)]
pub(crate) struct CacheService {
    /// The units of a node by its engine, as a share of the units of its size: 0.8 for Valkey.
    pub(crate) units: BTreeMap<String, Amount>,
    covers: BTreeMap<String, Vec<String>>,
}

impl CacheService {
    /// The engines that a reserved node of this engine covers besides its own.
    pub(crate) fn also_covers(&self, engine: &str) -> &[String] {
        self.covers.get(engine).map_or(&[], Vec::as_slice)
    }
}

/// AWS's regions with all of their names.
#[derive(Deserialize)]
pub(crate) struct Regions {
    /// The texts that reports have if there is no region.
    anywhere: Vec<String>,
    without_prefix: String,
    region: Vec<RegionNames>,
}

#[derive(Deserialize)]
struct RegionNames {
    code: String,
    names: Vec<String>,
    /// The prefixes of usage types.
    prefixes: Vec<String>,
}

impl Regions {
    /// The code of a region by its code or by its name. `None` for any other text.
    pub(crate) fn code_of(&self, text: &str) -> Option<&str> {
        let is_it = |region: &&RegionNames| {
            region.code == text || region.names.iter().any(|name| name == text)
        };
        self.region.iter().find(is_it).map(|region| region.code.as_str())
    }

    /// The code of a region, if the table knows the text. An unknown text stays as it is, because the region
    /// may be newer than the table. A text that means no region gives an empty text.
    pub(crate) fn named<'t>(&'t self, text: &'t str) -> &'t str {
        if self.anywhere.iter().any(|word| word == text) {
            return "";
        }
        self.code_of(text).unwrap_or(text)
    }

    /// The region of a usage type by its prefix: `APN1-BoxUsage:m5.large` is in `ap-northeast-1`.
    pub(crate) fn of_usage_type(&self, usage_type: &str) -> Option<&str> {
        let prefix = usage_type.split_once('-').map(|(prefix, _)| prefix);
        let Some(prefix) = prefix.filter(|prefix| is_prefix(prefix)) else {
            return Some(&self.without_prefix);
        };
        let is_it = |region: &&RegionNames| region.prefixes.iter().any(|known| known == prefix);
        self.region.iter().find(is_it).map(|region| region.code.as_str())
    }
}

/// Whether the beginning of a usage type is the prefix of a region. Prefixes are short, have capitals and end
/// with a digit: `APN1-`, `USE1-`. Only `EU-` has no digit. `Multi-AZUsage` and `IA-ReadCapacityUnit-Hrs`
/// have no prefix.
pub(crate) fn is_prefix(text: &str) -> bool {
    let is_numbered = text.len() <= 8
        && text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.ends_with(|last: char| last.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    is_numbered || text == "EU"
}

/// The usage that commitments may cover.
#[derive(Deserialize)]
pub(crate) struct CoverableUsage {
    pub(crate) never: NeverCovered,
    pub(crate) instances: Vec<UsageKinds>,
    pub(crate) capacity: Vec<UsageKinds>,
    pub(crate) metered: Vec<UsageKinds>,
}

/// Usage that no commitment covers. Its hours do not matter.
#[derive(Deserialize)]
pub(crate) struct NeverCovered {
    services: BTreeSet<String>,
    /// Texts in kinds of usage. They count for every service.
    kinds: Vec<String>,
}

impl NeverCovered {
    pub(crate) fn has(&self, service: &str, usage: &str) -> bool {
        self.services.contains(service) || self.kinds.iter().any(|kind| usage.contains(&**kind))
    }
}

#[derive(Deserialize)]
pub(crate) struct UsageKinds {
    pub(crate) service: String,
    kinds: Vec<String>,
    /// A text that the types must contain. If it is empty, every type counts.
    #[serde(default)]
    types: String,
    /// For capacity: the kind of capacity, by the text that the fees of reservations have instead.
    #[serde(default)]
    fees: BTreeMap<String, String>,
    pub(crate) plans: Vec<PlanType>,
}

impl UsageKinds {
    pub(crate) fn has(&self, kind: &str, instance_type: &str) -> bool {
        let is_kind = self.kinds.iter().any(|known| known == kind || known == "*");
        is_kind && instance_type.contains(self.types.as_str())
    }

    /// The kind of capacity of a usage type, or of a reservation's fee.
    pub(crate) fn capacity<'k>(&'k self, kind: &'k str, instance_type: &str) -> Option<&'k str> {
        let of_fee = || self.fees.get(instance_type).map(String::as_str);
        if self.has(kind, "") { Some(kind) } else { of_fee() }
    }

    pub(crate) fn has_beginning_of(&self, kind: &str) -> bool {
        self.kinds.iter().any(|known| kind.starts_with(known.as_str()))
    }
}

fn read<T: DeserializeOwned>(name: &str, text: &str) -> T {
    toml::from_str(text).unwrap_or_else(|error| panic!("data/{name}: {error}"))
}

pub(crate) static SIZES: LazyLock<Sizes> =
    LazyLock::new(|| read("sizes.toml", include_str!("../data/sizes.toml")));
pub(crate) static INSTANCES: LazyLock<Instances> =
    LazyLock::new(|| read("instances.toml", include_str!("../data/instances.toml")));
pub(crate) static DATABASES: LazyLock<Databases> =
    LazyLock::new(|| read("databases.toml", include_str!("../data/databases.toml")));
pub(crate) static CACHES: LazyLock<Caches> =
    LazyLock::new(|| read("caches.toml", include_str!("../data/caches.toml")));
pub(crate) static REGIONS: LazyLock<Regions> =
    LazyLock::new(|| read("regions.toml", include_str!("../data/regions.toml")));
pub(crate) static USAGE: LazyLock<CoverableUsage> =
    LazyLock::new(|| read("usage.toml", include_str!("../data/usage.toml")));
