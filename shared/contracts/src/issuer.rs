//! `[invoice]`: who issues invoices, and what all of them have in common.

use crate::day_rule::DayRule;
use crate::document::{Field, Section};

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

impl Issuer {
    /// Reads `[invoice]`, which may be missing. `bills_yen`: whether an invoice is in yen.
    pub(crate) fn read(document: &Section, reseller: &str, bills_yen: bool) -> Self {
        let keys = [
            "issuer",
            "address",
            "registration_number",
            "number",
            "note_number",
            "date",
            "due",
            "bank",
            "footer",
            "language",
        ];
        let section = document.field("invoice");
        let section = section.and_then(|field| field.section("[invoice]", &keys));
        let field = |key: &str| section.as_ref().and_then(|section| section.field(key));
        let text = |key| field(key).and_then(|field| field.text().map(str::to_owned));
        let language = field("language").and_then(|language| language.choice(&LANGUAGES));
        let language = language.unwrap_or_default();
        let numbers = field("number").and_then(|number| NumberFormat::read(&number));
        let numbers = numbers.unwrap_or_else(NumberFormat::by_period);
        let note_numbers = field("note_number");
        let registration = field("registration_number");
        if let (Language::Japanese, None, true) = (language, &registration, bills_yen)
            && let Some(language) = field("language")
        {
            language.warn(
                "a qualified invoice in Japan needs the registration number of the issuer; add \
                 `registration_number = \"T…\"` if you have one",
            );
        }
        Self {
            name: text("issuer").unwrap_or_else(|| reseller.to_owned()),
            address: text("address"),
            registration_number: registration
                .and_then(|registration| read_registration(&registration, language)),
            note_numbers: note_numbers.and_then(|notes| read_note_numbers(&notes, &numbers)),
            numbers,
            date: field("date").and_then(|date| InvoiceDate::read(&date)).unwrap_or_default(),
            due: field("due").and_then(|due| DayRule::read(&due)),
            bank: text("bank"),
            footer: text("footer"),
            language,
        }
    }
}

const LANGUAGES: [(&str, Language); 2] = [("en", Language::English), ("ja", Language::Japanese)];

/// Reads the number that a qualified invoice in Japan must have.
fn read_registration(field: &Field, language: Language) -> Option<String> {
    let number = field.text()?;
    let is_right = |digits: &str| digits.len() == 13 && digits.bytes().all(|b| b.is_ascii_digit());
    let digits = number.strip_prefix('T').filter(|_| language == Language::Japanese);
    if digits.is_some_and(|digits| !is_right(digits)) {
        field.refuse(format!(
            "`registration_number` cannot be `{number}`: in Japan it is T and 13 digits"
        ));
    }
    Some(number.to_owned())
}

/// Reads the format of notes. A note and an invoice must never have the same number.
fn read_note_numbers(field: &Field, numbers: &NumberFormat) -> Option<NumberFormat> {
    let notes = NumberFormat::read(field)?;
    if notes.may_give_a_number_of(numbers) {
        field.refuse(
            "`note_number` can give the number of an invoice; begin it with another text than `number`",
        );
    }
    Some(notes)
}

impl NumberFormat {
    /// `{period}-{sequence:4}`
    fn by_period() -> Self {
        Self { before: "{period}-".to_owned(), digits: 4, after: String::new() }
    }

    fn read(field: &Field) -> Option<Self> {
        let text = field.text()?;
        let read = Self::parse(text);
        read.map_err(|error| field.refuse(format!("`{}`: {error}", field.name()))).ok()
    }

    /// A number is a part of object keys, so only few characters may stand in it.
    fn parse(text: &str) -> Result<Self, String> {
        const EXAMPLE: &str = "such as \"INV-{year}-{sequence:5}\"";
        let once = || format!("it must have `{{sequence}}` exactly once, {EXAMPLE}");
        // The text before the sequence and its digits, as soon as the sequence is found.
        let mut sequence: Option<(String, usize)> = None;
        let mut part = String::new();
        let mut rest = text;
        loop {
            let (plain, placeholder) = match rest.split_once('{') {
                Some((plain, placeholder)) => (plain, Some(placeholder)),
                None => (rest, None),
            };
            let is_allowed = |c: &char| c.is_ascii_alphanumeric() || "._-".contains(*c);
            if let Some(other) = plain.chars().find(|c| !is_allowed(c)) {
                return Err(format!(
                    "`{other}` cannot be a part of a number; use letters, digits, `.`, `_` and `-`"
                ));
            }
            part.push_str(plain);
            let Some(placeholder) = placeholder else { break };
            let Some((name, behind)) = placeholder.split_once('}') else {
                return Err(format!("a `{{` is not closed; write a format {EXAMPLE}"));
            };
            rest = behind;
            match name.split_once(':').unwrap_or((name, "1")) {
                ("sequence", digits) => {
                    let digits = digits.parse().ok().filter(|digits| (1..=18).contains(digits));
                    let digits = digits.ok_or_else(|| {
                        format!("`{{{name}}}` must have from 1 to 18 digits, {EXAMPLE}")
                    })?;
                    if sequence.replace((std::mem::take(&mut part), digits)).is_some() {
                        return Err(once());
                    }
                }
                ("year" | "period", _) if !name.contains(':') => {
                    part.extend(["{", name, "}"]);
                }
                _ => {
                    return Err(format!(
                        "`{{{name}}}` is not known; use {{sequence}}, {{year}} and {{period}}"
                    ));
                }
            }
        }
        let (before, digits) = sequence.ok_or_else(once)?;
        Ok(Self { before, digits, after: part })
    }

    /// Whether two sequences can give one number. Formats with the same texts share one sequence.
    fn may_give_a_number_of(&self, other: &Self) -> bool {
        let sample = |text: &str| text.replace("{year}", "2026").replace("{period}", "2026-10");
        let [before, after, other_before, other_after] =
            [&self.before, &self.after, &other.before, &other.after].map(|text| sample(text));
        if (&before, &after) == (&other_before, &other_after) {
            return false;
        }
        let is_number = |rest: Option<&str>| {
            rest.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
        };
        // The digits of one sequence may begin or end in the text of the other format.
        let begin_alike = is_number(before.strip_prefix(&other_before))
            || is_number(other_before.strip_prefix(&before));
        let end_alike = is_number(after.strip_suffix(&other_after))
            || is_number(other_after.strip_suffix(&after));
        begin_alike && end_alike
    }
}

impl InvoiceDate {
    fn read(field: &Field) -> Option<Self> {
        let words = [("issued", Self::Issued), ("period_end", Self::Rule(DayRule::PERIOD_END))];
        if field.is_text() {
            return field.choice(&words);
        }
        DayRule::read(field).map(Self::Rule)
    }
}
