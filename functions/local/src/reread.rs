//! Deriving the receipts of report files where the report itself is not at hand: from the accounts' own
//! lines.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use cur::{AccountId, Column, LineTotals};
use pipeline::{AccountTotals, Plan, SplitReceipt, Table, Unit, keys};
use recalculate_account::{LineReader, ObjectError, OwnLines, own_lines};
use runs::{App, Failure, Results, Stop, Work};
use storage::ObjectInfo;

use crate::world::World;

/// Every account's own lines, by the report file that they are of.
type ByFile = BTreeMap<usize, Vec<(AccountId, OwnLines)>>;

async fn by_file(plan: &Plan, app: &App) -> Result<ByFile, Failure> {
    let mut accounts: Vec<AccountId> = Vec::new();
    for table in [Table::LineItems, Table::LineItemRows] {
        let folder = format!("{}/", keys::partition(plan, table, None));
        let keys = app.results.list(&folder).await?;
        accounts.extend(keys.iter().filter_map(|key| keys::account_of(key)));
    }
    accounts.sort_unstable();
    accounts.dedup();
    let mut files = ByFile::new();
    for account in accounts {
        for lines in own_lines(plan, account, app).await? {
            files.entry(lines.file).or_default().push((account, lines));
        }
    }
    Ok(files)
}

/// Takes the place of the step `split-report`, whose messages wait.
pub(crate) async fn reread_files(plan: &Plan, again: &World) -> anyhow::Result<()> {
    let files = Arc::new(by_file(plan, &again.app).await?);
    for _ in &plan.files {
        let Some(message) = again.receive() else { break };
        if let Unit::SplitReport { file } = message.unit {
            let reread = Reread { file, files: Arc::clone(&files) };
            runs::handle(&reread, &message, &again.app).await?;
        }
    }
    Ok(())
}

/// One report file, read from the accounts' own lines.
struct Reread {
    file: usize,
    files: Arc<ByFile>,
}

#[async_trait]
impl Work for Reread {
    type Input = SplitReceipt;
    type Receipt = SplitReceipt;

    async fn load(&self, plan: &Plan, app: &App) -> Result<SplitReceipt, Stop> {
        let files = Arc::clone(&self.files);
        let mut reader = LineReader::new(&app.results);
        let (index, file) = (self.file, plan.files[self.file].key.clone());
        let work = move || {
            let mut receipt =
                SplitReceipt { file, totals: LineTotals::default(), accounts: BTreeMap::new() };
            for (account, OwnLines { object, .. }) in files.get(&index).into_iter().flatten() {
                let totals = totals_of(object, &mut reader);
                let totals = totals.map_err(|error| error.of(&object.key))?;
                receipt.totals.add(&totals);
                let share: &mut AccountTotals = receipt.accounts.entry(*account).or_default();
                share.totals.add(&totals);
                share.objects.push(object.key.clone());
            }
            Ok(receipt)
        };
        let work = tokio::task::spawn_blocking(work);
        let receipt: Result<SplitReceipt, Failure> =
            work.await.map_err(|panic| Failure::Retry(panic.to_string()))?;
        Ok(receipt?)
    }

    fn compute(&self, _plan: &Plan, receipt: SplitReceipt) -> Result<Results<SplitReceipt>, Stop> {
        Ok(Results { objects: Vec::new(), checks: Vec::new(), receipt })
    }
}

fn totals_of(object: &ObjectInfo, reader: &mut LineReader) -> Result<LineTotals, ObjectError> {
    // The columns that tell lines which repeat the money of other lines, and the money.
    const COLUMNS: [Column; 3] =
        [Column::SplitParentResourceId, Column::Operation, Column::UnblendedCost];
    let mut totals = LineTotals::default();
    reader.read(object, &[Column::UnblendedCost], &COLUMNS, |line| {
        totals.add(&split_report::count(line)?);
        Ok(())
    })?;
    Ok(totals)
}
