//! Items of a bill: support plans, fees, and how items are divided between invoices. A worked number has the
//! name of its source.

use std::collections::BTreeSet;

use billing::{Charge, Measures};
use contracts::ChargeKind;
use contracts::terms::{
    AwsPlan, CustomLine, Enrolled, Fee, Quantity, Reach, Shared, Stage, Support, SupportScope,
    SupportTable, Tier, Tiers,
};
use money::rounding::{Mode, round};
use money::{Amount, Rate};
use proptest::prelude::*;
use statement::{Item, PayerCharges, StatementError, aws_support, divide, fees, support, tiers};

use crate::month::{
    A, B, C, DISCOUNT, FEE, Month, OTHER_PAYER, PAYER, account, amount, amounts, any_amount, base,
    charge, line, parts, percent, period, periods, rate, sum, table, usage, with_costs,
};

fn plan(plan: AwsPlan, scope: SupportScope) -> Support {
    Support {
        id: plan.name().to_owned(),
        name: "support".to_owned(),
        table: SupportTable::Aws(plan),
        scope,
        accounts: None,
        base: base(Stage::BeforeRules),
        currency: "USD".parse().unwrap(),
        invoice: None,
        enrolled: Enrolled::default(),
    }
}

// Tiers.

#[test]
fn a_bound_belongs_to_the_tier_below_it() {
    let rates = [("2500", "0"), ("", "-0.02")];
    for (reach, of, expected) in [
        (Reach::Whole, "2500", "0"),
        (Reach::Whole, "2500.01", "-50.0002"),
        (Reach::Slices, "2500", "0"),
        (Reach::Slices, "2500.01", "-0.0002"),
    ] {
        let (found, _) = tiers::apply(&table(reach, &rates), amount(of)).unwrap();
        assert_eq!(found, amount(expected), "{reach:?} of {of}");
    }
}

#[test]
fn a_step_shows_each_slice() {
    let rates = [("10000", "0.10"), ("", "0.07")];
    let shown = |reach, of: &str| {
        let (_, steps) = tiers::apply(&table(reach, &rates), amount(of)).unwrap();
        let shown =
            steps.iter().map(|step| format!("{} × {} = {}", step.slice, step.rate, step.amount));
        shown.collect::<Vec<_>>()
    };
    assert_eq!(shown(Reach::Slices, "11000"), ["10000 × 0.1 = 1000", "1000 × 0.07 = 70"]);
    assert_eq!(shown(Reach::Whole, "11000"), ["11000 × 0.07 = 770"]);
    // The first tier has no lower bound, and nothing is due for nothing.
    assert_eq!(shown(Reach::Slices, "-200"), ["-200 × 0.1 = -20"]);
    assert_eq!(shown(Reach::Whole, "-200"), ["-200 × 0.1 = -20"]);
    assert!(shown(Reach::Slices, "0").is_empty() && shown(Reach::Whole, "0").is_empty());
}

// Support plans.

/// The fee of a plan on one account in a period.
fn fee(of: AwsPlan, month: &str, base: &str) -> Amount {
    let month = Month::new(month, vec![usage(A, "AmazonEC2", base)]);
    let items = month.support(plan(of, SupportScope::Customer)).support_items();
    assert_eq!(items.len(), 1);
    items[0].amount
}

