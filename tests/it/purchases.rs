//! A charge is divided by purchase. Its parts add up to the charge, whatever was covered.

use std::collections::BTreeMap;

use billing::{
    DailyCharge, HandedOut, LineGroup, Measures, Priced, Pricing, benefits_by_charge, sum_days,
};
use commitments::DailyBenefit;
use contracts::{ChargeKind, Contracts, Purchase};
use cur::{Column, Generation, LineItemType, Sku};
use datasets::{ChargeRow, decode_csv};
use money::{Amount, Rate};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use testkit::{Delivery, Line, Order, World};

use crate::small::{ACME, PLAN, RESERVATION};

const DISCOUNT: &str = "0.07";

/// One customer with this policy and basis, and a discount on everything.
fn contracts(sharing: &str, basis: &str) -> String {
    format!(
        "[reseller]\nname = \"MSP\"\n[commitments]\nsharing = \"{sharing}\"\n\
         [[customer]]\nid = \"acme\"\naccounts = [\"{ACME}\"]\nbasis = \"{basis}\"\n\
         [[customer.price]]\ndiscount = \"{DISCOUNT}\"\n"
    )
}

fn sku(usage_type: &str) -> Sku {
    Sku {
        service_code: "AmazonEC2".to_owned(),
        region: "ap-northeast-1".to_owned(),
        usage_type: usage_type.to_owned(),
        operation: "RunInstances".to_owned(),
    }
}

/// Amounts with at most ten decimals, as AWS writes them. A discount of two decimals is then exact.
fn amount(least: i64, most: i64) -> impl Strategy<Value = Amount> {
    (least..most).prop_map(|units| Amount::from_units(i128::from(units) * 10_i128.pow(8)))
}

prop_compose! {
    /// Lines that AWS covered or not. A few are corrections, and a few do not say a cost.
    fn group()(
        item_type in select(vec![
            LineItemType::Usage,
            LineItemType::DiscountedUsage,
            LineItemType::SavingsPlanCoveredUsage,
        ]),
        line_count in 1_u64..9,
        usage_amount in prop_oneof![6 => amount(0, 90_000_000_000), 1 => amount(-10_000_000_000, 0)],
        [unblended_cost, amortized_cost, list_cost] in
            [amount(0, 50_000_000_000), amount(0, 50_000_000_000), amount(0, 50_000_000_000)],
        is_costed in prop::bool::weighted(0.9),
        is_priced in prop::bool::weighted(0.9),
    ) -> LineGroup {
        LineGroup {
            usage_date: "2026-10-01".parse().unwrap(),
            usage_account_id: ACME.parse().unwrap(),
            charge_kind: ChargeKind::Usage,
            line_item_type: item_type,
            sku: sku("BoxUsage:m5.large"),
            currency: "USD".to_owned(),
            commitment: String::new(),
            line_count,
            uninvoiced_line_count: line_count / 2,
            usage_amount,
            normalized_usage_amount: Amount::ZERO,
            unblended_cost,
            amortized_cost: is_costed.then_some(amortized_cost),
            list_cost: is_priced.then_some(list_cost),
        }
    }
}

prop_compose! {
    /// Usage that a commitment covers under the policy.
    fn benefit()(
        purchase in select(vec![Purchase::Reserved, Purchase::SavingsPlan]),
        [usage_amount, list_cost, commitment_cost] in
            [amount(0, 40_000_000_000), amount(0, 40_000_000_000), amount(0, 30_000_000_000)],
        is_priced in prop::bool::weighted(0.9),
    ) -> DailyBenefit {
        let known = if is_priced { list_cost } else { Amount::ZERO };
        DailyBenefit {
            usage_date: "2026-10-01".parse().unwrap(),
            commitment: String::new(),
            assigned_to: String::new(),
            usage_account_id: ACME.parse().unwrap(),
            sku: sku("BoxUsage:m5.large"),
            currency: "USD".to_owned(),
            purchase,
            usage_amount,
            commitment_cost,
            taken_off: known - commitment_cost,
            benefit: is_priced.then_some(known - commitment_cost),
        }
    }
}

fn price(text: &str, groups: &[LineGroup], benefits: &[DailyBenefit]) -> Priced {
    let contracts = Contracts::parse(text).unwrap();
    let pricing = Pricing {
        contracts: &contracts,
        customer: contracts.customer("acme"),
        period: "2026-10".parse().unwrap(),
    };
    let handed_out = HandedOut {
        benefits: &benefits_by_charge(benefits),
        unpriced: &std::collections::BTreeSet::new(),
        unused_shares: &[],
    };
    pricing.price(groups.iter().cloned(), handed_out).unwrap()
}

