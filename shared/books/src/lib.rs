//! The books of a run: what the receipts of a step come to together, and the proof that everything adds up.
//! Pure computation.
//!
//! Whoever completes a step writes its book with these functions, and the next step's units read that book
//! and their own objects. The last book is the proof: [`Books::reconcile`].

mod allocated;
mod changes;
mod costs;
mod customers;
mod laws;
mod published;
mod rated;
mod reconcile;
mod report_checks;
mod split;
mod unmatched;
mod unused;

pub use allocated::{AllocatedDays, benefits_by_customer};
pub use changes::{changes, reasons_to_hold};
pub use costs::unknown_costs;
pub use customers::customer_books;
pub use published::{Published, fill_in, receipt_of};
pub use rated::{days_to_allocate, recalculate_book};
pub use reconcile::Books;
pub use split::split_book;
