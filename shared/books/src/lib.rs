//! The books of a run. A book adds up all receipts of a step. The last book proves that everything adds up.
//! Nothing here does I/O.
//!
//! The worker that completes a step writes the step's book with these functions. The units of the next step
//! read the book and their own objects. The last book is the proof: [`Books::reconcile`].

mod allocated;
mod bill;
mod changes;
mod costs;
mod customers;
mod issue;
mod laws;
mod published;
mod rated;
mod reconcile;
mod report_checks;
mod split;
mod unmatched;
mod unused;

pub use allocated::{AllocatedDays, benefits_by_customer};
pub use bill::{bill, withdrawn};
pub use changes::{changes, reasons_to_hold};
pub use costs::unknown_costs;
pub use customers::customer_books;
pub use issue::{corrections_explain, documents};
pub use published::{Published, fill_in, receipt_of};
pub use rated::{days_to_allocate, recalculate_book};
pub use reconcile::Books;
pub use split::split_book;
