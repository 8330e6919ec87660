//! What a bill reads of a contract: invoices, taxes, lines, support plans, minimums and balances.

use std::collections::BTreeSet;

use contracts::ChargeKind;
use contracts::terms::{
    AwsPlan, Carry, Corrections, CustomLine, DayRule, Fee, InvoiceTerms, MonthDay, Pattern,
    Quantity, Reach, RoundingScope, Section, Selector, Shared, Stage, SupportScope, SupportTable,
    Terms, Texts, Tier, Tiers, Withholding,
};
use money::Amount;
use money::rounding::Mode;

use super::{account, check, check_one, parse, period, rate, value};

/// A right file with one customer that has two accounts. `more` begins on line 5.
fn customer(more: &str) -> String {
    format!(
        "reseller = {{ name = \"A\" }}\n[[customer]]\nid = \"acme\"\n\
         accounts = [\"111122223333\", \"444455556666\"]\n{more}\n"
    )
}

fn terms(more: &str) -> Terms {
    parse(&customer(more)).customer("acme").unwrap().terms.clone()
}

fn check_customer(more: &str, expected: &[&str]) {
    check(&customer(more), expected);
}

/// Checks the one message about a table of the customer. Lines and columns count from the table's title.
fn check_table(title: &str, more: &str, expected: &str) {
    let line = expected.split(':').next().unwrap();
    let moved = line.parse::<usize>().unwrap() + 4;
    let expected = expected.replacen(line, &moved.to_string(), 1);
    check_customer(&format!("[[customer.{title}]]\n{more}"), &[&expected]);
}

fn warnings(more: &str) -> Vec<String> {
    parse(&customer(more)).warnings().iter().map(ToString::to_string).collect()
}

fn amount(text: &str) -> Amount {
    value(text)
}

fn texts(patterns: &[&str]) -> Texts {
    Texts(patterns.iter().map(|text| Pattern::from((*text).to_owned())).collect())
}

fn kinds(names: &str) -> BTreeSet<ChargeKind> {
    names.split(' ').map(value).collect()
}

fn sections(names: &str) -> BTreeSet<Section> {
    names.split(' ').map(value).collect()
}

/// Tiers from ends and rates; the last has no end.
fn tiers(reach: Reach, tiers: &[(&str, &str)]) -> Tiers {
    let tier = |(end, of): &(&str, &str)| Tier {
        up_to: (!end.is_empty()).then(|| amount(end)),
        rate: rate(of),
    };
    Tiers { tiers: tiers.iter().map(tier).collect(), reach }
}

#[test]
fn a_customer_without_invoices_has_one_of_its_own() {
    let plain = terms("");
    let [invoice] = plain.invoices.as_slice() else { panic!("{plain:?}") };
    assert_eq!((&*invoice.id, &*invoice.name), ("acme", "acme"));
    assert!(invoice.takes.is_empty());
    assert_eq!((&invoice.address, &invoice.order_number, &invoice.fx), (&None, &None, &None));
    assert_eq!((&invoice.withholding, invoice.due), (&None, None));
    assert_eq!((plain.shared, plain.corrections), (Shared::BySpend, Corrections::Notes));
    assert_eq!(plain.carry, None);

    let full = terms(
        r#"
        name = "Acme K.K."
        address = "1-1 Example\nTokyo"
        order_number = "4500012345"
        currency = "JPY"
        rounding = { mode = "up", per = "invoice", unit = "1000" }
        withholding = { name = "withholding tax", rate = "0.1021", of = "total", mode = "half_up" }
        due = { days = 30 }
        corrections = "next_invoice"
        shared = "acme"
        carry = { below = "2000", periods = 12 }
        "#,
    );
    let [invoice] = full.invoices.as_slice() else { panic!("{full:?}") };
    assert_eq!(invoice.address.as_deref(), Some("1-1 Example\nTokyo"));
    assert_eq!(invoice.order_number.as_deref(), Some("4500012345"));
    assert_eq!(invoice.rounding.mode, Mode::Up);
    assert_eq!(invoice.rounding.per, RoundingScope::Invoice);
    assert_eq!(invoice.rounding.unit, Some(amount("1000")));
    let withholding = Withholding {
        name: "withholding tax".to_owned(),
        rate: rate("0.1021"),
        of_total: true,
        mode: Mode::HalfUp,
    };
    assert_eq!(invoice.withholding, Some(withholding));
    assert_eq!(invoice.due, Some(DayRule { months: 0, day: MonthDay::DaysLater(30) }));
    assert_eq!(full.corrections, Corrections::NextInvoice);
    assert_eq!(full.shared, Shared::To("acme".to_owned()));
    assert_eq!(full.carry, Some(Carry { below: amount("2000"), periods: 12 }));

    let withholding = r#"withholding = { name = "tax", rate = "0.1" }"#;
    let withholding = terms(withholding).invoices.remove(0).withholding.unwrap();
    assert_eq!((withholding.of_total, withholding.mode), (false, Mode::Down));
}

