//! Customers at random: a contract as text, and charges of two billing periods.

use std::collections::BTreeMap;

use billing::{Charge, ChargeKey, Measures};
use contracts::terms::Section;
use contracts::{ChargeKind, Purchase};
use cur::{BillingPeriod, Sku};
use money::Amount;
use statement::{
    Balances, Carried, Correction, InvoiceLine, Opening, PayerCharges, SpendOfCustomers, SpendRow,
    spend_rows,
};
use testkit::Random;

const ACCOUNTS: [&str; 4] = ["111122223333", "123456789012", "444455556666", "777788889999"];
const PAYERS: [&str; 2] = ["999988886666", "999988887777"];
const SERVICES: [&str; 6] =
    ["AmazonEC2", "AmazonS3", "AmazonRDS", "AWSLambda", "vendor.product", ""];
const OPERATIONS: [&str; 3] = ["RunInstances", "RunInstances:0002", ""];
const SERVICE_TEXTS: [&str; 6] = ["AmazonEC2", "AmazonS3", "Amazon*", "AWS*", "*", "vendor.*"];
const REGIONS: [&str; 3] = ["ap-northeast-1", "us-east-1", ""];
const REGION_TEXTS: [&str; 3] = ["ap-northeast-1", "us-*", "*"];
const USAGE_TYPES: [&str; 4] =
    ["APN1-BoxUsage:m5.large", "BoxUsage:c5.xlarge", "APN1-TimedStorage-ByteHrs", ""];
const USAGE_TYPE_TEXTS: [&str; 4] = ["*BoxUsage:*", "APN1-*", "APN1-BoxUsage:m5.large", "*"];
const MODES: [&str; 4] = ["half_up", "half_even", "up", "down"];
const STAGES: [&str; 4] = ["list", "before_rules", "charge", "amortized"];
/// The days that `on` may lead to. A case has rates for one of them.
const ON: [&str; 4] = [
    "\"period_end\"",
    "{ months = 1, day = \"last\" }",
    "{ months = 1, day = 30 }",
    "{ days = 5 }",
];
const PERIODS: [[&str; 2]; 5] = [
    ["2025-12", "2026-01"],
    ["2026-02", "2026-03"],
    ["2026-09", "2026-10"],
    ["2026-10", "2026-11"],
    ["2026-12", "2027-01"],
];
/// The sections that count towards a minimum.
const COUNTING: [&str; 8] = [
    "usage",
    "commitment_fee",
    "support",
    "fee",
    "subscription",
    "marketplace",
    "credit",
    "refund",
];

/// A customer in two billing periods.
pub(super) struct Case {
    pub(super) contracts: String,
    pub(super) periods: [BillingPeriod; 2],
    /// The charges of each billing period.
    pub(super) charges: [Vec<PayerCharges>; 2],
    /// What other customers spend under each payer.
    pub(super) others: SpendOfCustomers,
    /// What earlier bills have left to the first one.
    pub(super) opening: Opening,
}

/// Random choices, and what the parts of a contract need to know of each other.
struct Draw {
    random: Random,
    periods: [&'static str; 2],
    /// The currencies of the case. All have rates.
    currencies: Vec<&'static str>,
    /// The index of one of `ON`.
    on: usize,
    invoices: Vec<Invoice>,
    lines: Vec<String>,
    next_id: usize,
    balances: Balances,
}

/// An invoice of the case, for the parts that name it.
struct Invoice {
    id: String,
    currency: &'static str,
    taxes: Vec<String>,
}

pub(super) fn case(random: Random) -> Case {
    let mut draw = Draw {
        random,
        periods: PERIODS[0],
        currencies: vec!["USD"],
        on: 0,
        invoices: Vec::new(),
        lines: Vec::new(),
        next_id: 0,
        balances: Balances::default(),
    };
    draw.periods = draw.pick(&PERIODS);
    draw.on = draw.random.below(ON.len());
    let others = ["JPY", "EUR", "KWD"];
    let chosen = draw.some(&others);
    draw.currencies.extend(chosen);
    let contracts = draw.contracts();
    let carried = draw.of_earlier_bills(Section::Carried);
    let corrections = draw.of_earlier_bills(Section::Correction);
    draw.balances.carried = carried.into_iter().map(carried_over).collect();
    let charges = [draw.payers(), draw.payers()];
    let periods = draw.periods.map(|period| period.parse().unwrap());
    let others = ["a-customer", "z-customer"].map(|id| (id.to_owned(), draw.spend_of_another()));
    let opening = Opening { balances: draw.balances, corrections };
    Case { contracts, periods, charges, others: others.into(), opening }
}

impl Draw {
    fn one_in(&mut self, count: usize) -> bool {
        self.random.below(count) == 0
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.random.below(of.len())]
    }

