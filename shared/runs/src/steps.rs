//! From one step to the next. A step is complete when the receipt of every unit exists.
//!
//! Receipts are counted page by page. The worker that completes a page puts the page's receipts into one
//! object. The worker that completes the last page opens the next step: it writes what that step's units
//! need, lists the units, and sends their messages. Several workers may see at the same time that a page or
//! step is complete. Only the one whose object is new goes on, so each message is sent once.
//!
//! A crash between two writes is repaired when the message comes back. The unit has a receipt already, so
//! the worker looks for objects and messages that are missing, and writes or sends them. Doing work twice
//! does no harm.

use std::collections::BTreeSet;

use bytes::Bytes;
use pipeline::{Message, Page, Plan, Step, keys};
use serde::de::DeserializeOwned;
use storage::Created;

use crate::ledger::to_json;
use crate::{App, Failure, Outcome, in_order};

/// Whether a message or an event arrives for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    First,
    /// It was delivered before, and that delivery may have stopped at any point.
    Again,
}

impl Arrival {
    /// Returns whether to go on after an object was written. The worker goes on if the object is new, or if
    /// it is unknown whether the worker that wrote the object went on.
    fn goes_on(self, created: Created) -> bool {
        created == Created::New || self == Self::Again
    }
}

impl App {
    /// Starts a planned run.
    pub async fn begin(&self, plan: &Plan, arrival: Arrival) -> Result<(), Failure> {
        self.start(plan, Step::SplitReport, arrival).await
    }

    /// Sends the messages that a run still waits for again, in case they were lost. Sending them twice does
    /// no harm.
    pub async fn resume(&self, plan: &Plan) -> Result<(), Failure> {
        let run = &plan.run_id;
        for step in Step::ALL.into_iter().rev() {
            let Some(mut units) = self.find::<Vec<Message>>(&keys::units(run, step)).await? else {
                continue;
            };
            let planned = units.len();
            let Some(Message { page: Page { of, .. }, .. }) = units.first().cloned() else {
                // A step without units is complete. The worker that found this may have stopped before it
                // opened the next step.
                if let Some(next) = following(step) {
                    self.start(plan, next, Arrival::Again).await?;
                }
                return Ok(());
            };
            let mut receipts = BTreeSet::new();
            for page in 0..of {
                receipts.extend(self.results.list(&keys::receipts_prefix(run, step, page)).await?);
            }
            let is_missing = |unit: &Message| !receipts.contains(&keys::receipt(unit));
            let open: BTreeSet<usize> =
                units.iter().filter(|unit| is_missing(unit)).map(|unit| unit.page.number).collect();
            // A page whose receipts are all there may still lack its object: one of its messages makes it.
            let mut closed = BTreeSet::new();
            units.retain(|unit| {
                let page = unit.page.number;
                is_missing(unit) || !open.contains(&page) && closed.insert(page)
            });
            self.queue.send(&units).await?;
            return self.write_once(&keys::sent(run, step), &planned).await;
        }
        self.begin(plan, Arrival::Again).await
    }

    /// Called after the receipt of a unit was written, or was found.
    pub(crate) async fn advance(
        &self,
        plan: &Plan,
        message: &Message,
        arrival: Arrival,
    ) -> Result<Outcome, Failure> {
        let (step, page) = (message.step(), message.page);
        let prefix = keys::receipts_prefix(&plan.run_id, step, page.number);
        let receipts = self.results.list(&prefix).await?;
        if receipts.len() < page.units {
            return Ok(Outcome::Done);
        }
        let key = keys::page(&plan.run_id, step, page.number);
        let is_there = arrival == Arrival::Again && self.results.head(&key).await?.is_some();
        if !is_there {
            let bytes = self.put_together(receipts).await?;
            if !arrival.goes_on(self.results.create(&key, bytes).await?) {
                return Ok(Outcome::Done);
            }
        }
        let pages = self.results.list(&keys::pages_prefix(&plan.run_id, step)).await?;
        if pages.len() < page.of {
            return Ok(Outcome::Done);
        }
        match following(step) {
            Some(next) => self.start(plan, next, arrival).await?,
            None => return self.seal(plan).await,
        }
        Ok(Outcome::Done)
    }

    /// Reads the receipts of a page into one JSON list.
    async fn put_together(&self, receipts: Vec<String>) -> Result<Bytes, Failure> {
        let app = self.clone();
        let receipts = in_order(receipts, move |key| {
            let app = app.clone();
            async move { app.need_bytes(&key).await }
        });
        let mut page = Vec::new();
        for receipt in receipts.await? {
            page.extend_from_slice(if page.is_empty() { b"[\n" } else { b",\n" });
            page.extend_from_slice(receipt.trim_ascii_end());
        }
        page.extend_from_slice(b"\n]\n");
        Ok(page.into())
    }

    /// The receipts of all units of a complete step, in the order of the units.
    pub async fn receipts<T: DeserializeOwned + Send + 'static>(
        &self,
        plan: &Plan,
        step: Step,
    ) -> Result<Vec<T>, Failure> {
        let pages = self.results.list(&keys::pages_prefix(&plan.run_id, step)).await?;
        let app = self.clone();
        let pages = in_order(pages, move |key| {
            let app = app.clone();
            async move { app.need::<Vec<T>>(&key).await }
        });
        Ok(pages.await?.into_iter().flatten().collect())
    }

    /// Opens a step and sends its messages. A step without messages is complete at once, so the next step
    /// is opened too.
    async fn start(&self, plan: &Plan, first: Step, arrival: Arrival) -> Result<(), Failure> {
        let mut next = Some(first);
        while let Some(step) = next {
            let sent = match arrival {
                Arrival::First => None,
                Arrival::Again => self.find::<usize>(&keys::sent(&plan.run_id, step)).await?,
            };
            let sent = match sent {
                Some(sent) => Some(sent),
                None => self.send(plan, step, arrival).await?,
            };
            next = following(step).filter(|_| sent == Some(0));
        }
        Ok(())
    }

    /// Sends a step's messages and returns their number. `None` if another worker sends them.
    async fn send(
        &self,
        plan: &Plan,
        step: Step,
        arrival: Arrival,
    ) -> Result<Option<usize>, Failure> {
        let run = &plan.run_id;
        let messages = Message::of_step(run, self.open(plan, step).await?);
        let key = keys::units(run, step);
        let created = self.results.create(&key, to_json(&key, &messages)?).await?;
        if !arrival.goes_on(created) {
            return Ok(None);
        }
        self.queue.send(&messages).await?;
        self.write_once(&keys::sent(run, step), &messages.len()).await?;
        Ok(Some(messages.len()))
    }
}

fn following(step: Step) -> Option<Step> {
    let position = Step::ALL.iter().position(|candidate| *candidate == step)?;
    Step::ALL.get(position + 1).copied()
}
