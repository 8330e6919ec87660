//! Billing: from lines of a report to the charges of a customer, and the laws that prove the outcome. This
//! crate only computes: it reads and writes no files.

mod charge_key;
mod charges;
mod classify;
mod commitment_fees;
mod derived;
mod explained;
mod groups;
mod identities;
mod known;
mod laws;
mod line_group;
mod margin;
mod measures;
mod needs;
mod parts;
mod price;
mod rated;
mod rated_line;
mod report_checks;

/// The columns without which no line can be rated. AWS writes them in every report. A report has other
/// columns only if the month's usage needs them.
pub const REQUIRED_COLUMNS: &[cur::Column] = &[
    cur::Column::BillingEntity,
    cur::Column::UsageAccountId,
    cur::Column::LineItemType,
    cur::Column::UsageStartDate,
    cur::Column::ProductCode,
    cur::Column::UsageType,
    cur::Column::Operation,
    cur::Column::UsageAmount,
    cur::Column::CurrencyCode,
    cur::Column::UnblendedCost,
];

pub use charge_key::ChargeKey;
pub use charges::{
    Charge, DailyCharge, HandedOut, Priced, Pricing, PricingError, UnusedShare, sum_days,
};
pub use derived::{CostPart, fill_in_cost};
pub use explained::Explained;
pub use laws::margin_explains_itself;
pub use line_group::LineGroup;
pub use margin::{MarginTerm, MarginTerms};
pub use measures::Measures;
pub use needs::{Needs, OfReport};
pub use parts::{Benefit, Benefits, benefits_by_charge};
pub use rated::{Rated, Rater};
