//! Reads a TOML document part by part. Each part knows its position in the file and reports what is wrong
//! with it.

use std::fmt::Display;
use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::str::FromStr;

use money::{Amount, Rate};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::problem::Position;
use crate::report::Report;
use crate::suggest::one_of;

/// A table with a fixed set of keys.
pub(crate) struct Section<'d> {
    title: &'static str,
    table: &'d DeTable<'d>,
    position: Position,
    report: &'d Report<'d>,
}

impl<'d> Section<'d> {
    /// Reports all keys that the section cannot have.
    pub(crate) fn new(
        title: &'static str,
        keys: &[&str],
        table: &'d DeTable<'d>,
        position: Position,
        report: &'d Report<'d>,
    ) -> Self {
        for key in table.keys().filter(|key| !keys.contains(&&**key.get_ref())) {
            let advice = one_of(key.get_ref(), keys, "the keys are");
            let message = format!("{title} has no key `{}`; {advice}", key.get_ref());
            report.refuse(report.position(key.span().start), message);
        }
        Self { title, table, position, report }
    }

    pub(crate) fn position(&self) -> Position {
        self.position
    }

    pub(crate) fn refuse(&self, message: impl Into<String>) {
        self.report.refuse(self.position, message);
    }

    pub(crate) fn warn(&self, message: String) {
        self.report.warn(self.position, message);
    }

    /// The value of a key, if the file has the key.
    pub(crate) fn field(&self, key: &str) -> Option<Field<'d>> {
        let (key, value) = self.table.get_key_value(key)?;
        Some(Field::at_key(key, value, self.report))
    }

    /// The value of a key that the file must have.
    pub(crate) fn required(&self, key: &str, example: &str) -> Option<Field<'d>> {
        let field = self.field(key);
        if field.is_none() {
            self.refuse(format!("{} has no `{key}`; add it: {key} = {example}", self.title));
        }
        field
    }

    pub(crate) fn refuse_at(&self, position: Position, message: impl Into<String>) {
        self.report.refuse(position, message);
    }

    /// The text of a key, if it has one. Says nothing of what is wrong with it: a reader of the key does.
    pub(crate) fn text_of(&self, key: &str) -> Option<&'d str> {
        let text = self.table.get(key)?.get_ref().as_str()?;
        (!text.trim().is_empty()).then_some(text)
    }

    /// The texts of one key in all tables of a list. Says nothing of what is wrong with them.
    pub(crate) fn texts_in(&self, key: &str, inner: &str) -> Vec<&'d str> {
        let list = self.table.get(key).and_then(|value| value.get_ref().as_array());
        let tables = list.into_iter().flat_map(|list| list.iter());
        tables
            .filter_map(|table| table.get_ref().as_table()?.get(inner)?.get_ref().as_str())
            .collect()
    }

    /// Refuses keys that have no effect here, each with the reason.
    pub(crate) fn refuse_keys(&self, keys: &[&str], reason: &str) {
        for field in keys.iter().filter_map(|key| self.field(key)) {
            field.refuse_name(format!("`{}` {reason}", field.name));
        }
    }

    /// Reads the value of a key that may be missing: `Some(None)` if it is missing, `None` if the value is
    /// wrong.
    #[expect(
        clippy::option_option,
        reason = "left out, wrong and right are three outcomes, and `?` deals with wrong"
    )]
    pub(crate) fn optional<T>(
        &self,
        key: &str,
        read: impl FnOnce(&Field<'d>) -> Option<T>,
    ) -> Option<Option<T>> {
        match self.field(key) {
            None => Some(None),
            Some(field) => read(&field).map(Some),
        }
    }
}

/// The numbers that are allowed for a rate or an amount.
#[derive(Clone, Copy)]
pub(crate) enum Allowed {
    Any,
    /// From 0 to 1, both included.
    Fraction,
    /// From -1 to 1, both included.
    SignedFraction,
    NotNegative,
    Positive,
}

/// A value with its name and its position in the file.
#[derive(Clone, Copy)]
pub(crate) struct Field<'d> {
    name: &'d str,
    name_starts: usize,
    value: &'d Spanned<DeValue<'d>>,
    report: &'d Report<'d>,
}

