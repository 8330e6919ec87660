//! What a bill reads of a customer's contract: everything that is added, converted, rounded and taxed after
//! the charges of the runs are known. A run reads nothing of this.

mod base;
mod custom_line;
mod invoice;
mod section;
mod selector;
mod settled;
mod support;
mod tax;
mod tiers;

use money::{Amount, Currency};

pub use base::{Base, Stage};
pub use custom_line::{CustomLine, Fee, Quantity};
pub use invoice::{Corrections, InvoiceTerms, Rounding, RoundingScope, Shared};
pub use section::Section;
pub use selector::{Pattern, Selector, Subject, Texts};
pub use settled::{Carry, Credit, Minimum, Prepaid, SpendCommitment, Withholding};
pub use support::{AwsPlan, Enrolled, Support, SupportScope, SupportTable};
pub use tax::Tax;
pub use tiers::{Reach, Tier, Tiers};

pub use crate::day_rule::{DayRule, MonthDay};

/// What a bill reads of a customer's contract. Lists are in the order of the file.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The invoices of a bill. A customer without `[[customer.invoice]]` has one invoice that takes
    /// everything. The last invoice takes what no other invoice takes, so it has no conditions.
    pub invoices: Vec<InvoiceTerms>,
    /// How money that belongs to no single account is divided between several invoices.
    pub shared: Shared,
    pub corrections: Corrections,
    pub support: Vec<Support>,
    pub lines: Vec<CustomLine>,
    pub minimums: Vec<Minimum>,
    pub commitments: Vec<SpendCommitment>,
    pub credits: Vec<Credit>,
    pub prepaid: Vec<Prepaid>,
    /// Small bills that are not sent, but carried over to the next period.
    pub carry: Option<Carry>,
}

/// An amount in a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money {
    pub amount: Amount,
    pub currency: Currency,
}

impl Terms {
    /// Whether a customer may owe something in a period in which it uses nothing.
    pub fn asks_without_usage(&self) -> bool {
        !self.lines.is_empty()
            || !self.minimums.is_empty()
            || !self.commitments.is_empty()
            || self.carry.is_some()
            || self.corrections == Corrections::NextInvoice
    }

    /// Whether a bill takes over something from the bills before: balances or corrections.
    pub fn takes_over(&self) -> bool {
        self.has_balances() || self.corrections == Corrections::NextInvoice
    }

    /// Whether a bill takes over balances from the bill before.
    pub fn has_balances(&self) -> bool {
        !self.credits.is_empty()
            || !self.prepaid.is_empty()
            || !self.commitments.is_empty()
            || self.carry.is_some()
    }

    /// One invoice that takes everything.
    pub(crate) fn plain(
        id: &str,
        name: &str,
        currency: Currency,
        rounding: Rounding,
        tax: Option<Tax>,
    ) -> Self {
        Self {
            invoices: vec![InvoiceTerms {
                id: id.to_owned(),
                takes: Selector::default(),
                name: name.to_owned(),
                address: None,
                order_number: None,
                currency,
                rounding,
                fx: None,
                taxes: tax.into_iter().collect(),
                withholding: None,
                due: None,
            }],
            shared: Shared::BySpend,
            corrections: Corrections::default(),
            support: Vec::new(),
            lines: Vec::new(),
            minimums: Vec::new(),
            commitments: Vec::new(),
            credits: Vec::new(),
            prepaid: Vec::new(),
            carry: None,
        }
    }
}
