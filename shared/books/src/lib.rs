//! The books of a run: what its receipts come to, and the proof that they add up.

mod changes;

pub use changes::{changes, reasons_to_hold};
