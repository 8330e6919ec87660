//! What a function is given: built once at cold start, borrowed by every message.

use std::sync::Arc;

use catalog::Catalog;
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
