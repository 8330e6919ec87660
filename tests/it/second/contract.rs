//! Contracts at random, as text, with every part that bills read.

use std::collections::BTreeMap;

use contracts::ChargeKind;
use contracts::terms::Section;
use money::Amount;

use super::draw::{ACCOUNTS, Draw, Invoice, ON, PAYERS, parsed};

const SERVICE_TEXTS: [&str; 6] = ["AmazonEC2", "AmazonS3", "Amazon*", "AWS*", "*", "vendor.*"];
const REGION_TEXTS: [&str; 3] = ["ap-northeast-1", "us-*", "*"];
const USAGE_TYPE_TEXTS: [&str; 4] = ["*BoxUsage:*", "APN1-*", "APN1-BoxUsage:m5.large", "*"];
const MODES: [&str; 4] = ["half_up", "half_even", "up", "down"];
const STAGES: [&str; 4] = ["list", "before_rules", "charge", "amortized"];
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

impl Draw {
    pub(super) fn contracts(&mut self) -> String {
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

        let invoices = self.invoices_of(&mut keys, currency, &taxes, is_carried);
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

    /// No invoice, or several. If small bills are carried over, all have the currency of the customer.
    fn invoices_of(
        &mut self,
        keys: &mut Vec<String>,
        currency: &'static str,
        taxes: &[String],
        is_carried: bool,
    ) -> Vec<String> {
        let count = self.pick(&[0, 0, 2, 2, 3]);
        if count == 0 {
            let id = "acme".to_owned();
            self.invoices.push(Invoice { id, currency, taxes: taxes.to_vec() });
            return Vec::new();
        }
        let mut tables = Vec::new();
        for at in 0..count {
            let id = self.id("invoice");
            let mut own = vec![format!("id = \"{id}\"")];
            if at + 1 < count {
                own.extend(self.conditions(false));
            }
            let mut invoice = Invoice { id, currency, taxes: taxes.to_vec() };
            if !is_carried && self.one_in(3) {
                invoice.currency = self.pick(&self.currencies.clone());
                own.push(format!("currency = \"{}\"", invoice.currency));
                // A unit of the customer's currency is not always a whole number of coins of this one.
                own.push("rounding = { per = \"line\" }".to_owned());
            } else {
                let own_taxes = self.keys_of_invoice(&mut own, currency);
                if !own_taxes.is_empty() {
                    invoice.taxes = own_taxes;
                }
            }
            self.invoices.push(invoice);
            tables.push(table("[customer.invoice]", &own));
        }
        self.perhaps(keys, 3, |draw| format!("shared = \"{}\"", draw.invoice_id()));
        tables
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
                    let kinds: Vec<&str> = ChargeKind::ALL.iter().map(|kind| kind.name()).collect();
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
                // Numbers of accounts are small, and some lie exactly at the end of a tier.
                let largest = self.pick(&[2, 1000]);
                up_to += 1 + self.random.below(largest);
                format!("{{ up_to = \"{up_to}\", rate = \"{sign}0.{}\" }}", self.random.below(100))
            })
            .collect();
        tiers.push(format!("{{ rate = \"{sign}0.{}1\" }}", self.random.below(100)));
        keys.push(format!("{key} = [{}]", tiers.join(", ")));
        keys.push(format!("tiers = \"{}\"", self.pick(&["slices", "whole"])));
    }

    /// `from` and `until` around the billing periods.
    fn periods_of(&mut self, keys: &mut Vec<String>) {
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
        self.perhaps(keys, 4, |draw| format!("invoice = \"{}\"", draw.invoice_id()));
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
        self.periods_of(&mut keys);
        let mut part = vec![format!("part_of = \"{id}\"")];
        self.perhaps(&mut part, 3, |draw| format!("invoice = \"{}\"", draw.invoice_id()));
        [table("[support]", &keys), table("[customer.support]", &part)]
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
                let stated = self.positive(2);
                let quantity = if self.one_in(2) { "accounts" } else { &stated };
                keys.push(format!("quantity = \"{quantity}\""));
                self.perhaps(&mut keys, 2, |draw| format!("included = \"{}\"", draw.number(1, 1)));
            }
        }
        if what != "amount" {
            self.perhaps(&mut keys, 3, |draw| format!("minimum = \"{}\"", draw.positive(1)));
            self.perhaps(&mut keys, 3, |draw| format!("maximum = \"1{}\"", draw.number(2, 2)));
        }
        self.perhaps(&mut keys, 3, |_| "only_with_usage = true".to_owned());
        self.place(&mut keys);
        self.periods_of(&mut keys);
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
        self.periods_of(&mut keys);
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
        self.periods_of(&mut keys);
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
        self.periods_of(&mut keys);
        if self.one_in(2) {
            let used = Amount::from(1 + self.random.below(1000) as u64);
            self.balances.prepaid.insert(id, used);
        }
        table("[customer.prepaid]", &keys)
    }
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
        2 if year.is_multiple_of(4) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