fn sum(charges: &[DailyCharge]) -> Measures {
    let mut sum = Measures::ZERO;
    for charge in charges {
        sum.add(&charge.measures);
    }
    sum
}

fn total(charges: &[DailyCharge], amount: fn(&DailyCharge) -> Amount) -> Amount {
    charges.iter().map(amount).sum()
}

/// The sum of the groups, and their list price as far as it is known.
fn whole(groups: &[LineGroup]) -> (Measures, Amount) {
    let mut whole = Measures::ZERO;
    let mut known_list = Amount::ZERO;
    for group in groups {
        known_list += group.list_cost.unwrap_or_default();
        whole.add(&Measures {
            line_count: group.line_count,
            uninvoiced_line_count: group.uninvoiced_line_count,
            usage_amount: group.usage_amount,
            unblended_cost: group.unblended_cost,
            amortized_cost: group.amortized_cost,
            list_cost: group.list_cost,
            benefit: Some(Amount::ZERO),
        });
    }
    (whole, known_list)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_parts_of_a_charge_by_purchase_add_up_to_the_charge(
        mut groups in vec(group(), 1..6),
        benefits in vec(benefit(), 0..5),
    ) {
        // Covered usage without a list price has lines without a list price.
        if benefits.iter().any(|row| row.benefit.is_none()) {
            groups[0].list_cost = None;
        }
        let priced = price(&contracts("everyone", "list"), &groups, &benefits);
        let (mut whole, known_list) = whole(&groups);
        whole.benefit = benefits.iter().map(|row| row.benefit).sum();
        prop_assert_eq!(sum(&priced.daily), whole);

        // The charge without the division: the list price less the benefit, and the discount on both.
        let taken_off: Amount = benefits.iter().map(|row| row.taken_off).sum();
        prop_assert_eq!(priced.taken_off, taken_off);
        let before_rules = total(&priced.daily, |charge| charge.charge_before_rules);
        prop_assert_eq!(before_rules, known_list - taken_off);
        let discounted = Rate::complement(DISCOUNT.parse().unwrap()).unwrap().times(before_rules);
        prop_assert_eq!(total(&priced.daily, |charge| charge.charge), discounted.unwrap());

        // Covered usage costs what its commitments cost, and has the rows' amounts to the last digit.
        let mut purchases = BTreeMap::new();
        for (index, part) in priced.daily.iter().enumerate() {
            let purchase = part.purchase.unwrap();
            prop_assert!(purchases.insert(purchase, part).is_none(), "{purchase} comes twice");
            prop_assert_eq!(part.measures.line_count > 0, index == 0);
            if purchase == Purchase::OnDemand {
                prop_assert_eq!(part.measures.benefit, Some(Amount::ZERO));
                continue;
            }
            let rows = || benefits.iter().filter(|row| row.purchase == purchase);
            let usage_amount: Amount = rows().map(|row| row.usage_amount).sum();
            prop_assert_eq!(part.measures.usage_amount, usage_amount);
            let cost: Amount = rows().map(|row| row.commitment_cost).sum();
            prop_assert_eq!(part.charge_before_rules, cost);
            prop_assert_eq!(part.measures.benefit, rows().map(|row| row.benefit).sum());
        }
        let charges = sum_days(&priced.daily);
        prop_assert_eq!(charges.len(), priced.daily.len());
    }

    /// If AWS's own coverage stays, each part has the lines of its own types.
    #[test]
    fn where_aws_s_coverage_stays_the_parts_are_its_own_lines(
        mut groups in vec(group(), 1..6),
        basis in select(vec!["list", "unblended", "amortized"]),
    ) {
        for group in &mut groups {
            group.amortized_cost = group.amortized_cost.or(Some(Amount::ZERO));
        }
        let priced = price(&contracts("as_billed", basis), &groups, &[]);
        for part in &priced.daily {
            let item_type = match part.purchase.unwrap() {
                Purchase::Reserved => LineItemType::DiscountedUsage,
                Purchase::SavingsPlan => LineItemType::SavingsPlanCoveredUsage,
                _ => LineItemType::Usage,
            };
            let mut of_part = groups.clone();
            of_part.retain(|group| group.line_item_type == item_type);
            let (whole, _) = whole(&of_part);
            prop_assert_eq!(Measures { benefit: whole.benefit, ..part.measures }, whole);
        }
        prop_assert_eq!(sum(&priced.daily).line_count, whole(&groups).0.line_count);
    }
}