#[test]
fn plans_of_aws_cost_what_aws_charges() {
    use AwsPlan::{
        Business, BusinessSupportPlus, Developer, Enterprise, EnterpriseOnRamp, PartnerLed,
        UnifiedOperations,
    };
    for (plan, month, base, expected) in [
        // AWS's price page, worked examples.
        (Developer, "2025-06", "2000", "60"),
        (Business, "2025-06", "85000", "6150"),
        (Enterprise, "2025-06", "1200000", "70500"),
        (PartnerLed, "2026-10", "1200000", "70500"),
        // AWS's price page of 2026, its table applied by hand.
        (BusinessSupportPlus, "2026-10", "200", "29"),
        (BusinessSupportPlus, "2026-10", "322.22", "29"),
        (BusinessSupportPlus, "2026-10", "322.23", "29.0007"),
        (BusinessSupportPlus, "2026-10", "2000", "180"),
        (BusinessSupportPlus, "2026-10", "10000", "900"),
        (BusinessSupportPlus, "2026-10", "85000", "6050"),
        (BusinessSupportPlus, "2026-10", "120000", "7800"),
        (BusinessSupportPlus, "2026-10", "40000", "3000"),
        (Enterprise, "2026-10", "30000", "5000"),
        (Enterprise, "2026-10", "50000", "5000"),
        (Enterprise, "2026-10", "60000", "6000"),
        (Enterprise, "2026-10", "2000000", "94500"),
        (UnifiedOperations, "2026-10", "400000", "50000"),
        (UnifiedOperations, "2026-10", "1200000", "112000"),
        (UnifiedOperations, "2026-10", "6000000", "390000"),
        // AWS's price page of 2025, its table applied by hand.
        (Business, "2025-06", "120000", "7900"),
        (Business, "2025-06", "999", "100"),
        (Developer, "2025-06", "900", "29"),
        (EnterpriseOnRamp, "2026-10", "54999", "5500"),
        (EnterpriseOnRamp, "2026-10", "60000", "6000"),
        // AWS lowered the minimum of Enterprise in December 2025.
        (Enterprise, "2025-11", "100000", "15000"),
        (Enterprise, "2025-12", "100000", "10000"),
        // A reseller's Enterprise fee (a public body's recharge policy).
        (Enterprise, "2026-10", "600000", "44500"),
        // These two have wrong answers in circulation, 770 and 22,500.
        (Business, "2026-10", "11000", "1070"),
        (Enterprise, "2026-10", "750000", "52000"),
    ] {
        assert_eq!(fee(plan, month, base), amount(expected), "{plan:?} on {base} in {month}");
    }
    // The wrong answers are the rate of the last tier on the whole amount, or on no more than one slice.
    let whole = table(Reach::Whole, &[("10000", "0.10"), ("80000", "0.07"), ("", "0.05")]);
    assert_eq!(tiers::apply(&whole, amount("11000")).unwrap().0, amount("770"));
    assert_ne!(fee(AwsPlan::Business, "2026-10", "11000"), amount("770"));
    assert_ne!(fee(AwsPlan::Enterprise, "2026-10", "750000"), amount("22500"));
    // 9 % of 200 would be 18.
    assert_ne!(fee(BusinessSupportPlus, "2026-10", "200"), amount("18"));
}

#[test]
fn a_plan_is_computed_only_while_aws_sells_it() {
    use AwsPlan::{Business, BusinessSupportPlus, Developer, EnterpriseOnRamp, UnifiedOperations};
    for plan in [Developer, Business, EnterpriseOnRamp] {
        assert!(aws_support::table(plan, period("2026-12")).is_some(), "{plan:?}");
        assert!(aws_support::table(plan, period("2027-01")).is_none(), "{plan:?}");
    }
    for plan in [BusinessSupportPlus, UnifiedOperations] {
        assert!(aws_support::table(plan, period("2025-12")).is_some(), "{plan:?}");
        assert!(aws_support::table(plan, period("2025-11")).is_none(), "{plan:?}");
    }
    for plan in AwsPlan::ALL {
        assert!(aws_support::table(plan, period("2026-10")).is_some(), "{plan:?}");
    }
    let month = Month::new("2027-01", vec![usage(A, "AmazonEC2", "1")]);
    let month = month.support(plan(Business, SupportScope::Account));
    let error = month.look(support::items).unwrap_err();
    assert!(matches!(&error, StatementError::NoSupportTable(_)));
    assert_eq!(
        error.to_string(),
        "customer `acme`, support plan `business`: AWS does not sell `business` in 2027-01; name another \
         plan, or state `minimum` and `rates`"
    );
    // A plan that the contract has ended as well stops no later bill.
    let enrolled = Enrolled { from: None, until: Some("2026-12-31".parse().unwrap()) };
    let month = Month::new("2027-01", vec![usage(A, "AmazonEC2", "1")]);
    let ended = Support { enrolled, ..plan(Business, SupportScope::Account) };
    assert!(month.support(ended).support_items().is_empty());
}