#[test]
fn an_invoice_says_what_it_takes_and_the_rest_is_the_customers() {
    let terms = terms(
        r#"
        name = "Acme"
        address = "Tokyo"
        currency = "JPY"
        rounding = { mode = "up", unit = "1000" }
        tax = { name = "consumption tax", rate = "0.10" }
        shared = "rest"
        [[customer.invoice]]
        id = "production"
        kind = ["usage", "fee"]
        service = "Amazon*"
        region = ["ap-northeast-1", "us-*"]
        usage_type = "*BoxUsage*"
        account = "111122223333"
        payer = "999988887777"
        name = "Acme Production"
        order_number = "1"
        currency = "USD"
        rounding = { per = "line" }
        tax = [{ name = "VAT", rate = "0.2", mode = "half_up" }]
        due = { months = 1, day = 10 }
        [[customer.invoice]]
        id = "rest"
        "#,
    );
    let [production, rest]: &[InvoiceTerms; 2] = terms.invoices.as_slice().try_into().unwrap();
    let Selector { kinds: of_kinds, services, regions, usage_types, accounts, payers } =
        &production.takes;
    assert_eq!(*of_kinds, Some(kinds("usage fee")));
    assert_eq!(*services, Some(texts(&["Amazon*"])));
    assert_eq!(*regions, Some(texts(&["ap-northeast-1", "us-*"])));
    assert_eq!(*usage_types, Some(texts(&["*BoxUsage*"])));
    assert_eq!(*accounts, Some(BTreeSet::from([account("111122223333")])));
    assert_eq!(*payers, Some(BTreeSet::from([account(super::PAYER)])));
    assert_eq!((&*production.id, &*production.name), ("production", "Acme Production"));
    assert_eq!(production.address.as_deref(), Some("Tokyo"));
    assert_eq!(production.order_number.as_deref(), Some("1"));
    assert_eq!(production.currency.code(), "USD");
    // A table replaces the customer's table as a whole.
    assert_eq!(production.rounding.mode, Mode::HalfUp);
    assert_eq!(production.rounding.per, RoundingScope::Line);
    assert_eq!(production.rounding.unit, None);
    assert_eq!((&*production.taxes[0].name, production.taxes[0].mode), ("VAT", Mode::HalfUp));
    assert_eq!(production.due, Some(DayRule { months: 1, day: MonthDay::Number(10) }));

    assert_eq!((&*rest.id, &*rest.name, rest.currency.code()), ("rest", "Acme", "JPY"));
    assert!(rest.takes.is_empty());
    assert_eq!(rest.rounding.unit, Some(amount("1000")));
    assert_eq!(rest.taxes[0].name, "consumption tax");
    assert_eq!(terms.shared, Shared::To("rest".to_owned()));
}

#[test]
fn a_star_stands_for_any_characters() {
    let check = |pattern: &str, text: &str, expected: bool| {
        assert_eq!(Pattern::from(pattern.to_owned()).matches(text), expected, "{pattern} {text}");
    };
    check("*BoxUsage:*", "APN1-BoxUsage:m5.large", true);
    check("*BoxUsage:*", "APN1-SpotUsage:m5.large", false);
    check("BoxUsage*", "APN1-BoxUsage:m5.large", false);
    check("*", "", true);
    check("a*a", "a", false);
    check("a*b*c", "abbc", true);
    check("AmazonEC2", "AmazonEC2", true);
    check("AmazonEC2", "amazonec2", false);
}

#[test]
fn invoices_are_checked() {
    check_customer(
        r#"shared = "main"
carry = { below = "2000", periods = 12 }
[[customer.invoice]]
id = "first"
[[customer.invoice]]
id = "First"
account = ["111122223333", "123456789012"]
payer = "1"
kind = ["usage", "usag"]
service = []
currency = "EUR"
[[customer.invoice]]
region = ""
acount = "111122223333"
[[customer.invoice]]
id = "first"
usage_type = { is = "BoxUsage" }
[[customer.invoice]]
id = "by_spend"
account = "111122223333"
"#,
        &[
            "5:10: the customer has no invoice `main`; the ids are first, First, , first, by_spend",
            "6:9: `carry` has one amount for all invoices of the customer, and they are in USD and EUR; \
             remove `carry`, or choose one currency",
            "7:1: this invoice has no conditions, so it takes everything, and those after it get nothing; \
             put it last, or add a condition such as `account`",
            "10:6: `id` cannot be `First`: use at most 64 of a-z, 0-9, `.`, `_` and `-`, starting with a \
             letter or a digit",
            "11:28: account 123456789012 is not in the customer's `accounts`, so this never applies to it; \
             add it there or correct it",
            "12:9: `payer`: `1` is not an account id: twelve digits",
            "13:18: `kind` cannot be `usag`; did you mean `usage`?",
            "14:11: `service` is an empty list, which nothing can match; write something in it or remove it",
            r#"16:1: [[customer.invoice]] has no `id`; add it: id = "main""#,
            "17:10: `region` is empty; write something or remove it",
            "18:1: [[customer.invoice]] has no key `acount`; did you mean `account`?",
            "20:6: the invoice `first` is already there (see 8:6); give each its own `id`",
            "21:14: `usage_type` is a table, but it must be a string",
            "22:1: the last [[customer.invoice]] has no conditions, because what no other invoice takes must \
             stand somewhere; remove them, or add an invoice without conditions",
            "23:6: `id` cannot be `by_spend`, because `shared` has this word; choose another",
        ],
    );
    check_customer(
        "[customer.invoice]\nid = \"main\"",
        &["5:1: there may be many of `invoice`; write [[customer.invoice]]"],
    );
}

#[test]
fn the_rest_of_a_customer_is_checked() {
    check_customer(
        r#"address = ""
withholding = { rate = "10", of = "totl", mode = "nearest" }
due = "period_end"
corrections = "note"
shared = 1
carry = { below = "0", periods = 0, perods = 1 }
"#,
        &[
            "5:11: `address` is empty; write something or remove it",
            r#"6:15: `withholding` has no `name`; add it: name = "withholding tax""#,
            "6:24: `rate` is 10, but it must be a fraction from 0 to 1; write \"0.05\" for 5 percent",
            "6:35: `of` cannot be `totl`; did you mean `total`?",
            "6:50: `mode` cannot be `nearest`; write one of half_up, half_even, up, down",
            "7:7: `due` is a string, but it must be a table",
            "8:15: `corrections` cannot be `note`; did you mean `notes`?",
            "9:10: `shared` must be a string; write \"1\"",
            "10:19: `below` is 0, but it must be more than 0",
            "10:34: `periods` must be a whole number from 1 to 4294967295",
            "10:37: `carry` has no key `perods`; did you mean `periods`?",
        ],
    );
}