    /// Some of these, at least one.
    fn some<T: Copy>(&mut self, of: &[T]) -> Vec<T> {
        let mut chosen: Vec<T> = of.iter().copied().filter(|_| self.one_in(3)).collect();
        if chosen.is_empty() {
            chosen.push(self.pick(of));
        }
        chosen
    }

    fn number(&mut self, whole: usize, decimals: usize) -> String {
        let whole = self.random.below(10_usize.pow(u32::try_from(whole).unwrap()));
        let decimals: String = (0..decimals)
            .map(|_| char::from(b'0' + u8::try_from(self.random.below(10)).unwrap()))
            .collect();
        if decimals.is_empty() { whole.to_string() } else { format!("{whole}.{decimals}") }
    }

    /// An amount of 0 or more.
    fn amount(&mut self) -> String {
        let whole = self.pick(&[1, 2, 3, 3, 4, 5]);
        let decimals = self.pick(&[0, 1, 2, 2, 4, 10, 18]);
        self.number(whole, decimals)
    }

    /// An amount of more than 0 that all currencies of a contract can have.
    fn positive(&mut self, whole: usize) -> String {
        let decimals = self.pick(&[0, 2]);
        let number = self.number(whole, decimals);
        if number.parse::<Amount>().unwrap().is_zero() { "1".to_owned() } else { number }
    }

    /// A fraction from 0 to 1.
    fn fraction(&mut self) -> String {
        let decimals = self.pick(&[1, 2, 2, 4, 9]);
        self.number(0, decimals)
    }

    fn id(&mut self, what: &str) -> String {
        self.next_id += 1;
        format!("{what}-{}", self.next_id)
    }

