//! A Parquet report on its way into its accounts' objects: a row group at a time, column by column.
//!
//! Memory: the account of each row of a group, the packed columns of one pass (`rows`), a window of the
//! report and the objects in flight (`uploads`).

use std::collections::BTreeMap;

use cur::{AccountId, Column};
use pipeline::{AccountTotals, Compression, LineTotals, Plan, keys};
use rows::{Codec, ReportFile};
use std::sync::Arc;
use storage::BlockingRanges;

use crate::split::{Broken, REQUIRED, route};
use crate::uploads::Uploads;

/// Every column that [`route`] reads.
const ROUTED: [Column; 5] = [
    Column::UsageAccountId,
    Column::LineItemType,
    Column::UnblendedCost,
    Column::Operation,
    Column::SplitParentResourceId,
];

pub(crate) struct AccountRows<'a> {
    plan: &'a Plan,
    stem: &'a str,
    uploads: Uploads,
    accounts: BTreeMap<AccountId, AccountTotals>,
}

/// Whose the rows of a group are.
#[derive(Default)]
struct Owners {
    numbers: BTreeMap<AccountId, u32>,
    accounts: Vec<AccountId>,
    of_row: Vec<u32>,
}

impl<'a> AccountRows<'a> {
    pub(crate) fn new(plan: &'a Plan, stem: &'a str, uploads: Uploads) -> Self {
        Self { plan, stem, uploads, accounts: BTreeMap::new() }
    }

    /// When it returns, every object exists.
    pub(crate) fn split(
        mut self,
        object: BlockingRanges,
        totals: &mut LineTotals,
    ) -> Result<BTreeMap<AccountId, AccountTotals>, Broken> {
        let size_bytes = object.size_bytes();
        let file = ReportFile::open(size_bytes, Arc::new(move |range| object.read(range)))?;
        let layout = file.layout(&REQUIRED)?;
        for group in 0..file.group_count() {
            let mut owners = Owners::default();
            file.lines_of_group(group, &layout, &ROUTED, |line| {
                let (account, one) = route(line)?;
                totals.add(&one);
                owners.push(account);
                self.accounts.entry(account).or_default().totals.add(&one);
                Ok::<_, Broken>(())
            })?;
            self.write(&file, group, &owners)?;
        }
        self.uploads.finish()?;
        Ok(self.accounts)
    }

    /// Writes what a group has of each account as objects of their own.
    fn write(&mut self, file: &ReportFile, group: usize, owners: &Owners) -> Result<(), Broken> {
        let codec = match self.plan.compression {
            Compression::Zstd => Codec::Zstd,
            Compression::Gzip => Codec::Gzip,
        };
        file.cut(group, &owners.of_row, codec, |owner, bytes| {
            let account = owners.accounts[owner as usize];
            let objects = &mut self.accounts.entry(account).or_default().objects;
            let part = u32::try_from(objects.len()).unwrap_or(u32::MAX);
            let key = keys::line_item_rows(self.plan, account, self.stem, part);
            objects.push(key.clone());
            Ok(self.uploads.close(key, None, bytes)?)
        })
    }
}

impl Owners {
    fn push(&mut self, account: AccountId) {
        let number = *self.numbers.entry(account).or_insert_with(|| {
            self.accounts.push(account);
            u32::try_from(self.accounts.len() - 1).unwrap_or(u32::MAX)
        });
        self.of_row.push(number);
    }
}
