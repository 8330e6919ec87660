//! The settings of a deployed function. Only this module reads environment variables.

use std::collections::BTreeMap;

use pipeline::{Compression, Step};

/// What a function uses besides the results bucket. Only the settings for these are read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Uses {
    pub reports: bool,
    pub catalog: bool,
    /// The steps that the function may have to start: the next step, and the step after it if the next one
    /// has no units, and so on.
    pub sends_to: &'static [Step],
    /// Whether the function wakes `bill-customer`.
    pub wakes_bills: bool,
}

/// The settings, read once at cold start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub results_bucket: String,
    pub dead_letter_queue_url: String,
    pub compression: Compression,
    pub replica_of: Option<String>,
    pub manifest_less: bool,
    pub report_bucket: Option<String>,
    pub catalog: Option<CatalogSettings>,
    pub queue_urls: BTreeMap<Step, String>,
    /// The queue of `bill-customer`.
    pub bills_url: Option<String>,
    /// Whether a local server is used instead of AWS.
    pub has_local_endpoint: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogSettings {
    pub database: String,
    pub workgroup: String,
}

/// All mistakes in the settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the function cannot start: {}", .0.join("; "))]
pub struct InvalidSettings(pub Vec<String>);

impl Settings {
    #[expect(clippy::disallowed_methods, reason = "this is the place that reads settings")]
    pub fn from_environment(uses: Uses) -> Result<Self, InvalidSettings> {
        Self::read(uses, |name| std::env::var(name).ok())
    }

    pub fn read(
        uses: Uses,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, InvalidSettings> {
        let mut reader = Reader { variable, problems: Vec::new() };
        let settings = Self {
            results_bucket: reader.text("RESULTS_BUCKET"),
            dead_letter_queue_url: reader.url("DEAD_LETTER_QUEUE_URL"),
            compression: reader.compression("COMPRESSION"),
            replica_of: reader.get("REPLICA_OF"),
            manifest_less: reader.flag("MANIFEST_LESS"),
            report_bucket: uses.reports.then(|| reader.text("REPORT_BUCKET")),
            catalog: uses.catalog.then(|| CatalogSettings {
                database: reader.text("DATABASE"),
                workgroup: reader.text("WORKGROUP"),
            }),
            queue_urls: (uses.sends_to.iter())
                .map(|step| (*step, reader.url(queue_url_variable(*step))))
                .collect(),
            bills_url: uses.wakes_bills.then(|| reader.url("QUEUE_URL_BILL_CUSTOMER")),
            has_local_endpoint: reader.get("AWS_ENDPOINT_URL").is_some(),
        };
        if reader.problems.is_empty() {
            Ok(settings)
        } else {
            Err(InvalidSettings(reader.problems))
        }
    }
}

const fn queue_url_variable(step: Step) -> &'static str {
    match step {
        Step::SplitReport => "QUEUE_URL_SPLIT_REPORT",
        Step::RegisterPartitions => "QUEUE_URL_REGISTER_PARTITIONS",
        Step::RecalculateAccount => "QUEUE_URL_RECALCULATE_ACCOUNT",
        Step::AllocateCommitments => "QUEUE_URL_ALLOCATE_COMMITMENTS",
        Step::PublishDatasets => "QUEUE_URL_PUBLISH_DATASETS",
    }
}

/// Reads on after a mistake, so that one failed start names all mistakes.
struct Reader<V> {
    variable: V,
    problems: Vec<String>,
}

impl<V: Fn(&str) -> Option<String>> Reader<V> {
    /// A variable with an empty value counts as not set.
    fn get(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.trim().is_empty())
    }

    fn text(&mut self, name: &str) -> String {
        self.get(name).unwrap_or_else(|| {
            self.problems.push(format!("{name} is not set"));
            String::new()
        })
    }

    fn url(&mut self, name: &str) -> String {
        let url = self.text(name);
        if !(url.is_empty() || url.starts_with("https://") || url.starts_with("http://")) {
            self.problems.push(format!("{name} is `{url}`, which is not a URL"));
        }
        url
    }

    fn flag(&mut self, name: &str) -> bool {
        match self.get(name).as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(other) => {
                self.problems.push(format!("{name} is `{other}`, expected true or false"));
                false
            }
        }
    }

    fn compression(&mut self, name: &str) -> Compression {
        match self.get(name).as_deref() {
            None | Some("zstd") => Compression::Zstd,
            Some("gzip") => Compression::Gzip,
            Some(other) => {
                self.problems.push(format!("{name} is `{other}`, expected zstd or gzip"));
                Compression::default()
            }
        }
    }
}