#[test]
fn amounts_are_rounded_to_whole_coins() {
    let of = |currency: &str, unit: &str, expected: &[&str]| {
        let more = format!("currency = \"{currency}\"\nrounding = {{ unit = {unit} }}");
        check_customer(&more, expected);
    };
    of("JPY", "\"1000\"", &[]);
    of("CHF", "\"0.05\"", &[]);
    of("KWD", "\"0.001\"", &[]);
    of("USD", "\"1.50\"", &[]);
    of(
        "JPY",
        "\"0.5\"",
        &[
            "6:21: amounts cannot be rounded to multiples of 0.5 in JPY, whose smallest coin has 0 decimals; \
         change `unit`",
        ],
    );
    of("JPY", "\"0\"", &["6:21: `unit` is 0, but it must be more than 0"]);
    of(
        "JPY",
        "1000",
        &[
            "6:21: `unit` is a bare number; write it as a string, \"1000\", so that no float touches it",
        ],
    );
    of(
        "JPY",
        "\"1,000\"",
        &[
            "6:21: `unit`: `1,000` is not a decimal number with at most 20 digits before the point and 18 \
         after it",
        ],
    );
    of(
        "JPY",
        "\"1e3\"",
        &[
            "6:21: `unit`: `1e3` is not a decimal number with at most 20 digits before the point and 18 after \
         it",
        ],
    );
    check_customer(
        "currency = \"CHF\"\nrounding = { unit = \"0.05\" }\n\
         [[customer.invoice]]\nid = \"a\"\naccount = \"111122223333\"\ncurrency = \"JPY\"\n\
         [[customer.invoice]]\nid = \"b\"\n",
        &[
            "10:12: amounts cannot be rounded to multiples of 0.05 in JPY, whose smallest coin has 0 decimals; \
           change `unit`",
        ],
    );
}

#[test]
fn an_item_has_the_first_tax_that_takes_it() {
    let terms = terms(
        r#"
        tax = [
          { name = "exempt", rate = "0", sections = ["fee", "minimum"], line = "abroad" },
          { name = "reduced", rate = "0.08", service = ["AWSMarketplace", "Amazon*"], mode = "up" },
          { name = "standard", rate = "0.10" },
        ]
        [[customer.line]]
        id = "abroad"
        amount = "1"
        "#,
    );
    let [exempt, reduced, standard] = terms.invoices[0].taxes.as_slice() else { panic!() };
    assert_eq!((&*exempt.name, exempt.rate, exempt.mode), ("exempt", rate("0"), Mode::Down));
    assert_eq!(exempt.sections, Some(sections("fee minimum")));
    assert_eq!(exempt.lines, Some(BTreeSet::from(["abroad".to_owned()])));
    assert_eq!(exempt.services, None);
    assert_eq!(reduced.services, Some(texts(&["AWSMarketplace", "Amazon*"])));
    assert_eq!((reduced.mode, &reduced.sections, &reduced.lines), (Mode::Up, &None, &None));
    assert_eq!((&*standard.name, &standard.services), ("standard", &None));
}

#[test]
fn taxes_are_checked() {
    check_customer(
        r#"tax = [
  { name = "a", rate = "0.1", sections = ["usage", "tax"] },
  { name = "b", rate = "0.1", line = ["fee", "fees"] },
  { name = "c", rate = "0.1" },
  { name = "d", rate = "0.1", service = "AmazonEC2" },
  { name = "c", rate = "1.1", mode = "half" },
  { name = "c", rate = "0.2", line = "fees" },
  "e",
]
[[customer.line]]
id = "fees"
amount = "1"
[[customer.invoice]]
id = "main"
tax = { name = "VAT", rate = 0.2, section = "usage" }
"#,
        &[
            "6:52: `sections` cannot be `tax`; write one of usage, commitment_fee, support, fee, \
             subscription, marketplace, credit, refund, discount, minimum, commitment, correction, carried",
            "7:39: the customer has no line `fee`; did you mean `fees`?",
            "9:3: this tax never applies, because the tax `c` before it (see 8:3) has no conditions and \
             takes everything; put that one last",
            "10:24: `rate` is 1.1, but it must be a fraction from 0 to 1; write \"0.05\" for 5 percent",
            "10:38: `mode` cannot be `half`; write one of half_up, half_even, up, down",
            "11:3: the tax `c` is already there (see 8:3); give each its own `name`",
            "12:3: `tax` is a string, but it must be a table",
            "19:30: `rate` is a bare number; write it as a string, \"0.2\", so that no float touches it",
            "19:35: tax has no key `section`; did you mean `sections`?",
        ],
    );
    check_customer(
        "tax = { name = \"a\", rate = \"0.1\", line = \"fee\" }",
        &["5:42: the customer has no line `fee`; add a [[customer.line]] with this id"],
    );
}

fn line(more: &str) -> CustomLine {
    let terms = terms(&format!("currency = \"JPY\"\n[[customer.line]]\nid = \"fee\"\n{more}\n"));
    let [line] = terms.lines.as_slice() else { panic!("{terms:?}") };
    line.clone()
}

#[test]
fn a_line_is_an_amount_a_percentage_or_a_price() {
    let fixed = line("amount = \"2670.00\"");
    assert!(matches!(fixed.fee, Fee::Fixed(of) if of == amount("2670")), "{fixed:?}");
    assert_eq!((&*fixed.id, &*fixed.name, fixed.section.name()), ("fee", "fee", "fee"));
    assert_eq!((fixed.minimum, fixed.maximum, &fixed.invoice), (None, None, &None));
    assert_eq!((fixed.currency.code(), fixed.only_with_usage), ("JPY", false));
    assert_eq!((fixed.periods.from, fixed.periods.until), (None, None));

    let percent = line(
        r#"
        name = "Management"
        section = "subscription"
        percent = "0.08"
        minimum = "400"
        maximum = "4000"
        currency = "USD"
        only_with_usage = true
        invoice = "acme"
        from = "2026-10"
        until = "2026-12"
        "#,
    );
    let Fee::Percent { rates, base } = &percent.fee else { panic!("{percent:?}") };
    assert_eq!(*rates, Tiers::flat(rate("0.08")));
    assert_eq!(base.stage, Stage::Charge);
    assert_eq!(base.of.kinds, Some(kinds("usage commitment_fee fee subscription marketplace")));
    assert!(base.except.is_empty());
    assert_eq!((&*percent.name, percent.section.name()), ("Management", "subscription"));
    assert_eq!((percent.minimum, percent.maximum), (Some(amount("400")), Some(amount("4000"))));
    assert_eq!((percent.currency.code(), percent.only_with_usage), ("USD", true));
    assert_eq!(percent.invoice.as_deref(), Some("acme"));
    let periods = [percent.periods.from, percent.periods.until];
    assert_eq!(periods, ["2026-10", "2026-12"].map(|text| Some(period(text))));
}

