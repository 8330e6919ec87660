//! After a run was sealed: the bills that rest on it are made again.

use std::collections::BTreeSet;

use pipeline::{BillRequest, Current, Message, RunId, Step, UNASSIGNED, Unit, keys};

use crate::{App, Failure};

/// Whether the bills that rest on a pointer may have been woken already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Woken {
    /// The pointer has just moved, or a person asks.
    No,
    /// The pointer has moved before, and its worker may have stopped at any point.
    Perhaps,
}

impl App {
    /// Wakes the bill of each customer that the run has, that the run before had, or that owes something
    /// even if it uses nothing.
    pub(crate) async fn wake_bills(&self, current: &Current, woken: Woken) -> Result<(), Failure> {
        let key = keys::woken(&current.run_id, current.moves);
        if woken == Woken::Perhaps && self.results.head(&key).await?.is_some() {
            return Ok(());
        }
        let mut customers = self.customers_of(&current.run_id).await?;
        if let Some(before) = &current.before {
            customers.extend(self.customers_of(before).await?);
        }
        if let Some(now) = self.contracts_now().await? {
            let owing = now.contracts.customers().filter(|of| of.terms.asks_without_usage());
            customers.extend(owing.map(|customer| customer.id.clone()));
        }
        let billing_period = current.billing_period;
        let requests: Vec<BillRequest> = (customers.into_iter())
            .map(|customer| BillRequest { customer, billing_period })
            .collect();
        self.queue.wake(&requests).await?;
        self.write_once(&key, &requests.len()).await
    }

    /// The customers whose charges a run has published.
    pub async fn customers_of(&self, run: &RunId) -> Result<BTreeSet<String>, Failure> {
        let units = self.find::<Vec<Message>>(&keys::units(run, Step::PublishDatasets)).await?;
        let customer = |message: Message| match message.unit {
            Unit::PublishDatasets { customer } if customer != UNASSIGNED => Some(customer),
            _ => None,
        };
        Ok(units.unwrap_or_default().into_iter().filter_map(customer).collect())
    }
}
