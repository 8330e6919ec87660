//! From charges to what a customer owes: items, conversion, rounding, taxes, and what is due. This crate
//! only computes: it reads and writes no files.
//!
//! [`statement()`] takes the steps in this order, one file each:
//!
//! 1. `spend`: each charge of the sealed runs goes to one invoice of the bill
//! 2. [`support`]: support plans, by the contract's rates or by [`aws_support`]
//! 3. [`fees`]: custom lines, among them discounts by spend; [`tiers`] applies their rates
//! 4. [`minimums`]: what is missing to the least amount of the period, and to commitments of several periods
//! 5. [`credits`]: the reseller's own credits
//! 6. [`divide`]: each item goes to one invoice or to several, and each amount is converted
//! 7. `round`: the difference that rounding makes, line by line
//! 8. `tax`: taxes, once for each invoice and tax
//! 9. [`withholding`] and [`prepaid`], after tax: what the customer keeps back, and what it has paid before

pub mod aws_support;
mod balances;
mod carry;
mod charges;
mod context;
mod convert;
pub mod credits;
mod customer_spend;
mod difference;
pub mod divide;
mod error;
pub mod fees;
mod invoice;
mod item;
mod laws;
pub mod minimums;
mod opening;
pub mod plan_parts;
pub mod prepaid;
mod round;
mod spend;
mod statement;
pub mod support;
mod tax;
pub mod tiers;
mod waterfall;
pub mod withholding;

pub use balances::{Balances, Carried};
pub use context::Context;
pub use customer_spend::{PayerSpend, SpendOfCustomers, SpendRow, spend_rows};
pub use difference::{corrections, difference};
pub use error::StatementError;
pub use invoice::{Invoice, InvoiceLine, Recipient, TaxLine};
pub use item::{Basis, Days, Item, OfPlan, Place, Step};
pub use laws::{charges_billed_once, invoice_re_adds};
pub use opening::{Correction, Opening};
pub use prepaid::Payment;
pub use spend::{PayerCharges, Spend, price, route};
pub use statement::{Statement, statement};
pub use waterfall::{Term, Waterfall};
pub use withholding::Withheld;
