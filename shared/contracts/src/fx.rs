//! `[fx.FROM.TO]`: exchange rates by billing period.

use std::collections::BTreeMap;

use cur::BillingPeriod;
use money::{Currency, Rate};

use crate::document::{Allowed, Field, Section};
use crate::terms::DayRule;

/// The rates of the file. No rate is derived from another one: a bank that pays 150 yen for a dollar does
/// not sell a dollar for 150 yen.
#[derive(Debug, Clone, Default)]
pub(crate) struct FxRates(BTreeMap<(&'static str, &'static str, BillingPeriod), Rate>);

impl FxRates {
    pub(crate) fn read(document: &Section) -> Self {
        let mut rates = Self::default();
        let Some(sources) = document.field("fx").and_then(|fx| fx.entries()) else {
            return rates;
        };
        for source in sources {
            let from = source.parsed_name::<Currency>();
            for target in source.entries().unwrap_or_default() {
                let to = target.parsed_name::<Currency>();
                if from.is_some() && from == to {
                    target.refuse("a currency is always worth itself; remove this table");
                }
                rates.read_periods(from, to, &target);
            }
        }
        rates
    }

    fn read_periods(&mut self, from: Option<Currency>, to: Option<Currency>, target: &Field) {
        for entry in target.entries().unwrap_or_default() {
            let period = entry.parsed_name::<BillingPeriod>();
            let rate = entry.rate(Allowed::Positive);
            if let (Some(from), Some(to), Some(period), Some(rate)) = (from, to, period, rate) {
                self.0.insert((from.code(), to.code(), period), rate);
            }
        }
    }

    pub(crate) fn rate(&self, from: &str, to: &str, period: BillingPeriod) -> Option<Rate> {
        if from == to {
            return Some(Rate::ONE);
        }
        self.0.get(&(from, to, period)).copied()
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

/// A rate, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fx {
    pub series: String,
    /// The billing period or the day of the rate as the file has it.
    pub on: String,
    /// The rate as the file has it.
    pub base: Rate,
    /// The rate with the premium. The product is exact, and is not rounded.
    pub rate: Rate,
}
