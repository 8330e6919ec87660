//! The amounts behind a charge.

use money::Amount;

use crate::known::sum_if_known;

/// The amounts behind a charge that do not depend on price rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measures {
    pub line_count: u64,
    /// The lines for which AWS has not issued an invoice yet.
    pub uninvoiced_line_count: u64,
    pub usage_amount: Amount,
    pub unblended_cost: Amount,
    /// `None` if a part of it is unknown.
    pub amortized_cost: Option<Amount>,
    pub list_cost: Option<Amount>,
    pub benefit: Option<Amount>,
}

impl Measures {
    pub const ZERO: Self = Self {
        line_count: 0,
        uninvoiced_line_count: 0,
        usage_amount: Amount::ZERO,
        unblended_cost: Amount::ZERO,
        amortized_cost: Some(Amount::ZERO),
        list_cost: Some(Amount::ZERO),
        benefit: Some(Amount::ZERO),
    };

    pub fn add(&mut self, other: &Self) {
        self.line_count += other.line_count;
        self.uninvoiced_line_count += other.uninvoiced_line_count;
        self.usage_amount += other.usage_amount;
        self.unblended_cost += other.unblended_cost;
        self.amortized_cost = sum_if_known(self.amortized_cost, other.amortized_cost);
        self.list_cost = sum_if_known(self.list_cost, other.list_cost);
        self.benefit = sum_if_known(self.benefit, other.benefit);
    }
}