/// The parts of a day's usage: purchase, lines, usage, AWS's unblended cost, list price and charge.
fn parts(text: &str, groups: &[LineGroup], benefits: &[DailyBenefit]) -> Vec<String> {
    let priced = price(text, groups, benefits);
    let row = |charge: &DailyCharge| {
        let DailyCharge { purchase, measures, charge_before_rules, .. } = charge;
        let Measures { line_count, usage_amount, unblended_cost, list_cost, .. } = measures;
        let purchase = purchase.map_or("", Purchase::name);
        let list_cost = list_cost.map_or_else(|| "unknown".to_owned(), |cost| cost.to_string());
        format!(
            "{purchase} {line_count} {usage_amount} {unblended_cost} {list_cost} {charge_before_rules}"
        )
    };
    priced.daily.iter().map(row).collect()
}

/// Lines of one type: their number, usage, unblended cost and list price.
fn lines(item_type: LineItemType, numbers: (u64, &str, &str, Option<&str>)) -> LineGroup {
    let (line_count, usage_amount, unblended_cost, list_cost) = numbers;
    LineGroup {
        usage_date: "2026-10-01".parse().unwrap(),
        usage_account_id: ACME.parse().unwrap(),
        charge_kind: ChargeKind::Usage,
        line_item_type: item_type,
        sku: sku("BoxUsage:m5.large"),
        currency: "USD".to_owned(),
        commitment: String::new(),
        line_count,
        uninvoiced_line_count: 0,
        usage_amount: usage_amount.parse().unwrap(),
        normalized_usage_amount: Amount::ZERO,
        unblended_cost: unblended_cost.parse().unwrap(),
        amortized_cost: Some(Amount::ZERO),
        list_cost: list_cost.map(|cost| cost.parse().unwrap()),
    }
}

/// Usage that a commitment covers: its amount, list price and cost.
fn covered(purchase: Purchase, usage_amount: &str, list: Option<&str>, cost: &str) -> DailyBenefit {
    let cost: Amount = cost.parse().unwrap();
    let known = list.map_or(Amount::ZERO, |list| list.parse().unwrap());
    DailyBenefit {
        usage_date: "2026-10-01".parse().unwrap(),
        commitment: String::new(),
        assigned_to: String::new(),
        usage_account_id: ACME.parse().unwrap(),
        sku: sku("BoxUsage:m5.large"),
        currency: "USD".to_owned(),
        purchase,
        usage_amount: usage_amount.parse().unwrap(),
        commitment_cost: cost,
        taken_off: known - cost,
        benefit: list.is_some().then_some(known - cost),
    }
}

#[test]
fn aws_s_own_costs_are_divided_by_usage() {
    let usage = LineItemType::Usage;
    let everyone = contracts("everyone", "list");
    let check = |groups: &[LineGroup], benefits: &[DailyBenefit], expected: &[&str]| {
        assert_eq!(parts(&everyone, groups, benefits), expected);
    };
    let four_hours = [lines(usage, (4, "4", "0.4", Some("0.4")))];
    check(&four_hours, &[], &["on_demand 4 4 0.4 0.4 0.4"]);
    let reserved = covered(Purchase::Reserved, "1", Some("0.1"), "0.06");
    let planned = covered(Purchase::SavingsPlan, "2", Some("0.2"), "0.14");
    let all = [reserved.clone(), planned.clone()];
    let expected =
        ["on_demand 4 1 0.1 0.1 0.1", "reserved 0 1 0.1 0.1 0.06", "savings_plan 0 2 0.2 0.2 0.14"];
    check(&four_hours, &all, &expected);
    // Nothing stays on demand, so the lines are counted in the reserved part.
    let three_hours = [lines(usage, (3, "3", "0.1", Some("0.3")))];
    let expected = ["reserved 3 1 0.0333333333 0.1 0.06", "savings_plan 0 2 0.0666666667 0.2 0.14"];
    check(&three_hours, &all, &expected);
    // A correction of five hours leaves less than nothing on demand. AWS's cost cannot be divided by such
    // usage, so the first part has it.
    let corrected = [three_hours[0].clone(), lines(usage, (1, "-5", "-0.5", Some("-0.5")))];
    let expected = ["on_demand 4 -3 -0.4 -0.3 -0.3", "reserved 0 1 0 0.1 0.06"];
    check(&corrected, &[reserved], &expected);
    // Of two nodes, the reserved one has no list price. The row that says so is the reserved one.
    let discounted = LineItemType::DiscountedUsage;
    let nodes =
        [lines(usage, (1, "1", "0.1", Some("0.1"))), lines(discounted, (1, "1", "0", None))];
    let node = covered(Purchase::Reserved, "1", None, "0.06");
    let expected = ["on_demand 2 1 0.05 unknown 0.1", "reserved 0 1 0.05 unknown 0.06"];
    check(&nodes, std::slice::from_ref(&node), &expected);
    check(&nodes[1..], &[node], &["reserved 1 1 0 unknown 0.06"]);
}

