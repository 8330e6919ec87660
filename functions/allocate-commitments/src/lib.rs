//! `allocate-commitments`: hands out the benefit of one day's hours under the reseller's policy.

mod load;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use chrono::NaiveDate;
use commitments::{
    AllocatedDay, CommitmentSums, DailyBenefit, Kept, MissingRate, Policy, Replayed, Situation,
    UnpricedUsage, negation_cancels,
};
use contracts::Contracts;
use cur::AccountId;
use datasets::{AllocationRow, CommitmentRow, CoverageRow, Row, encode_parquet};
use laws::{Check, Tally};
use money::Amount;
use pipeline::{AllocateReceipt, Plan, RunId, SplitReceipt, Step, Table, keys};
use runs::{App, Failure, Outcome};

pub use load::{Input, load};

pub async fn handle(run: &RunId, day: NaiveDate, app: &App) -> Result<Outcome, Failure> {
    let plan = app.plan(run).await?;
    if !app.is_done(run, Step::AllocateCommitments, &day.to_string()).await? {
        allocate_day(&plan, day, app).await?;
    }
    app.advance(&plan, Step::AllocateCommitments).await?;
    Ok(Outcome::Done)
}

async fn allocate_day(plan: &Plan, day: NaiveDate, app: &App) -> Result<(), Failure> {
    let contracts = app.contracts(plan).await?;
    let allocated = allocate_again(plan, day, app).await?;
    let receipt = receipt(day, &allocated, |account| customer_of(account, &contracts, plan));
    refuse_broken(allocated.broken.as_ref())?;
    if contracts.strict_commitments() {
        refuse_kept(&allocated.kept)?;
    }

    let of_table = |table| keys::day(plan, table, day);
    for (key, bytes) in [
        (of_table(Table::Allocations), encoded(&allocated.allocations)?),
        (of_table(Table::Commitments), encoded(&allocated.commitments)?),
        (of_table(Table::Coverage), encoded(&allocated.coverage)?),
        (keys::benefits(plan, day), encoded(&allocated.benefits)?),
    ] {
        app.results.create(&key, bytes).await?;
    }
    app.write_receipt(&plan.run_id, Step::AllocateCommitments, &day.to_string(), &receipt).await
}

/// What is kept of a day.
pub struct Allocated {
    pub allocations: Vec<AllocationRow>,
    pub commitments: Vec<CommitmentRow>,
    pub coverage: Vec<CoverageRow>,
    pub benefits: Vec<DailyBenefit>,
    /// AWS's own rules against the report.
    pub replayed: Replayed,
    pub kept: Vec<Kept>,
    disagreements: Vec<String>,
    missing_rates: BTreeSet<MissingRate>,
    unknown_usage: BTreeSet<(String, String)>,
    unpriced: BTreeSet<UnpricedUsage>,
    unknown_assignments: Vec<String>,
    hours_compared: u64,
    broken: Option<Check>,
    negation_cancels: Tally,
}

/// Allocates a day and writes nothing. Also what a proof compares with.
pub async fn allocate_again(plan: &Plan, day: NaiveDate, app: &App) -> Result<Allocated, Failure> {
    let contracts = app.contracts(plan).await?;
    let rates = app.rates(plan).await?;
    let input = load(plan, day, app).await?;
    if let (Some(line), true) = (&input.not_hourly, contracts.sharing().is_handed_out()) {
        let receipts: Vec<SplitReceipt> = app.receipts(&plan.run_id, Step::SplitReport).await?;
        let reason = reports::with_place(&app.reports, plan, &receipts, line).await?;
        return Err(Failure::Reject(reason));
    }
    let policy = Policy {
        sharing: contracts.sharing(),
        eligibility: contracts.eligibility(plan.billing_period),
        assignments: contracts.assignments(),
    };
    let of_day = input.day(plan.billing_period, day);
    let situation = Situation::new(&of_day, contracts.order(), &rates);
    // A daily report says nothing of hours, and AWS's rules are about hours.
    let replayed = match input.not_hourly {
        None => situation.replay(contracts.payer_sharing()),
        Some(_) => Replayed::default(),
    };
    let allocated = situation
        .allocate(&policy, &replayed)
        .map_err(|error| Failure::Reject(error.to_string()))?;
    let negations = negation_cancels(&input.skus, &input.rows);
    Ok(with_customers(allocated, replayed, negations, &contracts, plan))
}

