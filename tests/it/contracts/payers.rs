//! `[[payer]]`, `payers` of a customer, `[fx]` and `[invoice]`.

use contracts::terms::{DayRule, MonthDay};
use contracts::{Contracts, Fx, FxChoice, InvoiceDate, Language, NumberFormat};

use super::{PAYER, account, check, check_one, parse, period, rate};

const OTHER: &str = "222233334444";

#[test]
fn a_payer_has_a_name_a_report_and_rates_of_its_own() {
    let contracts = parse(
        r#"
        [reseller]
        name = "MSP"
        report = "costs"
        [[payer]]
        id = "999988887777"
        [[payer]]
        id = "222233334444"
        name = "EMEA"
        report = "hourly"
        fx = "mean"
        [fx.mean.USD.GBP]
        "2026-10" = "0.75"
        "#,
    );
    let [first, second] = [PAYER, OTHER].map(|id| contracts.payer(account(id)).unwrap());
    assert_eq!((&*first.name, &first.report, &first.fx), (PAYER, &None, &None));
    assert_eq!((&*second.name, second.report.as_deref()), ("EMEA", Some("hourly")));
    assert_eq!(contracts.report_of(account(PAYER)), Some("costs"));
    assert_eq!(contracts.report_of(account(OTHER)), Some("hourly"));
    assert_eq!(contracts.report_of(account("111122223333")), Some("costs"));
    // Without a list of payers, the tables are the list.
    assert!(contracts.payer_is_known(account(OTHER)));
    assert!(!contracts.payer_is_known(account("111122223333")));
    assert_eq!(contracts.payer(account("111122223333")).map(|payer| payer.id), None);
    assert_eq!(contracts.only_payer(), None);

    let one = parse("[reseller]\nname = \"MSP\"\n[[payer]]\nid = \"999988887777\"\n");
    assert_eq!(one.only_payer(), Some(account(PAYER)));
    let one_of_two = "[reseller]\nname = \"MSP\"\npayers = [\"999988887777\", \"222233334444\"]\n\
                      [[payer]]\nid = \"999988887777\"\n";
    assert!(parse(one_of_two).payer_is_known(account(OTHER)));
}

#[test]
fn payers_are_checked() {
    check(
        r#"reseller = { name = "A", payers = ["999988887777"] }
[[payer]]
id = "999988887777"
nme = "x"
fx = "mean"
[[payer]]
id = "999988887777"
name = ""
[[payer]]
id = "222233334444"
report = 5
[[payer]]
id = "1"
[[payer]]
name = "B"
[[customer]]
id = "acme"
payers = ["333344445555", { id = "999988887777", until = "2026-09" }, { from = "2026-10" }]
[[customer]]
id = "globex"
payers = [{ id = "999988887777", from = "2026-09" }]
[[customer]]
id = "initech"
payers = "999988887777"
"#,
        &[
            "4:1: [[payer]] has no key `nme`; did you mean `name`?",
            "5:6: the file has no series of rates `mean`; add a table [fx.mean.USD.JPY], with the currencies \
             that you need",
            "7:6: payer 999988887777 is already there (see 3:6); put both tables together",
            "8:8: `name` is empty; write something or remove it",
            "10:6: payer 222233334444 is not in `payers` of [reseller]; add it there, or remove that list",
            "11:10: `report` must be a string; write \"5\"",
            "13:6: `id`: `1` is not an account id: twelve digits",
            r#"14:1: [[payer]] has no `id`; add it: id = "999988887777""#,
            "18:11: payer 333344445555 is not among the payers of this file, so none of its reports is \
             billed; add it to `payers` of [reseller] or correct it",
            r#"18:71: a payer has no `id`; add it: id = "999988887777""#,
            "21:11: payer 999988887777 belongs to `acme` in the same billing periods (see 18:27); remove it \
             in one place, or part the periods by `from` and `until`",
            "24:10: `payers` is a string, but it must be a list, in square brackets",
        ],
    );
}

/// Acme has a payer until September, and Globex from October. Initech names one account of it.
const WHOLE_PAYERS: &str = r#"
[reseller]
name = "MSP"
[[customer]]
id = "acme"
accounts = ["123456789012"]
payers = [{ id = "999988887777", until = "2026-09" }, "222233334444"]
[[customer.price]]
account = "555566667777"
discount = "0.05"
[[customer]]
id = "globex"
payers = [{ id = "999988887777", from = "2026-10" }]
[[customer]]
id = "initech"
accounts = [{ id = "444455556666", until = "2026-10" }]
[[commitments.assign]]
arn = "arn:aws:savingsplans::555566667777:savingsplan/0a1b2c3d"
customer = "globex"
"#;

