//! From charges to what a customer owes: items, conversion, rounding, taxes, and what is due. This crate
//! only computes: it reads and writes no files.
//!
//! [`statement`] takes the steps in this order, one file each:
//!
//! 1. [`spend`]: each charge of the sealed runs goes to one invoice of the bill
//! 2. [`support`]: support plans, by the contract's rates or by [`aws_support`]
//! 3. [`fees`]: custom lines, among them discounts by spend; [`tiers`] applies their rates
//! 4. [`minimums`]: what is missing to the least amount of the period, and to commitments of several periods
//! 5. [`credits`]: the reseller's own credits
//! 6. [`divide`]: each item goes to one invoice or to several, and each amount is converted
//! 7. [`round`]: the difference that rounding makes, line by line
//! 8. [`tax`]: taxes, once for each invoice and tax
//! 9. [`withholding`] and [`prepaid`], after tax: what the customer keeps back, and what it has paid before

pub mod aws_support;
mod balances;
mod context;
pub mod credits;
pub mod divide;
mod error;
pub mod fees;
mod item;
pub mod minimums;
pub mod prepaid;
mod spend;
pub mod support;
pub mod tiers;
pub mod withholding;

pub use balances::{Balances, Carried};
pub use context::Context;
pub use error::StatementError;
pub use item::{Basis, Days, Item, Place, Step};
pub use spend::{PayerCharges, Spend, price, route};
