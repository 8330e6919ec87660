//! `allocate-commitments`: hands out commitments for one day, by the reseller's policy.

mod load;

use async_trait::async_trait;
use chrono::NaiveDate;
use commitments::{
    AllocatedDay, Kept, KeptUsage, Policy, Replayed, Situation, commitment_sums, negation_cancels,
    taken_off,
};
use contracts::Contracts;
use cur::AccountId;
use datasets::{AllocationRow, CommitmentRow, CoverageRow};
use laws::{ReportCheck, Tallies};
use pipeline::{AllocateReceipt, Message, Plan, Table, keys};
use runs::{App, Failure, Outcome, Results, Stop, Work, encoded, encoded_lightly};

pub use load::{Input, load};

pub async fn handle(message: &Message, day: NaiveDate, app: &App) -> Result<Outcome, Failure> {
    runs::handle(&DayOfRun { day }, message, app).await
}

/// One day of all accounts.
struct DayOfRun {
    day: NaiveDate,
}

#[async_trait]
impl Work for DayOfRun {
    type Input = Input;
    type Receipt = AllocateReceipt;

    async fn load(&self, plan: &Plan, app: &App) -> Result<Input, Stop> {
        Ok(load(plan, self.day, app).await?)
    }

    fn compute(&self, plan: &Plan, input: Input) -> Result<Results<AllocateReceipt>, Stop> {
        let day = allocate(plan, self.day, &input)?;
        if input.contracts.strict_commitments() {
            refuse_kept(&day.allocated.kept)?;
        }
        let checks = Tallies::from([(
            ReportCheck::NegationCancels,
            negation_cancels(&input.skus, &input.rows),
        )]);
        let receipt = self.receipt(plan, &input.contracts, &day, checks);
        let allocated = day.allocated;
        let of_table = |table| keys::day(plan, table, self.day);
        let customer_of = |account| customer_of(account, &input.contracts, plan);
        let holder = |assigned_to: &str, owner: &str| match (assigned_to, owner.parse()) {
            ("", Ok(owner)) => customer_of(owner),
            (assigned_to, _) => assigned_to.to_owned(),
        };
        let allocations: Vec<AllocationRow> = (allocated.allocations.into_iter())
            .map(|allocation| AllocationRow {
                customer_id: customer_of(allocation.usage_account_id),
                allocation,
            })
            .collect();
        let commitments: Vec<CommitmentRow> = (allocated.commitments.into_iter())
            .map(|day| CommitmentRow {
                customer_id: holder(&day.assigned_to, &day.owner_account_id),
                day,
            })
            .collect();
        let coverage: Vec<CoverageRow> = (allocated.coverage.into_iter())
            .map(|day| CoverageRow { customer_id: customer_of(day.usage_account_id), day })
            .collect();
        Ok(Results {
            objects: vec![
                (of_table(Table::Allocations), encoded(&allocations)?),
                (of_table(Table::Commitments), encoded(&commitments)?),
                (of_table(Table::Coverage), encoded(&coverage)?),
                (keys::benefits(plan, self.day), encoded_lightly(&allocated.benefits)?),
            ],
            checks: allocated.broken.into_iter().collect(),
            receipt,
        })
    }
}

impl DayOfRun {
    fn receipt(
        &self,
        plan: &Plan,
        contracts: &Contracts,
        day: &AllocationOfDay,
        report_checks: Tallies,
    ) -> AllocateReceipt {
        let AllocationOfDay { replayed, allocated, kept_usage } = day;
        AllocateReceipt {
            day: self.day,
            rows: allocated.allocations.len() as u64,
            taken_off: taken_off(&allocated.benefits, |account| {
                customer_of(account, contracts, plan)
            }),
            commitments: commitment_sums(&allocated.allocations, &allocated.commitments),
            hours_compared: allocated.hours_compared,
            replay: replayed.tally.clone(),
            kept_usage: *kept_usage,
            kept: allocated.kept.clone(),
            disagreements: allocated.disagreements.clone(),
            unknown_usage: allocated.unknown_usage.iter().cloned().collect(),
            unpriced: allocated.unpriced.iter().cloned().collect(),
            missing_rates: allocated.missing_rates.iter().cloned().collect(),
            unknown_assignments: allocated.unknown_assignments.clone(),
            report_checks,
        }
    }
}

/// A day, by AWS's own rules and by the policy of the contracts.
pub struct AllocationOfDay {
    pub replayed: Replayed,
    pub allocated: AllocatedDay,
    pub kept_usage: KeptUsage,
}

/// Applies AWS's own rules to a day and compares the outcome with the report. Then hands out commitments by
/// the policy of the contracts.
pub fn allocate(plan: &Plan, day: NaiveDate, input: &Input) -> Result<AllocationOfDay, Stop> {
    let contracts = &input.contracts;
    if let (Some(line), true) = (&input.book.not_hourly, contracts.sharing().is_handed_out()) {
        return Err(Stop::Refused { reason: String::new(), cell: Some(line.clone()) });
    }
    let policy = Policy {
        sharing: contracts.sharing(),
        eligibility: contracts.eligibility(plan.payer_account_id, plan.billing_period),
        assignments: contracts.assignments(),
    };
    let of_day = input.day(plan.billing_period, day);
    let situation = Situation::new(&of_day, contracts.order(), &input.rates);
    // AWS's rules are about hours, and a report without hours cannot be compared with them.
    let replayed = match input.book.not_hourly {
        None => situation.replay(contracts.payer_sharing()),
        Some(_) => Replayed::default(),
    };
    let allocated = situation
        .allocate(&policy, &replayed)
        .map_err(|error| Failure::Reject(error.to_string()))?;
    let kept_usage = situation.kept_usage(&replayed, &allocated);
    Ok(AllocationOfDay { replayed, allocated, kept_usage })
}

/// The customer of an account. Empty if the account belongs to nobody.
fn customer_of(account: AccountId, contracts: &Contracts, plan: &Plan) -> String {
    let owner = contracts.owner_of(account, plan.payer_account_id, plan.billing_period);
    owner.map(|customer| customer.id.clone()).unwrap_or_default()
}

/// Refuses commitments that stay as AWS applied them. This is called only if the contracts ask for it.
/// Otherwise these commitments are only named.
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
