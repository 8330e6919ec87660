//! The cost of the unused part of a commitment, and how it is spread over the accounts that used the rest.

use std::collections::BTreeMap;

use cur::AccountId;
use money::{Amount, apportion};

/// The cost of the unused part of a commitment over the billing period.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnusedCost {
    /// The cost, in the accounts that have the fees.
    pub kept_by: BTreeMap<AccountId, Amount>,
    /// Whether the cost is unknown. Then `kept_by` has only the known part.
    pub is_unknown: bool,
    /// The cost of the used part, by the accounts that used it.
    pub used_by: BTreeMap<AccountId, Amount>,
}

impl UnusedCost {
    /// Leaves the cost with the fees if an account that has the fees is billed by AWS's own costs. That
    /// account pays the unused part with AWS's fees, and nobody else must pay it again.
    pub fn keep_with_fees(&mut self, pays_apart_from_fees: impl Fn(AccountId) -> bool) {
        if !self.kept_by.keys().all(|account| pays_apart_from_fees(*account)) {
            self.used_by.clear();
        }
    }

    /// Each account's part of the unused cost, in proportion to the cost of its use. The parts add up
    /// exactly: of 10.00, accounts that used 3.00 and 1.00 pay 7.50 and 2.50. If nobody used the commitment,
    /// the accounts that have the fees pay.
    pub fn pro_rata(&self) -> BTreeMap<AccountId, Amount> {
        let unused = self.kept_by.values().copied().sum();
        let weights: Vec<Amount> = self.used_by.values().copied().collect();
        match apportion(unused, &weights) {
            Ok(parts) => self.used_by.keys().copied().zip(parts).collect(),
            Err(_) => self.kept_by.clone(),
        }
    }
}
