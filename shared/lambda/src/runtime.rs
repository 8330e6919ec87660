//! Starts a deployed function: logs, settings, clients, and then the loop over its events.

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

/// How long connecting, one attempt and a whole call may take: the SDK has no such limits of its own. An
/// attempt moves at most one part or range of 8 MiB. The body of an answer that has begun is not under
/// these limits, but under the SDK's check for stalled streams.
const CONNECT_MAX: Duration = Duration::from_secs(3);
const ATTEMPT_MAX: Duration = Duration::from_secs(30);
const OPERATION_MAX: Duration = Duration::from_secs(90);

/// How often the SDK tries a call. Few attempts are enough, because the queue retries the whole message.
/// They are needed for connections that died while Lambda had frozen the environment.
const ATTEMPTS: u32 = 4;

/// Runs a function until Lambda ends it. Returns only if the function cannot start.
///
/// One thread answers Lambda and moves bytes; work that keeps a processor busy runs on blocking threads.
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
    // The error becomes text, because `main` prints the debug form of an error.
    let settings = Settings::from_environment(uses).map_err(|error| error.to_string())?;
    let function = &start(settings, handler).await;
    let answer = async |event: LambdaEvent<Value>| {
        function.invoke(event.payload).await.map_err(|failure| diagnostic(&failure))
    };
    lambda_runtime::run(service_fn(answer)).await
}

/// The error type tells alarms and callers whether trying again can help.
fn diagnostic(failure: &Failure) -> Diagnostic {
    let error_type = match failure {
        Failure::Retry(_) => "Retry",
        Failure::Reject(_) => "Reject",
    };
    Diagnostic { error_type: error_type.to_owned(), error_message: failure.to_string() }
}

/// Builds every client once. The handler borrows them.
async fn start<H>(settings: Settings, handler: H) -> Function<H> {
    let sdk = sdk_config().await;
    let s3 = s3_client(&sdk, settings.has_local_endpoint);
    let queue =
        SqsQueue::new(aws_sdk_sqs::Client::new(&sdk), settings.queue_urls, settings.bills_url);
    // A function that reads no reports gets an empty bucket, and one that registers no partitions gets no
    // catalog.
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

/// In AWS the bucket is a part of the host name. A local endpoint has only one host, so there the bucket
/// is a part of the path.
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
