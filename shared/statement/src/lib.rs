//! From charges to what a customer owes: items, conversion, rounding, taxes, and what is due. This crate
//! only computes: it reads and writes no files.
//!
//! [`statement`] takes the steps in this order, one file each:
//!
//! 1. [`spend`]: each charge of the sealed runs goes to one invoice of the bill
//! 2. [`support`]: support plans
//! 3. [`fees`]: custom lines, among them discounts by spend
//! 4. [`minimums`]: what is missing to the least amount of the period, and to commitments over several periods
//! 5. [`credits`]: the reseller's own credits
//! 6. [`divide`]: items that belong to no single account go to the invoices, and each amount is converted
//! 7. [`round`]: the difference that rounding makes, line by line
//! 8. [`tax`]: taxes, once for each invoice and tax
//! 9. [`due`]: prepaid balances and withholding, after tax

mod balances;
mod charges;
mod context;
mod convert;
mod difference;
mod error;
mod invoice;
mod item;
mod laws;
mod round;
mod spend;
mod statement;
mod tax;
mod waterfall;

pub use balances::{Balances, Carried};
pub use context::Context;
pub use difference::{corrections, difference};
pub use error::StatementError;
pub use invoice::{Invoice, InvoiceLine, Payment, Recipient, TaxLine, Withheld};
pub use item::{Basis, Item, Place, Step};
pub use laws::invoice_re_adds;
pub use spend::{PayerCharges, Spend, price, route};
pub use statement::{Correction, Opening, Statement, statement};
pub use waterfall::{Term, Waterfall};
