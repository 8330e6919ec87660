//! What a function is given: built once at cold start, borrowed by every message.

use std::sync::{Arc, Mutex, PoisonError};

use catalog::Catalog;
use contracts::Contracts;
use pipeline::Compression;
use queue::Queue;
use storage::Store;

/// Everything outside that a step may touch.
#[derive(Clone)]
pub struct App {
    /// Where AWS writes; only read.
    pub reports: Arc<dyn Store>,
    pub results: Arc<dyn Store>,
    pub queue: Arc<dyn Queue>,
    pub catalog: Arc<dyn Catalog>,
    pub settings: Settings,
    pub parsed: Parsed,
}

/// The contracts that were read last. The next message is most often of the same run, and contracts of many
/// customers take longer to read than an account takes to rate.
#[derive(Clone, Default)]
pub struct Parsed(Arc<Mutex<Option<Version>>>);

/// The SHA-256 of a text, and what the text says.
type Version = (String, Arc<Contracts>);

impl Parsed {
    /// `version` is that of the contracts' text, so that what is found is what would be read.
    pub(crate) fn find(&self, version: &str) -> Option<Arc<Contracts>> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().filter(|(of, _)| of == version).map(|(_, contracts)| Arc::clone(contracts))
    }

    pub(crate) fn keep(&self, version: &str, contracts: &Arc<Contracts>) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some((version.to_owned(), Arc::clone(contracts)));
    }
}

/// What a deployment decides.
#[derive(Debug, Clone)]
pub struct Settings {
    pub compression: Compression,
    /// The bucket that manifests name, if the report bucket is a copy of it.
    pub replica_of: Option<String>,
    /// Whether report files start runs by themselves, because no manifest comes with them.
    pub manifest_less: bool,
    /// The Glue database whose tables get partitions.
    pub database: String,
    /// The results bucket as Athena names it: `s3://bucket`.
    pub results_url: String,
}
