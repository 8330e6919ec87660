//! `[fx.FROM.TO]`: exchange rates by billing period.

use std::collections::BTreeMap;

use cur::BillingPeriod;
use money::{Currency, Rate};

use crate::document::{Allowed, Field, Section};

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
