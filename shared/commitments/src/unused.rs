//! Spreading what nobody used over those who used the rest.

use std::collections::BTreeMap;

use cur::AccountId;
use money::{Amount, apportion};

/// What nobody used of a commitment over the billing period.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnusedCost {
    /// What it costs, in the accounts that have the fees.
    pub kept_by: BTreeMap<AccountId, Amount>,
    /// Whether nothing says what it costs, so that what is kept is not all there is.
    pub is_unknown: bool,
    /// The cost of what was used, by the accounts that used it.
    pub used_by: BTreeMap<AccountId, Amount>,
}

impl UnusedCost {
    /// Leaves it where it is if an account that has the fees is billed by AWS's own costs: that account pays
    /// for it with AWS's fees, and nobody else must pay for it again.
    pub fn keep_with_fees(&mut self, pays_apart_from_fees: impl Fn(AccountId) -> bool) {
        if !self.kept_by.keys().all(|account| pays_apart_from_fees(*account)) {
            self.used_by.clear();
        }
    }

    /// Each account's part, in proportion to what it used; the parts add up exactly. Where nobody used
    /// anything there is no proportion, and those who have the fees keep it.
    pub fn pro_rata(&self) -> BTreeMap<AccountId, Amount> {
        let unused = self.kept_by.values().copied().sum();
        let weights: Vec<Amount> = self.used_by.values().copied().collect();
        match apportion(unused, &weights) {
            Ok(parts) => self.used_by.keys().copied().zip(parts).collect(),
            Err(_) => self.kept_by.clone(),
        }
    }
}
