//! The resources of a function. They are built once at cold start, and each message borrows them.

use std::sync::{Arc, Mutex, PoisonError};

use catalog::Catalog;
use contracts::Contracts;
use pipeline::Compression;
use queue::Queue;
use storage::Store;

use crate::ContractsNow;

/// Everything outside of the process that a step may use.
#[derive(Clone)]
pub struct App {
    /// The bucket that AWS writes to. Sluice only reads it.
    pub reports: Arc<dyn Store>,
    pub results: Arc<dyn Store>,
    pub queue: Arc<dyn Queue>,
    pub catalog: Arc<dyn Catalog>,
    pub settings: Settings,
    pub parsed: Parsed,
}

/// The contracts that were parsed last, of a run and as they are now. The next message usually has the same
/// contracts, and parsing the contracts of many customers takes longer than rating an account.
#[derive(Clone, Default)]
pub struct Parsed {
    of_run: Last<Arc<Contracts>>,
    now: Last<ContractsNow>,
}

/// The SHA-256 of a text, and what was parsed from it.
type Last<T> = Arc<Mutex<Option<(String, T)>>>;

impl Parsed {
    /// Finds the contracts with this version. The version is a hash of the text, so parsing the text again
    /// would give the same contracts.
    pub(crate) fn find(&self, version: &str) -> Option<Arc<Contracts>> {
        find(&self.of_run, version)
    }

    pub(crate) fn keep(&self, version: &str, contracts: &Arc<Contracts>) {
        keep(&self.of_run, version, contracts);
    }

    pub(crate) fn find_now(&self, version: &str) -> Option<ContractsNow> {
        find(&self.now, version)
    }

    pub(crate) fn keep_now(&self, version: &str, now: &ContractsNow) {
        keep(&self.now, version, now);
    }
}

fn find<T: Clone>(last: &Last<T>, version: &str) -> Option<T> {
    let last = last.lock().unwrap_or_else(PoisonError::into_inner);
    last.as_ref().filter(|(of, _)| of == version).map(|(_, parsed)| parsed.clone())
}

fn keep<T: Clone>(last: &Last<T>, version: &str, parsed: &T) {
    *last.lock().unwrap_or_else(PoisonError::into_inner) =
        Some((version.to_owned(), parsed.clone()));
}

/// The settings of a deployment.
#[derive(Debug, Clone)]
pub struct Settings {
    pub compression: Compression,
    /// The bucket that manifests name, if the report bucket is a copy of it.
    pub replica_of: Option<String>,
    /// Whether report files start runs, because no manifest comes with them.
    pub manifest_less: bool,
    /// The Glue database whose tables get partitions.
    pub database: String,
    /// The results bucket as Athena names it: `s3://bucket`.
    pub results_url: String,
}
