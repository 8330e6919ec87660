//! Writes the rows of a Parquet report into objects of their accounts: some row groups at a time, and
//! column by column.
//!
//! Memory: 32 MiB of row groups, or a window of a large row group; 16 MiB of packed columns of one pass;
//! four bytes for each row; and 8 MiB of objects in flight (`uploads`). All but the last are in the crate
//! `rows`.

use std::collections::BTreeMap;
use std::sync::Arc;

use cur::{AccountId, Column, LineTotals};
use pipeline::{AccountTotals, Compression, Plan, keys};
use rows::{Batch, Codec, ReportFile};
use storage::BlockingRanges;

use crate::error::Broken;
use crate::limits::Limits;
use crate::route::{REQUIRED, route};
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

/// The accounts of the rows of a batch.
#[derive(Default)]
struct Owners {
    /// The number of each account, in the order in which the accounts appear.
    numbers: BTreeMap<AccountId, u32>,
    /// The accounts by their numbers.
    accounts: Vec<AccountId>,
    /// The number of each row's account.
    of_row: Vec<u32>,
}

impl<'a> AccountRows<'a> {
    pub(crate) fn new(plan: &'a Plan, stem: &'a str, uploads: Uploads) -> Self {
        Self { plan, stem, uploads, accounts: BTreeMap::new() }
    }

    /// Splits a file. When this function returns, every object exists.
    pub(crate) fn split(
        mut self,
        limits: Limits,
        object: BlockingRanges,
        totals: &mut LineTotals,
    ) -> Result<BTreeMap<AccountId, AccountTotals>, Broken> {
        let size_bytes = object.size_bytes();
        let file = ReportFile::open(size_bytes, Arc::new(move |range| object.read(range)))?;
        let layout = file.layout(&REQUIRED)?;
        for batch in file.batches() {
            let mut owners = Owners::default();
            batch.lines(&layout, &ROUTED, |line| {
                let (account, one) = route(line)?;
                totals.add(&one);
                owners.push(account);
                self.accounts.entry(account).or_default().totals.add(&one);
                Ok::<_, Broken>(limits.check(totals, self.accounts.len())?)
            })?;
            self.write(&batch, &owners)?;
        }
        self.uploads.finish()?;
        Ok(self.accounts)
    }

    /// Writes the rows of each account as objects of their own.
    fn write(&mut self, batch: &Batch<'_>, owners: &Owners) -> Result<(), Broken> {
        let codec = match self.plan.compression {
            Compression::Zstd => Codec::Zstd,
            Compression::Gzip => Codec::Gzip,
        };
        batch.cut(&owners.of_row, codec, |owner, bytes| {
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