#[test]
fn the_scope_decides_which_charges_are_one_sum() {
    use AwsPlan::{Business, BusinessSupportPlus};
    let charges = || [A, B, C].map(|account| usage(account, "AmazonEC2", "40000"));
    // AWS's price page, the table applied by hand: three accounts of 40,000, or one sum of 120,000.
    for (of, each, together) in [(BusinessSupportPlus, "3000", "7800"), (Business, "3100", "7900")]
    {
        // The third account belongs to another payer, which has 40,000 of its own.
        let [a, b, c] = charges();
        let month = |scope| {
            let mut month = Month::new("2026-10", vec![a.clone(), b.clone()]);
            let other = PayerCharges { payer: account(OTHER_PAYER), charges: vec![c.clone()] };
            month.payers.push(other);
            month.support(Support { table: SupportTable::Aws(of), ..plan(of, scope) })
        };
        let items = month(SupportScope::Account).support_items();
        assert_eq!(amounts(&items), [each, each, each].map(|each| amount(each).to_string()));
        let place = |item: &Item| (item.place.payer_account_id, item.place.usage_account_id);
        let mut places: Vec<_> = items.iter().map(place).collect();
        places.sort_unstable();
        let of_account = |payer, of| (Some(account(payer)), Some(account(of)));
        let mut expected = [of_account(PAYER, A), of_account(PAYER, B), of_account(OTHER_PAYER, C)];
        expected.sort_unstable();
        assert_eq!(places, expected);
        let items = month(SupportScope::Customer).support_items();
        assert_eq!(amounts(&items), [together]);
        assert_eq!(place(&items[0]), (None, None));
        let items = month(SupportScope::Payer).support_items();
        let of_payer = |payer| (Some(account(payer)), None);
        assert_eq!(
            items.iter().map(place).collect::<Vec<_>>(),
            [of_payer(OTHER_PAYER), of_payer(PAYER)]
        );
    }
}

#[test]
fn an_account_counts_for_the_days_that_it_is_enrolled() {
    let enrolled = |from: &str, until: &str| Enrolled {
        from: (!from.is_empty()).then(|| from.parse().unwrap()),
        until: (!until.is_empty()).then(|| until.parse().unwrap()),
    };
    let items = |enrolled, base: &str| {
        let support =
            Support { enrolled, ..plan(AwsPlan::BusinessSupportPlus, SupportScope::Account) };
        Month::new("2026-10", vec![usage(A, "AmazonEC2", base)]).support(support).support_items()
    };
    // AWS's API has the fields of this: eligible spend × enrolled time ÷ time of the period.
    let from_the_11th = items(enrolled("2026-10-11", ""), "10000");
    let basis = from_the_11th[0].basis.clone().unwrap();
    assert_eq!(basis.amount, amount("6774.193548387096774194"));
    let days = basis.days.unwrap();
    assert_eq!((days.whole, days.counted, days.of_period), (amount("10000"), 21, 31));
    assert_eq!(from_the_11th[0].amount, amount("609.677419354838709677"));
    // The minimum counts by days too. AWS's knowledge centre, 2017: half of 100 is due for half a month.
    assert_eq!(
        amounts(&items(enrolled("2026-10-11", "2026-10-31"), "1")),
        ["19.645161290322580645"]
    );
    let half = Support {
        enrolled: enrolled("2026-11-16", ""),
        ..plan(AwsPlan::Business, SupportScope::Account)
    };
    let half = Month::new("2026-11", vec![usage(A, "AmazonEC2", "1")]).support(half);
    assert_eq!(amounts(&half.support_items()), ["50"]);
    // A whole month has no days to show. Outside the enrolment nothing is due.
    assert_eq!(
        items(enrolled("2026-09-15", "2026-11-01"), "10000")[0].basis.clone().unwrap().days,
        None
    );
    assert!(items(enrolled("2026-11-01", ""), "10000").is_empty());
    assert!(items(enrolled("", "2026-09-30"), "10000").is_empty());
}

#[test]
fn an_account_without_the_plan_need_not_be_known() {
    let [a, b] = [usage(A, "AmazonEC2", "1000"), usage(B, "AmazonEC2", "1000")];
    let unknown = Measures { amortized_cost: None, ..b.measures };
    let support = Support {
        accounts: Some(BTreeSet::from([account(A)])),
        base: base(Stage::Amortized),
        ..plan(AwsPlan::BusinessSupportPlus, SupportScope::Account)
    };
    let month = Month::new("2026-10", vec![a, Charge { measures: unknown, ..b }]);
    assert_eq!(amounts(&month.support(support).support_items()), ["90"]);
}