#[test]
fn a_payer_gives_its_customer_what_nobody_else_names() {
    let contracts = parse(WHOLE_PAYERS);
    let check = |id: &str, payer: &str, at: &str, expected: Option<&str>| {
        let owner = contracts.owner_of(account(id), account(payer), period(at));
        assert_eq!(owner.map(|owner| &*owner.id), expected, "{id} of {payer} in {at}");
    };
    let unnamed = "555566667777";
    check(unnamed, PAYER, "2026-09", Some("acme"));
    check(unnamed, PAYER, "2026-10", Some("globex"));
    check(unnamed, OTHER, "2026-10", Some("acme"));
    check(unnamed, "333344445555", "2026-10", None);
    check(PAYER, PAYER, "2026-10", Some("globex"));
    check("444455556666", PAYER, "2026-10", Some("initech"));
    check("444455556666", PAYER, "2026-11", Some("globex"));
    // An account that a customer names is its own, whoever pays for it.
    check("123456789012", PAYER, "2026-10", Some("acme"));
    check("123456789012", "333344445555", "2026-10", Some("acme"));

    let acme = contracts.customer("acme").unwrap();
    let owned = |at| {
        let accounts: Vec<_> = acme.accounts_in(period(at)).collect();
        (accounts, acme.payers_in(period(at)).collect::<Vec<_>>())
    };
    let [named, other, payer] = ["123456789012", OTHER, PAYER].map(account);
    assert_eq!(owned("2026-09"), (vec![named], vec![other, payer]));
    assert_eq!(owned("2026-10"), (vec![named], vec![other]));
}

/// Rates of a payer, of invoices and of customers.
const RATES: &str = r#"
[reseller]
name = "MSP"
[[payer]]
id = "999988887777"
fx = { series = "spot", on = "period_end" }
[[payer]]
id = "222233334444"
[fx.USD.AUD]
"2026-10" = "1.5"
[fx.spot.USD.AUD]
"2026-10-31" = "1.5234"
"2026-11-14" = "1.6"
[fx.long.USD.AUD]
"2026-10" = "1.234567890123456789012345678"
[[customer]]
id = "acme"
accounts = ["111122223333"]
currency = "AUD"
fx = { series = "spot", premium = "0.02", on = { days = 14 } }
[[customer.invoice]]
id = "main"
account = "111122223333"
fx = { premium = "0.02", add = "0.50" }
[[customer.invoice]]
id = "rest"
[[customer]]
id = "globex"
accounts = []
fx = "long"
[[customer]]
id = "initech"
accounts = []
fx = { series = "long", premium = "0.02" }
"#;

fn choice<'a>(contracts: &'a Contracts, customer: &str, invoice: usize) -> Option<&'a FxChoice> {
    contracts.customer(customer).unwrap().terms.invoices[invoice].fx.as_ref()
}

#[test]
fn a_rate_is_chosen_by_invoice_payer_and_period() {
    let contracts = parse(RATES);
    let choice = |customer, invoice| choice(&contracts, customer, invoice);
    let october = period("2026-10");
    let check = |choice, payer: Option<&str>, [series, on, base, with_premium]: [&str; 4]| {
        let found = contracts.rate(choice, payer.map(account), "USD", "AUD", october);
        let [series, on] = [series, on].map(str::to_owned);
        let expected = Fx { series, on, base: rate(base), rate: rate(with_premium) };
        assert_eq!(found, Ok(expected));
    };
    check(None, Some(OTHER), ["", "2026-10", "1.5", "1.5"]);
    check(None, None, ["", "2026-10", "1.5", "1.5"]);
    check(None, Some(PAYER), ["spot", "2026-10-31", "1.5234", "1.5234"]);
    // 1.5 × 1.02 + 0.50, and 1.6 × 1.02.
    check(choice("acme", 0), Some(PAYER), ["", "2026-10", "1.5", "2.03"]);
    check(choice("acme", 1), Some(PAYER), ["spot", "2026-11-14", "1.6", "1.632"]);
    let long = "1.234567890123456789012345678";
    check(choice("globex", 0), None, ["long", "2026-10", long, long]);
}

