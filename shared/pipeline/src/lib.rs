//! The agreement between the steps: the messages between them, the key of every object, and the parts of a
//! run.
//!
//! The keys of all objects and all messages of the project are built and read only here.

mod bill;
mod book;
mod id;
mod issue;
pub mod keys;
mod message;
mod plan;
mod receipt;
mod reconciliation;
mod step;
mod table;

pub use bill::{
    Bill, BillPlan, BillPointer, BillRequest, BilledRun, InvoiceTotal, Status, UnknownStatus,
};
pub use book::{CustomerBook, DerivedCost, RatedAccount, RecalculateBook, SplitBook};
pub use id::{BillId, InvalidId, RunId, version_of};
pub use issue::{
    Document, DocumentKind, Issue, IssueRequest, IssuedDocument, IssuedFrom, Issuer, Numbered,
    Series,
};
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
pub use step::Step;
pub use table::Table;

/// The customer id for accounts that belong to no customer. No contract may use it.
pub const UNASSIGNED: &str = "_unassigned";
