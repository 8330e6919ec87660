//! From one step to the next: a step is complete when every planned receipt exists.
//!
//! Whoever sees it complete writes down the next step's units, sends their messages, and then notes
//! that they were sent. A crash anywhere in between is healed by the message that comes back: it finds
//! its receipt, finds the step complete and nothing sent, and sends. Sending twice is harmless.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use commitments::ReservationFee;
use cur::{AccountId, LineItemType};
use pipeline::{Message, Plan, RecalculateReceipt, SplitReceipt, Step, Table, UNASSIGNED, keys};

use crate::{App, Failure};

/// Lines without which there is nothing to hand out.
const OF_COMMITMENTS: [LineItemType; 5] = [
    LineItemType::DiscountedUsage,
    LineItemType::SavingsPlanCoveredUsage,
    LineItemType::SavingsPlanNegation,
    LineItemType::RiFee,
    LineItemType::SavingsPlanRecurringFee,
];

/// Whether the step that a worker belongs to still waits for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    Waiting,
    Complete,
}

/// Whether a run was started by this very call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    Now,
    Before,
}

impl App {
    /// Starts a planned run, or says that it was started before.
    pub async fn begin(&self, plan: &Plan) -> Result<Begun, Failure> {
        if self.results.head(&keys::sent(&plan.run_id, Step::SplitReport)).await?.is_some() {
            return Ok(Begun::Before);
        }
        self.start(plan, Step::SplitReport).await?;
        Ok(Begun::Now)
    }

    /// Sends again what a run still waits for, in case the messages are lost. Doing it twice is harmless.
    pub async fn resume(&self, plan: &Plan) -> Result<(), Failure> {
        let run = &plan.run_id;
        for step in Step::ALL {
            let Some(mut units) = self.find::<Vec<Message>>(&keys::units(run, step)).await? else {
                continue;
            };
            let receipts = self.results.list(&keys::receipts_prefix(run, step)).await?;
            // The last step's last unit seals the run, so it has more to do than its receipt.
            let seals = units.last().filter(|_| following(step).is_none()).cloned();
            units.retain(|unit| !receipts.contains(&keys::receipt(run, step, &unit.unit())));
            if units.is_empty() {
                units.extend(seals);
            }
            if !units.is_empty() {
                return Ok(self.queue.send(&units).await?);
            }
            self.advance(plan, step).await?;
        }
        Ok(())
    }

    /// Called after a unit's receipt is written, or found. The step after the last is sealing, which
    /// is the caller's.
    pub async fn advance(&self, plan: &Plan, step: Step) -> Result<Progress, Failure> {
        let units: Vec<Message> = self.need(&keys::units(&plan.run_id, step)).await?;
        let receipts = self.results.list(&keys::receipts_prefix(&plan.run_id, step)).await?;
        if receipts.len() < units.len() {
            return Ok(Progress::Waiting);
        }
        if let Some(next) = following(step) {
            self.start(plan, next).await?;
        }
        Ok(Progress::Complete)
    }

    /// Sends a step's messages; a step without any is complete at once, so the one after it starts.
    async fn start(&self, plan: &Plan, first: Step) -> Result<(), Failure> {
        let run = &plan.run_id;
        let mut next = Some(first);
        while let Some(step) = next {
            if self.results.head(&keys::sent(run, step)).await?.is_some() {
                return Ok(());
            }
            let messages = self.messages(plan, step).await?;
            self.write_once(&keys::units(run, step), &messages).await?;
            self.queue.send(&messages).await?;
            self.write_once(&keys::sent(run, step), &messages.len()).await?;
            next = if messages.is_empty() { following(step) } else { None };
        }
        Ok(())
    }

    /// The units of a step follow from the plan and the receipts before it, so everyone who works
    /// them out finds the same.
    async fn messages(&self, plan: &Plan, step: Step) -> Result<Vec<Message>, Failure> {
        let run = || plan.run_id.clone();
        Ok(match step {
            Step::SplitReport => (0..plan.files.len())
                .map(|file| Message::SplitReport { run: run(), file })
                .collect(),
            Step::RegisterPartitions => {
                Table::ALL.map(|table| Message::RegisterPartitions { run: run(), table }).to_vec()
            }
            Step::RecalculateAccount => (self.accounts(plan).await?.into_iter())
                .map(|account| Message::RecalculateAccount { run: run(), account })
                .collect(),
            Step::AllocateCommitments => (self.days(plan).await?.into_iter())
                .map(|day| Message::AllocateCommitments { run: run(), day })
                .collect(),
            Step::PublishDatasets => (self.customers(plan).await?.into_iter())
                .map(|customer| Message::PublishDatasets { run: run(), customer })
                .collect(),
        })
    }

    /// Every account that the report has lines of.
    pub async fn accounts(&self, plan: &Plan) -> Result<BTreeSet<AccountId>, Failure> {
        let receipts: Vec<SplitReceipt> = self.receipts(&plan.run_id, Step::SplitReport).await?;
        Ok(receipts.into_iter().flat_map(|receipt| receipt.accounts.into_keys()).collect())
    }

    /// The days on which something was used, and those of reservations, which cost without being used too.
    /// None at all where the report has no commitments.
    async fn days(&self, plan: &Plan) -> Result<BTreeSet<NaiveDate>, Failure> {
        let receipts: Vec<RecalculateReceipt> =
            self.receipts(&plan.run_id, Step::RecalculateAccount).await?;
        let mut types = receipts.iter().flat_map(|receipt| &receipt.line_item_types);
        if !types.any(|name| OF_COMMITMENTS.iter().any(|of| of.name() == name)) {
            return Ok(BTreeSet::new());
        }
        let demand = receipts.iter().flat_map(|receipt| receipt.demand_days.iter().copied());
        let reservations = receipts.iter().flat_map(|receipt| &receipt.reservations);
        let leases = reservations.flat_map(|fee: &ReservationFee| fee.lease.days());
        Ok(demand.chain(leases).collect())
    }

    /// Customers with an account in the report or with a commitment that contracts assign to them, and
    /// `_unassigned`, which is published even when it is empty: that nothing is unassigned is worth seeing,
    /// and every run has a last unit that seals it.
    async fn customers(&self, plan: &Plan) -> Result<BTreeSet<String>, Failure> {
        let contracts = self.contracts(plan).await?;
        let mut customers: BTreeSet<String> = (self.accounts(plan).await?.into_iter())
            .filter_map(|account| contracts.owner_of(account, plan.billing_period))
            .map(|customer| customer.id.clone())
            .collect();
        let receipts: Vec<RecalculateReceipt> =
            self.receipts(&plan.run_id, Step::RecalculateAccount).await?;
        let bought =
            |arn: &str| receipts.iter().any(|receipt| receipt.commitments.contains_key(arn));
        customers.extend(
            (contracts.assignments().iter())
                .filter(|assigned| {
                    assigned.is_in_force(plan.billing_period) && bought(&assigned.arn)
                })
                .map(|assigned| assigned.customer.clone()),
        );
        customers.insert(UNASSIGNED.to_owned());
        Ok(customers)
    }
}

fn following(step: Step) -> Option<Step> {
    let position = Step::ALL.iter().position(|candidate| *candidate == step)?;
    Step::ALL.get(position + 1).copied()
}
