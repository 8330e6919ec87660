//! `register-partitions`: tells Athena where a run's partitions of one table are.

use async_trait::async_trait;
use catalog::{Partition, add_partitions};
use cur::AccountId;
use pipeline::{Message, Plan, RegisterReceipt, Table, keys};
use runs::{App, Failure, Outcome, Results, Stop, Work};

pub async fn handle(message: &Message, table: Table, app: &App) -> Result<Outcome, Failure> {
    runs::handle(&Registration { table }, message, app).await
}

/// One table of a run.
struct Registration {
    table: Table,
}

#[async_trait]
impl Work for Registration {
    type Input = RegisterReceipt;
    type Receipt = RegisterReceipt;

    /// Athena keeps the result: nothing is left to compute or to store. Adding a partition twice is harmless.
    async fn load(&self, plan: &Plan, app: &App) -> Result<RegisterReceipt, Stop> {
        let partitions: Vec<Partition> = if self.table.is_partitioned_by_account() {
            let accounts = app.split_book(plan).await?.accounts.into_keys();
            accounts.map(|account| partition(plan, self.table, Some(account), app)).collect()
        } else {
            vec![partition(plan, self.table, None, app)]
        };
        let count = partitions.len();
        for statement in add_partitions(&app.settings.database, self.table.name(), partitions) {
            app.catalog.execute(&statement).await?;
        }
        Ok(RegisterReceipt { table: self.table, partitions: count })
    }

    fn compute(
        &self,
        _plan: &Plan,
        receipt: RegisterReceipt,
    ) -> Result<Results<RegisterReceipt>, Stop> {
        Ok(Results { objects: Vec::new(), checks: Vec::new(), receipt })
    }
}

fn partition(plan: &Plan, table: Table, account: Option<AccountId>, app: &App) -> Partition {
    let mut values = vec![
        ("payer", plan.payer_account_id.to_string()),
        ("period", plan.billing_period.to_string()),
        ("run", plan.run_id.to_string()),
    ];
    values.extend(account.map(|account| ("account", account.to_string())));
    let folder = keys::partition(plan, table, account);
    Partition { values, location: format!("{}/{folder}/", app.settings.results_url) }
}
