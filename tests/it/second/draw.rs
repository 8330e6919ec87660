//! Random choices for contracts and charges that fit together.

use money::Amount;
use statement::Balances;
use testkit::Random;

pub(super) const ACCOUNTS: [&str; 4] =
    ["111122223333", "123456789012", "444455556666", "777788889999"];
pub(super) const PAYERS: [&str; 2] = ["999988886666", "999988887777"];
pub(super) const PERIODS: [[&str; 2]; 5] = [
    ["2025-12", "2026-01"],
    ["2026-02", "2026-03"],
    ["2026-09", "2026-10"],
    ["2026-10", "2026-11"],
    ["2026-12", "2027-01"],
];

/// The days that `on` may lead to. A case has rates for one of them.
pub(super) const ON: [&str; 4] = [
    "\"period_end\"",
    "{ months = 1, day = \"last\" }",
    "{ months = 1, day = 30 }",
    "{ days = 5 }",
];

/// Random choices, and what the parts of a contract need to know of each other.
pub(super) struct Draw {
    pub(super) random: Random,
    pub(super) periods: [&'static str; 2],
    /// The currencies of the case. All have rates.
    pub(super) currencies: Vec<&'static str>,
    /// The index of one of `ON`.
    pub(super) on: usize,
    pub(super) invoices: Vec<Invoice>,
    pub(super) lines: Vec<String>,
    pub(super) next_id: usize,
    pub(super) balances: Balances,
}

/// An invoice of the case, for the parts that name it.
pub(super) struct Invoice {
    pub(super) id: String,
    pub(super) currency: &'static str,
    pub(super) taxes: Vec<String>,
}

impl Draw {
    pub(super) fn new(mut random: Random) -> Self {
        let periods = PERIODS[random.below(PERIODS.len())];
        let on = random.below(ON.len());
        let mut draw = Self {
            random,
            periods,
            currencies: vec!["USD"],
            on,
            invoices: Vec::new(),
            lines: Vec::new(),
            next_id: 0,
            balances: Balances::default(),
        };
        let others = draw.some(&["JPY", "EUR", "KWD"]);
        draw.currencies.extend(others);
        draw
    }

    pub(super) fn one_in(&mut self, count: usize) -> bool {
        self.random.below(count) == 0
    }

    pub(super) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.random.below(of.len())]
    }

    /// Some of these, at least one.
    pub(super) fn some<T: Copy>(&mut self, of: &[T]) -> Vec<T> {
        let mut chosen: Vec<T> = of.iter().copied().filter(|_| self.one_in(3)).collect();
        if chosen.is_empty() {
            chosen.push(self.pick(of));
        }
        chosen
    }

    pub(super) fn number(&mut self, whole: usize, decimals: usize) -> String {
        let whole = self.random.below(10_usize.pow(u32::try_from(whole).unwrap()));
        let decimals: String = (0..decimals)
            .map(|_| char::from(b'0' + u8::try_from(self.random.below(10)).unwrap()))
            .collect();
        if decimals.is_empty() { whole.to_string() } else { format!("{whole}.{decimals}") }
    }

    /// An amount of 0 or more.
    pub(super) fn amount(&mut self) -> String {
        let whole = self.pick(&[1, 2, 3, 3, 4, 5]);
        let decimals = self.pick(&[0, 1, 2, 2, 4, 10, 18]);
        self.number(whole, decimals)
    }

    /// An amount of more than 0 that all currencies of a contract can have.
    pub(super) fn positive(&mut self, whole: usize) -> String {
        let decimals = self.pick(&[0, 2]);
        let number = self.number(whole, decimals);
        if number.parse::<Amount>().unwrap().is_zero() { "1".to_owned() } else { number }
    }

    /// A fraction from 0 to 1.
    pub(super) fn fraction(&mut self) -> String {
        let decimals = self.pick(&[1, 2, 2, 4, 9]);
        self.number(0, decimals)
    }

    pub(super) fn id(&mut self, what: &str) -> String {
        self.next_id += 1;
        format!("{what}-{}", self.next_id)
    }

    /// One of the invoices.
    pub(super) fn invoice_id(&mut self) -> String {
        let at = self.random.below(self.invoices.len());
        self.invoices[at].id.clone()
    }

    /// A key that is written now and then.
    pub(super) fn perhaps(
        &mut self,
        keys: &mut Vec<String>,
        count: usize,
        key: impl FnOnce(&mut Self) -> String,
    ) {
        if self.one_in(count) {
            let key = key(self);
            keys.push(key);
        }
    }
}

pub(super) fn parsed(text: &str) -> Amount {
    text.parse().unwrap()
}