#[test]
fn an_account_that_is_not_there_pays_no_minimum() {
    let charges =
        vec![usage(A, "AmazonEC2", "0"), charge(ChargeKind::Marketplace, B, "Vendor", "", "750")];
    let month = Month::new("2026-10", charges).invoices(&[
        ("first", &[A]),
        ("second", &[B]),
        ("rest", &[]),
    ]);
    let per_account = plan(AwsPlan::BusinessSupportPlus, SupportScope::Account);
    let month = month.support(per_account);
    let items = month.support_items();
    // A has only free usage, B has nothing eligible, and C has no line.
    assert_eq!(amounts(&items), ["29", "29"]);
    assert_eq!(items[0].basis.as_ref().unwrap().limit, Some(amount("29")));
    // The minimum stands on the invoice that has the charges of the account.
    assert_eq!(items.iter().map(parts).collect::<Vec<_>>(), [["29", "0", "0"], ["0", "29", "0"]]);
    let enrolled = BTreeSet::from([account(B), account(C)]);
    let chosen = Support { accounts: Some(enrolled), ..month.customer.terms.support[0].clone() };
    let month = Month::new("2026-10", month.payers[0].charges.clone()).support(chosen);
    assert_eq!(month.support_items()[0].place.usage_account_id, Some(account(B)));
    assert_eq!(month.support_items().len(), 1);
    assert!(
        Month::new("2026-10", Vec::new())
            .support(plan(AwsPlan::Enterprise, SupportScope::Customer))
            .support_items()
            .is_empty()
    );
}

/// Two resellers' public terms, 2026: support on the sum of the payer's accounts, and two invoices.
#[test]
fn support_is_divided_by_eligible_spend() {
    let own_reservation = |of| with_costs(usage(A, "AmazonEC2", of), of, "4000");
    let charges = vec![
        usage(A, "AmazonEC2", "10000"),
        charge(ChargeKind::Usage, A, "AmazonEC2", "SpotUsage:m5.large", "600"),
        charge(ChargeKind::Usage, A, "AmazonEC2", "EBS:VolumeUsage.gp3", "1200"),
        own_reservation("2520"),
        usage(B, "AmazonEC2", "2500"),
        charge(ChargeKind::Usage, B, "AmazonEC2", "EBS:VolumeUsage.gp3", "300"),
        usage(C, "AmazonS3", "5000"),
        charge(ChargeKind::Marketplace, C, "Vendor", "", "750"),
    ];
    let month = |scope| {
        let month =
            Month::new("2026-10", charges.clone()).invoices(&[("prod", &[A]), ("rest", &[])]);
        month.support(plan(AwsPlan::BusinessSupportPlus, scope))
    };
    let items = month(SupportScope::Payer).support_items();
    assert_eq!(amounts(&items), ["1748.4"]);
    assert_eq!(items[0].basis.as_ref().unwrap().amount, amount("22120"));
    assert_eq!(parts(&items[0]), ["1131.8755877034", "616.5244122966"]);
    // To the cent: 1,131.88 and 616.52.
    let cents = |part: Amount| round(part, 2, Mode::HalfUp).rounded.to_string();
    assert_eq!(
        items[0].parts.iter().copied().map(cents).collect::<Vec<_>>(),
        ["1131.88", "616.52"]
    );
    // The wrong answer: support of each account.
    let apart = month(SupportScope::Account).support_items();
    let mut of_accounts = amounts(&apart);
    of_accounts.sort();
    assert_eq!(of_accounts, ["1202.4", "252", "450"]);
    let together: Amount = apart.iter().map(|item| item.amount).sum();
    assert_eq!(together, amount("1904.4"));
    // One invoice may have all of it.
    let mut to_rest = month(SupportScope::Customer);
    to_rest.customer.terms.shared = Shared::To("rest".to_owned());
    assert_eq!(parts(&to_rest.support_items()[0]), ["0", "1748.4"]);
    to_rest.customer.terms.support[0].invoice = Some("prod".to_owned());
    assert_eq!(parts(&to_rest.support_items()[0]), ["1748.4", "0"]);
    // The fee of one account is not shared money: it follows the account.
    let mut by_account = month(SupportScope::Account);
    by_account.customer.terms.shared = Shared::To("rest".to_owned());
    let of_a = by_account.support_items().into_iter();
    let of_a: Vec<_> =
        of_a.filter(|item| item.place.usage_account_id == Some(account(A))).collect();
    assert_eq!(parts(&of_a[0]), ["1202.4", "0"]);
    by_account.customer.terms.support[0].invoice = Some("gone".to_owned());
    let error = by_account.look(support::items).unwrap_err();
    assert_eq!(
        error.to_string(),
        "customer `acme` has no invoice `gone`: add `[[customer.invoice]]` with `id = \"gone\"`, or name \
         another invoice"
    );
}

