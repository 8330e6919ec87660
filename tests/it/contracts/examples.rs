//! Six contracts as real resellers write them, in `tests/bills`.

use std::fs;
use std::path::Path;

use contracts::Contracts;
use contracts::terms::{Fee, Reach, Shared, Stage};

use super::{account, check_slips, parse, period, rate};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/bills");

fn text(name: &str) -> String {
    fs::read_to_string(Path::new(FOLDER).join(name).join("contracts.toml")).unwrap()
}

fn example(name: &str) -> Contracts {
    parse(&text(name))
}

#[test]
fn every_example_is_right_and_nothing_in_it_is_suspicious() {
    let mut names: Vec<String> = fs::read_dir(FOLDER)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let expected = [
        "agency-fee",
        "five-percent",
        "managed-australia",
        "minimum-and-discount",
        "pool-and-two-invoices",
        "public-sector",
    ];
    for name in expected {
        assert!(names.iter().any(|found| found == name), "tests/bills has no {name}");
    }
    for name in &names {
        let contracts = example(name);
        assert_eq!(contracts.warnings(), [], "{name}");
    }
}

#[test]
fn any_slip_in_an_example_is_survived_and_has_a_place() {
    for name in ["public-sector", "minimum-and-discount", "pool-and-two-invoices"] {
        check_slips(&text(name));
    }
}

#[test]
fn an_agency_fee_is_rounded_up_with_the_rest() {
    let contracts = example("agency-fee");
    let terms = &contracts.customers().next().unwrap().terms;
    let fee = &terms.lines[0];
    assert!(matches!(&fee.fee, Fee::Percent { rates, .. } if rates.tiers[0].rate == rate("0.10")));
    assert!(fee.only_with_usage);
    let invoice = &terms.invoices[0];
    let october = contracts.rate(invoice.fx.as_ref(), None, "USD", "JPY", period("2026-10"));
    assert_eq!(october.unwrap().rate, rate("149.0233"));
}

#[test]
fn a_rate_has_its_premium() {
    let contracts = example("managed-australia");
    let terms = &contracts.customers().next().unwrap().terms;
    let fx = terms.invoices[0].fx.as_ref();
    let october = contracts.rate(fx, None, "USD", "AUD", period("2026-10")).unwrap();
    assert_eq!((october.base, october.rate), (rate("1.5234"), rate("1.553868")));
    let Fee::Percent { base, .. } = &terms.lines[0].fee else { panic!("{terms:?}") };
    assert_eq!(base.stage, Stage::Amortized);
}

#[test]
fn two_invoices_share_one_support_plan() {
    let contracts = example("pool-and-two-invoices");
    let terms = &contracts.customers().next().unwrap().terms;
    let [production, rest] = terms.invoices.as_slice() else { panic!("{terms:?}") };
    let accounts = production.takes.accounts.as_ref().unwrap();
    assert_eq!(accounts.iter().copied().collect::<Vec<_>>(), [account("111122223333")]);
    assert!(rest.takes.is_empty());
    assert_eq!(terms.shared, Shared::BySpend);
    assert_eq!(terms.support.len(), 1);
}

#[test]
fn a_discount_applies_to_the_whole_month() {
    let contracts = example("minimum-and-discount");
    let terms = &contracts.customers().next().unwrap().terms;
    let Fee::Percent { rates, .. } = &terms.lines[0].fee else { panic!("{terms:?}") };
    assert_eq!(rates.reach, Reach::Whole);
    assert!(terms.minimums[0].before_discounts);
}
