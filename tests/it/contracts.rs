//! Contracts files: the meaning of a right one, and the messages about a wrong one.

mod examples;
mod payers;
mod terms;

use std::fmt::Display;
use std::str::FromStr;

use contracts::terms::{InvoiceTerms, RoundingScope};
use contracts::{
    Adjustment, Basis, ChargeKind, Contracts, Effect, Purchase, RuleSubject, Sharing, Unused,
};
use cur::{AccountId, BillingPeriod, Sku};
use money::Rate;
use money::rounding::Mode;

const PAYER: &str = "999988887777";

/// An example with a part of every kind.
const VALID: &str = r#"
[reseller]
name   = "Example MSP"
payers = ["999988887777"]

[fx.USD.JPY]
"2026-10" = "150.37"

[commitments]
sharing = "as_billed"
unused  = "pro_rata"

[[customer]]
id = "acme"
name = "Acme K.K."
accounts = ["111122223333", { id = "444455556666", from = "2026-04", until = "2026-09" }]
basis    = "list"
currency = "JPY"
rounding = { mode = "half_even", per = "account" }
tax      = { name = "consumption tax", rate = "0.10", mode = "up" }
adjustments = { credit = "pass", refund = "retain", fee = "retain", discount = "retain" }

[[customer.price]]
service  = "AmazonEC2"
discount = "0.05"

[[customer]]
id = "globex.2"
accounts = [{ id = "444455556666", from = "2026-10" }]
"#;

#[test]
fn a_right_file_says_what_was_promised() {
    let contracts = parse(VALID);
    assert_eq!(contracts.reseller_name(), "Example MSP");
    assert!(contracts.payer_is_known(account("999988887777")));
    assert!(!contracts.payer_is_known(account("111122223333")));
    assert_eq!(contracts.report_of(account(PAYER)), None);
    assert!(!contracts.strict_report());
    assert_eq!(contracts.sharing(), Sharing::AsBilled);
    assert_eq!(contracts.unused(), Unused::ProRata);
    assert_eq!(contracts.assignments(), []);
    let ids: Vec<&str> = contracts.customers().map(|customer| &*customer.id).collect();
    assert_eq!(ids, ["acme", "globex.2"]);

    let acme = contracts.customer("acme").unwrap();
    assert_eq!(acme.name, "Acme K.K.");
    assert_eq!(acme.basis, Basis::List);
    let invoice = only_invoice(&contracts);
    assert_eq!(invoice.id, "acme");
    assert_eq!(invoice.name, "Acme K.K.");
    assert_eq!(invoice.currency.code(), "JPY");
    assert_eq!(invoice.rounding.mode, Mode::HalfEven);
    assert_eq!(invoice.rounding.per, RoundingScope::Account);
    let [tax] = invoice.taxes.as_slice() else { panic!("{invoice:?}") };
    assert_eq!((&*tax.name, tax.rate, tax.mode), ("consumption tax", rate("0.1"), Mode::Up));
    assert_eq!(acme.adjustment(ChargeKind::Credit), Adjustment::Pass);
    assert_eq!(acme.adjustment(ChargeKind::Fee), Adjustment::Retain);
}

/// A benefit is a reduction of a list price. Customers who are billed by AWS's own costs get none, so
/// nothing is handed out.
#[test]
fn where_nobody_is_billed_by_list_price_nothing_is_handed_out() {
    let of = |basis: &str| {
        let text = format!(
            "[reseller]\nname = \"MSP\"\n[commitments]\nsharing = \"everyone\"\n\
             [[customer]]\nid = \"acme\"\naccounts = []\nbasis = \"{basis}\"\n"
        );
        parse(&text).sharing()
    };
    assert_eq!(of("amortized"), Sharing::AsBilled);
    assert_eq!(of("unblended"), Sharing::AsBilled);
    assert_eq!(of("list"), Sharing::Everyone);
}

#[test]
fn what_is_left_out_has_a_default() {
    let contracts = parse(
        r#"
        [reseller]
        name = "Example MSP"
        report = "daily"
        strict_report = true
        [[customer]]
        id = "acme"
        basis = "amortized"
        accounts = []
        [[customer]]
        id = "globex"
        accounts = []
        "#,
    );
    assert!(contracts.payer_is_known(account("123456789012")));
    assert_eq!(contracts.report_of(account(PAYER)), Some("daily"));
    assert!(contracts.strict_report());
    assert_eq!(contracts.sharing(), Sharing::Customer);
    assert_eq!(contracts.unused(), Unused::Owner);

    let acme = contracts.customer("acme").unwrap();
    assert_eq!(acme.name, "acme");
    let invoice = only_invoice(&contracts);
    assert_eq!(invoice.currency.code(), "USD");
    assert_eq!(invoice.rounding.mode, Mode::HalfUp);
    assert_eq!(invoice.rounding.per, RoundingScope::Service);
    assert_eq!(invoice.rounding.unit, None);
    assert_eq!(invoice.taxes, []);
    let passed = ChargeKind::ALL
        .into_iter()
        .filter(|kind| acme.adjustment(*kind) == Adjustment::Pass)
        .map(ChargeKind::name)
        .collect::<Vec<_>>();
    let expected = ["usage", "commitment_fee", "support", "fee", "subscription", "marketplace"];
    assert_eq!(passed, expected);
}