    /// A key that is written now and then.
    fn perhaps(
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

    fn contracts(&mut self) -> String {
        let mut parts = vec!["[reseller]\nname = \"Example MSP\"".to_owned()];
        for payer in PAYERS {
            let mut keys = vec![format!("id = \"{payer}\"")];
            self.perhaps(&mut keys, 4, |draw| format!("fx = {}", draw.fx()));
            parts.push(table("[payer]", &keys));
        }
        parts.extend(self.rates());
        parts.extend(self.customer());
        parts.join("\n\n") + "\n"
    }

    /// Which rates count: a series, or a table.
    fn fx(&mut self) -> String {
        if self.one_in(3) {
            return "\"mean\"".to_owned();
        }
        let mut keys = Vec::new();
        self.perhaps(&mut keys, 2, |_| "series = \"mean\"".to_owned());
        self.perhaps(&mut keys, 2, |draw| format!("premium = \"{}\"", draw.fraction()));
        self.perhaps(&mut keys, 3, |draw| format!("add = \"{}\"", draw.number(0, 3)));
        self.perhaps(&mut keys, 2, |draw| format!("on = {}", ON[draw.on]));
        if keys.is_empty() {
            keys.push("premium = \"0.02\"".to_owned());
        }
        format!("{{ {} }}", keys.join(", "))
    }

    /// The rates of all pairs of currencies: of both billing periods, and of every day that `on` leads to.
    fn rates(&mut self) -> Vec<String> {
        let mut tables = Vec::new();
        for series in ["", "mean."] {
            for from in self.currencies.clone() {
                for to in self.currencies.clone() {
                    if from != to {
                        let keys: Vec<String> = dates(self.periods, self.on)
                            .iter()
                            .map(|on| self.rate(on, from, to))
                            .collect();
                        tables.push(format!("[fx.{series}{from}.{to}]\n{}", keys.join("\n")));
                    }
                }
            }
        }
        tables
    }

    fn rate(&mut self, on: &str, from: &str, to: &str) -> String {
        let decimals = self.pick(&[2, 4, 4, 6, 10, 18]);
        let rate = match (from, to) {
            (_, "JPY") => format!("1{}", self.number(2, decimals)),
            ("JPY", _) => format!("0.00{}7", self.number(3, 0)),
            _ => format!("{}7", self.number(1, decimals)),
        };
        format!("\"{on}\" = \"{rate}\"")
    }

    fn customer(&mut self) -> Vec<String> {
        let is_carried = self.one_in(4);
        let currency = self.pick(&self.currencies.clone());
        let mut keys = vec![
            "id = \"acme\"".to_owned(),
            format!("accounts = {ACCOUNTS:?}"),
            format!("currency = \"{currency}\""),
            "adjustments = { support = \"retain\" }".to_owned(),
        ];
        let mut lines = Vec::new();
        for _ in 0..self.pick(&[0, 1, 1, 2, 3]) {
            let id = self.id("line");
            lines.push(id);
        }
        self.lines = lines;
        let taxes = self.keys_of_invoice(&mut keys, currency);

        let mut invoices = Vec::new();
        let count = self.pick(&[0, 0, 2, 2, 3]);
        for at in 0..count {
            let id = self.id("invoice");
            let mut own = vec![format!("id = \"{id}\"")];
            let mut its_currency = currency;
            if at + 1 < count {
                own.extend(self.conditions(false));
            }
            if !is_carried && self.one_in(3) {
                its_currency = self.pick(&self.currencies.clone());
                own.push(format!("currency = \"{its_currency}\""));
                // A unit of the customer's currency is not always a whole number of coins of this one.
                own.push("rounding = { per = \"line\" }".to_owned());
                let own_taxes = taxes.clone();
                self.invoices.push(Invoice { id, currency: its_currency, taxes: own_taxes });
            } else {
                let own_taxes = self.keys_of_invoice(&mut own, its_currency);
                let taxes = if own_taxes.is_empty() { taxes.clone() } else { own_taxes };
                self.invoices.push(Invoice { id, currency: its_currency, taxes });
            }
            invoices.push(table("[customer.invoice]", &own));
        }
        if count == 0 {
            self.invoices.push(Invoice { id: "acme".to_owned(), currency, taxes });
        } else {
            self.perhaps(&mut keys, 3, |draw| {
                let at = draw.random.below(count);
                format!("shared = \"{}\"", draw.invoices[at].id)
            });
        }
        if is_carried {
            let below = self.positive(3);
            keys.push(format!(
                "carry = {{ below = \"{below}\", periods = {} }}",
                self.pick(&[1, 2, 3, 12])
            ));
        }

        let mut parts = vec![table("[customer]", &keys)];
        parts.extend(invoices);
        parts.extend(self.support());
        if self.one_in(5) {
            let [plan, part] = self.own_plan();
            parts.push(part);
            parts.insert(0, plan);
        }
        for id in self.lines.clone() {
            parts.push(self.line(&id));
        }
        for _ in 0..self.pick(&[0, 0, 1, 1, 2]) {
            parts.push(self.minimum());
        }
        for _ in 0..self.pick(&[0, 0, 0, 1, 2]) {
            parts.push(self.commitment());
        }
        for _ in 0..self.pick(&[0, 0, 1, 2, 3]) {
            parts.push(self.credit());
        }
        for _ in 0..self.pick(&[0, 0, 1, 2]) {
            parts.push(self.prepaid());
        }
        parts
    }

    /// The keys that a customer and its invoices have in common. Returns the names of the taxes.
    fn keys_of_invoice(&mut self, keys: &mut Vec<String>, currency: &str) -> Vec<String> {
        self.perhaps(keys, 2, |draw| {
            let mut rounding = vec![format!("mode = \"{}\"", draw.pick(&MODES))];
            let scopes = ["line", "service", "account", "invoice"];
            draw.perhaps(&mut rounding, 2, |draw| format!("per = \"{}\"", draw.pick(&scopes)));
            draw.perhaps(&mut rounding, 3, |draw| {
                let units = match currency {
                    "JPY" => ["10", "1000"],
                    "KWD" => ["0.005", "1"],
                    _ => ["0.05", "10"],
                };
                format!("unit = \"{}\"", draw.pick(&units))
            });
            format!("rounding = {{ {} }}", rounding.join(", "))
        });
        self.perhaps(keys, 3, |draw| format!("fx = {}", draw.fx()));
        self.perhaps(keys, 4, |draw| {
            let mut withholding = vec!["name = \"kept back\"".to_owned()];
            withholding.push(format!("rate = \"{}\"", draw.fraction()));
            draw.perhaps(&mut withholding, 2, |_| "of = \"total\"".to_owned());
            draw.perhaps(&mut withholding, 2, |draw| format!("mode = \"{}\"", draw.pick(&MODES)));
            format!("withholding = {{ {} }}", withholding.join(", "))
        });
        let mut names = Vec::new();
        if !self.one_in(3) {
            let count = self.pick(&[1, 1, 2, 3]);
            let taxes: Vec<String> =
                (1..=count).map(|number| self.tax(number, number == count)).collect();
            names.extend((1..=count).map(|number| format!("tax {number}")));
            keys.push(match &taxes[..] {
                [tax] => format!("tax = {tax}"),
                _ => format!("tax = [{}]", taxes.join(", ")),
            });
        }
        names
    }

    fn tax(&mut self, number: usize, is_last: bool) -> String {
        let rate = if self.one_in(5) { "0".to_owned() } else { self.fraction() };
        let mut keys = vec![format!("name = \"tax {number}\""), format!("rate = \"{rate}\"")];
        self.perhaps(&mut keys, 2, |draw| format!("mode = \"{}\"", draw.pick(&MODES)));
        let has_conditions = keys.len();
        while keys.len() == has_conditions && (!is_last || self.one_in(3)) {
            self.perhaps(&mut keys, 2, |draw| {
                let sections =
                    ["usage", "fee", "support", "marketplace", "minimum", "credit", "discount"];
                format!("sections = {}", list(&draw.some(&sections)))
            });
            self.perhaps(&mut keys, 3, |draw| {
                format!("service = {}", list(&draw.some(&SERVICE_TEXTS)))
            });
            if !self.lines.is_empty() {
                self.perhaps(&mut keys, 5, |draw| format!("line = \"{}\"", draw.lines[0]));
            }
        }
        format!("{{ {} }}", keys.join(", "))
    }

    /// At least one condition on charges. `kind` may be asked for.
    fn conditions(&mut self, with_kind: bool) -> Vec<String> {
        let mut keys = Vec::new();
        while keys.is_empty() {
            if with_kind || self.one_in(4) {
                self.perhaps(&mut keys, 3, |draw| {
                    let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name()).collect();
                    format!("kind = {}", list(&draw.some(&kinds)))
                });
            }
            self.perhaps(&mut keys, 4, |draw| format!("account = {}", list(&draw.some(&ACCOUNTS))));
            self.perhaps(&mut keys, 4, |draw| {
                format!("service = {}", list(&draw.some(&SERVICE_TEXTS)))
            });
            self.perhaps(&mut keys, 6, |draw| {
                format!("region = {}", list(&draw.some(&REGION_TEXTS)))
            });
            self.perhaps(&mut keys, 6, |draw| {
                format!("usage_type = {}", list(&draw.some(&USAGE_TYPE_TEXTS)))
            });
            self.perhaps(&mut keys, 6, |draw| format!("payer = {}", list(&draw.some(&PAYERS))));
        }
        keys
    }