// Fees.

/// Two resellers' public terms, 2011 and 2026: a fee of 10 % of the converted AWS amount, at least 5,000 yen,
/// and none in a month without use.
#[test]
fn an_agency_fee_has_a_minimum_in_yen() {
    for (month, usd, base, expected) in [
        ("2026-10", "812.34", "121057.587522", Some("12105.7587522")),
        ("2026-11", "210", "31054.8", Some("5000")),
        ("2026-12", "0", "0", None),
    ] {
        let agency = CustomLine {
            minimum: Some(amount("5000")),
            only_with_usage: true,
            ..line(FEE, "JPY", percent("0.10", Stage::Charge))
        };
        let items = Month::new(month, vec![usage(A, "AmazonEC2", usd)]).line(agency.clone()).fees();
        assert_eq!(amounts(&items), expected.into_iter().collect::<Vec<_>>(), "{month}");
        for item in items {
            assert_eq!(item.basis.unwrap().amount, amount(base), "{month}");
            assert_eq!((item.section, &*item.currency), (FEE, "JPY"));
        }
        // Without `only_with_usage`, the minimum is due in every month.
        let always = CustomLine { only_with_usage: false, ..agency };
        let items = Month::new("2026-10", Vec::new()).line(always).fees();
        assert_eq!(amounts(&items), ["5000"]);
    }
    // A month in which nothing was charged needs no rate, and a month with charges does.
    let agency = line(FEE, "JPY", percent("0.10", Stage::Charge));
    let month = Month::new("2026-12", vec![usage(A, "AmazonEC2", "1")]).line(agency);
    assert!(matches!(month.look(fees::items), Err(StatementError::NoRate(_))));
}

/// Two resellers' public terms, 2016 and 2026: a management fee of 8 %, at least 400, and an upfront payment
/// counts hour by hour.
#[test]
fn a_management_fee_counts_upfront_payments_by_hours() {
    let upfront = charge(ChargeKind::CommitmentFee, A, "AmazonEC2", "HeavyUsage:m5.large", "5256");
    let charges = vec![
        usage(A, "AmazonEC2", "4896.60"),
        usage(A, "AmazonS3", "120.05"),
        usage(A, "AmazonRDS", "800"),
        // The covered hours cost 0, and 523 of them at 0.60 by amortization.
        with_costs(
            charge(ChargeKind::Usage, A, "AmazonEC2", "BoxUsage:m5.large", "0"),
            "313.80",
            "523",
        ),
        with_costs(upfront, "0", "0"),
    ];
    let fee = |stage| {
        let fee =
            CustomLine { minimum: Some(amount("400")), ..line(FEE, "USD", percent("0.08", stage)) };
        let items = Month::new("2026-10", charges.clone()).line(fee).fees();
        (items[0].amount, items[0].basis.clone().unwrap().amount)
    };
    assert_eq!(fee(Stage::Amortized), (amount("490.436"), amount("6130.45")));
    // The wrong answer: 8 % of what was paid in the month.
    assert_eq!(fee(Stage::Charge), (amount("885.812"), amount("11072.65")));
}

