//! Fills in the costs of commitments that lines do not say.

use cur::{AccountId, LineItemType};
use money::{Amount, apportion};

use crate::line_group::LineGroup;

/// The lines of a commitment that have a part of its cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CostPart {
    /// Usage that the commitment covered.
    Covered,
    /// Fees, for the part that nobody used.
    Unused,
}

impl CostPart {
    /// Whether the cost of a group is filled in. Covered usage that says its cost keeps it. The unused part
    /// that fees say is always replaced.
    fn has(self, group: &LineGroup) -> bool {
        let item_type = group.line_item_type;
        match self {
            Self::Covered => {
                item_type.is_covered_usage() && group.amortized_cost.is_none_or(Amount::is_zero)
            }
            Self::Unused => {
                matches!(item_type, LineItemType::RiFee | LineItemType::SavingsPlanRecurringFee)
            }
        }
    }

    /// The weight of a group when the cost is split: the units of usage, or the number of fees.
    fn weight(self, group: &LineGroup, is_normalized: bool) -> Amount {
        match self {
            Self::Covered if is_normalized => group.normalized_usage_amount,
            Self::Covered => group.usage_amount,
            Self::Unused => group.line_count.into(),
        }
    }
}

/// Splits a cost over the groups of one account that have a part of it. Returns the difference to the costs
/// that the groups had before.
pub fn fill_in_cost(
    groups: &mut [LineGroup],
    arn: &str,
    account: AccountId,
    part: CostPart,
    cost: Amount,
) -> Amount {
    let is_of = |group: &LineGroup| {
        group.commitment == arn && group.usage_account_id == account && part.has(group)
    };
    let of: Vec<usize> = (0..groups.len()).filter(|index| is_of(&groups[*index])).collect();
    let is_normalized = of.iter().all(|index| !groups[*index].normalized_usage_amount.is_zero());
    let weights: Vec<Amount> =
        of.iter().map(|index| part.weight(&groups[*index], is_normalized)).collect();
    let Ok(parts) = apportion(cost, &weights) else {
        return Amount::ZERO;
    };
    let mut added = Amount::ZERO;
    for (index, part) in of.into_iter().zip(parts) {
        added += part - groups[index].amortized_cost.unwrap_or_default();
        groups[index].amortized_cost = Some(part);
    }
    added
}
