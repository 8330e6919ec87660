//! Rounding and tax of an invoice: the result of each scope, the taxable amount, and the law that finds an
//! error.

use billing::{Charge, ChargeKey, Measures};
use contracts::{ChargeKind, Contracts};
use cur::Sku;
use money::Amount;
use proptest::prelude::*;
use proptest::sample::select;
use statement::{Invoice, Opening, PayerCharges, invoice_re_adds, statement};

const SCOPES: [&str; 4] = ["line", "service", "account", "invoice"];
const MODES: [&str; 4] = ["half_up", "half_even", "up", "down"];

fn contracts(mode: &str, per: &str, currency: &str) -> Contracts {
    let text = format!(
        r#"
        [reseller]
        name = "MSP"
        [fx.USD.JPY]
        "2026-10" = "150.37"
        [fx.EUR.JPY]
        "2026-10" = "160.123456789012345678"
        [fx.EUR.USD]
        "2026-10" = "1"
        [fx.JPY.USD]
        "2026-10" = "0.0066502627"
        [[customer]]
        id = "acme"
        accounts = ["111122223333", "123456789012"]
        currency = "{currency}"
        rounding = {{ mode = "{mode}", per = "{per}" }}
        tax = {{ name = "VAT", rate = "0.10" }}
        "#
    );
    Contracts::parse(&text).unwrap()
}

fn charge(
    kind: ChargeKind,
    service: &str,
    account: &str,
    currency: &str,
    amount: Amount,
) -> Charge {
    Charge {
        key: ChargeKey {
            usage_account_id: account.parse().unwrap(),
            charge_kind: kind,
            sku: Sku { service_code: service.to_owned(), ..Sku::default() },
            currency: currency.to_owned(),
        },
        purchase: None,
        measures: Measures::ZERO,
        price_rule: String::new(),
        charge_before_rules: amount,
        charge: amount,
    }
}

/// The invoice of the charges of one payer. An invoice without lines is no invoice.
fn make(contracts: &Contracts, charges: &[Charge]) -> Option<Invoice> {
    let acme = contracts.customer("acme").unwrap();
    let payer = "999988887777".parse().unwrap();
    let payers = [PayerCharges { payer, charges: charges.to_vec() }];
    let period = "2026-10".parse().unwrap();
    let mut made = statement(contracts, acme, period, &payers, &[], &Opening::default()).unwrap();
    for check in &made.checks {
        assert!(check.holds, "{check:?}\n{made:#?}");
    }
    made.invoices.pop()
}

/// Checks taxable amount, tax and total of lines in yen. A line has a kind, a service and an amount.
fn check(mode: &str, per: &str, lines: &[(ChargeKind, &str, &str)], expected: [&str; 3]) {
    let charges: Vec<Charge> = (lines.iter())
        .map(|(kind, service, amount)| {
            charge(*kind, service, "111122223333", "JPY", amount.parse().unwrap())
        })
        .collect();
    let invoice = make(&contracts(mode, per, "JPY"), &charges).unwrap();
    let found = [invoice.taxes[0].taxable, invoice.taxes[0].amount, invoice.total]
        .map(|sum| sum.to_string());
    assert_eq!(found, expected, "{mode} per {per}: {lines:?}\n{invoice:#?}");
}

#[test]
fn tax_is_on_whole_coins_and_never_on_a_tax() {
    use ChargeKind::{Credit, Tax, Usage};
    let usage_and_tax = [(Usage, "AmazonEC2", "1000"), (Tax, "AmazonEC2", "10.4")];
    for per in SCOPES {
        check("down", per, &usage_and_tax, ["1000", "100", "1110"]);
        check("up", per, &usage_and_tax, ["1000", "100", "1111"]);
    }
    // A scope with usage and tax is rounded as a whole. Its taxable amount is rounded separately.
    let both_broken = [(Usage, "AmazonEC2", "1000.4"), (Tax, "AmazonEC2", "10.4")];
    check("half_up", "line", &both_broken, ["1000", "100", "1110"]);
    check("half_up", "service", &both_broken, ["1000", "100", "1111"]);
    check("half_up", "account", &both_broken, ["1000", "100", "1111"]);
    check("half_up", "invoice", &both_broken, ["1000", "100", "1111"]);
    // One of two services has usage and tax.
    let two = [
        (Usage, "AmazonEC2", "9.5"),
        (Tax, "AmazonEC2", "0.5"),
        (Usage, "AmazonS3", "9.5"),
        (Credit, "AmazonS3", "-0.2"),
    ];
    check("half_up", "line", &two, ["20", "2", "23"]);
    check("half_up", "service", &two, ["19", "1", "20"]);
    check("half_up", "account", &two, ["19", "1", "20"]);
    // Tax alone leaves nothing to be taxed. A tax that AWS has given back leaves nothing either.
    check("up", "line", &[(Tax, "AmazonEC2", "10.4")], ["0", "0", "11"]);
    check("down", "invoice", &[(Tax, "AmazonEC2", "-10.4")], ["0", "0", "-10"]);
}