/// The purchases of the charges of usage, by policy and basis, with their usage and charges before rules.
async fn purchases(sharing: &str, basis: &str, lines: &[Line]) -> Vec<String> {
    let world = World::new(&contracts(sharing, basis));
    let delivery = Delivery::new(Generation::Legacy, "20261103T120125Z", lines);
    delivery.put(&world.reports);
    let given_up = world.deliver(&delivery.manifest_keys()[0], Order::Sent).await;
    assert_eq!(given_up, [""; 0], "{sharing} {basis}");
    let rows: Vec<ChargeRow> = decode_csv(&world.object("customer=acme/charges.csv")).unwrap();
    let rows = rows.into_iter().filter(|row| {
        assert_eq!(row.charge.purchase.is_some(), row.charge.key.charge_kind == ChargeKind::Usage);
        row.charge.purchase.is_some()
    });
    let row = |row: ChargeRow| {
        let of = row.charge;
        let purchase = of.purchase.map_or("", Purchase::name);
        let Sku { usage_type, .. } = of.key.sku;
        format!("{purchase} {usage_type} {} {}", of.measures.usage_amount, of.charge_before_rules)
    };
    rows.map(row).collect()
}

/// AWS's coverage says the purchase only where it stays. Spot is told by its usage type.
#[tokio::test]
async fn the_purchase_is_the_one_of_the_policy() {
    let spot = |usage_type| Line::usage(ACME, "0.03").with(Column::UsageType, usage_type);
    let lines = [
        RESERVATION.covers(ACME, "0.124", "0.1"),
        PLAN.covers(ACME, "0.2", "0.15").with(Column::UsageType, "APN1-BoxUsage:c5.large"),
        PLAN.negates(ACME, "0.2").with(Column::UsageType, "APN1-BoxUsage:c5.large"),
        PLAN.recurring_fee("0.15", "0.15", "0.15"),
        Line::usage(ACME, "0.5"),
        spot("APN1-SpotUsage:m5.large"),
        spot("APN1-SpotUsage-Fargate-vCPU-Hours:perCPU"),
    ];
    let spot = [
        "spot APN1-SpotUsage-Fargate-vCPU-Hours:perCPU 1 0.03",
        "spot APN1-SpotUsage:m5.large 1 0.03",
    ];
    let check = async |sharing, basis, expected: &[&str]| {
        let expected = [expected, &spot].concat();
        assert_eq!(purchases(sharing, basis, &lines).await, expected, "{sharing} {basis}");
    };
    let as_billed = |planned, on_demand, reserved| {
        [
            format!("savings_plan APN1-BoxUsage:c5.large 1 {planned}"),
            format!("on_demand APN1-BoxUsage:m5.large 1 {on_demand}"),
            format!("reserved APN1-BoxUsage:m5.large 1 {reserved}"),
        ]
    };
    for (sharing, basis, planned, reserved) in [
        ("as_billed", "list", "0.15", "0.1"),
        ("as_billed", "amortized", "0.15", "0.1"),
        ("reseller", "amortized", "0.15", "0.1"),
        ("as_billed", "unblended", "0.2", "0"),
    ] {
        let expected = as_billed(planned, "0.5", reserved);
        check(sharing, basis, &expected.each_ref().map(String::as_str)).await;
    }
    let nobody_is_covered =
        ["on_demand APN1-BoxUsage:c5.large 1 0.2", "on_demand APN1-BoxUsage:m5.large 2 0.624"];
    check("reseller", "list", &nobody_is_covered).await;
}
