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

/// What an item was computed from. The slices of the steps add up to `amount`, and the amounts of the steps
/// add up to the item's amount unless a limit decided it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    /// What rates were applied to, in the item's currency: the eligible spend of a support plan, the base of
    /// a fee, or the quantity of units. For a true-up: what counted towards the minimum or the commitment.
    /// For a credit: its balance before it paid the item.
    pub amount: Amount,
    /// The days that counted, if only some days of the period did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<Days>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// The minimum or the maximum of the contract, if it decided the item's amount. A true-up is this limit
    /// less `amount`. Any other item is the limit itself, instead of the sum of its steps; a discount is the
    /// negative limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Amount>,
    /// The plan that the item is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_plan: Option<OfPlan>,
}

/// A support plan of the reseller, of which an item is a customer's part: `fee × amount ÷ spend`, where
/// `amount` is what the customer spends. The steps of the basis then are those of the whole fee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfPlan {
    /// What all customers of the plan spend.
    pub spend: Amount,
    pub fee: Amount,
}

/// How a part of a period counted: `whole × counted ÷ of_period`, rounded half to even at the 18th decimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Days {
    /// The amount of all days.
    pub whole: Amount,
    pub counted: u64,
    pub of_period: u64,
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
