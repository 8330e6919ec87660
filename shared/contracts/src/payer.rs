//! `[[payer]]`: what is said of one payer account.

use cur::AccountId;

use crate::fx::FxChoice;

#[derive(Debug, Clone)]
pub struct Payer {
    pub id: AccountId,
    /// The id by default.
    pub name: String,
    /// The name of the report to bill from; as `[reseller] report` by default.
    pub report: Option<String>,
    /// The rates for charges of this payer, unless a customer or an invoice has its own.
    pub fx: Option<FxChoice>,
}
