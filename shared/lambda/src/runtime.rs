//! The start of a deployed function: logs, settings, clients, and then the loop.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use catalog::{AthenaCatalog, Catalog, NoCatalog};
use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use queue::{SendError, SqsQueue};
use runs::{App, Failure, Outcome};
use serde_json::Value;
use storage::{MemoryStore, S3Store, Store};

use crate::{DeadLetters, Function, Request, Settings, Uses};

/// The SDK has no limits of its own for a call. An attempt moves at most one part or range of 8 MiB,
/// and a body that is read after the answer has begun is watched by the SDK's stalled-stream check.
const CONNECT_MAX: Duration = Duration::from_secs(3);
const ATTEMPT_MAX: Duration = Duration::from_secs(30);
const OPERATION_MAX: Duration = Duration::from_secs(90);

/// The queue is the outer retry, so the inner one is short. It also meets the connections that died
/// while the environment was frozen.
const ATTEMPTS: u32 = 4;

/// Runs a function until Lambda ends it. Does not return before, unless it cannot start.
///
/// One thread answers Lambda and moves bytes; what keeps a processor busy runs on blocking threads.
pub fn run<H, F>(uses: Uses, handler: H) -> Result<(), Error>
where
    H: Fn(Request, Arc<App>) -> F,
    F: Future<Output = Result<Outcome, Failure>> + Send + 'static,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve(uses, handler))
}

async fn serve<H, F>(uses: Uses, handler: H) -> Result<(), Error>
where
    H: Fn(Request, Arc<App>) -> F,
    F: Future<Output = Result<Outcome, Failure>> + Send + 'static,
{
    lambda_runtime::tracing::init_default_subscriber();
    // As text: `main` prints the debug form of what it returns.
    let settings = Settings::from_environment(uses).map_err(|error| error.to_string())?;
    let function = &start(settings, handler).await;
    let answer = async |event: LambdaEvent<Value>| {
        function.invoke(event.payload).await.map_err(|failure| diagnostic(&failure))
    };
    lambda_runtime::run(service_fn(answer)).await
}

/// Alarms and callers tell by the type whether trying again makes sense.
fn diagnostic(failure: &Failure) -> Diagnostic {
    let error_type = match failure {
        Failure::Retry(_) => "Retry",
        Failure::Reject(_) => "Reject",
    };
    Diagnostic { error_type: error_type.to_owned(), error_message: failure.to_string() }
}

/// Builds every client once: the handler only borrows them.
async fn start<H>(settings: Settings, handler: H) -> Function<H> {
    let sdk = sdk_config().await;
    let s3 = s3_client(&sdk, settings.has_local_endpoint);
    let queue = SqsQueue::new(aws_sdk_sqs::Client::new(&sdk), settings.queue_urls);
    // A function that reads no reports sees an empty bucket, one that registers nothing no catalog.
    let reports: Arc<dyn Store> = match settings.report_bucket {
        Some(bucket) => Arc::new(S3Store::new(s3.clone(), bucket)),
        None => Arc::new(MemoryStore::default()),
    };
    let (catalog, database): (Arc<dyn Catalog>, _) = match settings.catalog {
        Some(catalog) => {
            let client = aws_sdk_athena::Client::new(&sdk);
            (Arc::new(AthenaCatalog::new(client, catalog.workgroup)), catalog.database)
        }
        None => (Arc::new(NoCatalog), String::new()),
    };
    let app = App {
        reports,
        results: Arc::new(S3Store::new(s3, settings.results_bucket.clone())),
        queue: Arc::new(queue.clone()),
        catalog,
        parsed: runs::Parsed::default(),
        settings: runs::Settings {
            compression: settings.compression,
            replica_of: settings.replica_of,
            manifest_less: settings.manifest_less,
            database,
            results_url: format!("s3://{}", settings.results_bucket),
        },
    };
    let dead_letters = SqsDeadLetters { queue, url: settings.dead_letter_queue_url };
    Function { app: Arc::new(app), dead_letters: Arc::new(dead_letters), handler }
}

async fn sdk_config() -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_MAX)
        .operation_attempt_timeout(ATTEMPT_MAX)
        .operation_timeout(OPERATION_MAX)
        .build();
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .load()
        .await
}

/// A bucket is a host name in AWS, and a path where a local endpoint has only one host.
fn s3_client(sdk: &SdkConfig, has_local_endpoint: bool) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::config::Builder::from(sdk).force_path_style(has_local_endpoint);
    aws_sdk_s3::Client::from_conf(config.build())
}

struct SqsDeadLetters {
    queue: SqsQueue,
    url: String,
}

#[async_trait]
impl DeadLetters for SqsDeadLetters {
    async fn take(&self, body: &str, reason: &str) -> Result<(), SendError> {
        self.queue.reject(&self.url, body, reason).await
    }
}
