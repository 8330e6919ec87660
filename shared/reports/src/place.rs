//! Finds where an account's own lines stand in the files that AWS wrote.
//!
//! An account's objects have its lines in the order of the plan's files and of the lines in each file. So
//! the hundredth line of an account is found by counting: the receipts tell its file, and reading that
//! file again tells its line. That costs as much as splitting the file, so it is done only for the few
//! lines that messages name.

use std::collections::BTreeMap;
use std::fmt;
use std::panic;
use std::sync::Arc;

use cur::{AccountId, AccountLine, Column, FileFormat};
use pipeline::{Plan, PlannedFile, SplitReceipt};
use storage::{BlockingRanges, ErrorKind, Store};
use tokio::task;

use crate::FileError;
use crate::file::{Stop, look_through};

/// Where a line stands in AWS's files, so that a person can look it up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The key of AWS's file.
    file: String,
    /// `None` if the file has been removed or changed since.
    in_file: Option<cur::Place>,
    /// The number of the line among the account's lines in this file.
    line: AccountLine,
    /// The first object that has lines of the account from this file.
    object: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, in_file, line, object } = self;
        match in_file {
            Some(place) => write!(f, "`{file}`, {place}"),
            None => write!(
                f,
                "`{file}`, of which the version that was billed is gone, line {} of account {} in it, \
                 which is kept in `{object}`",
                line.number, line.account
            ),
        }
    }
}

/// Finds these lines in AWS's files. Each file is read at most once, up to the last line that is looked
/// for. A file that has been replaced or removed since is no error.
pub async fn places(
    store: &Arc<dyn Store>,
    plan: &Plan,
    receipts: &[SplitReceipt],
    lines: &[AccountLine],
) -> Result<Vec<Place>, storage::Error> {
    let mut places: Vec<Place> = lines.iter().map(|line| in_file_of(receipts, *line)).collect();
    for file in &plan.files {
        let of_file = |place: &Place| place.file == file.key;
        let wanted: Vec<AccountLine> =
            places.iter().filter(|place| of_file(place)).map(|place| place.line).collect();
        if wanted.is_empty() {
            continue;
        }
        let found = match find(store, file, wanted).await {
            Ok(found) => found,
            Err(FileError::Storage(error)) if error.kind == ErrorKind::Transient => {
                return Err(error);
            }
            Err(_) => BTreeMap::new(),
        };
        for place in places.iter_mut().filter(|place| of_file(place)) {
            place.in_file = found.get(&place.line).copied();
        }
    }
    Ok(places)
}

/// Finds the file that has the line, and the line's number among the account's lines in that file.
fn in_file_of(receipts: &[SplitReceipt], line: AccountLine) -> Place {
    let AccountLine { account, mut number } = line;
    let mut place = Place { file: String::new(), in_file: None, line, object: String::new() };
    for receipt in receipts {
        let Some(share) = receipt.accounts.get(&account) else { continue };
        place.file.clone_from(&receipt.file);
        place.line = AccountLine { account, number };
        place.object = share.objects.first().cloned().unwrap_or_default();
        match number.checked_sub(share.totals.all_lines()) {
            Some(rest @ 1..) => number = rest,
            _ => break,
        }
    }
    place
}

async fn find(
    store: &Arc<dyn Store>,
    file: &PlannedFile,
    wanted: Vec<AccountLine>,
) -> Result<BTreeMap<AccountLine, cur::Place>, FileError> {
    let named = FileFormat::of(&file.key)?;
    let object = BlockingRanges::new(Arc::clone(store), &file.key, &file.etag, file.size_bytes);
    let work = task::spawn_blocking(move || count_to(object, named, wanted));
    work.await.unwrap_or_else(|stopped| panic::resume_unwind(stopped.into_panic()))
}

fn count_to(
    object: BlockingRanges,
    named: FileFormat,
    mut wanted: Vec<AccountLine>,
) -> Result<BTreeMap<AccountLine, cur::Place>, FileError> {
    wanted.sort_unstable();
    wanted.dedup();
    let mut seen: BTreeMap<AccountId, u64> = wanted.iter().map(|line| (line.account, 0)).collect();
    let mut found = BTreeMap::new();
    look_through(object, named, &[Column::UsageAccountId], |line| {
        // The file has been split before, so every line has a valid account.
        let Ok(account) = line.usage_account() else { return Ok(()) };
        let Some(number) = seen.get_mut(&account) else { return Ok(()) };
        *number += 1;
        let own = AccountLine { account, number: *number };
        if wanted.binary_search(&own).is_ok() {
            found.insert(own, line.place());
        }
        if found.len() == wanted.len() { Err(Stop::Enough) } else { Ok(()) }
    })?;
    Ok(found)
}
