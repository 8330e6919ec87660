//! What looks beyond the charges of one month: minimums, commitments, credits, prepaid balances and
//! withholding. A worked number has the name of its source.

use std::collections::{BTreeMap, BTreeSet};

use billing::Charge;
use contracts::terms::{
    Credit, Fee, Minimum, Pattern, Prepaid, Reach, Section, Selector, SpendCommitment, Stage,
    Texts, Withholding,
};
use contracts::{ChargeKind, Periods};
use cur::AccountId;
use money::Amount;
use money::rounding::Mode;
use proptest::prelude::*;
use proptest::sample::select;
use statement::credits::Credited;
use statement::prepaid::{self, Drawn};
use statement::{
    Balances, Carried, Correction, Invoice, InvoiceLine, Item, Opening, Statement, statement,
    withholding,
};

use crate::month::{
    A, ALWAYS, B, C, DISCOUNT, FEE, MARKETPLACE, Month, USAGE, account, amount, amounts,
    any_amount, base, charge, line, parts, period, periods, rate, table, usage,
};

/// A minimum that usage, fees and discounts count towards, before discounts.
fn minimum(of: &str) -> Minimum {
    Minimum {
        id: "minimum".to_owned(),
        name: "a minimum".to_owned(),
        amount: amount(of),
        currency: "USD".parse().unwrap(),
        counts: BTreeSet::from([USAGE, FEE]),
        before_discounts: true,
        only_with_usage: false,
        invoice: None,
        periods: ALWAYS,
    }
}

fn credit(id: &str, of: &str, services: &[&str], periods: Periods) -> Credit {
    let texts = services.iter().map(|service| Pattern::from((*service).to_owned())).collect();
    let services = (!services.is_empty()).then_some(Texts(texts));
    Credit {
        id: id.to_owned(),
        name: format!("credit {id}"),
        amount: amount(of),
        currency: "USD".parse().unwrap(),
        periods,
        of: Selector { services, ..Selector::default() },
        invoice: None,
    }
}

// Minimums and commitments.

/// A minimum of 2,500 a month that is compared before discounts, and 2 % off the whole month above it.
fn flex(spend: &str) -> Month {
    let discount = table(Reach::Whole, &[("2500", "0"), ("", "-0.02")]);
    let discount = Fee::Percent { rates: discount, base: base(Stage::BeforeRules) };
    Month::new("2026-10", vec![usage(A, "AmazonEC2", spend)])
        .line(line(DISCOUNT, "USD", discount))
        .minimum(minimum("2500"))
}

/// A reseller's public terms, 2026: its page prints these twelve months, here with cents.
#[test]
fn a_true_up_below_the_minimum_and_a_discount_only_above_it() {
    let twelve = [
        ("1250", "1250", "0", "2500"),
        ("2150", "350", "0", "2500"),
        ("5675", "0", "113.50", "5561.50"),
        ("7500", "0", "150", "7350"),
        ("4900", "0", "98", "4802"),
        ("6225", "0", "124.50", "6100.50"),
        ("5000", "0", "100", "4900"),
        ("9800", "0", "196", "9604"),
        ("4250", "0", "85", "4165"),
        ("6575", "0", "131.50", "6443.50"),
        ("5175", "0", "103.50", "5071.50"),
        ("8575", "0", "171.50", "8403.50"),
    ];
    let edges = [
        // Exactly the minimum has neither.
        ("2500", "0", "0", "2500"),
        ("2499.99", "0.01", "0", "2500"),
        ("2500.01", "0", "50.0002", "2450.0098"),
        // AWS restates the third and the second month: +98.00, and +48.00 instead of +450.00.
        ("5775", "0", "115.50", "5659.50"),
        ("2600", "0", "52", "2548"),
    ];
    let mut total = Amount::ZERO;
    for (spend, true_up, discount, invoice) in twelve.into_iter().chain(edges) {
        let month = flex(spend);
        let discounts = month.fees();
        let settled = month.settled(&discounts, &Balances::default());
        let of = |items: &[Item]| items.iter().map(|item| item.amount).sum::<Amount>();
        assert_eq!(of(&settled.items), amount(true_up), "{spend}");
        assert_eq!(-of(&discounts), amount(discount), "{spend}");
        let sum = amount(spend) + of(&discounts) + of(&settled.items);
        assert_eq!(sum, amount(invoice), "{spend}");
        if twelve.iter().any(|month| month.0 == spend) {
            total += sum;
        }
    }
    assert_eq!(total, amount("67401.50"));
}

