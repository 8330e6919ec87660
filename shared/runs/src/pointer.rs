//! The pointer to the run that readers see.

use pipeline::{Current, Plan, RunId, RunSums, keys, version_of};
use serde_json::json;
use storage::Replaced;

use crate::{App, Failure, Outcome, parse_contracts};

/// The reason why a run should become the current run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// The run has just been proved. If it was current before, the message is an old one that came again.
    Sealed,
    /// A person asked for a calculation under the contracts as they are now, and this run has these
    /// contracts. It may become current again.
    Asked,
}

/// The contracts as they are now. They may be newer than the contracts of a run.
#[derive(Default)]
struct ContractsNow {
    version: String,
    report: Option<String>,
}

impl App {
    async fn contracts_now(&self) -> Result<ContractsNow, Failure> {
        let Some(object) = self.results.get(keys::CONTRACTS).await? else {
            return Ok(ContractsNow::default());
        };
        // Contracts that cannot be read name no report.
        let contracts = parse_contracts(keys::CONTRACTS, &object.bytes).ok();
        let report = contracts.and_then(|contracts| contracts.report().map(str::to_owned));
        Ok(ContractsNow { version: version_of(&object.bytes), report })
    }

    /// The sums of the run that this run would replace if it were proved now.
    pub async fn replaced_by(&self, plan: &Plan) -> Result<Option<RunSums>, Failure> {
        let key = keys::current(plan.payer_account_id, plan.billing_period);
        let Some(current) = self.find::<Current>(&key).await? else { return Ok(None) };
        if stays(&current, plan, Entry::Sealed, &self.contracts_now().await?)? {
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
        let reasons = books::reasons_to_hold(&before, &now, &contracts, plan.billing_period);
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
                if stays(current, plan, entry, &self.contracts_now().await?)? {
                    let is_this = current.run_id == plan.run_id;
                    return Ok(if is_this { Outcome::Sealed } else { Outcome::Superseded });
                }
                if let Some(reason) = self.held(plan, current).await? {
                    return Ok(Outcome::Held { run: plan.run_id.clone(), reason });
                }
            }
            // The JSON is on one line, because Athena's JSON tables need that.
            let bytes = serde_json::to_vec(&next(plan, current))
                .map_err(|error| Failure::Reject(error.to_string()))?;
            let expected = found.as_ref().map(|object| object.info.etag.as_str());
            match self.results.replace(&key, bytes.into(), expected).await? {
                Replaced::Yes => return Ok(Outcome::Sealed),
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
    contracts_now: &ContractsNow,
) -> Result<bool, Failure> {
    if current.report != plan.report {
        return other_report_stays(current, plan, contracts_now.report.as_deref());
    }
    let is_this = current.run_id == plan.run_id;
    let is_newer = current.delivered_at > plan.delivered_at;
    let has_replaced_it = entry == Entry::Sealed && current.replaced.contains(&plan.run_id);
    // If the contracts change twice in a short time, the run of the first change may end last.
    let is_up_to_date = current.delivery_id == plan.delivery_id
        && contracts_now.version == current.contracts_version
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
             `[reseller]` with `report = \"…\"`",
            plan.payer_account_id, current.report, plan.billing_period, plan.report
        ))),
    }
}

/// The next pointer. It remembers the runs of the same delivery that were current before.
fn next(plan: &Plan, current: Option<Current>) -> Current {
    let mut replaced: Vec<RunId> = Vec::new();
    if let Some(current) = current
        && current.delivery_id == plan.delivery_id
    {
        replaced = current.replaced;
        replaced.push(current.run_id);
        replaced.retain(|run| *run != plan.run_id);
    }
    Current { replaced, ..Current::of(plan) }
}
