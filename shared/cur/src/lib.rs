//! The cost and usage report as AWS writes it: manifests, columns, lines, periods, accounts.
//!
//! Nothing here reads a file: bytes come in, lines come out.

mod account_id;
mod billing_period;

pub use account_id::{AccountId, InvalidAccountId};
pub use billing_period::{BillingPeriod, InvalidBillingPeriod};
