//! Everything that a customer's charges are computed from.

use std::collections::{BTreeMap, BTreeSet};

use billing::{Benefit, Benefits, ChargeKey, CostPart, LineGroup, UnusedShare};
use chrono::NaiveDate;
use commitments::{
    CommitmentDay, CommitmentTally, DailyBenefit, DerivedCosts, Sharing, UnpricedUsage, Unused,
    UnusedCost, costs_are_known, derived_costs, says_fee,
};
use contracts::{Basis, ChargeKind, Contracts, Customer};
use cur::{AccountId, LineNote};
use datasets::{CommitmentRow, Row, decode_parquet};
use money::Amount;
use pipeline::{AllocateReceipt, Plan, RecalculateReceipt, Step, Table, keys};
use runs::{App, Failure};

pub(crate) struct Input {
    /// The receipts of the customer's own accounts.
    pub(crate) accounts: Vec<RecalculateReceipt>,
    pub(crate) groups: Vec<LineGroup>,
    /// Costs of commitments of these accounts that their lines do not say.
    pub(crate) derived_cost: Amount,
    pub(crate) benefits: Benefits,
    pub(crate) unpriced: BTreeSet<UnpricedUsage>,
    pub(crate) unknown_costs: BTreeMap<String, LineNote>,
    /// By commitment.
    pub(crate) unused_shares: BTreeMap<String, Vec<UnusedShare>>,
}

impl Input {
    pub(crate) fn unused_share_totals(&self) -> BTreeMap<String, Amount> {
        let total =
            |shares: &Vec<UnusedShare>| shares.iter().filter_map(|share| share.amount).sum();
        self.unused_shares.iter().map(|(arn, shares)| (arn.clone(), total(shares))).collect()
    }
}

pub(crate) async fn load(
    plan: &Plan,
    contracts: &Contracts,
    customer: Option<&Customer>,
    app: &App,
) -> Result<Input, Failure> {
    let own = Own { contracts, plan, customer };
    let all: Vec<RecalculateReceipt> = app.receipts(&plan.run_id, Step::RecalculateAccount).await?;
    let derived = Derived::of(&all);
    let mut input = Input {
        accounts: Vec::new(),
        groups: Vec::new(),
        derived_cost: Amount::ZERO,
        benefits: Benefits::new(),
        unpriced: BTreeSet::new(),
        unknown_costs: unknown_costs(&all),
        unused_shares: match (contracts.sharing(), contracts.unused()) {
            (Sharing::AsBilled, Unused::ProRata) => own.of_report(&all, &derived),
            _ => BTreeMap::new(),
        },
    };
    if contracts.sharing().is_handed_out() {
        let days = Days::load(plan, app).await?;
        input.benefits = own.benefits(&days);
        input.unused_shares = own.of_days(&days);
        input.unpriced = days.unpriced;
    }
    input.accounts = all.into_iter().filter(|receipt| own.has(receipt.account)).collect();
    let rated = input.accounts.iter().map(|receipt| keys::rated(plan, receipt.account)).collect();
    input.groups = rows::<LineGroup>(rated, app).await?;
    input.derived_cost = derived.fill_in(&mut input.groups);
    Ok(input)
}

/// Commitments of which a cost is unknown even when all of their lines are taken together, with the first
/// cell that is missing.
pub(crate) fn unknown_costs(all: &[RecalculateReceipt]) -> BTreeMap<String, LineNote> {
    let mut commitments: BTreeMap<&str, CommitmentTally> = BTreeMap::new();
    for (arn, tally) in all.iter().flat_map(|receipt| &receipt.commitments) {
        commitments.entry(arn).or_default().add(tally);
    }
    let is_known = |arn: &str, tally: &CommitmentTally| {
        costs_are_known(arn, tally) && (tally.fee_lines == 0 || says_fee(arn, tally))
    };
    let unknown = commitments.into_iter().filter(|(arn, tally)| !is_known(arn, tally));
    unknown.filter_map(|(arn, tally)| Some((arn.to_owned(), tally.missing?))).collect()
}

/// Costs of commitments that no line says, by ARN and account. Every customer works the same out of the
/// same receipts.
pub(crate) struct Derived(BTreeMap<String, BTreeMap<AccountId, DerivedCosts>>);

