//! Items: money on a bill.

use contracts::terms::Section;
use cur::AccountId;
use money::{Amount, Rate};
use serde::{Deserialize, Serialize};

/// Money on a bill before it is divided between invoices, converted and rounded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub section: Section,
    /// The id of the part of the contract that the item follows from: a support plan, a custom line, a
    /// credit. Empty for charges of the report.
    pub id: String,
    /// The text of the contract for the invoice. Empty for charges of the report.
    pub name: String,
    pub place: Place,
    pub currency: String,
    pub amount: Amount,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// The part of the item that each invoice takes, in the order of the invoices. The parts add up to the
    /// amount.
    pub parts: Vec<Amount>,
}

/// What an item is about. Fields are empty if the item is about several of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Place {
    pub payer_account_id: Option<AccountId>,
    pub usage_account_id: Option<AccountId>,
    pub service_code: String,
}

/// What an item was computed from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    /// The sum that rates were applied to, in the item's currency: the eligible spend of a support plan,
    /// the base of a fee, the quantity of units, or what counted towards a minimum.
    pub amount: Amount,
    pub steps: Vec<Step>,
}

/// One rate of a table, and the amount that it was applied to. `slice × rate = amount`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub slice: Amount,
    pub rate: Rate,
    pub amount: Amount,
}

impl Item {
    /// Whether the item adds up charges of the report, and does not follow from a part of the contract.
    pub fn is_of_charges(&self) -> bool {
        self.id.is_empty()
    }
}
