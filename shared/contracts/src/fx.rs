//! `[fx.FROM.TO]` and `[fx.SERIES.FROM.TO]`: exchange rates by billing period or by day, and `fx`: which of
//! them an invoice is converted by.

use std::collections::BTreeMap;

use cur::BillingPeriod;
use money::{Currency, Rate};

use crate::day::PeriodOrDay;
use crate::day_rule::DayRule;
use crate::document::{Allowed, Field, Section};
use crate::suggest::one_of;

/// The rates of the file, by the name of their series. No rate is derived from another one: a bank that pays
/// 150 yen for a dollar does not sell a dollar for 150 yen.
#[derive(Debug, Clone, Default)]
pub(crate) struct FxRates(BTreeMap<String, Series>);

type Series = BTreeMap<(&'static str, &'static str, PeriodOrDay), Rate>;

impl FxRates {
    pub(crate) fn read(document: &Section) -> Self {
        let mut rates = Self::default();
        let fx = document.field("fx").and_then(|fx| fx.entries());
        for entry in fx.unwrap_or_default() {
            if looks_like_a_currency(entry.name()) {
                read_source(rates.0.entry(String::new()).or_default(), &entry);
            } else if is_name_of_a_series(&entry) {
                let series = rates.0.entry(entry.name().to_owned()).or_default();
                for source in entry.entries().unwrap_or_default() {
                    read_source(series, &source);
                }
            }
        }
        rates
    }

    /// The rate that a choice gives. Without a choice, the rate of the period in the series without a name.
    pub(crate) fn rate(
        &self,
        choice: Option<&FxChoice>,
        from: &str,
        to: &str,
        period: BillingPeriod,
    ) -> Result<Fx, MissingRate> {
        if from == to {
            let [series, on] = [String::new(), String::new()];
            return Ok(Fx { series, on, base: Rate::ONE, rate: Rate::ONE });
        }
        let series = choice.map_or("", |choice| &choice.series);
        let day = choice.and_then(|choice| choice.on).map(|on| on.of(period));
        let on = day.map_or(PeriodOrDay::Period(period), PeriodOrDay::Day);
        let table = match series {
            "" => format!("fx.{from}.{to}"),
            series => format!("fx.{series}.{from}.{to}"),
        };
        let rates = self.0.get(series);
        let base = rates.and_then(|rates| rates.get(&(from, to, on)).copied());
        let Some(base) = base else {
            return Err(MissingRate::NotInFile { table, on: on.to_string() });
        };
        let rate = choice
            .map_or(Some(base), |choice| choice.put_on(base))
            .ok_or_else(|| MissingRate::TooManyDigits { table, on: on.to_string(), base })?;
        Ok(Fx { series: series.to_owned(), on: on.to_string(), base, rate })
    }
}

/// Names of series have small letters, so three capital letters are a currency, or stand for one.
fn looks_like_a_currency(name: &str) -> bool {
    name.len() == 3 && name.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn is_name_of_a_series(entry: &Field) -> bool {
    let name = entry.name();
    let is_allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
    let code = name.to_ascii_uppercase();
    if name.is_empty() || !name.bytes().all(is_allowed) {
        entry.refuse_name(format!(
            "`{name}` is neither a currency code such as USD nor the name of a series, which has only \
             a-z, 0-9, `_` and `-`"
        ));
        return false;
    }
    if code.parse::<Currency>().is_ok() {
        entry.refuse_name(format!(
            "`{name}` cannot be the name of a series, because {code} is a currency; write {code}, or \
             choose another name"
        ));
        return false;
    }
    true
}

/// Reads the tables `[FROM.TO]` of one source currency.
fn read_source(series: &mut Series, source: &Field) {
    let from = source.parsed_name::<Currency>();
    for target in source.entries().unwrap_or_default() {
        let to = target.parsed_name::<Currency>();
        if from.is_some() && from == to {
            target.refuse("a currency is always worth itself; remove this table");
        }
        for entry in target.entries().unwrap_or_default() {
            let on = entry.parsed_name::<PeriodOrDay>();
            let rate = entry.rate(Allowed::Positive);
            if let (Some(from), Some(to), Some(on), Some(rate)) = (from, to, on, rate) {
                series.insert((from.code(), to.code(), on), rate);
            }
        }
    }
}

/// `fx`: which rates an invoice is converted by: `"mean"`, or `{ series, premium, add, on }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FxChoice {
    /// The name of a series, `[fx.mean.USD.JPY]`. Empty for the rates without a name, `[fx.USD.JPY]`.
    pub series: String,
    /// `premium = "0.02"`: a fraction of the rate that is put on top.
    pub premium: Rate,
    /// `add = "0.50"`: an amount that is put on top after that, in the target currency.
    pub add: Rate,
    /// `on`: the day whose rate counts. `None`: the rate of the billing period.
    pub on: Option<DayRule>,
}

impl FxChoice {
    pub(crate) fn read(field: &Field, fx: &FxRates) -> Option<Self> {
        let plain = Self { series: String::new(), premium: Rate::ZERO, add: Rate::ZERO, on: None };
        if field.is_text() {
            return Some(Self { series: read_series(field, fx)?, ..plain });
        }
        let section = field.section("`fx`", &["series", "premium", "add", "on"])?;
        let series = section.optional("series", |series| read_series(series, fx));
        let premium = section.optional("premium", |premium| premium.rate(Allowed::Fraction));
        let add = section.optional("add", |add| add.rate(Allowed::NotNegative));
        let on = section.optional("on", DayRule::read_or_period_end);
        Some(Self {
            series: series?.unwrap_or_default(),
            premium: premium?.unwrap_or(plain.premium),
            add: add?.unwrap_or(plain.add),
            on: on?,
        })
    }

    /// `base × (1 + premium) + add`. `None` if this has too many digits.
    fn put_on(&self, base: Rate) -> Option<Rate> {
        base.by(self.premium.increment()?)?.plus(self.add)
    }
}

/// Reads the name of a series that the file must have.
fn read_series(field: &Field, fx: &FxRates) -> Option<String> {
    let name = field.text()?;
    if fx.0.contains_key(name) {
        return Some(name.to_owned());
    }
    let known: Vec<&str> =
        fx.0.keys().map(String::as_str).filter(|name| !name.is_empty()).collect();
    let advice = match known.as_slice() {
        [] => format!("add a table [fx.{name}.USD.JPY], with the currencies that you need"),
        known => one_of(name, known, "the series are"),
    };
    field.refuse(format!("the file has no series of rates `{name}`; {advice}"));
    None
}

/// A rate, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fx {
    /// The name of the series; empty for the rates without a name.
    pub series: String,
    /// The billing period or the day of the rate as the file has it. Empty for a currency and itself.
    pub on: String,
    /// The rate as the file has it.
    pub base: Rate,
    /// The rate with the premium. The product is exact, and is not rounded.
    pub rate: Rate,
}

/// Why there is no rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MissingRate {
    #[error(
        "there is no exchange rate for {on}: add `\"{on}\" = \"…\"` to `[{table}]` in the contracts"
    )]
    NotInFile { table: String, on: String },
    #[error(
        "the exchange rate {base} for {on} in `[{table}]` of the contracts has more than 28 digits with \
         its premium: write one of them with fewer digits"
    )]
    TooManyDigits { table: String, on: String, base: Rate },
}