    /// `base`, `of` and `except`.
    fn base(&mut self, keys: &mut Vec<String>) {
        self.perhaps(keys, 2, |draw| format!("base = \"{}\"", draw.pick(&STAGES)));
        self.perhaps(keys, 3, |draw| format!("of = {{ {} }}", draw.conditions(true).join(", ")));
        self.perhaps(keys, 4, |draw| {
            let first = draw.conditions(true).join(", ");
            if draw.one_in(2) {
                return format!("except = {{ {first} }}");
            }
            format!("except = [{{ {first} }}, {{ {} }}]", draw.conditions(true).join(", "))
        });
    }

    /// The value of `percent`, `unit_price` or `rates`, and the key `tiers` if it needs one.
    fn tiers(&mut self, keys: &mut Vec<String>, key: &str, sign: &str) {
        if self.one_in(2) {
            let rate = self.fraction();
            let is_zero = rate.chars().all(|digit| matches!(digit, '0' | '.'));
            let rate = if is_zero { "0.1" } else { &rate };
            return keys.push(format!("{key} = \"{sign}{rate}\""));
        }
        let mut up_to = 0;
        let count = self.pick(&[1, 2, 3]);
        let mut tiers: Vec<String> = (0..count)
            .map(|_| {
                up_to += 1 + self.random.below(1000);
                format!("{{ up_to = \"{up_to}\", rate = \"{sign}0.{}\" }}", self.random.below(100))
            })
            .collect();
        tiers.push(format!("{{ rate = \"{sign}0.{}1\" }}", self.random.below(100)));
        keys.push(format!("{key} = [{}]", tiers.join(", ")));
        keys.push(format!("tiers = \"{}\"", self.pick(&["slices", "whole"])));
    }

