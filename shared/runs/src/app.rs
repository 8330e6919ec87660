//! The resources of a function. They are built once at cold start, and each message borrows them.

use std::sync::{Arc, Mutex, PoisonError};

use catalog::Catalog;
use contracts::Contracts;
use pipeline::Compression;
use queue::Queue;
use storage::Store;

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

/// The contracts that were parsed last. The next message usually belongs to the same run, and parsing the
/// contracts of many customers takes longer than rating an account.
#[derive(Clone, Default)]
pub struct Parsed(Arc<Mutex<Option<Version>>>);

/// The SHA-256 of a text, and the contracts that were parsed from it.
type Version = (String, Arc<Contracts>);

impl Parsed {
    /// Finds the contracts with this version. The version is a hash of the text, so parsing the text again
    /// would give the same contracts.
    pub(crate) fn find(&self, version: &str) -> Option<Arc<Contracts>> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().filter(|(of, _)| of == version).map(|(_, contracts)| Arc::clone(contracts))
    }

    pub(crate) fn keep(&self, version: &str, contracts: &Arc<Contracts>) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some((version.to_owned(), Arc::clone(contracts)));
    }
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
