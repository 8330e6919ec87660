//! The pointer to the run that readers see.

use pipeline::{Current, Plan, RunId, RunSums, keys};
use serde_json::json;
use storage::Replaced;

use crate::wake::Woken;
use crate::{App, ContractsNow, Failure, Outcome};

/// The reason why a run should become the current run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// The run has just been proved. If it was current before, the message is an old one that came again.
    Sealed,
    /// A person asked for a calculation under the contracts as they are now, and this run has these
    /// contracts. It may become current again.
    Asked,
}

impl App {
    /// The sums of the run that this run would replace if it were proved now.
    pub async fn replaced_by(&self, plan: &Plan) -> Result<Option<RunSums>, Failure> {
        let key = keys::current(plan.payer_account_id, plan.billing_period);
        let Some(current) = self.find::<Current>(&key).await? else { return Ok(None) };
        if stays(&current, plan, Entry::Sealed, self.contracts_now().await?.as_ref())? {
            return Ok(None);
        }
        self.find(&keys::reconciliation(&current.run_id)).await
    }

    /// Returns why a person must accept the run before it replaces another. The run is already proved.
    ///
    /// This is checked each time before the pointer moves, because another run may have become current
    /// since the run was proved. It does not matter when the acceptance was written.
    async fn held(&self, plan: &Plan, current: &Current) -> Result<Option<String>, Failure> {
        let before: Option<RunSums> = self.find(&keys::reconciliation(&current.run_id)).await?;
        let Some(before) = before else { return Ok(None) };
        let now: RunSums = self.need(&keys::reconciliation(&plan.run_id)).await?;
        let contracts = self.contracts(plan).await?;
        let reasons = books::reasons_to_hold(&before, &now, &contracts, plan);
        if reasons.is_empty() || self.results.head(&keys::accepted(&plan.run_id)).await?.is_some() {
            return Ok(None);
        }
        let note = json!({ "current": current.run_id, "reasons": reasons });
        self.write_once(&keys::held(&plan.run_id), &note).await?;
        Ok(Some(reasons.join("; ")))
    }

    /// Moves the pointer to the run, unless the run is held or the pointer must stay. For example, the
    /// pointer stays if it names a run of a newer delivery, because the run of an older delivery can finish
    /// later.
    pub async fn make_current(&self, plan: &Plan, entry: Entry) -> Result<Outcome, Failure> {
        let key = keys::current(plan.payer_account_id, plan.billing_period);
        loop {
            let found = self.results.get(&key).await?;
            let current: Option<Current> = match &found {
                Some(object) => Some(
                    serde_json::from_slice(&object.bytes)
                        .map_err(|error| Failure::Reject(format!("`{key}`: {error}")))?,
                ),
                None => None,
            };
            if let Some(current) = &current {
                if stays(current, plan, entry, self.contracts_now().await?.as_ref())? {
                    if current.run_id != plan.run_id {
                        return Ok(Outcome::Superseded);
                    }
                    // The worker that moved the pointer may have stopped before it woke the bills. A person
                    // who asks may have changed what only bills read.
                    let woken = match entry {
                        Entry::Sealed => Woken::Perhaps,
                        Entry::Asked => Woken::No,
                    };
                    self.wake_bills(current, woken).await?;
                    return Ok(Outcome::Sealed);
                }
                if let Some(reason) = self.held(plan, current).await? {
                    return Ok(Outcome::Held { run: plan.run_id.clone(), reason });
                }
            }
            // The JSON is on one line, because Athena's JSON tables need that.
            let next = next(plan, current);
            let bytes =
                serde_json::to_vec(&next).map_err(|error| Failure::Reject(error.to_string()))?;
            let expected = found.as_ref().map(|object| object.info.etag.as_str());
            match self.results.replace(&key, bytes.into(), expected).await? {
                Replaced::Yes => {
                    self.wake_bills(&next, Woken::No).await?;
                    return Ok(Outcome::Sealed);
                }
                // Another run moved the pointer first, so everything is compared again with that run.
                Replaced::Conflict => {}
            }
        }
    }
}

/// Returns whether the pointer stays at the current run.
fn stays(
    current: &Current,
    plan: &Plan,
    entry: Entry,
    contracts_now: Option<&ContractsNow>,
) -> Result<bool, Failure> {
    if current.report != plan.report {
        return other_report_stays(
            current,
            plan,
            contracts_now.and_then(|now| now.contracts.report_of(plan.payer_account_id)),
        );
    }
    let is_this = current.run_id == plan.run_id;
    let is_newer = current.delivered_at > plan.delivered_at;
    let has_replaced_it = entry == Entry::Sealed && current.replaced.contains(&plan.run_id);
    // If the contracts change twice in a short time, the run of the first change may end last.
    let is_up_to_date = current.delivery_id == plan.delivery_id
        && contracts_now.is_some_and(|now| now.run_version == current.contracts_version)
        && current.contracts_version != plan.contracts_version;
    Ok(is_this || is_newer || has_replaced_it || is_up_to_date)
}

/// Two reports of one payer have the same lines, so billing both would bill every line twice. If each
/// replaced the other, chance would decide which one is billed. So the contracts name the report. If they
/// name the report of the current run, the pointer stays.
fn other_report_stays(
    current: &Current,
    plan: &Plan,
    named: Option<&str>,
) -> Result<bool, Failure> {
    match named {
        Some(named) => Ok(named != plan.report),
        None => Err(Failure::Reject(format!(
            "payer {} is billed from report `{}` in {}, and this is report `{}`: say which one under \
             `[reseller]` with `report = \"…\"`, or under `[[payer]]` if payers have different reports",
            plan.payer_account_id, current.report, plan.billing_period, plan.report
        ))),
    }
}

/// The next pointer. It remembers the runs of the same delivery that were current before.
fn next(plan: &Plan, current: Option<Current>) -> Current {
    let next = Current::of(plan);
    let Some(current) = current else { return next };
    let (before, moves) = (Some(current.run_id.clone()), current.moves + 1);
    let mut replaced: Vec<RunId> = Vec::new();
    if current.delivery_id == plan.delivery_id {
        replaced = current.replaced;
        replaced.push(current.run_id);
        replaced.retain(|run| *run != plan.run_id);
    }
    Current { replaced, before, moves, ..next }
}
