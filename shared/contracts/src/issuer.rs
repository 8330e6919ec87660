//! `[invoice]`: who issues invoices, and what all of them have in common.

use crate::terms::DayRule;

#[derive(Debug, Clone)]
pub struct Issuer {
    /// `issuer`; the reseller's name by default.
    pub name: String,
    /// `address`, several lines.
    pub address: Option<String>,
    /// `registration_number`: in Japan, T and 13 digits.
    pub registration_number: Option<String>,
    /// `number = "INV-{year}-{sequence:5}"`: how numbers of invoices look.
    pub numbers: NumberFormat,
    /// `note_number`: how numbers of notes look; as `number` by default.
    pub note_numbers: Option<NumberFormat>,
    /// `date`: the day that stands on an invoice.
    pub date: InvoiceDate,
    /// `due`: the day until which an invoice is to be paid, counted from the invoice's date.
    pub due: Option<DayRule>,
    /// `bank` and `footer`: text at the end of an invoice.
    pub bank: Option<String>,
    pub footer: Option<String>,
    /// `language`: English by default.
    pub language: Language,
}

/// A format of numbers. The text before and after the sequence may have `{year}` and `{period}` of the
/// billing period; each different text has a sequence of its own, which begins with 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberFormat {
    pub before: String,
    /// At least so many digits, with zeros in front.
    pub digits: usize,
    pub after: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InvoiceDate {
    /// `"issued"`: the day on which the invoice is issued.
    #[default]
    Issued,
    /// `"period_end"`, or a table `{ months, day }`.
    Rule(DayRule),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    #[default]
    English,
    Japanese,
}

impl Default for Issuer {
    fn default() -> Self {
        Self {
            name: String::new(),
            address: None,
            registration_number: None,
            numbers: NumberFormat {
                before: "{period}-".to_owned(),
                digits: 4,
                after: String::new(),
            },
            note_numbers: None,
            date: InvoiceDate::Issued,
            due: None,
            bank: None,
            footer: None,
            language: Language::English,
        }
    }
}
