//! Spreading what nobody used over those who used the rest.

use std::collections::BTreeMap;

use cur::AccountId;
use money::{Amount, apportion};
use pipeline::CommitmentTally;

/// Per commitment, each account's part of the unused cost. The parts add up to it exactly.
pub type Shares = BTreeMap<String, Vec<(AccountId, Amount)>>;

/// Splits the unused cost of every commitment in proportion to the effective cost of what it covered.
/// Where it covered nothing there is no proportion, and the accounts that hold its fees keep it.
pub fn share_unused<'a>(
    tallies: impl IntoIterator<Item = (AccountId, &'a BTreeMap<String, CommitmentTally>)>,
) -> Shares {
    let mut by_commitment: BTreeMap<&str, Vec<(AccountId, &CommitmentTally)>> = BTreeMap::new();
    for (account, commitments) in tallies {
        for (commitment, tally) in commitments {
            by_commitment.entry(commitment).or_default().push((account, tally));
        }
    }
    by_commitment
        .into_iter()
        .map(|(commitment, holders)| (commitment.to_owned(), share(&holders)))
        .collect()
}

fn share(holders: &[(AccountId, &CommitmentTally)]) -> Vec<(AccountId, Amount)> {
    let unused: Amount = holders.iter().map(|(_, tally)| tally.unused_cost).sum();
    let weights: Vec<Amount> = holders.iter().map(|(_, tally)| tally.covered_cost).collect();
    let parts = apportion(unused, &weights)
        .unwrap_or_else(|_| holders.iter().map(|(_, tally)| tally.unused_cost).collect());
    holders.iter().map(|(account, _)| *account).zip(parts).collect()
}