#[test]
fn a_percentage_has_a_base() {
    let discount = line(
        r#"
        section = "discount"
        percent = [{ up_to = "2500", rate = "0" }, { rate = "-0.02" }]
        tiers = "whole"
        base = "list"
        of = { service = "Amazon*", account = "111122223333" }
        except = { region = "us-east-1" }
        "#,
    );
    let Fee::Percent { rates, base } = &discount.fee else { panic!("{discount:?}") };
    assert_eq!(*rates, tiers(Reach::Whole, &[("2500", "0"), ("", "-0.02")]));
    assert_eq!(base.stage, Stage::List);
    assert_eq!(base.of.services, Some(texts(&["Amazon*"])));
    // The kinds stay as they are by default if `of` names none.
    assert_eq!(base.of.kinds, Some(kinds("usage commitment_fee fee subscription marketplace")));
    let [except] = base.except.as_slice() else { panic!("{base:?}") };
    assert_eq!((&except.regions, &except.kinds), (&Some(texts(&["us-east-1"])), &None));

    let excepts = line(
        r#"
        percent = [{ rate = "0.05" }]
        base = "amortized"
        of = { kind = "usage" }
        except = [{ service = "A" }, { service = "B", kind = ["usage"] }]
        "#,
    );
    let Fee::Percent { rates, base } = &excepts.fee else { panic!("{excepts:?}") };
    assert_eq!((rates, base.stage), (&Tiers::flat(rate("0.05")), Stage::Amortized));
    assert_eq!((&base.of.kinds, base.except.len()), (&Some(kinds("usage")), 2));
}

#[test]
fn a_price_has_a_quantity() {
    let units = line(
        r#"
        unit_price = [{ up_to = "10", rate = "8.25" }, { rate = "5" }]
        tiers = "slices"
        quantity = "accounts"
        included = "5"
        "#,
    );
    let Fee::Units { prices, quantity, included } = &units.fee else { panic!("{units:?}") };
    assert_eq!(*prices, tiers(Reach::Slices, &[("10", "8.25"), ("", "5")]));
    assert_eq!((*quantity, *included), (Quantity::Accounts, amount("5")));
    let stated = line("unit_price = \"8.25\"\nquantity = \"2.5\"");
    assert!(
        matches!(stated.fee, Fee::Units { quantity: Quantity::Stated(of), included, .. }
            if of == amount("2.5") && included.is_zero()),
        "{stated:?}"
    );
}

