//! `[[customer.support]]`: a support plan that the reseller charges.

use chrono::NaiveDate;
use cur::AccountId;
use money::{Amount, Currency};
use std::collections::BTreeSet;

use super::{Base, Tiers};

/// A support plan.
#[derive(Debug, Clone)]
pub struct Support {
    /// Unique within the customer; the plan's name by default.
    pub id: String,
    /// The text on the invoice.
    pub name: String,
    pub table: SupportTable,
    /// `scope`; the plan's own by default.
    pub scope: SupportScope,
    /// `accounts` that are enrolled; `None`: all accounts of the customer.
    pub accounts: Option<BTreeSet<AccountId>>,
    /// What the plan is computed from: by default the price before rules, without support, Marketplace,
    /// taxes, credits, refunds and discounts.
    pub base: Base,
    /// `currency` of the table; USD by default.
    pub currency: Currency,
    /// `invoice`: the invoice that the plan stands on; `None`: as `shared` says.
    pub invoice: Option<String>,
    pub enrolled: Enrolled,
}

/// The minimum and the rates of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SupportTable {
    /// `plan = "business_support_plus"`: a plan of AWS, by AWS's table that is in force in the period.
    Aws(AwsPlan),
    /// `minimum` and `rates` of the reseller's own.
    Own { minimum: Amount, rates: Tiers },
}

/// The plans of AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AwsPlan {
    Developer,
    Business,
    EnterpriseOnRamp,
    BusinessSupportPlus,
    Enterprise,
    UnifiedOperations,
    PartnerLed,
}

impl AwsPlan {
    pub const ALL: [Self; 7] = [
        Self::Developer,
        Self::Business,
        Self::EnterpriseOnRamp,
        Self::BusinessSupportPlus,
        Self::Enterprise,
        Self::UnifiedOperations,
        Self::PartnerLed,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Developer => "developer",
            Self::Business => "business",
            Self::EnterpriseOnRamp => "enterprise_on_ramp",
            Self::BusinessSupportPlus => "business_support_plus",
            Self::Enterprise => "enterprise",
            Self::UnifiedOperations => "unified_operations",
            Self::PartnerLed => "partner_led",
        }
    }
}

/// The accounts whose charges are added up before the table is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SupportScope {
    /// Each account by itself.
    Account,
    /// The customer's accounts of each payer together.
    Payer,
    /// All accounts of the customer together.
    Customer,
}

/// The days on which accounts are enrolled. An account that is enrolled on 21 of 31 days counts with 21 ÷ 31
/// of its charges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Enrolled {
    /// `from = "2026-10-11"` or a period.
    pub from: Option<NaiveDate>,
    /// `until`, this day included.
    pub until: Option<NaiveDate>,
}