/// A public body's recharge policy: a service fee of 5 % of the list price, whatever discount is passed on.
#[test]
fn a_service_fee_is_a_percentage_of_list() {
    let charges = vec![
        with_costs(usage(A, "AmazonEC2", "702"), "702", "900"),
        with_costs(usage(B, "AmazonEC2", "27378"), "27378", "35100"),
    ];
    let month = Month::new("2026-10", charges).line(line(FEE, "USD", percent("0.05", Stage::List)));
    assert_eq!(amounts(&month.fees()), ["1800"]);
}

#[test]
fn limits_are_of_the_absolute_amount() {
    for (base, of, least, most, expected) in [
        ("30", "0.10", "5", "", "5"),
        ("70", "0.10", "5", "", "7"),
        ("3000", "0.10", "5", "100", "100"),
        ("30", "-0.10", "5", "", "-5"),
        ("3000", "-0.10", "", "100", "-100"),
        ("-200", "0.10", "", "", "-20"),
        ("-200", "0.10", "5", "", "5"),
        ("-200", "0.10", "", "8", "-8"),
        ("-200", "-0.10", "", "", "20"),
    ] {
        let limit = |text: &str| (!text.is_empty()).then(|| amount(text));
        let section = if of.starts_with('-') { DISCOUNT } else { FEE };
        let fee = line(section, "USD", percent(of, Stage::Charge));
        let fee = CustomLine { minimum: limit(least), maximum: limit(most), ..fee };
        let items = Month::new("2026-10", vec![usage(A, "AmazonEC2", base)]).line(fee).fees();
        assert_eq!(amounts(&items), [expected], "{of} of {base}, from {least} to {most}");
    }
}

#[test]
fn units_are_paid_above_what_is_included() {
    let prices = |rates: &[(&str, &str)]| table(Reach::Slices, rates);
    let units = |prices: Tiers, quantity, included: &str| {
        line(FEE, "USD", Fee::Units { prices, quantity, included: amount(included) })
    };
    let stated = |quantity: &str| Quantity::Stated(amount(quantity));
    let month = |of| {
        let charges = vec![
            usage(A, "AmazonEC2", "90"),
            usage(A, "AmazonS3", "10"),
            usage(B, "AmazonS3", "300"),
            usage(C, "AmazonS3", "0"),
        ];
        Month::new("2026-10", charges).invoices(&[("prod", &[A]), ("rest", &[])]).line(of)
    };
    // A reseller's public terms, 2026: 5 monitors are free. Here, 12 are used at 8.25.
    let items = month(units(prices(&[("", "8.25")]), stated("12"), "5")).fees();
    assert_eq!(amounts(&items), ["57.75"]);
    assert_eq!(items[0].basis.as_ref().unwrap().amount, amount("12"));
    // Units that are no account's are divided by charges, 100 to 300.
    assert_eq!(parts(&items[0]), ["14.4375", "43.3125"]);
    // Tiers begin with the first unit that is paid.
    let tiered = prices(&[("2", "10"), ("", "1")]);
    assert_eq!(amounts(&month(units(tiered, stated("8"), "5")).fees()), ["21"]);
    assert!(month(units(prices(&[("", "8.25")]), stated("5"), "5")).fees().is_empty());
    assert!(month(units(prices(&[("", "8.25")]), stated("3"), "5")).fees().is_empty());
    // C is not counted, because all its usage was free. Each invoice has one account.
    let items = month(units(prices(&[("", "5")]), Quantity::Accounts, "0")).fees();
    assert_eq!(amounts(&items), ["10"]);
    assert_eq!(parts(&items[0]), ["5", "5"]);
}

#[test]
fn a_line_is_due_in_its_periods() {
    let fixed = CustomLine {
        periods: periods("2026-11", "2026-12"),
        ..line(FEE, "JPY", Fee::Fixed(amount("5000")))
    };
    for (month, expected) in
        [("2026-10", &[][..]), ("2026-11", &["5000"]), ("2026-12", &["5000"]), ("2027-01", &[])]
    {
        // The fee is in yen and the charges in dollars. No rate is needed to divide it.
        let charges = vec![usage(A, "AmazonEC2", "3"), usage(B, "AmazonEC2", "1")];
        let month = Month::new(month, charges).invoices(&[("prod", &[A]), ("rest", &[])]);
        let items = month.line(fixed.clone()).fees();
        assert_eq!(amounts(&items), expected);
        assert!(items.iter().all(|item| parts(item) == ["3750", "1250"]));
    }
}

