//! Reads and writes the objects of a run.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use commitments::ListedRates;
use contracts::Contracts;
use contracts::parts::{self, OfBills};
use pipeline::{Message, Plan, RunId, keys, version_of};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{App, ContractsNow, Failure, Outcome};

impl App {
    /// The contracts as they are now. `None` if there are none, or if something is wrong with them.
    pub async fn contracts_now(&self) -> Result<Option<ContractsNow>, Failure> {
        let Some(object) = self.results.get(keys::CONTRACTS).await? else { return Ok(None) };
        let version = version_of(&object.bytes);
        if let Some(now) = self.parsed.find_now(&version) {
            return Ok(Some(now));
        }
        let Ok(contracts) = parse_contracts(keys::CONTRACTS, &object.bytes) else {
            return Ok(None);
        };
        let text = std::str::from_utf8(&object.bytes).unwrap_or_default();
        let Some(of_bills) = OfBills::read(text) else { return Ok(None) };
        let now = ContractsNow {
            contracts: Arc::new(contracts),
            of_bills: Arc::new(of_bills),
            run_version: version_of(&run_part(&object.bytes)),
        };
        self.parsed.keep_now(&version, &now);
        Ok(Some(now))
    }

    pub async fn plan(&self, run: &RunId) -> Result<Plan, Failure> {
        self.need(&keys::plan(run)).await
    }

    /// The contracts as they were when the run was planned.
    pub async fn contracts(&self, plan: &Plan) -> Result<Arc<Contracts>, Failure> {
        let version = &plan.contracts_version;
        if let Some(contracts) = self.parsed.find(version) {
            return Ok(contracts);
        }
        let key = keys::pinned_contracts(&plan.run_id);
        let contracts = Arc::new(parse_contracts(&key, &self.need_bytes(&key).await?)?);
        self.parsed.keep(version, &contracts);
        Ok(contracts)
    }

    /// The savings plan rates as they were when the run was planned. The list is empty if there were none.
    pub async fn rates(&self, plan: &Plan) -> Result<ListedRates, Failure> {
        if plan.rates_version.is_none() {
            return Ok(ListedRates::default());
        }
        let key = keys::pinned_rates(&plan.run_id);
        parse_rates(&key, &self.need_bytes(&key).await?)
    }

    /// Ends the run because AWS has replaced a report file since the plan. The manifest of the newer
    /// delivery starts the next run.
    pub async fn superseded(&self, plan: &Plan, reason: &str) -> Result<Outcome, Failure> {
        let note = serde_json::json!({ "reason": reason });
        self.write_once(&keys::superseded(&plan.run_id), &note).await?;
        Ok(Outcome::Superseded)
    }

    /// Writes the reason beside the run, where `sluice` and people find it.
    pub async fn record_failure(&self, message: &Message, reason: &str) -> Result<(), Failure> {
        let key = keys::failure(message);
        self.write_once(&key, &serde_json::json!({ "reason": reason })).await
    }

    /// Writes JSON that must not change. If the object exists already, an earlier delivery of the message
    /// wrote it.
    pub async fn write_once<T: Serialize + Sync>(
        &self,
        key: &str,
        value: &T,
    ) -> Result<(), Failure> {
        self.results.create(key, to_json(key, value)?).await?;
        Ok(())
    }

    /// Reads an object that an earlier step must have written.
    pub async fn need_bytes(&self, key: &str) -> Result<Bytes, Failure> {
        let object = self.results.get(key).await?;
        object
            .map(|object| object.bytes)
            .ok_or_else(|| Failure::Reject(format!("`{key}` is missing")))
    }

    pub async fn find<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Failure> {
        let Some(object) = self.results.get(key).await? else {
            return Ok(None);
        };
        serde_json::from_slice(&object.bytes)
            .map(Some)
            .map_err(|error| Failure::Reject(format!("`{key}` is not what was written: {error}")))
    }

    pub async fn need<T: DeserializeOwned>(&self, key: &str) -> Result<T, Failure> {
        let found = self.find(key).await?;
        found.ok_or_else(|| Failure::Reject(format!("`{key}` is missing")))
    }
}

/// How many small objects are requested at once. This is enough to hide the latency of S3, and far below
/// the number of requests that one prefix can answer in a second.
const AT_ONCE: usize = 16;

/// Does the work for every item, several at once, and returns the results in the order of the items.
pub async fn in_order<I, T, F>(items: Vec<I>, work: impl Fn(I) -> F) -> Result<Vec<T>, Failure>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Failure>> + Send + 'static,
{
    let mut under_way = VecDeque::new();
    let mut done = Vec::new();
    let mut items = items.into_iter();
    loop {
        while under_way.len() < AT_ONCE
            && let Some(item) = items.next()
        {
            under_way.push_back(tokio::spawn(work(item)));
        }
        let Some(next) = under_way.pop_front() else {
            return Ok(done);
        };
        // A panic in a task fails the message that needed the task, and nothing else.
        done.push(next.await.map_err(|panic| Failure::Retry(panic.to_string()))??);
    }
}

/// Readable JSON. The same value always gives the same bytes: structs keep the order of their fields, and
/// maps are sorted.
pub fn to_json<T: Serialize>(key: &str, value: &T) -> Result<Bytes, Failure> {
    let mut json = serde_json::to_vec_pretty(value)
        .map_err(|error| Failure::Reject(format!("`{key}` cannot be written: {error}")))?;
    json.push(b'\n');
    Ok(json.into())
}

pub fn parse_contracts(key: &str, bytes: &[u8]) -> Result<Contracts, Failure> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Failure::Reject(format!("`{key}` is not UTF-8: {error}")))?;
    Contracts::parse(text).map_err(|problems| Failure::Reject(problems.display(key).to_string()))
}

/// The part of the contracts that runs read. The text was parsed before, so it is TOML.
pub fn run_part(contracts: &[u8]) -> Bytes {
    let text = std::str::from_utf8(contracts).unwrap_or_default();
    parts::of_runs(text).unwrap_or_default().into()
}

pub fn parse_rates(key: &str, bytes: &[u8]) -> Result<ListedRates, Failure> {
    ListedRates::parse(bytes).map_err(|problems| {
        let problems: Vec<String> =
            problems.iter().map(|problem| format!("`{key}`, {problem}")).collect();
        Failure::Reject(problems.join("\n"))
    })
}