impl Derived {
    pub(crate) fn of(all: &[RecalculateReceipt]) -> Self {
        let mut commitments: BTreeMap<&str, BTreeMap<AccountId, &CommitmentTally>> =
            BTreeMap::new();
        for receipt in all {
            for (arn, tally) in &receipt.commitments {
                commitments.entry(arn).or_default().insert(receipt.account, tally);
            }
        }
        let derived = commitments.into_iter();
        Self(derived.map(|(arn, of)| (arn.to_owned(), derived_costs(arn, &of))).collect())
    }

    pub(crate) fn find(&self, arn: &str, account: AccountId) -> DerivedCosts {
        let of_arn = self.0.get(arn).and_then(|accounts| accounts.get(&account));
        of_arn.copied().unwrap_or_default()
    }

    /// Puts derived costs where lines say none, and says what they come to beyond what lines said.
    fn fill_in(&self, groups: &mut [LineGroup]) -> Amount {
        let own: BTreeSet<AccountId> = groups.iter().map(|group| group.usage_account_id).collect();
        let mut added = Amount::ZERO;
        for (arn, accounts) in &self.0 {
            for (account, costs) in accounts.iter().filter(|(account, _)| own.contains(account)) {
                for part in [CostPart::Covered, CostPart::Unused] {
                    let cost = match part {
                        CostPart::Covered => costs.covered,
                        CostPart::Unused => costs.unused,
                    };
                    if let Some(cost) = cost {
                        added += billing::fill_in_cost(groups, arn, *account, part, cost);
                    }
                }
            }
        }
        added
    }
}

/// What all days' allocations come to, of all customers.
struct Days {
    benefits: Vec<DailyBenefit>,
    commitments: Vec<CommitmentRow>,
    unpriced: BTreeSet<UnpricedUsage>,
}

impl Days {
    async fn load(plan: &Plan, app: &App) -> Result<Self, Failure> {
        let days: Vec<AllocateReceipt> =
            app.receipts(&plan.run_id, Step::AllocateCommitments).await?;
        let benefits = days.iter().map(|receipt| keys::benefits(plan, receipt.day)).collect();
        let commitments =
            |receipt: &AllocateReceipt| keys::day(plan, Table::Commitments, receipt.day);
        let commitments = days.iter().map(commitments).collect();
        Ok(Self {
            benefits: rows(benefits, app).await?,
            commitments: rows(commitments, app).await?,
            unpriced: days.into_iter().flat_map(|receipt| receipt.unpriced).collect(),
        })
    }
}

/// Whose charges these are.
struct Own<'a> {
    contracts: &'a Contracts,
    plan: &'a Plan,
    customer: Option<&'a Customer>,
}