    /// `from` and `until` around the billing periods.
    fn from_until(&mut self, keys: &mut Vec<String>) {
        let periods = self.periods;
        let at = self.random.below(2);
        self.perhaps(keys, 5, |_| format!("from = \"{}\"", periods[at]));
        self.perhaps(keys, 5, |draw| format!("until = \"{}\"", draw.pick(&periods[at..])));
    }

    /// `currency` and `invoice`.
    fn place(&mut self, keys: &mut Vec<String>) {
        self.perhaps(keys, 3, |draw| {
            format!("currency = \"{}\"", draw.pick(&draw.currencies.clone()))
        });
        self.perhaps(keys, 4, |draw| {
            let at = draw.random.below(draw.invoices.len());
            format!("invoice = \"{}\"", draw.invoices[at].id)
        });
    }

    /// No plan, one for some accounts, or two for different accounts.
    fn support(&mut self) -> Vec<String> {
        let count = self.pick(&[0, 0, 1, 1, 2]);
        (0..count)
            .map(|at| {
                let mut keys = vec![format!("id = \"{}\"", self.id("support"))];
                if self.one_in(2) {
                    let plans =
                        ["developer", "business", "business_support_plus", "enterprise_on_ramp"];
                    let large = ["enterprise", "unified_operations", "partner_led"];
                    let of = if self.one_in(3) { &large[..] } else { &plans[..] };
                    keys.push(format!("plan = \"{}\"", self.pick(of)));
                } else {
                    self.tiers(&mut keys, "rates", "");
                    self.perhaps(&mut keys, 2, |draw| format!("minimum = \"{}\"", draw.amount()));
                }
                let scopes = ["account", "payer", "customer"];
                self.perhaps(&mut keys, 2, |draw| format!("scope = \"{}\"", draw.pick(&scopes)));
                if count == 2 || self.one_in(3) {
                    let accounts = if at == 0 { &ACCOUNTS[..2] } else { &ACCOUNTS[2..] };
                    keys.push(format!("accounts = {}", list(&self.some(accounts))));
                }
                self.base(&mut keys);
                let is_of_aws = keys.iter().any(|key| key.starts_with("plan"));
                self.place(&mut keys);
                // AWS's tables are in dollars.
                keys.retain(|key| !is_of_aws || !key.starts_with("currency"));
                let periods = self.periods;
                self.perhaps(&mut keys, 4, |draw| {
                    let day = 1 + draw.random.below(28);
                    if draw.one_in(4) {
                        format!("from = \"{}\"", periods[0])
                    } else {
                        format!("from = \"{}-{day:02}\"", periods[0])
                    }
                });
                self.perhaps(&mut keys, 4, |draw| {
                    let day = 1 + draw.random.below(28);
                    format!("until = \"{}-{day:02}\"", periods[1])
                });
                table("[customer.support]", &keys)
            })
            .collect()
    }