#[test]
fn a_minimum_says_what_was_counted() {
    // An open-source billing system's documentation and tests, 2026; a vendor's commerce portal, 2026.
    for (least, usage_of, fee, expected) in [
        ("1000", "800", "0", "200"),
        ("1000", "1300", "0", ""),
        ("100", "50", "0", "50"),
        ("100", "30", "50", "20"),
        ("1800", "0", "0", "1800"),
    ] {
        let month = Month::new("2026-10", vec![usage(A, "AmazonEC2", usage_of)]);
        let month = month.line(line(FEE, "USD", Fee::Fixed(amount(fee)))).minimum(minimum(least));
        let settled = month.settled(&month.fees(), &Balances::default());
        let expected: Vec<&str> = Some(expected).into_iter().filter(|of| !of.is_empty()).collect();
        assert_eq!(amounts(&settled.items), expected, "{least}");
        for item in settled.items {
            assert_eq!((item.section, &*item.id), (Section::Minimum, "minimum"));
            let basis = item.basis.unwrap();
            assert_eq!(basis.limit, Some(amount(least)));
            assert_eq!(basis.amount, amount(usage_of) + amount(fee));
        }
    }
}

#[test]
fn a_minimum_is_measured_before_or_after_discounts() {
    let month = |before_discounts, only_with_usage| {
        let charges = vec![
            usage(A, "AmazonEC2", "900"),
            charge(ChargeKind::Discount, A, "AmazonEC2", "", "-100"),
            charge(ChargeKind::Marketplace, A, "Vendor", "", "5000"),
        ];
        Month::new("2026-10", charges)
            .line(line(DISCOUNT, "USD", Fee::Fixed(amount("-50"))))
            .minimum(Minimum { before_discounts, only_with_usage, ..minimum("1000") })
    };
    // Marketplace does not count, because `counts` does not name it.
    for (before_discounts, expected) in [(true, "100"), (false, "250")] {
        let month = month(before_discounts, false);
        let settled = month.settled(&month.fees(), &Balances::default());
        assert_eq!(amounts(&settled.items), [expected]);
    }
    let empty = |only_with_usage| Month { payers: Vec::new(), ..month(true, only_with_usage) };
    assert_eq!(amounts(&empty(false).settled(&[], &Balances::default()).items), ["1000"]);
    assert!(empty(true).settled(&[], &Balances::default()).items.is_empty());
    let mut later = month(true, false);
    later.customer.terms.minimums[0].periods = periods("2026-11", "");
    assert!(later.settled(&[], &Balances::default()).items.is_empty());
}

/// A file cannot name discounts in `counts`, so `measured` alone decides about them.
#[test]
fn discounts_count_as_the_file_says() {
    let missing = |table: &str, measured: &str| {
        let text = format!(
            r#"
            [reseller]
            name = "MSP"
            [[customer]]
            id = "acme"
            accounts = ["{A}"]
            [[customer.line]]
            id = "volume"
            section = "discount"
            percent = "-0.10"
            [[customer.{table}]]
            id = "least"
            amount = "2500"
            measured = "{measured}"
            from = "2026-10"
            until = "2026-10"
            "#
        );
        let charges = vec![usage(A, "AmazonEC2", "2600")];
        let month = Month::of(&text, "2026-10", charges);
        amounts(&month.settled(&month.fees(), &Balances::default()).items)
    };
    for table in ["minimum", "commitment"] {
        assert!(missing(table, "before_discounts").is_empty(), "{table}");
        // 2,600 less 260.
        assert_eq!(missing(table, "after_discounts"), ["160"], "{table}");
    }
}