impl Own<'_> {
    fn customer_of(&self, account: AccountId) -> &str {
        let owner = self.contracts.owner_of(account, self.plan.billing_period);
        owner.map_or("", |owner| &owner.id)
    }

    fn is_me(&self, customer_id: &str) -> bool {
        customer_id == self.customer.map_or("", |customer| &customer.id)
    }

    fn has(&self, account: AccountId) -> bool {
        self.is_me(self.customer_of(account))
    }

    /// Whether unused parts of commitments are charged to the account's customer apart from AWS's fees.
    fn pays_apart_from_fees(&self, account: AccountId) -> bool {
        let owner = self.contracts.owner_of(account, self.plan.billing_period);
        owner.is_none_or(|customer| customer.basis == Basis::List)
    }

    /// What was handed out to the customer's accounts on all days, by what it lands on.
    fn benefits(&self, days: &Days) -> Benefits {
        let mut benefits = Benefits::new();
        for row in days.benefits.iter().filter(|row| self.has(row.usage_account_id)) {
            let benefit = benefits.entry(lands_on(row)).or_insert(Benefit::NOTHING);
            benefit.add(row.taken_off, row.benefit);
        }
        benefits
    }

    /// The customer's parts of what nobody used, as AWS's fee lines have it. Every customer works the same
    /// split out of the same receipts.
    fn of_report(
        &self,
        all: &[RecalculateReceipt],
        derived: &Derived,
    ) -> BTreeMap<String, Vec<UnusedShare>> {
        let mut commitments: BTreeMap<&str, (UnusedCost, CommitmentTally)> = BTreeMap::new();
        for receipt in all {
            for (arn, tally) in &receipt.commitments {
                let (unused, fees) = commitments.entry(arn).or_default();
                let costs = derived.find(arn, receipt.account);
                let unused_cost = costs.unused.unwrap_or(tally.unused_cost);
                let covered_cost = tally.covered_cost + costs.covered.unwrap_or_default();
                if tally.fee_lines > 0 {
                    unused.kept_by.insert(receipt.account, unused_cost);
                }
                unused.used_by.insert(receipt.account, covered_cost);
                fees.add(tally);
            }
        }
        let share = |(arn, (mut unused, fees)): (&str, (UnusedCost, CommitmentTally))| {
            unused.is_unknown = !costs_are_known(arn, &fees);
            unused.keep_with_fees(|account| self.pays_apart_from_fees(account));
            let parts = unused.pro_rata().into_iter().filter(|(account, _)| self.has(*account));
            let share = |(account, amount)| UnusedShare {
                unused: Unused::ProRata,
                usage_account_id: account,
                commitment: arn.to_owned(),
                service_code: fees.service_code.clone(),
                currency: fees.currency.clone(),
                amount: (!unused.is_unknown).then_some(amount),
            };
            (arn.to_owned(), parts.map(share).collect())
        };
        commitments.into_iter().map(share).collect()
    }

    /// The same of what was handed out anew: to whom a commitment belongs, or to those who used it.
    fn of_days(&self, days: &Days) -> BTreeMap<String, Vec<UnusedShare>> {
        let policy = self.contracts.unused();
        let mut shares: BTreeMap<String, Vec<UnusedShare>> = BTreeMap::new();
        if policy == Unused::Reseller {
            return shares;
        }
        for ((arn, _), mut held) in held(days) {
            held.unused.keep_with_fees(|account| self.pays_apart_from_fees(account));
            let parts = match policy {
                Unused::ProRata if held.unused.used_by.values().any(|cost| !cost.is_zero()) => {
                    let parts = held.unused.pro_rata().into_iter();
                    parts.filter(|(account, _)| self.has(*account)).collect()
                }
                _ if self.is_me(held.customer_id) => held.unused.kept_by.clone(),
                _ => BTreeMap::new(),
            };
            let of_commitment = shares.entry(arn.to_owned()).or_default();
            let is_unknown = held.unused.is_unknown;
            let parts = parts.into_iter().filter(|(_, amount)| is_unknown || !amount.is_zero());
            for (account, amount) in parts {
                of_commitment.push(UnusedShare {
                    unused: policy,
                    usage_account_id: account,
                    commitment: arn.to_owned(),
                    service_code: held.day.service_code.clone(),
                    currency: held.day.currency.clone(),
                    amount: (!is_unknown).then_some(amount),
                });
            }
        }
        shares
    }
}

/// A commitment, or a part of it, over the period.
struct Held<'a> {
    customer_id: &'a str,
    /// Any of its days: what does not change from one to the next.
    day: &'a CommitmentDay,
    unused: UnusedCost,
}

/// By ARN and by the customer that it is assigned to.
fn held(days: &Days) -> BTreeMap<(&str, &str), Held<'_>> {
    let mut found: BTreeMap<(&str, &str), Held<'_>> = BTreeMap::new();
    for CommitmentRow { customer_id, day } in &days.commitments {
        let held = found.entry((&day.commitment, &day.assigned_to)).or_insert_with(|| Held {
            customer_id,
            day,
            unused: UnusedCost::default(),
        });
        // The ledger writes nothing but accounts there.
        if let Ok(owner) = day.owner_account_id.parse() {
            *held.unused.kept_by.entry(owner).or_default() += day.unused_cost.unwrap_or_default();
            held.unused.is_unknown |= day.unused_cost.is_none();
        }
    }
    for row in &days.benefits {
        if let Some(held) = found.get_mut(&(row.commitment.as_str(), row.assigned_to.as_str())) {
            let used = held.unused.used_by.entry(row.usage_account_id).or_default();
            *used += row.commitment_cost;
        }
    }
    found
}

fn lands_on(row: &DailyBenefit) -> (NaiveDate, ChargeKey) {
    let key = ChargeKey {
        usage_account_id: row.usage_account_id,
        charge_kind: ChargeKind::Usage,
        service_code: row.service_code.clone(),
        region: row.region.clone(),
        usage_type: row.usage_type.clone(),
        operation: row.operation.clone(),
        currency: row.currency.clone(),
    };
    (row.usage_date, key)
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
