//! The pointer to the run that readers see.

use pipeline::{Current, Plan, RunId, RunSums, keys, version_of};
use serde_json::json;
use storage::Replaced;

use crate::{App, Failure, Outcome};

/// Why a run asks to be the current one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// It has just been proved. If it has been current before, this is an old message come back.
    Sealed,
    /// Someone asked for the contracts as they are now, and this run has them: it may come back.
    Asked,
}

impl App {
    /// The version of the contracts as they are now, which may be later than those of a run.
    async fn contracts_version_now(&self) -> Result<Option<String>, Failure> {
        let contracts = self.results.get(keys::CONTRACTS).await?;
        Ok(contracts.map(|object| version_of(&object.bytes)))
    }

    /// The run that this one would take the place of, if it were proved now.
    pub async fn replaced_by(&self, plan: &Plan) -> Result<Option<RunSums>, Failure> {
        let key = keys::current(plan.payer_account_id, plan.billing_period);
        let contracts_now = self.contracts_version_now().await?;
        let replaced = self.find::<Current>(&key).await?.filter(|current| {
            current.report == plan.report
                && !stands(current, plan, Entry::Sealed, contracts_now.as_deref())
        });
        match replaced {
            Some(current) => self.find(&keys::reconciliation(&current.run_id)).await,
            None => Ok(None),
        }
    }

    /// Why the run must not take the place of another before someone accepts it. The run is proved.
    ///
    /// Asked each time that the pointer is about to be moved: another run may have become current since the
    /// run was proved. An acceptance counts whenever it came.
    async fn held(&self, plan: &Plan, current: &Current) -> Result<Option<String>, Failure> {
        let before: Option<RunSums> = self.find(&keys::reconciliation(&current.run_id)).await?;
        let Some(before) = before else { return Ok(None) };
        let now: RunSums = self.need(&keys::reconciliation(&plan.run_id)).await?;
        let contracts = self.contracts(plan).await?;
        let reasons = billing::reasons_to_hold(&before, &now, &contracts, plan.billing_period);
        if reasons.is_empty() || self.results.head(&keys::accepted(&plan.run_id)).await?.is_some() {
            return Ok(None);
        }
        let note = json!({ "current": current.run_id, "reasons": reasons });
        self.write_once(&keys::held(&plan.run_id), &note).await?;
        Ok(Some(reasons.join("; ")))
    }

    /// Moves the pointer to the run, unless a newer delivery has it (an older one can finish later), or
    /// the run is held.
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
                refuse_other_report(current, plan)?;
                if stands(current, plan, entry, self.contracts_version_now().await?.as_deref()) {
                    let is_this = current.run_id == plan.run_id;
                    return Ok(if is_this { Outcome::Sealed } else { Outcome::Superseded });
                }
                if let Some(reason) = self.held(plan, current).await? {
                    return Ok(Outcome::Held { run: plan.run_id.clone(), reason });
                }
            }
            // One line, so that Athena's JSON tables can read it.
            let bytes = serde_json::to_vec(&next(plan, current))
                .map_err(|error| Failure::Reject(error.to_string()))?;
            let expected = found.as_ref().map(|object| object.info.etag.as_str());
            match self.results.replace(&key, bytes.into(), expected).await? {
                Replaced::Yes => return Ok(Outcome::Sealed),
                // Another run was faster: look at what it left.
                Replaced::Conflict => {}
            }
        }
    }
}

/// Whether the pointer stays where it is.
fn stands(current: &Current, plan: &Plan, entry: Entry, contracts_now: Option<&str>) -> bool {
    let is_this = current.run_id == plan.run_id;
    let is_newer = current.delivered_at > plan.delivered_at;
    let has_replaced_it = entry == Entry::Sealed && current.replaced.contains(&plan.run_id);
    // Two changes of the contracts in quick succession: the run of the first may end last.
    let is_up_to_date = current.delivery_id == plan.delivery_id
        && contracts_now == Some(&current.contracts_version)
        && current.contracts_version != plan.contracts_version;
    is_this || is_newer || has_replaced_it || is_up_to_date
}

/// The pointer remembers which runs of the same delivery it pointed to before.
fn next(plan: &Plan, current: Option<Current>) -> Current {
    let mut replaced: Vec<RunId> = Vec::new();
    if let Some(current) = current
        && current.delivery_id == plan.delivery_id
    {
        replaced = current.replaced;
        replaced.push(current.run_id);
        replaced.retain(|run| *run != plan.run_id);
    }
    Current {
        run_id: plan.run_id.clone(),
        payer_account_id: plan.payer_account_id,
        billing_period: plan.billing_period,
        report: plan.report.clone(),
        delivery_id: plan.delivery_id.clone(),
        delivered_at: plan.delivered_at.clone(),
        contracts_version: plan.contracts_version.clone(),
        replaced,
    }
}

/// Two reports of one payer have the same lines; billing both would bill twice, and taking turns
/// would be a matter of luck.
fn refuse_other_report(current: &Current, plan: &Plan) -> Result<(), Failure> {
    if current.report == plan.report {
        return Ok(());
    }
    Err(Failure::Reject(format!(
        "payer {} is billed from report `{}` in {}, and this is report `{}`: say which one under \
         `[reseller]` with `report = \"…\"`",
        plan.payer_account_id, current.report, plan.billing_period, plan.report
    )))
}