/// The customer of an account, empty for one that belongs to nobody.
fn customer_of(account: AccountId, contracts: &Contracts, plan: &Plan) -> String {
    let owner = contracts.owner_of(account, plan.billing_period);
    owner.map(|customer| customer.id.clone()).unwrap_or_default()
}

fn with_customers(
    allocated: AllocatedDay,
    replayed: Replayed,
    negation_cancels: Tally,
    contracts: &Contracts,
    plan: &Plan,
) -> Allocated {
    let customer_of = |account| customer_of(account, contracts, plan);
    let holder = |assigned_to: &str, owner: &str| match (assigned_to, owner.parse()) {
        ("", Ok(owner)) => customer_of(owner),
        (assigned_to, _) => assigned_to.to_owned(),
    };
    Allocated {
        allocations: (allocated.allocations.into_iter())
            .map(|allocation| AllocationRow {
                customer_id: customer_of(allocation.usage_account_id),
                allocation,
            })
            .collect(),
        commitments: (allocated.commitments.into_iter())
            .map(|day| CommitmentRow {
                customer_id: holder(&day.assigned_to, &day.owner_account_id),
                day,
            })
            .collect(),
        coverage: (allocated.coverage.into_iter())
            .map(|day| CoverageRow { customer_id: customer_of(day.usage_account_id), day })
            .collect(),
        benefits: allocated.benefits,
        replayed,
        kept: allocated.kept,
        disagreements: allocated.disagreements,
        missing_rates: allocated.missing_rates,
        unknown_usage: allocated.unknown_usage,
        unpriced: allocated.unpriced,
        unknown_assignments: allocated.unknown_assignments,
        hours_compared: allocated.hours_compared,
        broken: allocated.broken,
        negation_cancels,
    }
}

fn receipt(
    day: NaiveDate,
    allocated: &Allocated,
    customer_of: impl Fn(AccountId) -> String,
) -> AllocateReceipt {
    let mut taken_off: BTreeMap<String, Amount> = BTreeMap::new();
    let mut commitments: BTreeMap<String, CommitmentSums> = BTreeMap::new();
    // What was used is added up from who used it, what was not from the commitments' own days.
    for AllocationRow { allocation, .. } in &allocated.allocations {
        let sums = commitments.entry(allocation.commitment.clone()).or_default();
        sums.used += allocation.units;
        sums.used_cost += allocation.commitment_cost;
    }
    for CommitmentRow { day, .. } in &allocated.commitments {
        let sums = commitments.entry(day.commitment.clone()).or_default();
        sums.is_normalized = day.unit == "normalized";
        sums.unused += day.unused;
        sums.unused_cost += day.unused_cost.unwrap_or_default();
    }
    for benefit in &allocated.benefits {
        let customer = customer_of(benefit.usage_account_id);
        *taken_off.entry(customer).or_default() += benefit.taken_off;
    }
    AllocateReceipt {
        day,
        rows: allocated.allocations.len() as u64,
        taken_off,
        commitments,
        hours_compared: allocated.hours_compared,
        replay: allocated.replayed.tally.clone(),
        kept: allocated.kept.clone(),
        disagreements: allocated.disagreements.clone(),
        unknown_usage: allocated.unknown_usage.iter().cloned().collect(),
        unpriced: allocated.unpriced.iter().cloned().collect(),
        missing_rates: allocated.missing_rates.iter().cloned().collect(),
        unknown_assignments: allocated.unknown_assignments.clone(),
        report_checks: BTreeMap::from([(
            "negation_cancels".to_owned(),
            allocated.negation_cancels.clone(),
        )]),
    }
}

/// A run that breaks a law is never published.
fn refuse_broken(broken: Option<&Check>) -> Result<(), Failure> {
    match broken {
        None => Ok(()),
        Some(Check { law, of, left, right, .. }) => Err(Failure::Reject(format!(
            "law `{law}` is broken, {of}: {left} is more than {right}"
        ))),
    }
}

/// Only where the contracts ask for it: otherwise what stays as AWS applied it is named.
fn refuse_kept(kept: &[Kept]) -> Result<(), Failure> {
    match kept.first() {
        None => Ok(()),
        Some(Kept { commitment, reason, hours, example, .. }) => Err(Failure::Reject(format!(
            "{commitment} {} ({hours} hours), and the contracts say `strict_commitments = true`{}",
            reason.words(),
            example.as_ref().map(|example| format!("; first: {example}")).unwrap_or_default(),
        ))),
    }
}

fn encoded<R: Row>(rows: &Vec<R>) -> Result<Bytes, Failure> {
    encode_parquet([rows]).map_err(|error| Failure::Reject(error.to_string()))
}