#[test]
fn a_line_has_one_kind_of_amount() {
    let check = |more: &str, expected: &str| check_table("line", more, expected);
    check("id = \"a\"", "1:1: a line needs one of `amount`, `percent` and `unit_price`; add one");
    check(
        "id = \"a\"\namount = \"1\"\npercent = \"0.1\"",
        "1:1: a line has only one of `amount`, `percent` and `unit_price`; remove the others",
    );
    check("amount = \"1\"", r#"1:1: [[customer.line]] has no `id`; add it: id = "main""#);
    check(
        "id = \"a\"\namount = 1",
        "3:10: `amount` is a bare number; write it as a string, \"1\", so that no float touches it",
    );
    check(
        "id = \"a\"\npercent = \"10\"",
        "3:11: `percent` is 10, but it must be a fraction from -1 to 1; write \"0.05\" for 5 percent",
    );
    check(
        "id = \"a\"\nunit_price = \"1\"",
        r#"1:1: [[customer.line]] has no `quantity`; add it: quantity = "1""#,
    );
    let price = |more: &str| format!("id = \"a\"\nunit_price = \"1\"\n{more}");
    check(
        &price("quantity = \"acounts\""),
        "4:12: `quantity` cannot be `acounts`; did you mean `accounts`?",
    );
    check(&price("quantity = \"0\""), "4:12: `quantity` is 0, but it must be more than 0");
    check(
        &price("quantity = \"1\"\nincluded = \"-1\""),
        "5:12: `included` is -1, but it must be 0 or more",
    );
}

#[test]
fn a_key_without_an_effect_is_refused() {
    let check = |more: &str, expected: &str| {
        check_table("line", &format!("id = \"a\"\n{more}"), expected);
    };
    for (key, value) in [("base", "\"list\""), ("of", "{}"), ("except", "{}")] {
        let expected = format!("4:1: `{key}` says what `percent` is of; remove it");
        check(&format!("amount = \"1\"\n{key} = {value}"), &expected);
    }
    for (key, value) in [("quantity", "\"1\""), ("included", "\"1\"")] {
        let expected = format!("4:1: `{key}` is for `unit_price`; remove it");
        check(&format!("percent = \"0.1\"\n{key} = {value}"), &expected);
    }
    for key in ["minimum", "maximum", "tiers"] {
        let expected = format!("4:1: `{key}` is for `percent` and `unit_price`; remove it");
        let value = if key == "tiers" { "slices" } else { "1" };
        check(&format!("amount = \"1\"\n{key} = \"{value}\""), &expected);
    }
    check(
        "percent = \"0.1\"\ntiers = \"slices\"",
        "4:1: `tiers` is for several rates, and there is one; remove it",
    );
}

#[test]
fn only_a_discount_is_negative() {
    let check = |more: &str, expected: &str| {
        let more = format!("id = \"a\"\n{more}");
        if expected.is_empty() {
            check_customer(&format!("[[customer.line]]\n{more}"), &[]);
        } else {
            check_table("line", &more, expected);
        }
    };
    let discount = |key: &str, column: usize| {
        format!(
            "4:{column}: `{key}` must be less than 0 in the section `discount`; write a minus in front, or \
             choose another section"
        )
    };
    let other = |key: &str, column: usize| {
        format!(
            "3:{column}: `{key}` is less than 0, and only a discount may be; add section = \"discount\""
        )
    };
    check("amount = \"0\"", "");
    check("section = \"discount\"\namount = \"-5\"", "");
    check("section = \"discount\"\npercent = \"-1\"", "");
    check("amount = \"-5\"", &other("amount", 10));
    check("percent = \"-0.02\"", &other("percent", 11));
    check("unit_price = \"-1\"\nquantity = \"1\"", &other("unit_price", 14));
    check(
        "percent = [{ up_to = \"1\", rate = \"0.1\" }, { rate = \"-0.1\" }]\ntiers = \"whole\"",
        &other("percent", 11),
    );
    check("section = \"discount\"\namount = \"5\"", &discount("amount", 10));
    check("section = \"discount\"\npercent = \"0\"", &discount("percent", 11));
    check(
        "section = \"discount\"\npercent = [{ up_to = \"1\", rate = \"0.1\" }, { rate = \"-0.1\" }]\n\
         tiers = \"whole\"",
        &discount("percent", 11),
    );
}

#[test]
fn tiers_are_checked() {
    let check = |percent: &str, expected: &str| {
        check_table("line", &format!("id = \"a\"\npercent = {percent}"), expected);
    };
    let two = r#"[{ up_to = "10", rate = "0.1" }, { rate = "0.2" }]"#;
    check(
        two,
        "3:11: `percent` has several rates, so say what they apply to; add tiers = \"slices\" if each is \
         for its part of the amount, or tiers = \"whole\" if one is for all of it",
    );
    check(
        &format!("{two}\ntiers = \"slice\""),
        "4:9: `tiers` cannot be `slice`; did you mean `slices`?",
    );
    check("[]", "3:11: `percent` is empty; write a rate, or a list of tiers");
    check("[\"0.1\"]", "3:12: `percent` is a string, but it must be a table");
    let sliced = |tiers: &str| format!("[{tiers}]\ntiers = \"slices\"");
    check(
        &sliced(r#"{ up_to = "10", rate = "0.1" }, { up_to = "20", rate = "0.2" }"#),
        "3:46: the last tier has no end; remove `up_to`, or add a tier",
    );
    check(
        &sliced(r#"{ rate = "0.1" }, { rate = "0.2" }"#),
        "3:12: only the last tier has no end; add `up_to`, or put this tier last",
    );
    check(
        &sliced(
            r#"{ up_to = "10", rate = "0.1" }, { up_to = "10.0", rate = "0" }, { rate = "0.2" }"#,
        ),
        "3:54: `up_to` is 10, but the tier begins at 10; sort the tiers by `up_to`",
    );
    check(
        &sliced(r#"{ up_to = "0", rate = "0.1" }, { rate = "0.2" }"#),
        "3:22: `up_to` is 0, but it must be more than 0",
    );
    check(
        &sliced(r#"{ upto = "1", up_to = "10", rate = "0.1" }, { rate = "0.2" }"#),
        "3:14: a tier has no key `upto`; did you mean `up_to`?",
    );
    check(
        &sliced(r#"{ up_to = "10" }, { rate = "0.2" }"#),
        r#"3:12: a tier has no `rate`; add it: rate = "0.07""#,
    );
}

#[test]
fn the_rest_of_a_line_is_checked() {
    check_customer(
        r#"[[customer.line]]
id = "A"
name = ""
percent = "0.1"
section = "fees"
base = "lst"
of = { servce = "x", account = "123456789012" }
except = [{}, { kind = "usage", region = 1 }]
minimum = "0"
maximum = 5
currency = "usd"
only_with_usage = "yes"
invoice = "prod"
from = "2026-10"
until = "2026-09"
[[customer.line]]
id = "b"
percent = "0.1"
minimum = "10"
maximum = "5"
until = "2026-10-31"
perc = "0.1"
"#,
        &[
            "6:6: `id` cannot be `A`: use at most 64 of a-z, 0-9, `.`, `_` and `-`, starting with a letter \
             or a digit",
            "7:8: `name` is empty; write something or remove it",
            "9:11: `section` cannot be `fees`; did you mean `fee`?",
            "10:8: `base` cannot be `lst`; did you mean `list`?",
            "11:8: `of` has no key `servce`; did you mean `service`?",
            "11:32: account 123456789012 is not in the customer's `accounts`, so this never applies to it; \
             add it there or correct it",
            "12:11: `except` without conditions leaves nothing; add a condition or remove it",
            "12:42: `region` must be a string; write \"1\"",
            "13:11: `minimum` is 0, but it must be more than 0",
            "14:11: `maximum` is a bare number; write it as a string, \"5\", so that no float touches it",
            "15:12: `currency`: `usd` is not an ISO 4217 currency code such as USD or JPY",
            "16:19: `only_with_usage` is a string, but it must be true or false, without quotes",
            "17:11: the customer has no invoice `prod`; the ids are acme",
            "19:9: `until` 2026-09 is before `from` 2026-10; both ends are inclusive, so `until` is the last \
             billing period",
            "24:11: `maximum` 5 is less than `minimum` 10; correct one of them",
            "25:9: `until`: `2026-10-31` is not a billing period such as 2026-10",
            "26:1: [[customer.line]] has no key `perc`; the keys are id, name, section, amount, percent, \
             unit_price, tiers, base, of, except, quantity, included, minimum, maximum, currency, \
             only_with_usage, invoice, from, until",
        ],
    );
}

#[test]
fn a_support_plan_is_of_aws_or_of_the_reseller() {
    for (plan, scope) in [
        (AwsPlan::Developer, SupportScope::Account),
        (AwsPlan::Business, SupportScope::Account),
        (AwsPlan::BusinessSupportPlus, SupportScope::Account),
        (AwsPlan::EnterpriseOnRamp, SupportScope::Customer),
        (AwsPlan::Enterprise, SupportScope::Customer),
        (AwsPlan::UnifiedOperations, SupportScope::Customer),
        (AwsPlan::PartnerLed, SupportScope::Customer),
    ] {
        let terms = terms(&format!("[[customer.support]]\nplan = \"{}\"", plan.name()));
        let support = &terms.support[0];
        assert_eq!(support.table, SupportTable::Aws(plan));
        assert_eq!((&*support.id, &*support.name), (plan.name(), plan.title()));
        assert_eq!((support.scope, support.currency.code()), (scope, "USD"));
        assert_eq!(support.base.stage, Stage::BeforeRules);
        assert_eq!(support.base.of.kinds, Some(kinds("usage commitment_fee fee subscription")));
        assert_eq!((&support.accounts, &support.invoice), (&None, &None));
        assert_eq!((support.enrolled.from, support.enrolled.until), (None, None));
    }
    let terms = terms(
        r#"
        currency = "JPY"
        [[customer.support]]
        id = "gold"
        name = "Gold Support"
        minimum = "10000"
        rates = [{ up_to = "1000000", rate = "0.10" }, { rate = "0.07" }]
        tiers = "slices"
        scope = "payer"
        accounts = ["111122223333"]
        base = "list"
        of = { kind = ["usage", "marketplace"] }
        except = { service = "AmazonRoute53" }
        currency = "JPY"
        invoice = "acme"
        from = "2026-10-11"
        until = "2026-11"
        [[customer.support]]
        rates = "0.05"
        accounts = "444455556666"
        from = "2026-10"
        until = "2026-12-24"
        "#,
    );
    let [gold, own] = terms.support.as_slice() else { panic!("{terms:?}") };
    let rates = tiers(Reach::Slices, &[("1000000", "0.10"), ("", "0.07")]);
    assert_eq!(gold.table, SupportTable::Own { minimum: amount("10000"), rates });
    assert_eq!((&*gold.id, &*gold.name), ("gold", "Gold Support"));
    assert_eq!((gold.scope, gold.currency.code()), (SupportScope::Payer, "JPY"));
    assert_eq!(gold.accounts, Some(BTreeSet::from([account("111122223333")])));
    assert_eq!(gold.base.stage, Stage::List);
    assert_eq!(gold.base.of.kinds, Some(kinds("usage marketplace")));
    assert_eq!(gold.base.except[0].services, Some(texts(&["AmazonRoute53"])));
    assert_eq!(gold.invoice.as_deref(), Some("acme"));
    let days = |support: &contracts::terms::Support| {
        [support.enrolled.from, support.enrolled.until].map(|day| day.unwrap().to_string())
    };
    assert_eq!(days(gold), ["2026-10-11", "2026-11-30"]);

    let rates = Tiers::flat(rate("0.05"));
    assert_eq!(own.table, SupportTable::Own { minimum: Amount::ZERO, rates });
    assert_eq!((&*own.id, &*own.name, own.scope), ("support", "Support", SupportScope::Customer));
    assert_eq!(days(own), ["2026-10-01", "2026-12-24"]);
}

#[test]
fn support_is_checked() {
    let check = |more: &str, expected: &str| check_table("support", more, expected);
    check(
        "",
        "1:1: a support plan needs `plan`, one of developer, business, enterprise_on_ramp, \
         business_support_plus, enterprise, unified_operations, partner_led, or `minimum` and `rates`; \
         add one",
    );
    check("plan = \"busness\"", "2:8: `plan` cannot be `busness`; did you mean `business`?");
    for key in ["minimum", "rates", "tiers"] {
        let value = if key == "tiers" { "whole" } else { "0.1" };
        let expected =
            format!("3:1: `{key}` is for a table of your own; remove it, or remove `plan`");
        check(&format!("plan = \"business\"\n{key} = \"{value}\""), &expected);
    }
    check(
        "rates = [{ up_to = \"10\", rate = \"0.1\" }, { rate = \"0.2\" }]",
        "2:9: `rates` has several rates, so say what they apply to; add tiers = \"slices\" if each is for \
         its part of the amount, or tiers = \"whole\" if one is for all of it",
    );
    check(
        "rates = \"-0.1\"",
        "2:9: `rates` is -0.1, but it must be a fraction from 0 to 1; write \"0.05\" for 5 percent",
    );
    check("rates = \"0.1\"\nminimum = \"-1\"", "3:11: `minimum` is -1, but it must be 0 or more");
    let business = |more: &str| format!("plan = \"business\"\n{more}");
    check(
        &business("currency = \"JPY\""),
        "3:12: the table of `business` is AWS's, in USD; remove `currency`, or write `minimum` and `rates` \
         in JPY in place of `plan`",
    );
    check(
        &business("scope = \"acount\""),
        "3:9: `scope` cannot be `acount`; did you mean `account`?",
    );
    check(
        &business("accounts = \"123456789012\""),
        "3:12: account 123456789012 is not in the customer's `accounts`, so this never applies to it; add \
         it there or correct it",
    );
    check(
        &business("accounts = []"),
        "3:12: `accounts` is an empty list, which nothing can match; write something in it or remove it",
    );
    check(
        &business("invoice = \"main\""),
        "3:11: the customer has no invoice `main`; the ids are acme",
    );
    check(
        &business("from = \"2026-02-30\""),
        "3:8: `from`: `2026-02-30` is neither a billing period such as 2026-10 nor a day such as 2026-10-31",
    );
    check(&business("from = 2026-10-11"), "3:8: `from` must be a string; write \"2026-10-11\"");
    check(
        &business("from = \"2026-11\"\nuntil = \"2026-10-31\""),
        "4:9: `until` is before `from`; `until` is the last day or billing period",
    );
}

#[test]
fn a_plan_of_the_reseller_is_checked() {
    let check = |plan: &str, part: &str, expected: &str| {
        let text = format!(
            "[reseller]\nname = \"MSP\"\npayers = [\"999988887777\"]\n[[support]]\n{plan}\n[[customer]]\n\
             id = \"acme\"\naccounts = [\"111122223333\"]\nadjustments = {{ support = \"retain\" }}\n\
             [[customer.support]]\n{part}\n"
        );
        let found = match contracts::Contracts::parse(&text) {
            Ok(contracts) => {
                let acme = contracts.customer("acme").unwrap();
                let part = &acme.terms.plan_parts[0];
                let plan = contracts.own_plan(&part.plan).unwrap();
                format!("{} {} of {}", part.id, part.name, plan.name)
            }
            Err(problems) => problems.to_string(),
        };
        assert_eq!(found, expected);
    };
    let plan = "id = \"ent\"\nplan = \"enterprise\"";
    let part = "part_of = \"ent\"";
    check(plan, part, "ent Enterprise Support of Enterprise Support");
    check(
        plan,
        "part_of = \"ent\"\nname = \"Our support\"",
        "ent Our support of Enterprise Support",
    );
    check(
        plan,
        "part_of = \"end\"",
        "12:11: the file has no plan `end`; add `[[support]]` with `id = \"end\"`, or correct it",
    );
    check(
        plan,
        "part_of = \"ent\"\nscope = \"payer\"",
        "13:1: `scope` is said by the plan that `part_of` names; remove it here",
    );
    check(
        &format!("{plan}\nof = {{ region = \"eu-west-2\" }}"),
        part,
        "4:1: the base of a plan for all customers is known by kind and service only; remove `region`, \
         `usage_type`, `account` and `payer` from `of` and `except`",
    );
    check(
        &format!("{plan}\npayers = \"888877776666\""),
        part,
        "7:10: payer 888877776666 is not among the payers of this file, so none of its reports is billed; \
         add it to `payers` of [reseller] or correct it",
    );
    check(
        &format!("{plan}\n[[support]]\n{plan}"),
        part,
        "7:1: the plan `ent` is already there; give each its own `id`",
    );
}

#[test]
fn an_account_has_one_support_plan_a_day() {
    let check = |first: &str, second: &str, is_right: bool| {
        let more = format!(
            "[[customer.support]]\nplan = \"business\"\n{first}\n\
             [[customer.support]]\nplan = \"enterprise\"\n{second}\n"
        );
        let expected = format!(
            "{}:1: the plan `business` (see 5:1) takes the same accounts on the same days; part the two by \
             `accounts`, or by `from` and `until`",
            8 + first.matches('\n').count()
        );
        check_one(&customer(&more), if is_right { "" } else { &expected });
    };
    check("", "", false);
    check("accounts = \"111122223333\"", "", false);
    check("accounts = \"111122223333\"", "accounts = [\"444455556666\", \"111122223333\"]", false);
    check("accounts = \"111122223333\"", "accounts = \"444455556666\"", true);
    check("until = \"2026-10-10\"", "from = \"2026-10-11\"", true);
    check("until = \"2026-10\"", "from = \"2026-11-01\"", true);
    check("until = \"2026-10\"", "from = \"2026-10-31\"", false);
    check("from = \"2026-10-11\"", "until = \"2026-10-11\"", false);
}

#[test]
fn support_that_would_be_charged_twice_is_warned_of() {
    let plan = "[[customer.support]]\nplan = \"business\"";
    let expected = |line| {
        format!(
            "{line}:1: AWS's own support lines are charged beside this plan; write `support = \"retain\"` \
             in `adjustments` to keep them from the customer"
        )
    };
    assert_eq!(warnings(plan), [expected(5)]);
    let passed = format!("adjustments = {{ support = \"pass\", fee = \"retain\" }}\n{plan}");
    assert_eq!(warnings(&passed), [expected(6)]);
    let retained = format!("adjustments = {{ support = \"retain\" }}\n{plan}");
    assert_eq!(warnings(&retained), [""; 0]);
}

const BALANCES: &str = r#"
currency = "JPY"
[[customer.minimum]]
id = "floor"
amount = "2500"
measured = "before_discounts"
[[customer.minimum]]
id = "cap"
name = "Least amount"
amount = "1"
currency = "USD"
counts = ["usage", "credit"]
measured = "after_discounts"
only_with_usage = true
invoice = "acme"
from = "2026-10"
[[customer.commitment]]
id = "year"
amount = "100000"
from = "2026-04"
until = "2027-03"
measured = "before_discounts"
counts = ["usage", { section = "marketplace", at_most = "25000" }]
[[customer.commitment]]
id = "next-year"
amount = "1"
from = "2027-04"
until = "2028-03"
measured = "after_discounts"
[[customer.credit]]
id = "migration"
name = "Migration credit"
amount = "1000.00"
currency = "USD"
until = "2027-03"
of = { account = "111122223333" }
[[customer.prepaid]]
id = "tickets"
amount = "110000"
paid = "2026-09-30"
from = "2026-10"
"#;

const CHARGES: &str = "usage commitment_fee support fee subscription marketplace";

#[test]
fn minimums_are_read() {
    let terms = terms(BALANCES);
    let [floor, cap] = terms.minimums.as_slice() else { panic!("{terms:?}") };
    assert_eq!((&*floor.id, &*floor.name, floor.amount), ("floor", "floor", amount("2500")));
    assert_eq!((floor.currency.code(), &floor.counts), ("JPY", &sections(CHARGES)));
    assert_eq!((floor.before_discounts, floor.only_with_usage), (true, false));
    assert_eq!((&floor.invoice, floor.periods.from), (&None, None));
    assert_eq!((&*cap.name, cap.currency.code()), ("Least amount", "USD"));
    assert_eq!((cap.before_discounts, cap.only_with_usage), (false, true));
    assert_eq!(cap.counts, sections("usage credit"));
    assert_eq!(cap.invoice.as_deref(), Some("acme"));
    assert_eq!(cap.periods.from, Some(period("2026-10")));
}

#[test]
fn commitments_credits_and_prepaid_balances_are_read() {
    let terms = terms(BALANCES);
    let [year, next_year] = terms.commitments.as_slice() else { panic!("{terms:?}") };
    assert_eq!((&*year.id, year.amount, year.currency.code()), ("year", amount("100000"), "JPY"));
    assert_eq!([year.from, year.until], ["2026-04", "2027-03"].map(period));
    let counts = vec![(value("usage"), None), (value("marketplace"), Some(amount("25000")))];
    assert_eq!((&year.counts, year.before_discounts), (&counts, true));
    let all: Vec<_> = CHARGES.split(' ').map(|name| (value::<Section>(name), None)).collect();
    assert_eq!((&next_year.counts, next_year.before_discounts), (&all, false));

    let [credit] = terms.credits.as_slice() else { panic!("{terms:?}") };
    assert_eq!((&*credit.id, &*credit.name), ("migration", "Migration credit"));
    assert_eq!((credit.amount, credit.currency.code()), (amount("1000"), "USD"));
    assert_eq!(credit.periods.until, Some(period("2027-03")));
    assert_eq!(credit.of.accounts, Some(BTreeSet::from([account("111122223333")])));
    assert_eq!(credit.of.kinds, None);

    let [prepaid] = terms.prepaid.as_slice() else { panic!("{terms:?}") };
    assert_eq!((&*prepaid.id, prepaid.amount), ("tickets", amount("110000")));
    assert_eq!((prepaid.currency.code(), prepaid.paid.to_string().as_str()), ("JPY", "2026-09-30"));
    assert_eq!(prepaid.periods.from, Some(period("2026-10")));
}

#[test]
fn minimums_and_commitments_are_checked() {
    check_customer(
        r#"[[customer.minimum]]
id = "a"
amount = 5
counts = ["usage", "tax", "discount"]
invoice = "prod"
[[customer.minimum]]
amount = "-5"
measured = "before"
counts = []
[[customer.commitment]]
id = "c"
amount = "5"
measured = "after_discounts"
counts = [{ section = "markeplace" }, { section = "fee", at_most = "0", until = 1 }]
[[customer.commitment]]
id = "d"
from = "2026-10"
until = "2026-09"
measured = "after_discounts"
counts = ["usage", { section = "usage", at_most = "5" }]
"#,
        &[
            "5:1: [[customer.minimum]] has no `measured`; add it: measured = \"before_discounts\" or \
             \"after_discounts\"",
            "7:10: `amount` is a bare number; write it as a string, \"5\", so that no float touches it",
            "8:20: `counts` cannot be `tax`; write one of usage, commitment_fee, support, fee, \
             subscription, marketplace, credit, refund",
            "8:27: `counts` cannot be `discount`; write one of usage, commitment_fee, support, fee, \
             subscription, marketplace, credit, refund",
            "9:11: the customer has no invoice `prod`; the ids are acme",
            r#"10:1: [[customer.minimum]] has no `id`; add it: id = "main""#,
            "11:10: `amount` is -5, but it must be more than 0",
            "12:12: `measured` cannot be `before`; write one of before_discounts, after_discounts",
            "13:10: `counts` is an empty list, which nothing can match; write something in it or remove it",
            r#"14:1: [[customer.commitment]] has no `from`; add it: from = "2026-10""#,
            r#"14:1: [[customer.commitment]] has no `until`; add it: until = "2026-10""#,
            r#"18:11: `counts` has no `at_most`; add it: at_most = "25000""#,
            "18:23: `section` cannot be `markeplace`; did you mean `marketplace`?",
            "18:68: `at_most` is 0, but it must be more than 0",
            "18:73: `counts` has no key `until`; the keys are section, at_most",
            r#"19:1: [[customer.commitment]] has no `amount`; add it: amount = "1000.00""#,
            "22:9: `until` 2026-09 is before `from` 2026-10; both ends are inclusive, so `until` is the last \
             billing period",
            "24:10: `counts` has `usage` twice; remove one",
        ],
    );
}

#[test]
fn credits_and_prepaid_balances_are_checked() {
    check_customer(
        r#"currency = "JPY"
[[customer.credit]]
id = "a"
amount = "0"
of = { kinds = "usage" }
paid = "2026-10-01"
[[customer.prepaid]]
id = "b"
amount = "1"
currency = "EUR"
paid = "2026-10-01"
[[customer.prepaid]]
id = "c"
amount = "1"
currency = "USD"
paid = "2026-10"
invoice = "rest"
[[customer.prepaid]]
id = "d"
amount = "1.005"
paid = "2026-10-1"
[[customer.prepaid]]
id = "e"
amount = "1"
currency = "USD"
[[customer.invoice]]
id = "main"
account = "111122223333"
currency = "USD"
[[customer.invoice]]
id = "rest"
"#,
        &[
            "8:10: `amount` is 0, but it must be more than 0",
            "9:8: `of` has no key `kinds`; did you mean `kind`?",
            "10:1: [[customer.credit]] has no key `paid`; the keys are id, name, amount, currency, from, \
             until, of, invoice",
            "11:1: a balance in EUR never pays anything, because it pays invoices in its own currency only; \
             set `currency` to that of an invoice",
            "16:1: a balance in USD never pays anything, because it pays invoices in its own currency only; \
             set `currency` to that of an invoice",
            "20:8: `paid`: `2026-10` is not a day such as 2026-10-31",
            "22:1: nobody can have paid 1.005 in JPY, whose smallest coin has 0 decimals; change `amount`",
            "25:8: `paid`: `2026-10-1` is not a day such as 2026-10-31",
            r#"26:1: [[customer.prepaid]] has no `paid`; add it: paid = "2026-10-31""#,
        ],
    );
}

#[test]
fn all_parts_of_a_contract_have_different_ids() {
    check_customer(
        r#"[[customer.line]]
id = "same"
amount = "1"
[[customer.support]]
plan = "business"
until = "2026-09"
[[customer.support]]
plan = "business"
from = "2026-10"
[[customer.minimum]]
id = "same"
amount = "1"
measured = "before_discounts"
[[customer.commitment]]
id = "business"
[[customer.credit]]
id = "unassigned"
amount = "1"
[[customer.prepaid]]
id = "same"
amount = "1"
paid = "2026-10-31"
[[customer]]
id = "globex"
accounts = []
[[customer.line]]
id = "same"
amount = "1"
"#,
        &{
            let given = |at: &str, id: &str, first: &str| {
                format!(
                    "{at}: the id `{id}` is already there (see {first}); give each line, support plan, \
                     minimum, commitment, credit and prepaid balance of a customer its own `id`"
                )
            };
            [
                given("11:1", "business", "8:1"),
                given("15:6", "same", "6:6"),
                r#"18:1: [[customer.commitment]] has no `amount`; add it: amount = "1000.00""#.to_owned(),
                r#"18:1: [[customer.commitment]] has no `from`; add it: from = "2026-10""#.to_owned(),
                "18:1: [[customer.commitment]] has no `measured`; add it: measured = \"before_discounts\" or \
                 \"after_discounts\""
                    .to_owned(),
                r#"18:1: [[customer.commitment]] has no `until`; add it: until = "2026-10""#.to_owned(),
                given("19:6", "business", "8:1"),
                "21:6: `id` cannot be `unassigned`: this is the name of what belongs to no customer; choose \
                 another"
                    .to_owned(),
                given("24:6", "same", "6:6"),
            ]
        }
        .each_ref()
        .map(String::as_str),
    );
}
