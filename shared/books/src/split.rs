//! The book of all report files.

use std::collections::BTreeMap;

use cur::{AccountId, LineTotals};
use pipeline::{SplitBook, SplitReceipt};

/// Adds up the receipts of all report files.
pub fn split_book(receipts: &[SplitReceipt]) -> SplitBook {
    let mut read = LineTotals::default();
    let mut accounts: BTreeMap<AccountId, LineTotals> = BTreeMap::new();
    for receipt in receipts {
        read.add(&receipt.totals);
        for (account, share) in &receipt.accounts {
            accounts.entry(*account).or_default().add(&share.totals);
        }
    }
    let empty = receipts.iter().filter(|receipt| receipt.totals.all_lines() == 0);
    SplitBook { read, accounts, empty_files: empty.map(|receipt| receipt.file.clone()).collect() }
}
