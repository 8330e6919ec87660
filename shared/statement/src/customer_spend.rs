//! What each customer spends under a payer, by kind and service. The parts of a support plan that customers
//! share follow from it.

use std::collections::BTreeMap;

use contracts::ChargeKind;
use contracts::terms::{OwnPlan, Stage, Subject};
use cur::{AccountId, Sku};
use money::Amount;
use serde::{Deserialize, Serialize};

use crate::price;

/// What a customer spends under a payer, by kind and service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpendRow {
    pub charge_kind: ChargeKind,
    pub service_code: String,
    pub currency: String,
    pub list: Amount,
    pub before_rules: Amount,
    pub charge: Amount,
    /// `None` if AWS's cost of a part is unknown.
    pub amortized: Option<Amount>,
}

/// What each customer spends under a payer.
pub type SpendOfCustomers = BTreeMap<String, Vec<SpendRow>>;

/// What the customers of a payer spend in its sealed run.
#[derive(Debug, Clone)]
pub struct PayerSpend {
    pub payer: AccountId,
    pub customers: SpendOfCustomers,
}

impl SpendRow {
    pub(crate) fn counts(&self, plan: &OwnPlan, payer: AccountId) -> bool {
        let sku = Sku { service_code: self.service_code.clone(), ..Sku::default() };
        // The conditions of a plan look at kinds and services only.
        let subject = Subject { payer, account: payer, sku: &sku, kind: self.charge_kind };
        let base = &plan.base;
        base.of.matches(subject) && !base.except.iter().any(|except| except.matches(subject))
    }

    pub(crate) fn at(&self, stage: Stage) -> Option<Amount> {
        match stage {
            Stage::List => Some(self.list),
            Stage::BeforeRules => Some(self.before_rules),
            Stage::Charge => Some(self.charge),
            Stage::Amortized => self.amortized,
        }
    }
}

/// Adds up what a customer spends, by kind and service.
pub fn spend_rows<'a>(charges: impl IntoIterator<Item = &'a billing::Charge>) -> Vec<SpendRow> {
    let mut rows: BTreeMap<(ChargeKind, &str, &str), SpendRow> = BTreeMap::new();
    for charge in charges {
        let key = &charge.key;
        let service_code = key.sku.service_code.as_str();
        let of = (key.charge_kind, service_code, key.currency.as_str());
        let row = rows.entry(of).or_insert_with(|| SpendRow {
            charge_kind: key.charge_kind,
            service_code: service_code.to_owned(),
            currency: key.currency.clone(),
            list: Amount::ZERO,
            before_rules: Amount::ZERO,
            charge: Amount::ZERO,
            amortized: Some(Amount::ZERO),
        });
        // Only AWS's amortized cost may be unknown.
        let at = |stage| price(charge, stage);
        row.list += at(Stage::List).unwrap_or_default();
        row.before_rules += at(Stage::BeforeRules).unwrap_or_default();
        row.charge += at(Stage::Charge).unwrap_or_default();
        row.amortized = row.amortized.zip(at(Stage::Amortized)).map(|(sum, amount)| sum + amount);
    }
    rows.into_values().collect()
}
