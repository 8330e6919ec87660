//! Runs statements in Athena.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_athena::Client;
use aws_sdk_athena::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_athena::types::{QueryExecutionState, QueryExecutionStatus};

use crate::{Catalog, CatalogError};

/// The pauses between looks at a statement. The first is short, because adding partitions takes a second or
/// two.
const PAUSE_FIRST: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// How long one statement may wait and run. After that the call fails, and the message comes back later.
const WAIT_MAX: Duration = Duration::from_mins(2);

/// Words in Athena's messages about failures that pass. Athena does not flag such a failure as retryable if
/// the statement is about tables.
const PASSING_TROUBLE: [&str; 6] = [
    "throttl",
    "rate exceeded",
    "concurrentmodification",
    "internalservice",
    "internal error",
    "timed out",
];

/// Clones share the client.
#[derive(Clone)]
pub struct AthenaCatalog {
    client: Client,
    /// The workgroup also says where Athena writes results.
    workgroup: String,
}

impl AthenaCatalog {
    pub fn new(client: Client, workgroup: impl Into<String>) -> Self {
        Self { client, workgroup: workgroup.into() }
    }

    /// The SDK gives every call a `ClientRequestToken` of its own and keeps the token when it repeats the
    /// call, so a lost answer does not run a statement twice. A token made from the statement would be
    /// worse: Athena answers a known token with the execution that it belongs to, so a statement that
    /// failed once could never run again.
    async fn start(&self, statement: &str) -> Result<String, CatalogError> {
        let request = self.client.start_query_execution();
        let request = request.work_group(&self.workgroup).query_string(statement);
        let answer = request.send().await.map_err(|error| refused("start a statement", error))?;
        answer.query_execution_id.ok_or_else(|| transient("Athena gave a statement no id"))
    }

    async fn status(&self, id: &str) -> Result<QueryExecutionStatus, CatalogError> {
        let request = self.client.get_query_execution().query_execution_id(id);
        let answer = request.send().await.map_err(|error| refused("follow a statement", error))?;
        let status = answer.query_execution.and_then(|execution| execution.status);
        status.ok_or_else(|| transient("Athena gave a statement no status"))
    }
}

#[async_trait]
impl Catalog for AthenaCatalog {
    async fn execute(&self, statement: &str) -> Result<(), CatalogError> {
        let id = self.start(statement).await?;
        tracing::info!(query_execution_id = id, bytes = statement.len(), "statement started");
        let mut pause = PAUSE_FIRST;
        let mut waited = Duration::ZERO;
        while waited < WAIT_MAX {
            tokio::time::sleep(pause).await;
            waited += pause;
            pause = (pause * 2).min(PAUSE_MAX);
            let status = self.status(&id).await?;
            match status.state {
                Some(QueryExecutionState::Succeeded) => return Ok(()),
                Some(QueryExecutionState::Failed) => return Err(failed(&id, &status)),
                // A person or a limit of the workgroup has cancelled it. The statement itself is right.
                Some(QueryExecutionState::Cancelled) => {
                    return Err(transient(format!("Athena cancelled {id}: {}", message(&status))));
                }
                _ => {}
            }
        }
        Err(transient(format!("Athena has not finished {id} after {} s", waited.as_secs())))
    }
}

fn message(status: &QueryExecutionStatus) -> &str {
    let error = status.athena_error.as_ref().and_then(|error| error.error_message.as_deref());
    status.state_change_reason.as_deref().or(error).unwrap_or("no reason given")
}

fn failed(id: &str, status: &QueryExecutionStatus) -> CatalogError {
    // Category 1 is a failure of the system, not of the statement:
    // https://docs.aws.amazon.com/athena/latest/ug/error-reference.html
    let flagged = (status.athena_error.as_ref())
        .is_some_and(|error| error.retryable || error.error_category == Some(1));
    let reason = message(status);
    let worded = reason.to_lowercase();
    CatalogError {
        reason: format!("Athena could not execute {id}: {reason}"),
        transient: flagged || PASSING_TROUBLE.iter().any(|trouble| worded.contains(trouble)),
    }
}

fn transient(reason: impl Into<String>) -> CatalogError {
    CatalogError { reason: reason.into(), transient: true }
}

/// Decides whether a failed call may succeed later. No other function does this.
fn refused<E>(doing: &str, error: SdkError<E>) -> CatalogError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let transient = match &error {
        SdkError::ServiceError(refusal) => {
            // A denial too: AWS needs some time until it knows a new role everywhere.
            let passing =
                ["TooManyRequestsException", "ThrottlingException", "AccessDeniedException"];
            refusal.raw().status().as_u16() >= 500
                || refusal.err().code().is_some_and(|code| passing.contains(&code))
        }
        SdkError::ConstructionFailure(_) => false,
        _ => true,
    };
    let words = match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        _ => DisplayErrorContext(error).to_string(),
    };
    CatalogError { reason: format!("Athena did not {doing}: {words}"), transient }
}