#[test]
fn an_invoice_needs_no_rate_for_what_stands_on_another() {
    // The fee in euros stands on the invoice in dollars, and there is no rate from euros to yen.
    let text = r#"
        [reseller]
        name = "MSP"
        [fx.USD.JPY]
        "2026-10" = "150.37"
        [fx.EUR.USD]
        "2026-10" = "1.10"
        [[customer]]
        id = "acme"
        accounts = ["111122223333"]
        [[customer.invoice]]
        id = "fees"
        kind = "fee"
        [[customer.invoice]]
        id = "usage"
        currency = "JPY"
        [[customer.line]]
        id = "line"
        amount = "100"
        currency = "EUR"
        invoice = "fees"
        "#;
    let contracts = Contracts::parse(text).unwrap();
    let usage = charge(ChargeKind::Usage, "AmazonEC2", "111122223333", "USD", Amount::from(100));
    let payers = [PayerCharges { payer: "999988887777".parse().unwrap(), charges: vec![usage] }];
    let (acme, period) = (contracts.customer("acme").unwrap(), "2026-10".parse().unwrap());
    let made = statement(&contracts, acme, period, &payers, &[], &Opening::default()).unwrap();
    let totals: Vec<String> = made.invoices.iter().map(|of| of.total.to_string()).collect();
    assert_eq!(totals, ["110", "15037"]);
}

#[test]
fn a_line_has_one_currency() {
    let cents = |currency| {
        charge(ChargeKind::Usage, "AmazonEC2", "111122223333", currency, "10.004".parse().unwrap())
    };
    let charges = [cents("EUR"), cents("USD")];
    for (per, total) in
        [("line", "22"), ("service", "22.01"), ("account", "22.01"), ("invoice", "22.01")]
    {
        let made = make(&contracts("half_up", per, "USD"), &charges).unwrap();
        assert_eq!(made.total.to_string(), total, "{per}");
        let currencies: Vec<&str> =
            made.lines.iter().map(|line| line.currency_source.as_str()).collect();
        let rounding: &[&str] = if per == "line" { &["EUR", "USD"] } else { &[""] };
        assert_eq!(currencies, [&["EUR", "USD"], rounding].concat(), "{per}");
    }
}

fn charges() -> impl Strategy<Value = Vec<Charge>> {
    let kinds = vec![ChargeKind::Usage, ChargeKind::Tax, ChargeKind::Credit, ChargeKind::Tax];
    let one = (
        select(kinds),
        select(vec!["AmazonEC2", "AmazonS3"]),
        select(vec!["111122223333", "123456789012"]),
        select(vec!["USD", "EUR", "JPY"]),
        prop_oneof![any::<i64>().prop_map(i128::from), -10_i128.pow(22)..10_i128.pow(22)],
    );
    let one = one.prop_map(|(kind, service, account, currency, units)| {
        charge(kind, service, account, currency, Amount::from_units(units))
    });
    prop::collection::vec(one, 0..12)
}

proptest! {
    #[test]
    fn every_scope_and_mode_adds_up(
        charges in charges(),
        mode in select(MODES.to_vec()),
        per in select(SCOPES.to_vec()),
        currency in select(vec!["JPY", "USD"]),
    ) {
        let Some(made) = make(&contracts(mode, per, currency), &charges) else { return Ok(()) };
        let coin = if currency == "JPY" { 10_i128.pow(18) } else { 10_i128.pow(16) };
        for sum in [made.subtotal, made.taxes[0].taxable, made.taxes[0].amount, made.total] {
            prop_assert_eq!(sum.units() % coin, 0, "{}", sum);
        }
        // Without AWS's taxes, the taxable amount does not change.
        let untaxed: Vec<Charge> = (charges.iter())
            .filter(|charge| charge.key.charge_kind != ChargeKind::Tax)
            .cloned()
            .collect();
        let Some(without) = make(&contracts(mode, per, currency), &untaxed) else {
            prop_assert!(made.taxes[0].taxable.is_zero());
            return Ok(());
        };
        prop_assert_eq!(&without.taxes, &made.taxes);
        prop_assert_eq!(without.subtotal, without.taxes[0].taxable);
    }

    /// The law finds an amount that differs in the last digit, and a taxable amount that includes a tax.
    #[test]
    fn the_law_finds_a_slip(charges in charges(), per in select(SCOPES.to_vec()), at in any::<usize>()) {
        let contracts = contracts("half_up", per, "JPY");
        let Some(right) = make(&contracts, &charges) else { return Ok(()) };
        let is_broken =
            |invoice: &Invoice| invoice_re_adds("acme", invoice).iter().any(|check| !check.holds);
        let slip = Amount::from_units(1);
        let mut wrong = right.clone();
        wrong.taxes[0].taxable += slip;
        prop_assert!(is_broken(&wrong));
        let at = at % right.lines.len();
        let mut wrong = right.clone();
        wrong.lines[at].amount += slip;
        prop_assert!(is_broken(&wrong));
        let mut wrong = right.clone();
        wrong.lines[at].amount += slip;
        wrong.subtotal += slip;
        wrong.total += slip;
        prop_assert!(is_broken(&wrong));
        // A line that gets a tax that it does not have, or loses one.
        let mut wrong = right.clone();
        let tax = &mut wrong.lines[at].tax;
        *tax = if tax.is_empty() { "VAT".to_owned() } else { String::new() };
        prop_assert!(is_broken(&wrong));
    }
}