    /// A plan of the reseller, and the customer's part of it.
    fn own_plan(&mut self) -> [String; 2] {
        let id = self.id("plan");
        let mut keys = vec![format!("id = \"{id}\"")];
        if self.one_in(2) {
            keys.push("plan = \"enterprise\"".to_owned());
        } else {
            self.tiers(&mut keys, "rates", "");
            self.perhaps(&mut keys, 2, |draw| format!("minimum = \"{}\"", draw.amount()));
            let currency = self.pick(&self.currencies.clone());
            keys.push(format!("currency = \"{currency}\""));
        }
        self.perhaps(&mut keys, 2, |draw| format!("base = \"{}\"", draw.pick(&STAGES)));
        self.perhaps(&mut keys, 3, |draw| {
            format!("of = {{ service = {} }}", list(&draw.some(&SERVICE_TEXTS)))
        });
        self.perhaps(&mut keys, 3, |_| "except = { kind = \"fee\" }".to_owned());
        self.perhaps(&mut keys, 3, |draw| format!("payers = {}", list(&draw.some(&PAYERS))));
        self.from_until(&mut keys);
        let mut part = vec![format!("part_of = \"{id}\"")];
        self.perhaps(&mut part, 3, |draw| {
            let at = draw.random.below(draw.invoices.len());
            format!("invoice = \"{}\"", draw.invoices[at].id)
        });
        [table("[support]", &keys), table("[customer.support]", &part)]
    }

    fn spend_of_another(&mut self) -> Vec<SpendRow> {
        let count = self.pick(&[0, 1, 3]);
        let currency = self.pick(&self.currencies.clone());
        let charges: Vec<Charge> = (0..count).map(|_| self.charge(currency)).collect();
        spend_rows(&charges)
    }

    fn line(&mut self, id: &str) -> String {
        let mut keys = vec![format!("id = \"{id}\"")];
        let is_discount = self.one_in(3);
        let sign = if is_discount { "-" } else { "" };
        if is_discount {
            keys.push("section = \"discount\"".to_owned());
        } else {
            let sections = ["fee", "support", "subscription", "marketplace"];
            self.perhaps(&mut keys, 3, |draw| format!("section = \"{}\"", draw.pick(&sections)));
        }
        let what = self.pick(&["amount", "percent", "percent", "unit_price"]);
        match what {
            "amount" => keys.push(format!("amount = \"{sign}{}\"", self.positive(3))),
            "percent" => {
                self.tiers(&mut keys, "percent", sign);
                self.base(&mut keys);
            }
            _ => {
                self.tiers(&mut keys, "unit_price", sign);
                let stated = self.amount();
                let quantity = if self.one_in(2) { "accounts" } else { &stated };
                keys.push(format!("quantity = \"{quantity}\""));
                self.perhaps(&mut keys, 2, |draw| format!("included = \"{}\"", draw.number(1, 1)));
            }
        }
        if what != "amount" {
            self.perhaps(&mut keys, 3, |draw| format!("minimum = \"{}\"", draw.number(1, 2)));
            self.perhaps(&mut keys, 3, |draw| format!("maximum = \"1{}\"", draw.number(2, 2)));
        }
        self.perhaps(&mut keys, 3, |_| "only_with_usage = true".to_owned());
        self.place(&mut keys);
        self.from_until(&mut keys);
        table("[customer.line]", &keys)
    }

    fn minimum(&mut self) -> String {
        let mut keys = vec![format!("id = \"{}\"", self.id("minimum"))];
        keys.push(format!("amount = \"{}\"", self.positive(4)));
        self.perhaps(&mut keys, 3, |draw| format!("counts = {}", list(&draw.some(&COUNTING))));
        keys.push(format!(
            "measured = \"{}\"",
            self.pick(&["before_discounts", "after_discounts"])
        ));
        self.perhaps(&mut keys, 3, |_| "only_with_usage = true".to_owned());
        self.place(&mut keys);
        self.from_until(&mut keys);
        table("[customer.minimum]", &keys)
    }