#[test]
fn a_commitment_ends_with_what_is_missing() {
    let commitment = SpendCommitment {
        id: "2026".to_owned(),
        name: "a year".to_owned(),
        amount: amount("100000"),
        currency: "USD".parse().unwrap(),
        from: period("2026-08"),
        until: period("2026-10"),
        counts: vec![(USAGE, None), (MARKETPLACE, Some(amount("25000"))), (Section::Minimum, None)],
        before_discounts: true,
        invoice: None,
    };
    let month = |of: &str, used: &str, marketplace: &str| {
        let charges = vec![
            usage(A, "AmazonEC2", used),
            charge(ChargeKind::Marketplace, B, "Vendor", "", marketplace),
        ];
        let mut month = Month::new(of, charges).invoices(&[("prod", &[A]), ("rest", &[])]);
        month.customer.terms.commitments.push(commitment.clone());
        month
    };
    let mut balances = Balances::default();
    let mut settle = |month: Month| {
        let settled = month.settled(&[], &balances);
        let sums = balances.commitments.entry("2026".to_owned()).or_default();
        for (section, of) in settled.counted.get("2026").cloned().unwrap_or_default() {
            *sums.entry(section).or_default() += of;
        }
        settled
    };
    assert!(settle(month("2026-07", "9000", "0")).counted.is_empty());
    let first = settle(month("2026-08", "30000", "30000"));
    assert!(first.items.is_empty());
    // What is stored has no cap, so that a contract that raises the cap raises what counts.
    assert_eq!(
        first.counted["2026"],
        BTreeMap::from([(USAGE, amount("30000")), (MARKETPLACE, amount("30000")),])
    );
    settle(month("2026-09", "20000", "0"));
    let last = settle(month("2026-10", "15000", "5000"));
    // 65,000 of usage, and 25,000 of the 35,000 of Marketplace.
    assert_eq!(amounts(&last.items), ["10000"]);
    assert_eq!(last.items[0].section, Section::Commitment);
    assert_eq!(last.items[0].basis.as_ref().unwrap().amount, amount("90000"));
    assert_eq!(parts(&last.items[0]), ["7500", "2500"]);
    assert!(settle(month("2026-11", "1", "0")).items.is_empty());
    // A commitment that was kept has no shortfall, and a true-up to the minimum counts if it is named.
    assert!(month("2026-10", "100000", "0").settled(&[], &Balances::default()).items.is_empty());
    let kept = month("2026-10", "75000", "30000").minimum(minimum("90000"));
    assert_eq!(amounts(&kept.settled(&[], &Balances::default()).items), ["15000"]);
}

// Small bills.

#[test]
fn a_small_bill_waits_for_the_next_one() {
    let text = format!(
        r#"
        [reseller]
        name = "MSP"
        [[customer]]
        id = "acme"
        accounts = ["{A}"]
        tax = {{ name = "VAT", rate = "0.10" }}
        carry = {{ below = "20", periods = 2 }}
        "#
    );
    let bill = |of: &str, charged: &str, opening: &Opening| {
        let Month { contracts, customer, period, payers } =
            Month::of(&text, of, vec![usage(A, "AmazonEC2", charged)]);
        statement(&contracts, &customer, period, &payers, &[], opening).unwrap()
    };
    let sums = |bill: &Statement| {
        let Invoice { subtotal, amount_due, carried_over, .. } = &bill.invoices[0];
        [subtotal, amount_due, carried_over].map(Amount::to_string)
    };
    let october = bill("2026-10", "15", &Opening::default());
    assert_eq!(sums(&october), ["15", "0", "15"]);
    let after = |bill: Statement| Opening { balances: bill.closing, ..Opening::default() };
    let after_october = after(october);
    // Two of them are not small, and the tax is on both.
    assert_eq!(sums(&bill("2026-11", "15", &after_october)), ["30", "33", "0"]);
    let november = bill("2026-11", "1", &after_october);
    assert_eq!(sums(&november), ["16", "0", "16"]);
    // In December, the sum of October has waited for two billing periods.
    assert_eq!(sums(&bill("2026-12", "1", &after(november))), ["17", "18.7", "0"]);
    // A correction of an old period has not waited.
    let line =
        InvoiceLine::plain(Section::Correction, "", "", period("2026-01"), "USD", amount("3"));
    let (invoice_id, currency) = ("acme".to_owned(), "USD".to_owned());
    let corrections = vec![Correction { invoice_id, currency, line }];
    let opening = Opening { corrections, ..Opening::default() };
    assert_eq!(sums(&bill("2026-10", "15", &opening)), ["18", "0", "18"]);
    let alone = bill("2026-10", "0", &opening);
    assert_eq!(sums(&alone), ["3", "0", "3"]);
    assert_eq!(alone.closing.carried[0].billing_period, period("2026-10"));
}

