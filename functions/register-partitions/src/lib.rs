//! `register-partitions`: tells Athena where a run's partitions of one table are.

use catalog::{Partition, add_partitions};
use cur::AccountId;
use pipeline::{Plan, RegisterReceipt, RunId, Step, Table, keys};
use runs::{App, Failure, Outcome};

pub async fn handle(run: &RunId, table: Table, app: &App) -> Result<Outcome, Failure> {
    let plan = app.plan(run).await?;
    if !app.is_done(run, Step::RegisterPartitions, table.name()).await? {
        register(&plan, table, app).await?;
    }
    app.advance(&plan, Step::RegisterPartitions).await?;
    Ok(Outcome::Done)
}

async fn register(plan: &Plan, table: Table, app: &App) -> Result<(), Failure> {
    let accounts = app.accounts(plan).await?;
    let partitions: Vec<Partition> = if table.is_partitioned_by_account() {
        accounts.into_iter().map(|account| partition(plan, table, Some(account), app)).collect()
    } else {
        vec![partition(plan, table, None, app)]
    };
    let count = partitions.len();
    let statements = add_partitions(&app.settings.database, table.name(), partitions);
    for statement in &statements {
        app.catalog.execute(statement).await?;
    }
    let receipt = RegisterReceipt { table, partitions: count, statements: statements.len() };
    app.write_receipt(&plan.run_id, Step::RegisterPartitions, table.name(), &receipt).await
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