#[test]
fn tax_is_rounded_down_unless_the_contract_says_otherwise() {
    let contracts = parse(&customer(r#"tax = { name = "GST", rate = "0.09" }"#));
    assert_eq!(only_invoice(&contracts).taxes[0].mode, Mode::Down);
}

#[test]
fn the_reference_page_shows_a_right_file_and_names_every_key() {
    let page = include_str!("../../shared/contracts/README.md");
    let (_, rest) = page.split_once("```toml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let contracts = parse(example);
    assert_eq!(contracts.customers().count(), 2);

    // For an unknown key of a table, the program lists the known keys. The page must have all of them.
    let wrong = Contracts::parse(
        r"
        zzz = 1
        reseller = { zzz = 1 }
        commitments = { zzz = 1, assign = [{ zzz = 1 }], order = { zzz = 1 }, aws = { zzz = 1 } }
        payer = [{ zzz = 1, fx = { zzz = 1 } }]
        invoice = { zzz = 1, due = { zzz = 1 } }
        [[customer]]
        zzz = 1
        accounts = [{ zzz = 1 }]
        payers = [{ zzz = 1 }]
        rounding = { zzz = 1 }
        tax = { zzz = 1 }
        withholding = { zzz = 1 }
        carry = { zzz = 1 }
        adjustments = { zzz = 1 }
        price = [{ zzz = 1 }]
        invoice = [{ zzz = 1 }]
        line = [{ zzz = 1, percent = [{ zzz = 1 }], of = { zzz = 1 }, except = { zzz = 1 } }]
        support = [{ zzz = 1 }]
        minimum = [{ zzz = 1 }]
        commitment = [{ zzz = 1, counts = { zzz = 1 } }]
        credit = [{ zzz = 1 }]
        prepaid = [{ zzz = 1 }]
        ",
    );
    let lists = wrong.unwrap_err().to_string();
    let lists: Vec<&str> = lists
        .lines()
        .filter_map(|line| line.split_once("the keys are "))
        .map(|(_, keys)| keys)
        .collect();
    assert_eq!(lists.len(), 30, "{lists:?}");
    for key in lists.iter().flat_map(|keys| keys.split(", ")) {
        let ways = [format!("`{key}`"), format!("[{key}"), format!(".{key}]")];
        assert!(ways.iter().any(|way| page.contains(way)), "`{key}` is not on the page");
    }
}

#[test]
fn an_account_has_one_owner_a_period() {
    let contracts = parse(VALID);
    let check = |id: &str, at: &str, expected: Option<&str>| {
        let owner = contracts.owner_of(account(id), account(PAYER), period(at));
        assert_eq!(owner.map(|owner| &*owner.id), expected, "{id} in {at}");
    };
    check("111122223333", "2001-01", Some("acme"));
    check("111122223333", "2026-10", Some("acme"));
    check("444455556666", "2026-03", None);
    check("444455556666", "2026-04", Some("acme"));
    check("444455556666", "2026-09", Some("acme"));
    check("444455556666", "2026-10", Some("globex.2"));
    check("444455556666", "2030-10", Some("globex.2"));
    check("123456789012", "2026-10", None);

    let acme = contracts.customer("acme").unwrap();
    let accounts_in = |at| acme.accounts_in(period(at)).collect::<Vec<_>>();
    assert_eq!(accounts_in("2026-09"), [account("111122223333"), account("444455556666")]);
    assert_eq!(accounts_in("2026-10"), [account("111122223333")]);
}

#[test]
fn an_exchange_rate_is_there_or_not() {
    let contracts = parse(VALID);
    let check = |from, to, at, expected: Option<&str>| {
        let found = contracts.rate(None, Some(account(PAYER)), from, to, period(at)).ok();
        assert_eq!(found.map(|fx| fx.rate), expected.map(rate), "{from} {to} {at}");
    };
    check("USD", "JPY", "2026-10", Some("150.37"));
    check("USD", "JPY", "2026-11", None);
    // The inverse of a rate is not computed.
    check("JPY", "USD", "2026-10", None);
    check("USD", "EUR", "2026-10", None);
    check("EUR", "EUR", "2026-11", Some("1"));
}

/// Rules from the least specific to the most specific. Each is found by a charge that the next one does not
/// match.
const RULES: &str = r#"
[[customer.price]]
discount = "0.01"
[[customer.price]]
kind = ["usage", "support"]
discount = "0.02"
until = "2026-06"
[[customer.price]]
region = "eu-west-1"
discount = "0.03"
[[customer.price]]
service = "AmazonEC2"
discount = "0.04"
[[customer.price]]
service = "AmazonEC2"
region = "eu-west-1"
discount = "0.05"
[[customer.price]]
operation = "RunInstances:0002"
discount = "0.06"
[[customer.price]]
usage_type = "BoxUsage:m5.large"
rate = "0.07"
[[customer.price]]
account = "111122223333"
markup = "0.08"
from = "2026-10"
until = "2026-10"
[[customer.price]]
service = "AmazonEC2"
account = "111122223333"
discount = "0.090"
from = "2026-11"
"#;

#[test]
fn the_most_specific_rule_wins() {
    let europe = Sku { region: "eu-west-1".to_owned(), ..other() };
    check_rule(subject(&europe), "2026-06", "discount 0.03 region=eu-west-1");
    let ec2 = Sku { service_code: "AmazonEC2".to_owned(), ..other() };
    check_rule(subject(&ec2), "2026-06", "discount 0.04 service=AmazonEC2");
    let ec2_europe = Sku { service_code: "AmazonEC2".to_owned(), ..europe };
    let rule = "discount 0.05 service=AmazonEC2 region=eu-west-1";
    check_rule(subject(&ec2_europe), "2026-06", rule);
    let windows = Sku { operation: "RunInstances:0002".to_owned(), ..ec2_europe };
    check_rule(subject(&windows), "2026-06", "discount 0.06 operation=RunInstances:0002");
    let large = Sku { usage_type: "BoxUsage:m5.large".to_owned(), ..windows };
    check_rule(subject(&large), "2026-06", "rate 0.07 usage_type=BoxUsage:m5.large");
    let owned = RuleSubject { account: account("111122223333"), ..subject(&large) };
    let rule = "markup 0.08 account=111122223333 from=2026-10 until=2026-10";
    check_rule(owned, "2026-10", rule);
    let storage = Sku { service_code: "AmazonS3".to_owned(), ..large.clone() };
    let storage = RuleSubject { sku: &storage, ..owned };
    check_rule(storage, "2026-10", rule);
    let rule = "discount 0.09 account=111122223333 service=AmazonEC2 from=2026-11";
    check_rule(owned, "2026-11", rule);
    check_rule(storage, "2026-11", "rate 0.07 usage_type=BoxUsage:m5.large");
}

#[test]
fn a_rule_applies_to_its_kinds_and_periods() {
    let usage_and_support = "discount 0.02 kind=usage,support until=2026-06";
    let other = other();
    let usage = subject(&other);
    check_rule(usage, "2026-07", "discount 0.01");
    check_rule(usage, "2026-06", usage_and_support);
    let support = RuleSubject { kind: ChargeKind::Support, ..usage };
    check_rule(support, "2026-06", usage_and_support);
    check_rule(support, "2026-07", "");
    check_rule(RuleSubject { kind: ChargeKind::Tax, ..usage }, "2026-06", "");
}

#[test]
fn a_rule_has_one_effect() {
    let contracts = parse(&customer(RULES));
    let acme = contracts.customer("acme").unwrap();
    let check = |subject: RuleSubject, expected| {
        let rule = acme.price_rule(&subject, period("2026-10")).unwrap();
        assert_eq!(rule.effect, expected);
    };
    let other = other();
    check(subject(&other), Effect::Discount(rate("0.01")));
    let large = Sku { usage_type: "BoxUsage:m5.large".to_owned(), ..other.clone() };
    check(subject(&large), Effect::Rate(rate("0.07")));
    let owned = RuleSubject { account: account("111122223333"), ..subject(&other) };
    check(owned, Effect::Markup(rate("0.08")));
}

#[test]
fn rules_that_cannot_meet_may_be_equally_specific() {
    let others = [
        r#"service = "AmazonS3""#,
        "service = \"AmazonEC2\"\nfrom = \"2026-10\"",
        "service = \"AmazonEC2\"\nkind = \"fee\"",
    ];
    for other in others {
        parse(&customer(&format!(
            "[[customer.price]]\nservice = \"AmazonEC2\"\nuntil = \"2026-09\"\ndiscount = \"0\"\n\
             [[customer.price]]\n{other}\ndiscount = \"1\""
        )));
    }
}

#[test]
fn a_syntax_error_has_its_place() {
    check("[reseller\nname = \"A\"", &["1:10: this is not TOML: unclosed table, expected `]`"]);
    check("a = 1\nb = 2\na = 3\n", &["3:1: this is not TOML: duplicate key"]);
    check(
        "from = 2026-10\nname = Acme",
        &[
            "1:8: a billing period is a string; write \"2026-10\"",
            "2:8: this is not TOML: string values must be quoted, expected literal string",
        ],
    );
}

#[test]
fn the_reseller_is_checked() {
    check("", &[r#"1:1: the file has no `reseller`; add it: reseller = { name = "…" }"#]);
    check("[reseller]", &[r#"1:1: [reseller] has no `name`; add it: name = "Example MSP""#]);
    check("reseller = 1", &["1:12: `reseller` is a number, but it must be a table"]);
    check(
        "[reseller]\nnane = \"A\"\nname = \" \"\npayers = []\nreport = 1\nstrict_report = \"yes\"",
        &[
            "2:1: [reseller] has no key `nane`; did you mean `name`?",
            "3:8: `name` is empty; write something or remove it",
            "4:10: `payers` is empty, which refuses every report; leave it out to accept any",
            "5:10: `report` must be a string; write \"1\"",
            "6:17: `strict_report` is a string, but it must be true or false, without quotes",
        ],
    );
    check(
        "strict = true\n[reseller]\nname = \"A\"\npayers = [\"99998888777\", 999988887777]",
        &[
            "1:1: the file has no key `strict`; the keys are reseller, payer, invoice, fx, support, commitments, \
             customer",
            "4:11: `payers`: `99998888777` is not an account id: twelve digits",
            "4:26: `payers` must be a string; write \"999988887777\"",
        ],
    );
}

#[test]
fn exchange_rates_are_checked() {
    check(
        r#"reseller = { name = "A" }
[fx.USD.JPY]
"2026-10" = 150.37
"2026-13" = "150"
"2026-12" = "0"
"2027-01" = "1,5"
[fx.USD.YEN]
[fx.USD.USD]
"2026-10" = "1"
"#,
        &[
            "3:13: `2026-10` is a bare number; write it as a string, \"150.37\", so that no float touches it",
            "4:1: `2026-13` is neither a billing period such as 2026-10 nor a day such as 2026-10-31",
            "5:13: `2026-12` is 0, but it must be more than 0",
            "6:13: `2027-01`: `1,5` is not a decimal number with at most 28 digits",
            "7:9: `YEN` is not an ISO 4217 currency code such as USD or JPY",
            "8:1: a currency is always worth itself; remove this table",
        ],
    );
}

#[test]
fn commitments_are_checked() {
    check(
        r#"reseller = { name = "A" }
[commitments]
sharing = "as billed"
unused = "nobody"
[[commitments.assign]]
arn = "arn:aws:ec2:us-east-1:123:reserved-instances/1"
customer = "nobody"
count = 0
[[commitments.assign]]
count = "2"
"#,
        &[
            "3:11: `sharing` cannot be `as billed`; did you mean `as_billed`?",
            "4:10: `unused` cannot be `nobody`; write one of owner, reseller, pro_rata",
            "6:7: `arn:aws:ec2:us-east-1:123:reserved-instances/1` is not the ARN of a commitment; \
             copy it from the report: arn:aws:ec2:<region>:<account>:reserved-instances/<id> \
             or arn:aws:savingsplans::<account>:savingsplan/<id>",
            "7:12: there is no customer `nobody`; add a [[customer]] with this id",
            "8:9: `count` must be a whole number from 1 to 4294967295",
            "9:1: [[commitments.assign]] has no `arn`; add it: arn = \"arn:aws:ec2:…:reserved-instances/…\"",
            "9:1: [[commitments.assign]] has no `customer`; add it: customer = \"acme\"",
            "10:9: `count` is a string, but it must be a whole number without quotes",
        ],
    );
}

#[test]
fn assignments_do_not_contradict_each_other() {
    let arn = "arn:aws:savingsplans::123456789012:savingsplan/0a1b2c3d";
    let check = |first: &str, second: &str, expected: &[&str]| {
        let assign = |rest| {
            format!("[[commitments.assign]]\narn = \"{arn}\"\ncustomer = \"acme\"\n{rest}\n")
        };
        let text = format!(
            "reseller = {{ name = \"A\" }}\n{}{}[[customer]]\nid = \"acme\"\naccounts = []\n",
            assign(first),
            assign(second)
        );
        super::contracts::check(&text, expected);
    };
    check("count = 2", "count = 1", &[]);
    check("until = \"2026-09\"", "from = \"2026-10\"", &[]);
    let clash = format!(
        "6:1: {arn} is assigned as a whole and a second time in the same billing periods (see 2:1, \
         `acme`); give both a `count`, or part the periods by `from` and `until`"
    );
    check("count = 2", "from = \"2026-10\"", &[&clash]);
}

#[test]
fn what_aws_leaves_open_is_chosen_by_name() {
    check(
        r#"reseller = { name = "A" }
[commitments.order]
plans = "by_arm"
precedence = "owner"
beneficiaries = "account"
zero_saving = "on_demand"
saving_against = "unblended"
tie = "none"
[commitments.aws]
sharing = "close"
groups = { red = ["111122223333"], blue = ["111122223333", "12"] }
inactive = "123456789012"
"#,
        &[
            "3:9: `plans` cannot be `by_arm`; did you mean `by_arn`?",
            "8:7: `tie` cannot be `none`; write one of account, usage_type",
            "10:11: `sharing` cannot be `close`; write one of open, prioritized, restricted, none",
            "11:19: account 111122223333 is in the group `blue` too; AWS has it in one at most",
            "11:60: `blue`: `12` is not an account id: twelve digits",
            "12:12: `inactive` is a string, but it must be a list, in square brackets",
        ],
    );
}

#[test]
fn customers_are_checked() {
    check(
        r#"reseller = { name = "A" }
commitments = { sharing = "as_billed" }
[[customer]]
[[customer]]
id = "Acme"
acounts = []
accounts = "111122223333"
basis = "lst"
currency = "yen"
rounding = { mode = "half", per = "region" }
tax = { rate = "10", mode = "nearest" }
adjustments = { usage = "pass", credit = "keep" }
[[customer]]
id = "_unassigned"
accounts = [111122223333, { from = "2026-10", until = "2026-09" }, { id = "1" }]
[[customer]]
id = "same"
accounts = []
[[customer]]
id = "same"
accounts = []
tax = "0.10"
"#,
        &[
            r#"3:1: [[customer]] has no `accounts`; add it: accounts = ["111122223333"]"#,
            r#"3:1: [[customer]] has no `id`; add it: id = "acme""#,
            "5:6: `id` cannot be `Acme`: use at most 64 of a-z, 0-9, `.`, `_` and `-`, starting with a letter or a digit",
            "6:1: [[customer]] has no key `acounts`; did you mean `accounts`?",
            "7:12: `accounts` is a string, but it must be a list, in square brackets",
            "8:9: `basis` cannot be `lst`; did you mean `list`?",
            "9:12: `currency`: `yen` is not an ISO 4217 currency code such as USD or JPY",
            "10:21: `mode` cannot be `half`; write one of half_up, half_even, up, down",
            "10:35: `per` cannot be `region`; write one of line, service, account, invoice",
            r#"11:7: tax has no `name`; add it: name = "consumption tax""#,
            "11:16: `rate` is 10, but it must be a fraction from 0 to 1; write \"0.05\" for 5 percent",
            "11:29: `mode` cannot be `nearest`; write one of half_up, half_even, up, down",
            "12:17: adjustments has no key `usage`; the keys are credit, refund, fee, discount, tax, support, subscription, marketplace",
            "12:42: `credit` cannot be `keep`; write one of pass, retain",
            "14:6: `id` cannot be `_unassigned`: this is the name of what belongs to no customer; choose another",
            "15:13: `accounts` must be a string; write \"111122223333\"",
            "15:27: an account has no `id`; add it: id = \"111122223333\"",
            "15:55: `until` 2026-09 is before `from` 2026-10; both ends are inclusive, so `until` is the last billing period",
            "15:75: `id`: `1` is not an account id: twelve digits",
            "20:6: the customer `same` is already there (see 17:6); give each its own `id`",
            "22:7: `tax` is a string, but it must be a table",
        ],
    );
    check(
        "reseller = { name = \"A\" }\n[customer]\nid = \"acme\"",
        &["2:1: there may be many of `customer`; write [[customer]]"],
    );
}

#[test]
fn an_account_with_two_owners_names_both_places() {
    check(
        r#"reseller = { name = "A" }
commitments = { sharing = "as_billed" }
[[customer]]
id = "acme"
accounts = ["111122223333", { id = "444455556666", until = "2026-09" }]
[[customer]]
id = "globex"
accounts = [
  { id = "111122223333", from = "2026-10" },
  { id = "444455556666", from = "2026-09" },
  "123456789012",
  "123456789012",
]
"#,
        &[
            "9:3: account 111122223333 belongs to `acme` in the same billing periods (see 5:13); \
             remove it in one place, or part the periods by `from` and `until`",
            "10:3: account 444455556666 belongs to `acme` in the same billing periods (see 5:29); \
             remove it in one place, or part the periods by `from` and `until`",
            "12:3: account 123456789012 belongs to `globex` in the same billing periods (see 11:3); \
             remove it in one place, or part the periods by `from` and `until`",
        ],
    );
}

#[test]
fn price_rules_are_checked() {
    check(
        r#"reseller = { name = "A" }
commitments = { sharing = "as_billed" }
[[customer]]
id = "acme"
accounts = ["111122223333"]
[[customer.price]]
service = "AmazonEC2"
[[customer.price]]
discount = "0.05"
markup = "0.05"
[[customer.price]]
discount = 0.05
[[customer.price]]
discount = "5"
[[customer.price]]
markup = "-0.05"
[[customer.price]]
rate = "5%"
[[customer.price]]
discount = "0.05"
kind = []
account = "444455556666"
region = ""
usagetype = "BoxUsage"
[[customer.price]]
discount = "0.05"
kind = ["usage", "suport"]
until = "2026-1"
"#,
        &[
            "6:1: a price rule needs one of `discount`, `markup` and `rate`; add one",
            "8:1: a price rule has only one of `discount`, `markup` and `rate`; remove the others",
            "12:12: `discount` is a bare number; write it as a string, \"0.05\", so that no float touches it",
            "14:12: `discount` is 5, but it must be a fraction from 0 to 1; write \"0.05\" for 5 percent",
            "16:10: `markup` is -0.05, but it must be 0 or more",
            "18:8: `rate`: `5%` is not a decimal number with at most 28 digits",
            "21:8: `kind` is an empty list, which nothing can match; write something in it or remove it",
            "22:11: account 444455556666 is not in the customer's `accounts`, so the rule never applies; add it there or correct it",
            "23:10: `region` is empty; write something or remove it",
            "24:1: [[customer.price]] has no key `usagetype`; did you mean `usage_type`?",
            "27:18: `kind` cannot be `suport`; did you mean `support`?",
            "28:9: `until`: `2026-1` is not a billing period such as 2026-10",
        ],
    );
}

#[test]
fn equally_specific_rules_name_both_places() {
    check(
        r#"reseller = { name = "A" }
commitments = { sharing = "as_billed" }
[[customer]]
id = "acme"
accounts = []
[[customer.price]]
service = "AmazonEC2"
discount = "0.05"
until = "2026-09"
[[customer.price]]
markup = "0.02"
service = "AmazonEC2"
from = "2026-09"
[[customer.price]]
kind = ["usage", "fee"]
rate = "1"
[[customer.price]]
kind = "fee"
rate = "2"
"#,
        &[
            "10:1: this rule (`markup 0.02 service=AmazonEC2 from=2026-09`) and the one at 6:1 \
             (`discount 0.05 service=AmazonEC2 until=2026-09`) match the same charges equally well; \
             remove one, or give it more conditions or other periods",
            "17:1: this rule (`rate 2 kind=fee`) and the one at 14:1 (`rate 1 kind=usage,fee`) \
             match the same charges equally well; remove one, or give it more conditions or other periods",
        ],
    );
}

#[test]
fn columns_count_characters() {
    check(
        "reseller = { name = \"株式会社\", payer = 1 }",
        &["1:29: [reseller] has no key `payer`; did you mean `payers`?"],
    );
}

#[test]
fn any_slip_of_a_key_is_survived_and_has_a_place() {
    check_slips(VALID);
}

/// Leaves out each character of an ASCII file, ends the file there, and adds a quote there.
fn check_slips(file: &str) {
    let slips = (0..file.len()).flat_map(|at| {
        let without = [&file[..at], &file[at + 1..]].concat();
        [without, file[..at].to_owned(), format!("{}\"{}", &file[..at], &file[at..])]
    });
    for slip in slips {
        let Err(problems) = Contracts::parse(&slip) else {
            continue;
        };
        for problem in problems.as_slice() {
            let line = slip.split('\n').nth(problem.position.line - 1);
            let width = line.unwrap_or_else(|| panic!("{problem}: no such line")).len();
            assert!(problem.position.column <= width + 1, "{problem}\n{slip}");
        }
    }
}

#[test]
fn problems_are_printed_as_a_compiler_prints_them() {
    let problems = Contracts::parse("[reseller]\nfoo = 1").unwrap_err();
    let [first, second] = problems.as_slice() else { panic!("{problems}") };
    assert_eq!((first.position.line, first.position.column), (1, 1));
    assert_eq!((second.position.line, second.position.column), (2, 1));
    let lines = problems.display("contracts.toml").to_string();
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(|line| line.starts_with("contracts.toml:")), "{lines:?}");
}

/// Checks the warnings about a right file with one customer, one line for each warning.
fn check_warnings(more: &str, expected: &[&str]) {
    let contracts = parse(&customer(more));
    let warnings = contracts.warnings().iter();
    let found: Vec<String> = warnings
        .map(|warning| format!("{} {}", warning.position.line, warning.message))
        .map(|line| line.split(" takes from usage").next().unwrap().to_owned())
        .map(|line| line.split(" is also for disks").next().unwrap().to_owned())
        .collect();
    assert_eq!(found, expected, "{more}");
}

/// A customer who is billed by AWS's fees pays them, even if the contracts assign the commitment to another
/// customer.
#[test]
fn a_commitment_between_two_bases_is_warned_of() {
    let of = |buyer: &str, holder: &str| {
        let text = format!(
            "[reseller]\nname = \"MSP\"\n[[commitments.assign]]\n\
             arn = \"arn:aws:ec2:us-east-1:111122223333:reserved-instances/r\"\n\
             customer = \"globex\"\n[[customer]]\nid = \"acme\"\nbasis = \"{buyer}\"\n\
             accounts = [\"111122223333\"]\n[[customer]]\nid = \"globex\"\nbasis = \"{holder}\"\n\
             accounts = [\"444455556666\"]\n"
        );
        let contracts = parse(&text);
        let warnings = contracts.warnings().iter();
        warnings.map(|warning| warning.message.contains("both or neither pay")).collect::<Vec<_>>()
    };
    assert_eq!(of("amortized", "list"), [true]);
    assert_eq!(of("list", "unblended"), [true]);
    assert_eq!(of("list", "list"), [false; 0]);
}

/// With basis `unblended`, a negation gives back the full price of usage that a discount has made cheaper.
#[test]
fn a_discount_that_leaves_out_negations_is_warned_of() {
    let rule = |more: &str| format!("[[customer.price]]\n{more}\n");
    let discount = rule("discount = \"0.05\"");
    check_warnings(&discount, &[]);
    let of_unblended = |rules: &str, expected: &[&str]| {
        check_warnings(&format!("basis = \"unblended\"\n{rules}"), expected);
        for basis in ["list", "amortized"] {
            check_warnings(&format!("basis = \"{basis}\"\n{rules}"), &[]);
        }
    };
    of_unblended(&discount, &["10 `discount 0.05`"]);
    of_unblended(&rule("discount = \"0\""), &[]);
    of_unblended(&rule("markup = \"0.05\""), &[]);
    of_unblended(&rule("rate = \"0.05\""), &[]);
    of_unblended(&rule("discount = \"0.05\"\nkind = \"marketplace\""), &[]);
    of_unblended(&rule("discount = \"0.05\"\nkind = \"commitment_fee\""), &[]);
    of_unblended(&rule("discount = \"0.05\"\nkind = [\"usage\", \"commitment_fee\"]"), &[]);
    of_unblended(
        &rule("discount = \"0.05\"\nservice = \"AmazonRDS\"\nkind = [\"usage\", \"fee\"]"),
        &["10 `discount 0.05 service=AmazonRDS kind=usage,fee`"],
    );
    // A separate rule for the fees that matches as much and gives as much.
    let fees = |more: &str| rule(&format!("kind = \"commitment_fee\"\n{more}"));
    let both = |more: &str| format!("{discount}{}", fees(more));
    of_unblended(&both("discount = \"0.05\""), &[]);
    of_unblended(&both("discount = \"0.050\"\nfrom = \"2026-10\""), &["10 `discount 0.05`"]);
    of_unblended(&both("discount = \"0.04\""), &["10 `discount 0.05`"]);
    of_unblended(&both("discount = \"0.05\"\nservice = \"AmazonRDS\""), &["10 `discount 0.05`"]);
    let of_rds = rule("discount = \"0.05\"\nservice = \"AmazonRDS\"\nfrom = \"2026-10\"");
    of_unblended(&format!("{of_rds}{}", fees("discount = \"0.05\"")), &[]);
    of_unblended(
        &format!("{of_rds}{}{discount}", fees("discount = \"0.06\"")),
        &["10 `discount 0.05 service=AmazonRDS from=2026-10`", "17 `discount 0.05`"],
    );
    // Negations are of usage that a savings plan covered, so other usage may have a discount of its own.
    let of = |purchases: &str| rule(&format!("discount = \"0.05\"\npurchase = {purchases}"));
    of_unblended(&of(r#"["on_demand", "spot", "reserved"]"#), &[]);
    of_unblended(&of("\"savings_plan\""), &["10 `discount 0.05 purchase=savings_plan`"]);
    of_unblended(&format!("{}{}", of("\"savings_plan\""), fees("discount = \"0.05\"")), &[]);
    // A list of the fees' rule must have all texts of the usage's rule.
    let of_two = rule("discount = \"0.05\"\nservice = [\"AmazonRDS\", \"Amazon*Search\"]");
    let of_fees = |services: &str| fees(&format!("discount = \"0.05\"\nservice = {services}"));
    of_unblended(&format!("{of_two}{}", of_fees(r#"["Amazon*Search", "*RDS", "AmazonS3"]"#)), &[]);
    let name = "10 `discount 0.05 service=Amazon*Search,AmazonRDS`";
    of_unblended(&format!("{of_two}{}", of_fees("\"AmazonRDS\"")), &[name]);
}

/// By "EC2", offers mean the hours of instances. In a report, `AmazonEC2` has much more.
#[test]
fn a_discount_on_all_of_ec2_is_warned_of() {
    let of = |more: &str| format!("[[customer.price]]\nservice = \"AmazonEC2\"\n{more}\n");
    let warned = |more: &str, id: &str| check_warnings(&of(more), &[&format!("9 `{id}`")]);
    warned("discount = \"0.05\"", "discount 0.05 service=AmazonEC2");
    warned(
        "discount = \"0.05\"\naccount = \"111122223333\"\nregion = \"us-east-1\"\nfrom = \"2026-10\"",
        "discount 0.05 account=111122223333 service=AmazonEC2 region=us-east-1 from=2026-10",
    );
    warned(
        "discount = \"0.05\"\nkind = [\"usage\", \"fee\"]",
        "discount 0.05 service=AmazonEC2 kind=usage,fee",
    );
    check_warnings(
        "[[customer.price]]\nservice = [\"AmazonRDS\", \"AmazonEC2\"]\ndiscount = \"0.05\"\n",
        &["9 `discount 0.05 service=AmazonEC2,AmazonRDS`"],
    );
    for more in [
        "discount = \"0\"",
        "markup = \"0.05\"",
        "rate = \"0.05\"",
        "discount = \"0.05\"\nkind = \"commitment_fee\"",
        "discount = \"0.05\"\nusage_type = \"*BoxUsage*\"",
        "discount = \"0.05\"\noperation = \"RunInstances\"",
        "discount = \"0.05\"\npurchase = [\"on_demand\", \"spot\", \"reserved\", \"savings_plan\"]",
    ] {
        check_warnings(&of(more), &[]);
    }
    check_warnings("[[customer.price]]\nservice = \"Amazon*\"\ndiscount = \"0.05\"\n", &[]);
}

#[test]
fn nobody_is_called_like_what_belongs_to_nobody() {
    for id in
        ["unassigned", "_unassigned", "Unassigned", "un-assigned", "unassigned.", "UNASSIGNED_"]
    {
        let file = customer("").replace("\"acme\"", &format!("\"{id}\""));
        let expected = format!(
            "7:14: `id` cannot be `{id}`: this is the name of what belongs to no customer; choose another"
        );
        check(&file, &[&expected]);
    }
    for id in ["unassigned-co", "unassigned1", "assigned"] {
        check(&customer("").replace("\"acme\"", &format!("\"{id}\"")), &[]);
    }
}

#[test]
fn the_kinds_of_charges_have_names_and_an_order() {
    assert!(ChargeKind::ALL.is_sorted());
    for kind in ChargeKind::ALL {
        assert_eq!(kind.name().parse(), Ok(kind));
        assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{}\"", kind.name()));
    }
    assert!("Usage".parse::<ChargeKind>().is_err());
}

/// Checks the messages about a file, one line for each problem. A right file has none.
fn check(file: &str, expected: &[&str]) {
    let problems =
        Contracts::parse(file).map_or_else(|problems| problems.to_string(), |_| String::new());
    let lines: Vec<&str> = problems.lines().collect();
    assert_eq!(lines, expected, "{file}");
}

/// Checks the one message about a file. It is empty for a right file.
fn check_one(file: &str, expected: &str) {
    let expected: Vec<&str> = expected.lines().collect();
    check(file, &expected);
}

fn parse(file: &str) -> Contracts {
    Contracts::parse(file).unwrap_or_else(|problems| panic!("{}\n{file}", problems.display("file")))
}

/// Checks which rule of [`RULES`] applies to a charge.
fn check_rule(subject: RuleSubject, at: &str, expected: &str) {
    let contracts = parse(&customer(RULES));
    let rule = contracts.customer("acme").and_then(|acme| acme.price_rule(&subject, period(at)));
    assert_eq!(rule.map_or("", |rule| &*rule.id), expected, "{subject:?} in {at}");
}

/// The terms of the first customer's one invoice.
fn only_invoice(contracts: &Contracts) -> &InvoiceTerms {
    let invoices = &contracts.customers().next().unwrap().terms.invoices;
    let [invoice] = invoices.as_slice() else { panic!("{invoices:?}") };
    invoice
}

/// A right file with one customer that owns two accounts, and more text.
fn customer(more: &str) -> String {
    format!(
        r#"
        [reseller]
        name = "Example MSP"
        [commitments]
        sharing = "reseller"
        [[customer]]
        id = "acme"
        accounts = ["111122223333", "444455556666"]
        {more}"#
    )
}

/// Usage that no rule of [`RULES`] names.
fn other() -> Sku {
    Sku {
        service_code: "AmazonS3".to_owned(),
        region: "us-east-1".to_owned(),
        usage_type: "Requests-Tier1".to_owned(),
        operation: "PutObject".to_owned(),
    }
}

/// Usage in an account that no rule of [`RULES`] names.
fn subject(sku: &Sku) -> RuleSubject<'_> {
    let purchase = Some(Purchase::OnDemand);
    RuleSubject { account: account("444455556666"), sku, purchase, kind: ChargeKind::Usage }
}

fn account(id: &str) -> AccountId {
    value(id)
}

fn period(text: &str) -> BillingPeriod {
    value(text)
}

fn rate(text: &str) -> Rate {
    value(text)
}

fn value<T: FromStr<Err: Display>>(text: &str) -> T {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}
