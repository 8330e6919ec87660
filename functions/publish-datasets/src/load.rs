//! Everything that a customer's charges are computed from.

use std::collections::BTreeMap;

use billing::{Benefits, ChargeKey, LineGroup, UnusedShare};
use chrono::NaiveDate;
use commitments::{Allocation, Sharing, Unused, share_unused};
use contracts::{Basis, ChargeKind, Contracts, Customer};
use cur::AccountId;
use datasets::{AllocationRow, Row, decode_parquet};
use money::Amount;
use pipeline::{AllocateReceipt, CommitmentTally, Plan, RecalculateReceipt, Step, keys};
use runs::{App, Failure};

pub(crate) struct Input {
    /// The receipts of the customer's own accounts.
    pub(crate) accounts: Vec<RecalculateReceipt>,
    pub(crate) groups: Vec<LineGroup>,
    pub(crate) benefits: Benefits,
    /// By commitment.
    pub(crate) unused_shares: BTreeMap<String, Vec<UnusedShare>>,
}

impl Input {
    pub(crate) fn unused_share_totals(&self) -> BTreeMap<String, Amount> {
        let total = |shares: &Vec<UnusedShare>| shares.iter().map(|share| share.amount).sum();
        self.unused_shares.iter().map(|(arn, shares)| (arn.clone(), total(shares))).collect()
    }
}

pub(crate) async fn load(
    plan: &Plan,
    contracts: &Contracts,
    customer: Option<&Customer>,
    app: &App,
) -> Result<Input, Failure> {
    let is_own = |account| {
        let owner = contracts.owner_of(account, plan.billing_period);
        owner.map(|owner| &owner.id) == customer.map(|customer| &customer.id)
    };
    let all: Vec<RecalculateReceipt> = app.receipts(&plan.run_id, Step::RecalculateAccount).await?;
    let unused_shares = match (contracts.sharing(), contracts.unused()) {
        (Sharing::AsBilled, Unused::ProRata) => own_shares(&all, is_own),
        _ => BTreeMap::new(),
    };
    let accounts: Vec<_> = all.into_iter().filter(|receipt| is_own(receipt.account)).collect();
    let rated = accounts.iter().map(|receipt| keys::rated(plan, receipt.account)).collect();
    let groups = rows::<LineGroup>(rated, app).await?;
    let benefits = match customer.map(|customer| customer.basis) {
        Some(Basis::List) => benefits(plan, is_own, app).await?,
        // Nothing is re-applied to what AWS charged.
        _ => Benefits::new(),
    };
    Ok(Input { accounts, groups, benefits, unused_shares })
}

/// What was handed out to the customer's accounts on all days, by what it lands on.
async fn benefits(
    plan: &Plan,
    is_own: impl Fn(AccountId) -> bool,
    app: &App,
) -> Result<Benefits, Failure> {
    let days: Vec<AllocateReceipt> = app.receipts(&plan.run_id, Step::AllocateCommitments).await?;
    let mut benefits = Benefits::new();
    // A day at a time: its rows are those of all customers.
    for AllocateReceipt { day, .. } in days {
        let rows: Vec<AllocationRow> = rows(vec![keys::allocations(plan, day)], app).await?;
        let allocations = rows.into_iter().map(|row| row.allocation);
        for allocation in allocations.filter(|allocation| is_own(allocation.usage_account_id)) {
            let benefit = allocation.benefit;
            *benefits.entry(lands_on(allocation)).or_insert(Amount::ZERO) += benefit;
        }
    }
    Ok(benefits)
}

fn lands_on(allocation: Allocation) -> (NaiveDate, ChargeKey) {
    let key = ChargeKey {
        usage_account_id: allocation.usage_account_id,
        charge_kind: ChargeKind::Usage,
        service_code: allocation.service_code,
        region: allocation.region,
        usage_type: allocation.usage_type,
        operation: allocation.operation,
        currency: allocation.currency,
    };
    (allocation.usage_date, key)
}

/// This customer's accounts' parts of what nobody used. Every customer works the same split out of the
/// same receipts.
fn own_shares(
    all: &[RecalculateReceipt],
    is_own: impl Fn(AccountId) -> bool,
) -> BTreeMap<String, Vec<UnusedShare>> {
    let mut fees: BTreeMap<&str, CommitmentTally> = BTreeMap::new();
    for (commitment, tally) in all.iter().flat_map(|receipt| &receipt.commitments) {
        fees.entry(commitment).or_default().add(tally);
    }
    share_unused(all.iter().map(|receipt| (receipt.account, &receipt.commitments)))
        .into_iter()
        .map(|(commitment, shares)| {
            let fee = fees.get(commitment.as_str()).cloned().unwrap_or_default();
            let own = shares
                .into_iter()
                .filter(|(account, _)| is_own(*account))
                .map(|(usage_account_id, amount)| UnusedShare {
                    usage_account_id,
                    service_code: fee.service_code.clone(),
                    currency: fee.currency.clone(),
                    amount,
                })
                .collect();
            (commitment, own)
        })
        .collect()
}

/// The rows of several objects, in the order of the objects.
async fn rows<R: Row + Send + 'static>(keys: Vec<String>, app: &App) -> Result<Vec<R>, Failure> {
    let app = app.clone();
    let tables = runs::in_order(keys, move |key| {
        let app = app.clone();
        async move {
            decode_parquet::<R>(app.need_bytes(&key).await?)
                .map_err(|error| Failure::Reject(format!("`{key}`: {error}")))
        }
    });
    Ok(tables.await?.into_iter().flatten().collect())
}