#[test]
fn a_missing_rate_says_where_to_add_it() {
    let contracts = parse(RATES);
    let choice = |customer, invoice| choice(&contracts, customer, invoice);
    let missing = |choice, payer: Option<&str>, from: &str, at: &str| {
        let found = contracts.rate(choice, payer.map(account), from, "AUD", period(at));
        found.unwrap_err().to_string()
    };
    assert_eq!(
        missing(None, Some(PAYER), "USD", "2026-11"),
        "there is no exchange rate for 2026-11-30: add `\"2026-11-30\" = \"…\"` to `[fx.spot.USD.AUD]` in \
         the contracts"
    );
    assert_eq!(
        missing(None, None, "EUR", "2026-11"),
        "there is no exchange rate for 2026-11: add `\"2026-11\" = \"…\"` to `[fx.EUR.AUD]` in the contracts"
    );
    assert_eq!(
        missing(choice("initech", 0), None, "USD", "2026-10"),
        "the exchange rate 1.234567890123456789012345678 for 2026-10 in `[fx.long.USD.AUD]` of the \
         contracts has more than 28 digits with its premium: write one of them with fewer digits"
    );
    let itself =
        contracts.rate(choice("initech", 0), None, "AUD", "AUD", period("2026-10")).unwrap();
    assert_eq!((itself.rate, &*itself.series), (rate("1"), ""));
}