    fn commitment(&mut self) -> String {
        let id = self.id("commitment");
        let mut keys = vec![format!("id = \"{id}\""), format!("amount = \"{}\"", self.positive(5))];
        self.perhaps(&mut keys, 2, |draw| {
            let counts: Vec<String> = (draw.some(&COUNTING).into_iter())
                .map(|section| {
                    if draw.one_in(2) {
                        return format!("\"{section}\"");
                    }
                    format!("{{ section = \"{section}\", at_most = \"{}\" }}", draw.positive(3))
                })
                .collect();
            format!("counts = [{}]", counts.join(", "))
        });
        keys.push(format!(
            "measured = \"{}\"",
            self.pick(&["before_discounts", "after_discounts"])
        ));
        self.place(&mut keys);
        keys.push("from = \"2025-01\"".to_owned());
        let until = self.pick(&self.periods.clone());
        keys.push(format!("until = \"{until}\""));
        if self.one_in(2) {
            let sections = ["usage", "fee", "marketplace"];
            let so_far: BTreeMap<_, _> = (self.some(&sections).into_iter())
                .map(|section| (section.parse::<ChargeKind>().unwrap(), parsed(&self.positive(4))))
                .map(|(kind, amount)| (Section::Charge(kind), amount))
                .collect();
            self.balances.commitments.insert(id, so_far);
        }
        table("[customer.commitment]", &keys)
    }

    fn credit(&mut self) -> String {
        let id = self.id("credit");
        let mut keys = vec![format!("id = \"{id}\""), format!("amount = \"{}\"", self.positive(4))];
        self.perhaps(&mut keys, 2, |draw| {
            format!("of = {{ {} }}", draw.conditions(true).join(", "))
        });
        self.place(&mut keys);
        self.from_until(&mut keys);
        if self.one_in(2) {
            let used = parsed(&self.positive(3));
            self.balances.credits.insert(id, used);
        }
        table("[customer.credit]", &keys)
    }

    fn prepaid(&mut self) -> String {
        let id = self.id("prepaid");
        let amount = 1 + self.random.below(10_000);
        let mut keys = vec![format!("id = \"{id}\""), format!("amount = \"{amount}\"")];
        keys.push(format!("paid = \"2025-0{}-15\"", 1 + self.random.below(4)));
        // A balance in a currency that no invoice has is refused.
        let at = self.random.below(self.invoices.len());
        keys.push(format!("currency = \"{}\"", self.invoices[at].currency));
        self.perhaps(&mut keys, 4, |draw| format!("invoice = \"{}\"", draw.invoices[at].id));
        self.from_until(&mut keys);
        if self.one_in(2) {
            let used = Amount::from(1 + self.random.below(1000) as u64);
            self.balances.prepaid.insert(id, used);
        }
        table("[customer.prepaid]", &keys)
    }

    /// Lines in whole coins that earlier bills have left to this one.
    fn of_earlier_bills(&mut self, section: Section) -> Vec<Correction> {
        let count = self.pick(&[0, 0, 0, 1, 2]);
        (0..count)
            .map(|_| {
                let at = self.random.below(self.invoices.len());
                let sign = if self.one_in(5) { "-" } else { "" };
                let amount = parsed(&format!("{sign}{}", self.number(3, 0)));
                let period =
                    self.pick(&["2025-01", "2025-07", "2025-10", "2025-11"]).parse().unwrap();
                let is_gone = self.one_in(4);
                let invoice = &self.invoices[at];
                let (id, currency) = (invoice.id.clone(), invoice.currency);
                let taxes = [vec![String::new()], invoice.taxes.clone()].concat();
                let tax = taxes[self.random.below(taxes.len())].clone();
                let tax = if self.one_in(20) { "gone".to_owned() } else { tax };
                let line = InvoiceLine::plain(section, "", "", period, currency, amount);
                Correction {
                    invoice_id: if is_gone { "gone".to_owned() } else { id },
                    currency: currency.to_owned(),
                    line: InvoiceLine { tax, ..line },
                }
            })
            .collect()
    }

    fn payers(&mut self) -> Vec<PayerCharges> {
        PAYERS
            .iter()
            .map(|payer| {
                let currency = self.pick(&self.currencies.clone());
                let count = self.pick(&[0, 1, 3, 6, 12]);
                let charges = (0..count).map(|_| self.charge(currency)).collect();
                PayerCharges { payer: payer.parse().unwrap(), charges }
            })
            .collect()
    }

