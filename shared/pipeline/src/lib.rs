//! What the steps agree on: messages between them, where every object lives, what a run is made of.
//!
//! Every object key and every message of the project is built and read here and nowhere else.

mod book;
pub mod keys;
mod message;
mod plan;
mod receipt;
mod reconciliation;
mod run_id;
mod step;
mod table;

pub use book::{CustomerBook, DerivedCost, RatedAccount, RecalculateBook, SplitBook};
pub use message::{AcceptRequest, Message, Notice, Page, RecalculateRequest, ResumeRequest, Unit};
pub use plan::{Compression, Current, ManifestRef, Plan, PlannedFile};
pub use receipt::{
    AccountTotals, AllocateReceipt, PublishReceipt, RecalculateReceipt, RegisterReceipt,
    SplitReceipt,
};
pub use reconciliation::{
    Changes, CustomerChange, CustomerSums, CustomerTotals, Margin, News, Reconciliation, RunSums,
    Unmatched,
};
pub use run_id::{InvalidRunId, RunId, version_of};
pub use step::Step;
pub use table::Table;

/// The customer id under which accounts that belong to nobody are published. No contract may use it.
pub const UNASSIGNED: &str = "_unassigned";