#[test]
fn a_premium_is_exact() {
    let of = |base: &str, fx: &str| {
        let text = format!(
            "[reseller]\nname = \"MSP\"\n[fx.spot.USD.AUD]\n\"2026-10\" = \"{base}\"\n\
             [[payer]]\nid = \"{PAYER}\"\nfx = {fx}\n"
        );
        let rate = parse(&text).rate(None, Some(account(PAYER)), "USD", "AUD", period("2026-10"));
        rate.map(|fx| fx.rate.to_string()).map_err(|_| ())
    };
    let ok = |text: &str| Ok(text.to_owned());
    assert_eq!(of("1.5234", r#"{ series = "spot", premium = "0.02" }"#), ok("1.553868"));
    assert_eq!(of("150.37", r#"{ series = "spot", add = "0.50" }"#), ok("150.87"));
    assert_eq!(of("150.37", r#"{ series = "spot", premium = "1", add = "0.26" }"#), ok("301"));
    // 28 digits fit, 29 do not.
    let digits = "0.1111111111111111111111111111";
    assert_eq!(of(digits, r#"{ series = "spot" }"#), ok(digits));
    assert_eq!(of(digits, r#"{ series = "spot", premium = "0.1" }"#), Err(()));
    assert_eq!(of(digits, r#"{ series = "spot", add = "10" }"#), Err(()));
}

#[test]
fn series_and_choices_of_rates_are_checked() {
    check(
        r#"reseller = { name = "A" }
[fx.usd.JPY]
"2026-10" = "150"
[fx.Mean.USD.JPY]
"2026-10" = "150"
[fx.mean.USD.JPY]
"2026-11-5" = "150"
"2026-11-05" = 150
[fx.mean.usd.JPY]
[[customer]]
id = "acme"
accounts = []
fx = "means"
[[customer]]
id = "globex"
accounts = []
fx = { series = "", premium = "2", add = "-1", on = "issued", of = "mean" }
[[customer]]
id = "initech"
accounts = []
fx = { on = { months = 1, day = 32, days = 1 }, premium = "-0.01" }
"#,
        &[
            "2:5: `usd` cannot be the name of a series, because USD is a currency; write USD, or choose \
             another name",
            "4:5: `Mean` is neither a currency code such as USD nor the name of a series, which has only \
             a-z, 0-9, `_` and `-`",
            "7:1: `2026-11-5` is neither a billing period such as 2026-10 nor a day such as 2026-10-31",
            "8:16: `2026-11-05` is a bare number; write it as a string, \"150\", so that no float touches it",
            "9:10: `usd` is not an ISO 4217 currency code such as USD or JPY",
            "13:6: the file has no series of rates `means`; did you mean `mean`?",
            "17:17: `series` is empty; write something or remove it",
            "17:31: `premium` is 2, but it must be a fraction from 0 to 1; write \"0.05\" for 5 percent",
            "17:42: `add` is -1, but it must be 0 or more",
            "17:53: `on` cannot be `issued`; write one of period_end",
            "17:63: `fx` has no key `of`; the keys are series, premium, add, on",
            "21:15: `months` cannot stand beside `days`; remove one of them",
            "21:27: `day` cannot stand beside `days`; remove one of them",
            "21:59: `premium` is -0.01, but it must be a fraction from 0 to 1; write \"0.05\" for 5 percent",
        ],
    );
}

#[test]
fn an_issuer_is_the_reseller_unless_the_file_says_otherwise() {
    let plain = parse("[reseller]\nname = \"MSP\"\n");
    let issuer = plain.issuer();
    assert_eq!((&*issuer.name, &issuer.address, &issuer.bank), ("MSP", &None, &None));
    assert_eq!(issuer.numbers, format("{period}-", 4, ""));
    assert_eq!(issuer.note_numbers, None);
    assert_eq!((issuer.date, issuer.due), (InvoiceDate::Issued, None));
    assert_eq!(issuer.language, Language::English);

    let full = parse(
        r#"
        [reseller]
        name = "MSP"
        [invoice]
        issuer = "MSP K.K."
        address = "1-1 Example\nTokyo"
        registration_number = "T1234567890123"
        number = "INV-{year}-{sequence:5}.A"
        note_number = "CN{sequence}"
        date = "period_end"
        due = { months = 1, day = "last" }
        bank = "Example Bank"
        footer = "Thank you"
        language = "ja"
        "#,
    );
    let issuer = full.issuer();
    assert_eq!(issuer.name, "MSP K.K.");
    assert_eq!(issuer.address.as_deref(), Some("1-1 Example\nTokyo"));
    assert_eq!(issuer.registration_number.as_deref(), Some("T1234567890123"));
    assert_eq!(issuer.numbers, format("INV-{year}-", 5, ".A"));
    assert_eq!(issuer.note_numbers, Some(format("CN", 1, "")));
    assert_eq!(issuer.date, InvoiceDate::Rule(DayRule::PERIOD_END));
    assert_eq!(issuer.due, Some(DayRule { months: 1, day: MonthDay::Last }));
    assert_eq!(issuer.bank.as_deref(), Some("Example Bank"));
    assert_eq!(issuer.footer.as_deref(), Some("Thank you"));
    assert_eq!(issuer.language, Language::Japanese);
}

fn format(before: &str, digits: usize, after: &str) -> NumberFormat {
    NumberFormat { before: before.to_owned(), digits, after: after.to_owned() }
}

fn invoice(more: &str) -> String {
    format!("reseller = {{ name = \"A\" }}\n[invoice]\n{more}\n")
}

#[test]
fn numbers_of_invoices_are_checked() {
    let once = "it must have `{sequence}` exactly once, such as \"INV-{year}-{sequence:5}\"";
    for (format, problem) in [
        ("INV", once),
        ("{sequence}{sequence:2}", once),
        ("{sequence}-{period}", ""),
        (
            "{sequence:0}",
            "`{sequence:0}` must have from 1 to 18 digits, such as \"INV-{year}-{sequence:5}\"",
        ),
        (
            "{sequence:x}",
            "`{sequence:x}` must have from 1 to 18 digits, such as \"INV-{year}-{sequence:5}\"",
        ),
        ("{month}{sequence}", "`{month}` is not known; use {sequence}, {year} and {period}"),
        ("{year:2}{sequence}", "`{year:2}` is not known; use {sequence}, {year} and {period}"),
        ("{sequence", "a `{` is not closed; write a format such as \"INV-{year}-{sequence:5}\""),
        ("A/{sequence}", "`/` cannot be a part of a number; use letters, digits, `.`, `_` and `-`"),
        ("{sequence}}", "`}` cannot be a part of a number; use letters, digits, `.`, `_` and `-`"),
        (
            "請{sequence}",
            "`請` cannot be a part of a number; use letters, digits, `.`, `_` and `-`",
        ),
    ] {
        for (key, column) in [("number", 10), ("note_number", 15)] {
            let file = invoice(&format!("{key} = \"{format}\""));
            let expected = format!("3:{column}: `{key}`: {problem}");
            check_one(&file, if problem.is_empty() { "" } else { &expected });
        }
    }
}

/// A note and an invoice never have one number, whatever their sequences have come to.
#[test]
fn a_note_has_no_number_of_an_invoice() {
    let refused = "4:15: `note_number` can give the number of an invoice; begin it with another text than \
                   `number`";
    for (number, note, is_right) in [
        ("{period}-{sequence}", "CN-{period}-{sequence}", true),
        ("{period}-{sequence}", "{period}-{sequence:9}", true),
        ("{sequence}", "{period}-{sequence}", true),
        ("{sequence}-A", "{sequence}-B", true),
        ("A{sequence}", "A1{sequence}", false),
        ("{sequence}", "{year}{sequence}", false),
        ("{sequence}", "{sequence}0", false),
        ("{year}-{sequence}", "2026-{sequence}", true),
    ] {
        let file = invoice(&format!("number = \"{number}\"\nnote_number = \"{note}\""));
        check_one(&file, if is_right { "" } else { refused });
    }
}

#[test]
fn days_and_the_rest_of_an_invoice_are_checked() {
    check(
        &invoice(
            r#"issuer = ""
date = { month = 1, day = "lst" }
due = "issued"
language = "jp"
registration_number = "T12"
adress = "x""#,
        ),
        &[
            "3:10: `issuer` is empty; write something or remove it",
            "4:8: a day has no `months`; add it: months = 1",
            "4:10: a day has no key `month`; did you mean `months`?",
            "4:27: `day` cannot be `lst`; did you mean `last`?",
            "5:7: `due` is a string, but it must be a table",
            "6:12: `language` cannot be `jp`; write one of en, ja",
            "8:1: [invoice] has no key `adress`; did you mean `address`?",
        ],
    );
    check(
        &invoice("language = \"ja\"\nregistration_number = \"T123456789012\"\ndate = \"today\""),
        &[
            "4:23: `registration_number` cannot be `T123456789012`: in Japan it is T and 13 digits",
            "5:8: `date` cannot be `today`; write one of issued, period_end",
        ],
    );
    let due = |due: &str, expected: &[&str]| check(&invoice(&format!("due = {due}")), expected);
    due("{ days = 0 }", &[]);
    due("{ days = 30 }", &[]);
    due("{ months = 0, day = 31 }", &[]);
    due(
        "{ days = \"30\" }",
        &["3:16: `days` is a string, but it must be a whole number without quotes"],
    );
    due("{ days = -1 }", &["3:16: `days` must be a whole number from 0 to 3650"]);
    due(
        "{ months = 121, day = 0 }",
        &[
            "3:18: `months` must be a whole number from 0 to 120",
            "3:29: `day` must be a whole number from 1 to 31",
        ],
    );
}

#[test]
fn a_day_follows_from_a_day_or_a_period() {
    let of = |due: &str| {
        let contracts = parse(&invoice(&format!("due = {due}")));
        let rule = contracts.issuer().due.unwrap();
        let day = "2026-11-05".parse().unwrap();
        [rule.after(day), rule.of(period("2026-10"))].map(|day| day.to_string())
    };
    assert_eq!(of("{ months = 1, day = \"last\" }"), ["2026-12-31", "2026-11-30"]);
    assert_eq!(of("{ months = 1, day = 10 }"), ["2026-12-10", "2026-11-10"]);
    assert_eq!(of("{ months = 3, day = 31 }"), ["2027-02-28", "2027-01-31"]);
    assert_eq!(of("{ days = 30 }"), ["2026-12-05", "2026-11-30"]);
}

#[test]
fn an_invoice_in_yen_without_a_registration_number_is_warned_of() {
    let of = |language: &str, currency: &str, more: &str| {
        let text = format!(
            "reseller = {{ name = \"A\" }}\n[invoice]\nlanguage = \"{language}\"\n{more}\n\
             [[customer]]\nid = \"acme\"\naccounts = []\ncurrency = \"{currency}\"\n"
        );
        let contracts = Contracts::parse(&text).unwrap();
        contracts.warnings().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let expected = "3:12: a qualified invoice in Japan needs the registration number of the issuer; add \
                    `registration_number = \"T…\"` if you have one";
    assert_eq!(of("ja", "JPY", ""), [expected]);
    assert_eq!(of("ja", "USD", ""), [""; 0]);
    assert_eq!(of("en", "JPY", ""), [""; 0]);
    assert_eq!(of("ja", "JPY", "registration_number = \"T1234567890123\""), [""; 0]);
}