#[test]
fn a_tax_that_is_gone_is_named_and_never_left_out() {
    let bill = |taxes: &str| {
        let text = format!(
            r#"
            [reseller]
            name = "MSP"
            [[customer]]
            id = "acme"
            accounts = ["{A}"]
            tax = [{taxes}]
            "#
        );
        let Month { contracts, customer, period: of, payers } =
            Month::of(&text, "2026-10", vec![usage(A, "AmazonEC2", "100")]);
        let carried = Carried {
            billing_period: period("2026-09"),
            invoice_id: "acme".to_owned(),
            currency: "USD".to_owned(),
            tax: "VAT".to_owned(),
            amount: amount("10"),
        };
        let balances = Balances { carried: vec![carried], ..Balances::default() };
        let opening = Opening { balances, ..Opening::default() };
        let bill = statement(&contracts, &customer, of, &payers, &[], &opening);
        bill.map(|bill| bill.invoices[0].total.to_string()).map_err(|error| error.to_string())
    };
    assert_eq!(
        bill(r#"{ name = "tax", rate = "0.20" }"#).unwrap_err(),
        "customer `acme` still has money of 2026-09 with the tax `VAT`, and the invoice `acme` does not have \
         this tax any more; add it to `tax` again, with `sections = \"carried\"` if nothing new has it"
    );
    let both =
        r#"{ name = "VAT", rate = "0.10", sections = "carried" }, { name = "tax", rate = "0.20" }"#;
    assert_eq!(bill(both).unwrap(), "131");
}

// Credits.

/// What is left of the charges of each service after credits.
fn after_credits(month: &Month, credited: &Credited) -> BTreeMap<String, String> {
    let mut left: BTreeMap<String, Amount> = BTreeMap::new();
    for charge in month.payers.iter().flat_map(|payer| &payer.charges) {
        *left.entry(charge.key.sku.service_code.clone()).or_default() += charge.charge;
    }
    for item in &credited.items {
        *left.entry(item.place.service_code.clone()).or_default() += item.amount;
    }
    left.into_iter().map(|(service, left)| (service, left.to_string())).collect()
}

/// AWS's cost management guide: credits of 10 (S3 and EC2, January) and 5 (EC2, December).
#[test]
fn credits_are_used_in_the_order_of_aws() {
    let charges = vec![usage(A, "AmazonS3", "50"), usage(A, "AmazonEC2", "100")];
    let mut month = Month::new("2026-10", charges);
    let december = credit("december", "5", &["AmazonEC2"], periods("", "2027-12"));
    let january = credit("january", "10", &["AmazonS3", "AmazonEC2"], periods("", "2027-01"));
    month.customer.terms.credits = vec![december, january];
    let credited = month.credited(&Balances::default());
    let left = after_credits(&month, &credited);
    assert_eq!((&*left["AmazonEC2"], &*left["AmazonS3"]), ("85", "50"));
    let ids: Vec<&str> = credited.items.iter().map(|item| item.id.as_str()).collect();
    assert_eq!(ids, ["january", "december"]);
    let balances: Vec<Amount> =
        credited.items.iter().map(|item| item.basis.as_ref().unwrap().amount).collect();
    assert_eq!(balances, [amount("10"), amount("5")]);
    let used = [("december", "5"), ("january", "10")];
    assert_eq!(credited.used, used.map(|(id, of)| (id.to_owned(), amount(of))).into());
}

#[test]
fn ties_between_credits_are_decided() {
    let until = |until| periods("", until);
    for (first, second) in [
        // Soonest expiry; no expiry is last.
        (
            credit("a", "1", &[], until("2026-11")),
            credit("b", "1", &["AmazonS3"], until("2026-12")),
        ),
        (credit("a", "1", &[], until("2026-11")), credit("b", "1", &["AmazonS3"], ALWAYS)),
        // Fewest services; a star is as many as all.
        (
            credit("a", "1", &["AmazonS3"], ALWAYS),
            credit("b", "1", &["AmazonS3", "AmazonEC2"], ALWAYS),
        ),
        (
            credit("a", "1", &["AmazonS3", "AmazonEC2"], ALWAYS),
            credit("b", "1", &["Amazon*"], ALWAYS),
        ),
        (credit("a", "1", &["AmazonS3"], ALWAYS), credit("b", "1", &[], ALWAYS)),
        // Oldest.
        (
            credit("a", "1", &[], periods("2026-01", "")),
            credit("b", "1", &[], periods("2026-02", "")),
        ),
        (credit("a", "1", &[], ALWAYS), credit("b", "1", &[], periods("2026-02", ""))),
    ] {
        let mut month = Month::new("2026-10", vec![usage(A, "AmazonS3", "1")]);
        month.customer.terms.credits = vec![second.clone(), first.clone()];
        let used = month.credited(&Balances::default()).used;
        assert_eq!(used.keys().collect::<Vec<_>>(), ["a"], "{first:?} before {second:?}");
    }
}

#[test]
fn the_highest_spend_is_paid_first() {
    let charges = vec![
        usage(B, "AmazonEC2", "70"),
        charge(ChargeKind::Usage, A, "AmazonEC2", "BoxUsage", "30"),
        charge(ChargeKind::Usage, A, "AmazonEC2", "EBS", "20"),
        usage(A, "AmazonS3", "40"),
    ];
    let paid = |of: &str| {
        let mut month = Month::new("2026-10", charges.clone());
        month.customer.terms.credits = vec![
            credit("all", of, &[], periods("", "2026-10")),
            // What the first credit has left of one usage type.
            Credit {
                of: Selector {
                    usage_types: Some(Texts(vec![Pattern::from("BoxUsage".to_owned())])),
                    ..Selector::default()
                },
                ..credit("box", "1000", &[], ALWAYS)
            },
        ];
        let items = month.credited(&Balances::default()).items.into_iter();
        let shown = items.map(|item| {
            let account = item.place.usage_account_id.unwrap();
            format!("{} {account} {} {}", item.id, item.place.service_code, item.amount)
        });
        shown.collect::<Vec<_>>()
    };
    // Account A has 90, of which EC2 has 50, of which BoxUsage has 30.
    let box_usage = |of: &str| format!("box {A} AmazonEC2 {of}");
    assert_eq!(paid("25"), [format!("all {A} AmazonEC2 -25"), box_usage("-5")]);
    assert_eq!(paid("45"), [format!("all {A} AmazonEC2 -45")]);
    assert_eq!(
        paid("160"),
        [
            format!("all {A} AmazonEC2 -50"),
            format!("all {A} AmazonS3 -40"),
            format!("all {B} AmazonEC2 -70"),
        ]
    );
}

/// A reseller's public terms, 2026: a credit belongs to its account and stays open, even if another account
/// could use it.
#[test]
fn a_credit_of_an_account_stays_with_the_account() {
    let month = |of, a, b| {
        let mut month = Month::new(of, vec![usage(A, "AmazonEC2", a), usage(B, "AmazonEC2", b)]);
        let mut credit = credit("grant", "1000", &[], ALWAYS);
        credit.of.accounts = Some(BTreeSet::from([account(A)]));
        month.customer.terms.credits = vec![credit];
        month
    };
    let october = month("2026-10", "702", "27378").credited(&Balances::default());
    assert_eq!(amounts(&october.items), ["-702"]);
    assert_eq!(october.items[0].place.usage_account_id, Some(account(A)));
    let balances = Balances { credits: october.used, ..Balances::default() };
    // November: 390.00 less 298.00 is 92.00.
    let november = month("2026-11", "390", "27378").credited(&balances);
    assert_eq!(amounts(&november.items), ["-298"]);
    assert_eq!(november.items[0].basis.as_ref().unwrap().amount, amount("298"));
    let balances =
        Balances { credits: BTreeMap::from([("grant".to_owned(), amount("1000"))]), ..balances };
    assert!(month("2026-12", "390", "0").credited(&balances).items.is_empty());
}

#[test]
fn a_credit_pays_only_what_it_is_for() {
    let charges = vec![
        usage(A, "AmazonEC2", "100"),
        // AWS gave a part of the usage back, so 80 are left to pay.
        charge(ChargeKind::Refund, A, "AmazonEC2", "", "-20"),
        usage(B, "AmazonS3", "7"),
        charge(ChargeKind::Marketplace, A, "Vendor", "", "500"),
        charge(ChargeKind::Support, A, "AWSSupportBusiness", "", "100"),
        charge(ChargeKind::Tax, A, "AmazonEC2", "", "10"),
    ];
    let paid = |change: &dyn Fn(&mut Credit)| {
        let month = Month::new("2026-10", charges.clone());
        let mut month = month.invoices(&[("prod", &[A]), ("rest", &[])]);
        let mut credit = credit("grant", "10000", &[], ALWAYS);
        change(&mut credit);
        month.customer.terms.credits = vec![credit];
        month.credited(&Balances::default()).items
    };
    let items = paid(&|_| ());
    assert_eq!(amounts(&items), ["-80", "-7"]);
    assert_eq!(items.iter().map(parts).collect::<Vec<_>>(), [["-80", "0"], ["0", "-7"]]);
    let of_kind = |kind| Some(BTreeSet::from([kind]));
    assert_eq!(
        amounts(&paid(&|credit| credit.of.kinds = of_kind(ChargeKind::Marketplace))),
        ["-500"]
    );
    assert_eq!(amounts(&paid(&|credit| credit.of.kinds = of_kind(ChargeKind::Support))), ["-100"]);
    assert_eq!(
        amounts(&paid(&|credit| credit.of.kinds = of_kind(ChargeKind::Usage))),
        ["-100", "-7"]
    );
    assert_eq!(amounts(&paid(&|credit| credit.invoice = Some("rest".to_owned()))), ["-7"]);
    assert!(paid(&|credit| credit.periods = periods("2026-11", "")).is_empty());
    assert!(paid(&|credit| credit.periods = periods("", "2026-09")).is_empty());
}

#[test]
fn credits_of_two_currencies_pay_one_charge() {
    let mut month = Month::new("2026-10", vec![usage(A, "AmazonEC2", "100")]);
    let yen = Credit {
        currency: "JPY".parse().unwrap(),
        ..credit("yen", "3725.5825", &[], periods("", "2026-12"))
    };
    month.customer.terms.credits = vec![credit("dollars", "1000", &[], ALWAYS), yen];
    let credited = month.credited(&Balances::default());
    // 100 dollars are 14,902.33 yen. A quarter of them is paid in yen, and three quarters in dollars.
    assert_eq!(amounts(&credited.items), ["-3725.5825", "-75"]);
    let currencies: Vec<&str> = credited.items.iter().map(|item| &*item.currency).collect();
    assert_eq!(currencies, ["JPY", "USD"]);
}

// After tax.

#[test]
fn prepaid_balances_pay_totals() {
    let balance = |id: &str, of: &str, paid: &str| Prepaid {
        id: id.to_owned(),
        name: format!("voucher {id}"),
        amount: amount(of),
        currency: "USD".parse().unwrap(),
        paid: paid.parse().unwrap(),
        periods: ALWAYS,
        invoice: None,
    };
    let draw = |prepaid: Vec<Prepaid>, due: [&str; 2], used: &[(&str, &str)]| {
        let month = Month::new("2026-10", Vec::new());
        let mut month = month.invoices(&[("prod", &[A]), ("rest", &[])]);
        month.customer.terms.prepaid = prepaid;
        let used = used.iter().map(|(id, of)| ((*id).to_owned(), amount(of))).collect();
        let balances = Balances { prepaid: used, ..Balances::default() };
        let Drawn { payments, used } =
            month.look(|context| prepaid::draw(context, &due.map(amount), &balances));
        let shown = payments.iter().map(|payments| {
            let shown = payments.iter().map(|payment| {
                format!("{} {} {}>{}", payment.id, payment.amount, payment.before, payment.after)
            });
            shown.collect::<Vec<_>>().join(", ")
        });
        let all: Amount = payments.iter().flatten().map(|payment| payment.amount).sum();
        assert_eq!(all, used.values().copied().sum());
        shown.collect::<Vec<_>>()
    };
    // A reseller's public terms, 2026: a voucher of 110,000 pays 110,000 with tax.
    assert_eq!(
        draw(vec![balance("a", "110000", "2026-09-01")], ["110000", "0"], &[]),
        ["a 110000 110000>0", ""]
    );
    // The oldest is first, whatever the order of the file.
    let two = || vec![balance("new", "100", "2026-09-02"), balance("old", "50", "2026-09-01")];
    assert_eq!(draw(two(), ["70", "40"], &[]), ["old 50 50>0, new 20 100>80", "new 40 80>40"]);
    assert_eq!(
        draw(two(), ["70", "40"], &[("old", "20")]),
        ["old 30 30>0, new 40 100>60", "new 40 60>20"]
    );
    // A contract that lowers a balance below what is used leaves nothing.
    assert_eq!(draw(two(), ["70", "0"], &[("old", "60")]), ["new 70 100>30", ""]);
    // A negative invoice gives nothing back to a balance.
    assert_eq!(draw(two(), ["-70", "40"], &[]), ["", "old 40 50>10"]);
    let yen = Prepaid { currency: "JPY".parse().unwrap(), ..balance("yen", "9", "2026-09-01") };
    let pinned = Prepaid { invoice: Some("rest".to_owned()), ..balance("pin", "9", "2026-09-01") };
    let over = Prepaid { periods: periods("", "2026-09"), ..balance("over", "9", "2026-09-01") };
    assert_eq!(draw(vec![yen, pinned, over], ["5", "5"], &[]), ["", "pin 5 9>4"]);
}

#[test]
fn withholding_is_rounded_once() {
    for (of_total, mode, currency, subtotal, total, expected) in [
        (false, Mode::Down, "JPY", "123456", "135801", "12604"),
        (true, Mode::Down, "JPY", "123456", "135801", "13865"),
        (false, Mode::HalfUp, "USD", "1000.05", "1100.06", "102.11"),
        (false, Mode::Up, "JPY", "-123456", "-135801", "-12605"),
    ] {
        let mut month = Month::new("2026-10", Vec::new());
        let invoice = &mut month.customer.terms.invoices[0];
        invoice.currency = currency.parse().unwrap();
        let name = "withholding tax".to_owned();
        invoice.withholding = Some(Withholding { name, rate: rate("0.1021"), of_total, mode });
        let withheld = month.look(|context| {
            let invoice = &context.invoices()[0];
            withholding::withhold(context, invoice, amount(subtotal), amount(total))
        });
        let withheld = withheld.unwrap().unwrap();
        assert_eq!(withheld.amount, amount(expected), "{subtotal} {total}");
        assert_eq!(withheld.of, amount(if of_total { total } else { subtotal }));
    }
    let month = Month::new("2026-10", Vec::new());
    let none = month.look(|context| {
        withholding::withhold(context, &context.invoices()[0], Amount::ZERO, Amount::ZERO)
    });
    assert_eq!(none, Ok(None));
}

/// A charge of one of a few accounts, services and SKUs, so that they meet.
fn any_charge() -> impl Strategy<Value = Charge> {
    let kinds = vec![ChargeKind::Usage, ChargeKind::Usage, ChargeKind::Refund, ChargeKind::Tax];
    let kinds = select(kinds);
    let accounts = select(vec![A, B, C]);
    let services = select(vec!["AmazonEC2", "AmazonS3"]);
    let types = select(vec!["Box", "Disk"]);
    (kinds, accounts, services, types, any_amount()).prop_map(
        |(kind, account, service, usage_type, of)| {
            let of = if kind == ChargeKind::Refund { -of.abs() } else { of };
            charge(kind, account, service, usage_type, &of.to_string())
        },
    )
}

fn any_credit() -> impl Strategy<Value = Credit> {
    let services = select(vec![&[][..], &["AmazonS3"], &["AmazonEC2", "AmazonS3"], &["Amazon*"]]);
    let accounts = select(vec![None, Some(A), Some(C)]);
    let until = select(vec!["", "2026-10", "2026-11"]);
    let invoices = select(vec![None, Some("prod"), Some("rest")]);
    (any_amount(), services, accounts, until, invoices).prop_map(
        |(of, services, pin, until, invoice)| {
            let mut credit = credit("", &of.abs().to_string(), services, periods("", until));
            credit.of.accounts = pin.map(|id| BTreeSet::from([account(id)]));
            credit.invoice = invoice.map(str::to_owned);
            credit
        },
    )
}

proptest! {
    /// What counted and the true-up are the minimum, or what counted if that is more.
    #[test]
    fn a_true_up_reaches_the_minimum(
        charges in prop::collection::vec(any_charge(), 0..8),
        least in any_amount(),
        fixed in any_amount(),
        before_discounts in any::<bool>(),
    ) {
        let section = if fixed.is_negative() { DISCOUNT } else { FEE };
        let least = least.abs();
        let month = Month::new("2026-10", charges.clone())
            .invoices(&[("prod", &[A]), ("rest", &[])])
            .line(line(section, "USD", Fee::Fixed(fixed)))
            .minimum(Minimum { before_discounts, ..minimum(&least.to_string()) });
        let settled = month.settled(&month.fees(), &Balances::default());
        let used = charges.iter().filter(|charge| charge.key.charge_kind == ChargeKind::Usage);
        let used: Amount = used.map(|charge| charge.charge).sum();
        let is_counted = section == FEE || !before_discounts;
        let counted = used + if is_counted { fixed } else { Amount::ZERO };
        let true_up: Amount = settled.items.iter().map(|item| item.amount).sum();
        prop_assert_eq!(counted + true_up, counted.max(least));
    }

    /// A credit never pays more than its balance or than a service's charges, and all of it is shown.
    #[test]
    fn credits_never_exceed_balance_or_charge(
        charges in prop::collection::vec(any_charge(), 0..10),
        mut given in prop::collection::vec(any_credit(), 0..4),
        used in prop::collection::vec(any_amount(), 4),
    ) {
        for (number, credit) in given.iter_mut().enumerate() {
            credit.id = number.to_string();
        }
        let mut month =
            Month::new("2026-10", charges.clone()).invoices(&[("prod", &[A]), ("rest", &[])]);
        month.customer.terms.credits = given.clone();
        let used = used.iter().enumerate().map(|(number, of)| (number.to_string(), of.abs()));
        let balances = Balances { credits: used.collect(), ..Balances::default() };
        let credited = month.credited(&balances);
        let mut of_service: BTreeMap<(AccountId, String), Amount> = BTreeMap::new();
        for charge in charges.iter().filter(|charge| charge.key.charge_kind != ChargeKind::Tax) {
            let key = (charge.key.usage_account_id, charge.key.sku.service_code.clone());
            *of_service.entry(key).or_default() += charge.charge;
        }
        let mut of_credit: BTreeMap<String, Amount> = BTreeMap::new();
        for item in &credited.items {
            prop_assert!(item.amount.is_negative());
            prop_assert!(item.parts.iter().all(|part| *part <= Amount::ZERO));
            let key = (item.place.usage_account_id.unwrap(), item.place.service_code.clone());
            let left = of_service.get_mut(&key).unwrap();
            *left += item.amount;
            prop_assert!(!left.is_negative(), "{:?}", item);
            let paid = of_credit.entry(item.id.clone()).or_default();
            let given = given.iter().find(|credit| credit.id == item.id).unwrap();
            // The balance of an item is what the items before it have left.
            let balance = given.amount - balances.credits[&item.id] - *paid;
            prop_assert_eq!(item.basis.as_ref().unwrap().amount, balance);
            *paid += -item.amount;
            prop_assert!(-item.amount <= balance);
        }
        prop_assert_eq!(of_credit, credited.used);
    }
}
