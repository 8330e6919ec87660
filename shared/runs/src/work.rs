//! Every unit of work is done in this way: plan → done already? → load → compute → check → store → receipt
//! → advance. A function only supplies its own [`Work`].

use async_trait::async_trait;
use bytes::Bytes;
use cur::LineNote;
use laws::Check;
use pipeline::{Message, Plan, keys};
use serde::Serialize;
use storage::Created;

use crate::ledger::to_json;
use crate::steps::Arrival;
use crate::{App, Failure, Outcome};

/// The work of one unit.
#[async_trait]
pub trait Work: Send + Sync {
    /// Everything that the results of the unit are computed from.
    type Input: Send;
    type Receipt: Serialize + Send + Sync;

    /// Reads the input. This is the only part that waits for something outside. A file that is larger than
    /// memory is worked on while it is read: a report file is split, and the lines of an account are rated.
    async fn load(&self, plan: &Plan, app: &App) -> Result<Self::Input, Stop>;

    /// Computes the results from the input, without any I/O.
    fn compute(&self, plan: &Plan, input: Self::Input) -> Result<Results<Self::Receipt>, Stop>;
}

/// The results of a unit.
pub struct Results<R> {
    /// The objects with their keys. `split-report` has written its objects already, because they do not fit
    /// into memory.
    pub objects: Vec<(String, Bytes)>,
    /// Checks of laws that this unit alone can decide.
    pub checks: Vec<Check>,
    pub receipt: R,
}

/// The reason why a unit's work ends without results.
#[derive(Debug)]
pub enum Stop {
    Failure(Failure),
    /// AWS has replaced a file of the report since the run was planned.
    Superseded(String),
    /// Something cannot be billed. If one cell of the report causes this, `cell` names it.
    Refused {
        reason: String,
        cell: Option<LineNote>,
    },
}

impl<E: Into<Failure>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failure(error.into())
    }
}

/// Handles a message.
pub async fn handle<W: Work>(work: &W, message: &Message, app: &App) -> Result<Outcome, Failure> {
    let plan = app.plan(&message.run).await?;
    let receipt = keys::receipt(message);
    if app.results.head(&receipt).await?.is_some() {
        return app.advance(&plan, message, Arrival::Again).await;
    }
    let results = match results(work, &plan, app).await {
        Ok(results) => results,
        Err(Stop::Failure(failure)) => return Err(failure),
        Err(Stop::Superseded(reason)) => return app.superseded(&plan, &reason).await,
        Err(Stop::Refused { reason, cell: None }) => return Err(Failure::Reject(reason)),
        Err(Stop::Refused { reason, cell: Some(cell) }) => {
            return Err(refused_at(&plan, &reason, &cell, app).await?);
        }
    };
    refuse_broken(&results.checks)?;
    for (key, bytes) in results.objects {
        app.results.create(&key, bytes).await?;
    }
    let bytes = to_json(&receipt, &results.receipt)?;
    // The same message may be worked on twice at once. The second worker may be the only one that is left.
    let arrival = match app.results.create(&receipt, bytes).await? {
        Created::New => Arrival::First,
        Created::AlreadyThere => Arrival::Again,
    };
    app.advance(&plan, message, arrival).await
}

async fn results<W: Work>(work: &W, plan: &Plan, app: &App) -> Result<Results<W::Receipt>, Stop> {
    let input = work.load(plan, app).await?;
    work.compute(plan, input)
}

/// Adds the place of the cell in AWS's file to the reason.
async fn refused_at(
    plan: &Plan,
    reason: &str,
    cell: &LineNote,
    app: &App,
) -> Result<Failure, Failure> {
    let places = app.places(plan, &[cell.line]).await?;
    let place: String = places.iter().map(ToString::to_string).collect();
    Ok(Failure::Reject(if reason.is_empty() {
        format!("{place}, {}", cell.text)
    } else {
        format!("{reason}; {place}: {}", cell.text)
    }))
}

/// A run, a bill or a document that breaks a law is never published.
///
/// # Errors
///
/// [`Failure::Reject`] with the first law that does not hold.
pub fn refuse_broken(checks: &[Check]) -> Result<(), Failure> {
    match checks.iter().find(|check| !check.holds) {
        None => Ok(()),
        Some(check) => Err(Failure::Reject(check.to_string())),
    }
}