// Division.

#[test]
fn a_whole_is_divided_by_weights() {
    let divided = |whole: &str, weights: &[&str]| {
        let weights: Vec<Amount> = weights.iter().map(|weight| amount(weight)).collect();
        let parts = divide::parts(amount(whole), &weights);
        parts.iter().map(Amount::to_string).collect::<Vec<_>>()
    };
    // AWS's price page: the Enterprise fee of 1,200,000, which three accounts share.
    assert_eq!(divided("70500", &["700000", "300000", "200000"]), ["41125", "17625", "11750"]);
    // A public body's recharge policy: its Enterprise fee, by list spend of 36,000 of 600,000.
    assert_eq!(divided("44500", &["36000", "564000"]), ["2670", "41830"]);
    assert_eq!(divided("-9", &["1", "2"]), ["-3", "-6"]);
    // An invoice with more given back than charged has no part. Without any weight, the last has all.
    assert_eq!(divided("9", &["1", "-5", "2"]), ["3", "0", "6"]);
    assert_eq!(divided("9", &["-1", "-5"]), ["0", "9"]);
    assert_eq!(divided("9", &["0", "0", "0"]), ["0", "0", "9"]);
}

fn any_rate() -> impl Strategy<Value = Rate> {
    (0_u32..1500)
        .prop_map(|thousandths| rate(&format!("{}.{:03}", thousandths / 1000, thousandths % 1000)))
}

fn any_tiers(reach: Reach) -> impl Strategy<Value = Tiers> {
    let bounds = prop::collection::btree_set(1_u64..2_000_000, 0..4);
    let rates = prop::collection::vec(any_rate(), 5);
    (bounds, rates).prop_map(move |(bounds, rates)| {
        let bounds = bounds.into_iter().map(|bound| Some(Amount::from(bound))).chain([None]);
        let tiers = bounds.zip(rates).map(|(up_to, rate)| Tier { up_to, rate });
        Tiers { tiers: tiers.collect(), reach }
    })
}

proptest! {
    /// Slices have no jump, more spend never costs less, and the steps add up again.
    #[test]
    fn slices_are_continuous_and_monotone(
        tiers in any_tiers(Reach::Slices),
        a in any_amount(),
        b in any_amount(),
    ) {
        let fee = |of: Amount| tiers::apply(&tiers, of).unwrap();
        let (low, high) = (a.min(b), a.max(b));
        prop_assert!(fee(low).0 <= fee(high).0);
        let (_, steps) = fee(a);
        prop_assert_eq!(steps.iter().map(|step| step.slice).sum::<Amount>(), a);
        for bound in tiers.tiers.iter().filter_map(|tier| tier.up_to) {
            let next = bound + Amount::from_units(1);
            let jump = fee(next).0 - fee(bound).0;
            // The highest rate is below 1.5, so one unit more costs at most two units more.
            prop_assert!(!jump.is_negative() && jump <= Amount::from_units(2), "{}", jump);
        }
    }

    /// The rate of one tier is applied to the whole amount.
    #[test]
    fn a_whole_base_has_one_rate(tiers in any_tiers(Reach::Whole), of in any_amount()) {
        let (fee, steps) = tiers::apply(&tiers, of).unwrap();
        let below = |tier: &&Tier| tier.up_to.is_some_and(|up_to| up_to < of);
        let at = tiers.tiers.iter().filter(below).count();
        prop_assert_eq!(Ok(fee), tiers.tiers[at].rate.times(of));
        prop_assert_eq!(steps.len(), usize::from(!of.is_zero()));
    }

    #[test]
    fn parts_add_up(whole in any_amount(), weights in prop::collection::vec(any_amount(), 1..6)) {
        let parts = divide::parts(whole, &weights);
        prop_assert_eq!(parts.len(), weights.len());
        prop_assert_eq!(sum(&parts), whole);
        let is_positive = |weight: &Amount| *weight > Amount::ZERO;
        if weights.iter().any(is_positive) {
            for (part, weight) in parts.iter().zip(&weights) {
                prop_assert!(is_positive(weight) || part.is_zero());
            }
        }
    }
}