    fn charge(&mut self, currency: &str) -> Charge {
        let kind = if self.one_in(2) { ChargeKind::Usage } else { self.pick(&KINDS) };
        let gives_back =
            matches!(kind, ChargeKind::Credit | ChargeKind::Refund | ChargeKind::Discount);
        let sign = if gives_back != self.one_in(12) { "-" } else { "" };
        let currency = if self.one_in(12) { self.pick(&self.currencies.clone()) } else { currency };
        let before_rules = format!("{sign}{}", self.amount());
        let charge =
            if self.one_in(3) { format!("{sign}{}", self.amount()) } else { before_rules.clone() };
        let cost = |draw: &mut Self| parsed(&format!("{sign}{}", draw.amount()));
        let purchase = (kind == ChargeKind::Usage).then(|| self.pick(&PURCHASES));
        let has_benefit = matches!(purchase, Some(Purchase::Reserved | Purchase::SavingsPlan));
        let benefit = if has_benefit { self.amount() } else { "0".to_owned() };
        let measures = Measures {
            unblended_cost: cost(self),
            amortized_cost: (!self.one_in(200)).then(|| cost(self)),
            list_cost: (!self.one_in(4)).then(|| cost(self)),
            benefit: (!self.one_in(10)).then(|| parsed(&benefit)),
            ..Measures::ZERO
        };
        Charge {
            key: ChargeKey {
                usage_account_id: self.pick(&ACCOUNTS).parse().unwrap(),
                charge_kind: kind,
                sku: Sku {
                    service_code: self.pick(&SERVICES).to_owned(),
                    region: self.pick(&REGIONS).to_owned(),
                    usage_type: self.pick(&USAGE_TYPES).to_owned(),
                    operation: self.pick(&OPERATIONS).to_owned(),
                },
                currency: currency.to_owned(),
            },
            purchase,
            measures,
            price_rule: String::new(),
            charge_before_rules: parsed(&before_rules),
            charge: parsed(&charge),
        }
    }
}

const PURCHASES: [Purchase; 4] =
    [Purchase::OnDemand, Purchase::Spot, Purchase::Reserved, Purchase::SavingsPlan];
const KINDS: [ChargeKind; 10] = [
    ChargeKind::Usage,
    ChargeKind::CommitmentFee,
    ChargeKind::Support,
    ChargeKind::Fee,
    ChargeKind::Subscription,
    ChargeKind::Marketplace,
    ChargeKind::Credit,
    ChargeKind::Refund,
    ChargeKind::Tax,
    ChargeKind::Discount,
];

fn carried_over(left: Correction) -> Carried {
    let Correction { invoice_id, currency, line } = left;
    Carried {
        billing_period: line.billing_period,
        invoice_id,
        currency,
        tax: line.tax,
        amount: line.amount,
    }
}

fn parsed(text: &str) -> Amount {
    text.parse().unwrap()
}

/// One text or a list, as TOML.
fn list(texts: &[&str]) -> String {
    match texts {
        [text] => format!("{text:?}"),
        _ => format!("{texts:?}"),
    }
}

fn table(name: &str, keys: &[String]) -> String {
    format!("[{name}]\n{}", keys.join("\n"))
}

/// The billing periods, and the day that one of `ON` leads to from each of them.
fn dates(periods: [&str; 2], on: usize) -> Vec<String> {
    let mut dates: Vec<String> = periods.iter().map(|&period| period.to_owned()).collect();
    for period in periods {
        let (year, month) = period.split_once('-').unwrap();
        let (year, month): (u32, u32) = (year.parse().unwrap(), month.parse().unwrap());
        let (next_year, next) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
        let (next_period, next_days) = (format!("{next_year}-{next:02}"), days(next_year, next));
        dates.push(match on {
            0 => format!("{period}-{}", days(year, month)),
            1 => format!("{next_period}-{next_days}"),
            2 => format!("{next_period}-{}", next_days.min(30)),
            _ => format!("{next_period}-05"),
        });
    }
    dates
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