impl<'d> Field<'d> {
    fn at_key(
        key: &'d Spanned<toml::de::DeString<'d>>,
        value: &'d Spanned<DeValue<'d>>,
        report: &'d Report<'d>,
    ) -> Self {
        Self { name: key.get_ref(), name_starts: key.span().start, value, report }
    }

    pub(crate) fn position(&self) -> Position {
        self.report.position(self.value.span().start)
    }

    pub(crate) fn refuse(&self, message: impl Into<String>) {
        self.report.refuse(self.position(), message);
    }

    pub(crate) fn warn(&self, message: impl Into<String>) {
        self.report.warn(self.position(), message.into());
    }

    /// Refuses the key, and not its value.
    pub(crate) fn refuse_name(&self, message: impl Into<String>) {
        self.report.refuse(self.report.position(self.name_starts), message);
    }

    /// The text, which must not be empty.
    pub(crate) fn text(&self) -> Option<&'d str> {
        match self.value.get_ref() {
            DeValue::String(text) if text.trim().is_empty() => {
                self.refuse(format!("`{}` is empty; write something or remove it", self.name));
                None
            }
            DeValue::String(text) => Some(text),
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_) => {
                let source = self.source();
                self.refuse(format!("`{}` must be a string; write \"{source}\"", self.name));
                None
            }
            _ => self.wrong_type("a string"),
        }
    }

    /// A text that is parsed further, such as a period, an account or a currency.
    pub(crate) fn parsed<T: FromStr<Err: Display>>(&self) -> Option<T> {
        self.text()?.parse().map_err(|error| self.refuse(format!("`{}`: {error}", self.name))).ok()
    }

    pub(crate) fn name(&self) -> &'d str {
        self.name
    }

    /// The name, parsed, in a table whose keys are periods or currencies.
    pub(crate) fn parsed_name<T: FromStr<Err: Display>>(&self) -> Option<T> {
        self.name.parse().map_err(|error: T::Err| self.refuse_name(error.to_string())).ok()
    }

    /// One of a few words.
    pub(crate) fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text()?;
        let found = choices.iter().find(|(name, _)| *name == text).map(|(_, choice)| *choice);
        if found.is_none() {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            let advice = one_of(text, &names, "write one of");
            self.refuse(format!("`{}` cannot be `{text}`; {advice}", self.name));
        }
        found
    }

    /// A decimal number in a string.
    pub(crate) fn rate(&self, allowed: Allowed) -> Option<Rate> {
        self.number(allowed, [Rate::ZERO, Rate::ONE], Rate::abs, |text| {
            text.parse().map_err(|error: money::ParseRateError| error.to_string())
        })
    }

    /// An amount or a quantity: a decimal number in a string.
    pub(crate) fn amount(&self, allowed: Allowed) -> Option<Amount> {
        self.number(allowed, [Amount::ZERO, Amount::from(1)], Amount::abs, |text| {
            // An exponent is a notation of reports, and nobody writes a price with it.
            let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || b".-".contains(&byte));
            let amount = text.parse().ok().filter(|_| is_plain);
            amount.ok_or_else(|| {
                format!(
                    "`{text}` is not a decimal number with at most 20 digits before the point and 18 \
                     after it"
                )
            })
        })
    }

    fn number<T: PartialOrd + Copy + Display>(
        &self,
        allowed: Allowed,
        [zero, one]: [T; 2],
        magnitude: impl FnOnce(T) -> T,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        if matches!(self.value.get_ref(), DeValue::Integer(_) | DeValue::Float(_)) {
            self.refuse(format!(
                "`{}` is a bare number; write it as a string, \"{}\", so that no float touches it",
                self.name,
                self.source()
            ));
            return None;
        }
        let number = read(self.text()?)
            .map_err(|error| self.refuse(format!("`{}`: {error}", self.name)))
            .ok()?;
        let (is_allowed, expected) = match allowed {
            Allowed::Any => (true, ""),
            Allowed::Fraction => (
                zero <= number && number <= one,
                "a fraction from 0 to 1; write \"0.05\" for 5 percent",
            ),
            Allowed::SignedFraction => {
                (magnitude(number) <= one, "a fraction from -1 to 1; write \"0.05\" for 5 percent")
            }
            Allowed::NotNegative => (zero <= number, "0 or more"),
            Allowed::Positive => (zero < number, "more than 0"),
        };
        if !is_allowed {
            self.refuse(format!("`{}` is {number}, but it must be {expected}", self.name));
        }
        is_allowed.then_some(number)
    }

    /// A count. A count is not money, so it is a number without quotes.
    pub(crate) fn count(&self) -> Option<NonZeroU32> {
        self.whole(1..=u32::MAX).and_then(NonZeroU32::new)
    }

    /// A whole number without quotes.
    pub(crate) fn whole(&self, range: RangeInclusive<u32>) -> Option<u32> {
        let DeValue::Integer(integer) = self.value.get_ref() else {
            return self.wrong_type("a whole number without quotes");
        };
        let number = u32::from_str_radix(integer.as_str(), integer.radix());
        let number = number.ok().filter(|number| range.contains(number));
        if number.is_none() {
            let (first, last) = range.into_inner();
            self.refuse(format!("`{}` must be a whole number from {first} to {last}", self.name));
        }
        number
    }

    pub(crate) fn flag(&self) -> Option<bool> {
        let DeValue::Boolean(flag) = self.value.get_ref() else {
            return self.wrong_type("true or false, without quotes");
        };
        Some(*flag)
    }

    pub(crate) fn is_text(&self) -> bool {
        self.value.get_ref().is_str()
    }

    pub(crate) fn is_table(&self) -> bool {
        self.value.get_ref().is_table()
    }

    pub(crate) fn is_list(&self) -> bool {
        self.value.get_ref().is_array()
    }

    /// The elements of a list.
    pub(crate) fn list(&self) -> Option<Vec<Field<'d>>> {
        let DeValue::Array(array) = self.value.get_ref() else {
            return self.wrong_type("a list, in square brackets");
        };
        let element = |value: &'d Spanned<DeValue<'d>>| Field {
            name_starts: value.span().start,
            value,
            ..*self
        };
        Some(array.iter().map(element).collect())
    }

    /// The elements of a list, or the value itself if it is not a list. An empty list is refused.
    pub(crate) fn one_or_many(&self) -> Option<Vec<Field<'d>>> {
        if !self.is_list() {
            return Some(vec![*self]);
        }
        let list = self.list()?;
        if list.is_empty() {
            self.refuse(format!(
                "`{}` is an empty list, which nothing can match; write something in it or remove it",
                self.name
            ));
            return None;
        }
        Some(list)
    }

    /// Reads one value, or each value of a list that has at least one. `None` if one of them is wrong.
    pub(crate) fn each<T, C: FromIterator<T>>(
        &self,
        read: impl Fn(&Field<'d>) -> Option<T>,
    ) -> Option<C> {
        // All of them are read before the first that is wrong ends it, so that all problems are found.
        let values: Vec<Option<T>> = self.one_or_many()?.iter().map(read).collect();
        values.into_iter().collect()
    }

    /// The entries of a table that may have any keys.
    pub(crate) fn entries(&self) -> Option<Vec<Field<'d>>> {
        let DeValue::Table(table) = self.value.get_ref() else {
            return self.wrong_type("a table");
        };
        Some(table.iter().map(|(key, value)| Field::at_key(key, value, self.report)).collect())
    }

    /// The value as a table with a fixed set of keys.
    pub(crate) fn section(&self, title: &'static str, keys: &[&str]) -> Option<Section<'d>> {
        let DeValue::Table(table) = self.value.get_ref() else {
            return self.wrong_type("a table");
        };
        Some(Section::new(title, keys, table, self.position(), self.report))
    }

    /// The tables `[[title]]` of the file.
    pub(crate) fn sections(&self, title: &'static str, keys: &[&str]) -> Option<Vec<Section<'d>>> {
        if self.is_table() {
            self.refuse(format!("there may be many of `{}`; write {title}", self.name));
            return None;
        }
        Some(self.list()?.iter().filter_map(|element| element.section(title, keys)).collect())
    }

    fn wrong_type<T>(&self, expected: &str) -> Option<T> {
        let found = match self.value.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.refuse(format!("`{}` is {found}, but it must be {expected}", self.name));
        None
    }

    fn source(&self) -> &'d str {
        self.report.source(self.value.span())
    }
}
