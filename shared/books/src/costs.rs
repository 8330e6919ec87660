//! The costs of commitments, over all accounts that have lines of them.

use std::collections::BTreeMap;

use commitments::{CommitmentTally, DerivedCosts, costs_are_known, derived_costs, says_fee};
use cur::{AccountId, LineNote};
use pipeline::RecalculateReceipt;

/// The tally of each commitment over the lines of all accounts, by ARN.
pub(crate) fn tallies(all: &[RecalculateReceipt]) -> BTreeMap<&str, CommitmentTally> {
    let mut commitments: BTreeMap<&str, CommitmentTally> = BTreeMap::new();
    for (arn, tally) in all.iter().flat_map(|receipt| &receipt.commitments) {
        commitments.entry(arn).or_default().add(tally);
    }
    commitments
}

/// Commitments with a cost that stays unknown even when all of their lines are taken together. Each has a
/// note of the first missing cell.
pub fn unknown_costs(all: &[RecalculateReceipt]) -> BTreeMap<String, LineNote> {
    let is_known = |arn: &str, tally: &CommitmentTally| {
        costs_are_known(arn, tally) && (tally.fee_lines == 0 || says_fee(arn, tally))
    };
    let unknown = tallies(all).into_iter().filter(|(arn, tally)| !is_known(arn, tally));
    unknown.filter_map(|(arn, tally)| Some((arn.to_owned(), tally.missing?))).collect()
}

/// Costs of commitments that no line says and that follow from other lines, by ARN and account.
pub(crate) struct Derived<'a>(BTreeMap<&'a str, BTreeMap<AccountId, DerivedCosts>>);

impl<'a> Derived<'a> {
    pub(crate) fn of(all: &'a [RecalculateReceipt]) -> Self {
        let mut commitments: BTreeMap<&str, BTreeMap<AccountId, &CommitmentTally>> =
            BTreeMap::new();
        for receipt in all {
            for (arn, tally) in &receipt.commitments {
                commitments.entry(arn).or_default().insert(receipt.account, tally);
            }
        }
        let derived = commitments.into_iter();
        Self(derived.map(|(arn, accounts)| (arn, derived_costs(arn, &accounts))).collect())
    }

    pub(crate) fn find(&self, arn: &str, account: AccountId) -> DerivedCosts {
        let of_arn = self.0.get(arn).and_then(|accounts| accounts.get(&account));
        of_arn.copied().unwrap_or_default()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'a str, AccountId, DerivedCosts)> {
        self.0.iter().flat_map(|(arn, accounts)| {
            accounts.iter().map(|(account, costs)| (*arn, *account, *costs))
        })
    }
}
