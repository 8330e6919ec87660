//! Issued invoices and notes. Once issued, a document never changes.
//!
//! An *issue* is written first: all documents that a customer gets for a period at one time. It is the
//! intent, and it is written once. Then each document gets its number: the object of a number is created
//! once too, so no number is given twice, and a number is only tried when the number before it is taken, so
//! there are no gaps. Whoever finds an issue whose documents lack numbers gives them.

#![expect(
    clippy::disallowed_types,
    reason = "what serde makes of `flatten` could hold a float; no field here does"
)]

use chrono::NaiveDate;
use cur::BillingPeriod;
use serde::{Deserialize, Serialize};
use statement::Invoice;

use crate::{BillId, Status};

/// A person issues a customer's bill: `{"issue": {…}}` without its envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssueRequest {
    pub customer: String,
    pub billing_period: BillingPeriod,
    /// The day on which the bill is issued. Nothing in Sluice reads a clock for a result.
    pub date: NaiveDate,
    /// Whether a bill that is preliminary or incomplete is issued too.
    #[serde(default)]
    pub force: bool,
}

/// `issues/<customer>/<period>/<sequence>.json`: documents that were issued at one time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    pub customer_id: String,
    pub billing_period: BillingPeriod,
    /// Counted from 1 for each customer and period.
    pub sequence: u32,
    /// The bill that all documents of the customer and period, up to this issue, add up to.
    pub bill_id: BillId,
    pub status: Status,
    /// The day on which it was issued.
    pub date: NaiveDate,
    pub documents: Vec<Document>,
}

/// An invoice or a note without its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    pub kind: DocumentKind,
    /// The day that stands on the document.
    pub date: NaiveDate,
    pub issuer: Issuer,
    /// The day until which it is to be paid. A credit note has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<NaiveDate>,
    /// The numbers of the documents that a note corrects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrects: Vec<String>,
    /// How the number looks: the text before and after the sequence, and the digits of the sequence.
    pub series: Series,
    /// The invoice, or the difference that a note makes.
    #[serde(flatten)]
    pub invoice: Invoice,
}

/// Who issues a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issuer {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration_number: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub footer: Option<String>,
}

/// A sequence of numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    pub before: String,
    pub digits: usize,
    pub after: String,
    /// When the issue was written, all numbers before this one were taken.
    pub first_free: u64,
}

impl Series {
    pub fn number(&self, sequence: u64) -> String {
        format!("{}{sequence:0digits$}{}", self.before, self.after, digits = self.digits)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    Invoice,
    /// The customer gets money back.
    CreditNote,
    /// The customer owes more.
    DebitNote,
}

/// `issued/<number>.json`: a document with its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedDocument {
    pub number: String,
    #[serde(flatten)]
    pub from: IssuedFrom,
    pub bill_id: BillId,
    pub status: Status,
    #[serde(flatten)]
    pub document: Document,
}

/// Where a document comes from: no two documents have the same origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedFrom {
    pub customer_id: String,
    pub billing_period: BillingPeriod,
    /// The sequence of the issue, and the index of the document in it.
    pub issue: u32,
    pub document: usize,
}

/// An issue with the numbers of its documents, or without any while they have none.
#[derive(Debug, Clone)]
pub struct Numbered {
    pub issue: Issue,
    pub numbers: Vec<String>,
}

impl Numbered {
    pub fn invoices(&self) -> impl Iterator<Item = &Invoice> {
        self.issue.documents.iter().map(|document| &document.invoice)
    }

    /// The documents with their numbers; a document that has none yet has an empty one.
    pub fn documents(&self) -> impl Iterator<Item = (&str, &Invoice)> {
        let numbers = self.numbers.iter().map(String::as_str).chain(std::iter::repeat(""));
        numbers.zip(self.invoices())
    }
}
