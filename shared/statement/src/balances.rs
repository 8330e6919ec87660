//! What one bill leaves to the next: how much of credits, prepaid balances and commitments is used, and
//! small bills that were carried over.

use std::collections::BTreeMap;

use contracts::terms::Section;
use cur::BillingPeriod;
use money::Amount;
use serde::{Deserialize, Serialize};

/// The balances at the end of a billing period, by the ids of the contract. Used amounts are stored, and not
/// what is left, so that a contract that raises a credit raises what is left.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Balances {
    /// How much each credit has paid, in the credit's currency.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub credits: BTreeMap<String, Amount>,
    /// How much each prepaid balance has paid, in its currency.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub prepaid: BTreeMap<String, Amount>,
    /// What has counted towards each commitment, by section, in the commitment's currency. Caps of sections
    /// are not applied, so that a contract that raises a cap raises what counts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub commitments: BTreeMap<String, BTreeMap<Section, Amount>>,
    /// Sums before tax that were too small to be sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub carried: Vec<Carried>,
}

/// What an invoice of an earlier period came to, before tax, when it was not sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    pub billing_period: BillingPeriod,
    pub invoice_id: String,
    pub currency: String,
    /// The name of the tax that the sum has, empty if none.
    pub tax: String,
    pub amount: Amount,
}

impl Balances {
    /// The balances after a period: what was used before and what the period used.
    pub(crate) fn after(
        &self,
        credits: BTreeMap<String, Amount>,
        prepaid: BTreeMap<String, Amount>,
        commitments: BTreeMap<String, BTreeMap<Section, Amount>>,
        carried: Vec<Carried>,
    ) -> Self {
        let mut after = Self { carried, ..self.clone() };
        for (sums, used) in [(&mut after.credits, credits), (&mut after.prepaid, prepaid)] {
            for (id, amount) in used {
                *sums.entry(id).or_default() += amount;
            }
        }
        for (id, sections) in commitments {
            let sums = after.commitments.entry(id).or_default();
            for (section, amount) in sections {
                *sums.entry(section).or_default() += amount;
            }
        }
        after
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
