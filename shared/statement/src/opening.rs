//! What a bill takes over from earlier periods.

use contracts::terms::Section;
use serde::{Deserialize, Serialize};

use crate::{Balances, Invoice, InvoiceLine};

/// What a bill takes over from earlier periods.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Opening {
    #[serde(default, skip_serializing_if = "Balances::is_empty")]
    pub balances: Balances,
    /// Corrections of issued periods that stand on this bill, each with the id of its invoice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrections: Vec<Correction>,
}

/// A line of a correction, and the invoice that it stands on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    pub invoice_id: String,
    pub currency: String,
    pub line: InvoiceLine,
}

impl Correction {
    /// The corrections of earlier periods that stand on an invoice.
    pub fn of(invoice: &Invoice) -> Vec<Self> {
        let lines = invoice.lines.iter().filter(|line| line.section == Section::Correction);
        let correction = |line: &InvoiceLine| Self {
            invoice_id: invoice.invoice_id.clone(),
            currency: invoice.currency.clone(),
            line: line.clone(),
        };
        lines.map(correction).collect()
    }
}
