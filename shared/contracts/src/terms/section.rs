//! The sections of an invoice.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::charge_kind::{ChargeKind, UnknownChargeKind};
use crate::document::Field;

/// The section of an invoice that an item stands in. A support plan, a custom line, a discount by spend and
/// a credit of the contract stand in the sections of AWS's support, fees, discounts and credits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    Charge(ChargeKind),
    /// What is missing to the least amount of a period.
    Minimum,
    /// What is missing to the amount that a customer has committed to spend over several periods.
    Commitment,
    /// Corrections of earlier, issued periods.
    Correction,
    /// Small bills of earlier periods that were carried over.
    Carried,
    /// The difference that rounding made.
    Rounding,
    /// A tax of the contract on the invoice. AWS's taxes that are passed on are charges of kind `tax`.
    TaxOnInvoice,
    /// What the customer keeps back as a tax of its own.
    Withheld,
    /// What a prepaid balance pays.
    Prepaid,
}

impl Section {
    /// The sections of what a customer is charged for.
    pub(crate) const CHARGES: [Self; 6] = [
        Self::Charge(ChargeKind::Usage),
        Self::Charge(ChargeKind::CommitmentFee),
        Self::Charge(ChargeKind::Support),
        Self::Charge(ChargeKind::Fee),
        Self::Charge(ChargeKind::Subscription),
        Self::Charge(ChargeKind::Marketplace),
    ];

    /// Reads the name of one of these sections.
    pub(crate) fn read(field: &Field, sections: &[Self]) -> Option<Self> {
        let choices: Vec<(&str, Self)> =
            sections.iter().map(|section| (section.name(), *section)).collect();
        field.choice(&choices)
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Charge(kind) => kind.name(),
            Self::Minimum => "minimum",
            Self::Commitment => "commitment",
            Self::Correction => "correction",
            Self::Carried => "carried",
            Self::Rounding => "rounding",
            Self::TaxOnInvoice => "tax_on_invoice",
            Self::Withheld => "withheld",
            Self::Prepaid => "prepaid",
        }
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Section {
    type Err = UnknownChargeKind;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        const OTHERS: [Section; 8] = [
            Section::Minimum,
            Section::Commitment,
            Section::Correction,
            Section::Carried,
            Section::Rounding,
            Section::TaxOnInvoice,
            Section::Withheld,
            Section::Prepaid,
        ];
        match OTHERS.into_iter().find(|section| section.name() == name) {
            Some(section) => Ok(section),
            None => name.parse().map(Self::Charge),
        }
    }
}

impl Serialize for Section {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Section {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
