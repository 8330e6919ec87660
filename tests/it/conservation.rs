//! No digit appears or vanishes, whatever the report, the owners of accounts and the contracts.

use std::collections::BTreeMap;
use std::path::Path;

use cur::{Column, Generation, LineItemType};
use datasets::{ChargeRow, decode_csv};
use money::Amount;
use money::rounding::read;
use pipeline::Reconciliation;
use proptest::prelude::*;
use proptest::sample::select;
use statement::Invoice;
use testkit::{Delivery, Line, Order, Random, SavingsPlan, World};

use crate::small::{ACME, ACME_TWO, GLOBEX, NOBODY};

const PLAN: SavingsPlan<'_> = SavingsPlan {
    arn: "arn:aws:savingsplans::111122223333:savingsplan/0a1b2c3d-0000-4000-8000-000000000001",
    owner: ACME,
};

fn account() -> impl Strategy<Value = &'static str> {
    select(vec![ACME, ACME_TWO, GLOBEX, NOBODY])
}

/// A cost in one of the notations of AWS and of tools that rebuild reports, with up to 24 decimals.
fn cost() -> impl Strategy<Value = String> {
    let digits = prop_oneof![4 => -50_000_i64..5_000_000, 1 => any::<i32>().prop_map(i64::from)];
    (digits, 0_usize..25, any::<bool>()).prop_map(|(digits, decimals, is_java)| {
        if is_java {
            return format!("{digits}E-{decimals}");
        }
        let sign = if digits < 0 { "-" } else { "" };
        let text = format!("{:0>width$}", digits.unsigned_abs(), width = decimals + 1);
        let (whole, fraction) = text.split_at(text.len() - decimals);
        format!("{sign}{whole}.{fraction}")
    })
}

/// One line, or several lines that belong together.
fn lines() -> impl Strategy<Value = Vec<Line>> {
    let item_type = select(vec![
        LineItemType::Usage,
        LineItemType::Credit,
        LineItemType::Refund,
        LineItemType::Tax,
        LineItemType::Fee,
        LineItemType::EdpDiscount,
        LineItemType::FlatRateSubscription,
    ]);
    let service = select(vec!["AmazonEC2", "AmazonS3", "AWSSupportBusiness"]);
    let entity = select(vec!["AWS", "AWS", "AWS Marketplace"]);
    let single = (item_type, account(), cost(), service, entity, 1_u32..=31).prop_map(
        |(item_type, account, cost, service, entity, day)| {
            let line = Line::new(item_type, account)
                .with(Column::UnblendedCost, cost)
                .with(Column::ProductCode, service)
                .with(Column::BillingEntity, entity)
                .at(&format!("2026-10-{day:02}T07"));
            vec![line]
        },
    );
    let split_cost = (account(), cost()).prop_map(|(account, cost)| {
        vec![Line::usage(account, &cost).with(Column::Operation, "EKSPod-EC2")]
    });
    // Usage of another account that a policy may cover when it hands the plan out differently.
    let covered = (account(), account(), 0_u32..3).prop_map(|(account, other, hour)| {
        [
            PLAN.covers(account, "0.2", "0.15").with(Column::SavingsPlanRate, "0.15"),
            PLAN.negates(account, "0.2"),
            PLAN.recurring_fee("0.5", "1", "0.15"),
            Line::usage(other, "0.2"),
        ]
        .map(|line| line.with(Column::PublicOnDemandRate, "0.2").at(&format!("2026-10-09T0{hour}")))
        .into()
    });
    prop_oneof![6 => single, 1 => split_cost, 2 => covered]
}

fn customer(id: &'static str, accounts: &'static str) -> impl Strategy<Value = String> {
    (
        select(vec!["list", "unblended", "amortized"]),
        select(vec!["USD", "JPY"]),
        select(vec!["half_up", "half_even", "up", "down"]),
        select(vec!["line", "service", "account", "invoice"]),
        select(vec!["pass", "retain"]),
        select(vec![
            "discount = \"0.07\"",
            "discount = \"0.0333333333333333333333333333\"",
            "markup = \"0.125\"",
            "rate = \"0.0001\"",
            "rate = \"0.00001666671234567\"",
        ]),
        any::<bool>(),
    )
        .prop_map(move |(basis, currency, mode, per, credit, effect, is_taxed)| {
            let tax = if is_taxed { "tax = { name = \"VAT\", rate = \"0.19\" }\n" } else { "" };
            format!(
                "[[customer]]\nid = \"{id}\"\naccounts = [{accounts}]\nbasis = \"{basis}\"\n\
                 currency = \"{currency}\"\nrounding = {{ mode = \"{mode}\", per = \"{per}\" }}\n{tax}\
                 adjustments = {{ credit = \"{credit}\", tax = \"{credit}\" }}\n\n\
                 [[customer.price]]\nservice = \"AmazonS3\"\n{effect}\n\n"
            )
        })
}

fn contracts() -> impl Strategy<Value = String> {
    (
        select(vec!["as_billed", "owner", "customer", "everyone", "reseller"]),
        select(vec!["owner", "reseller", "pro_rata"]),
        customer("acme", "\"111122223333\", \"123456789012\""),
        customer("globex", "\"444455556666\""),
        select(vec!["150.37", "150.3712345678901234567"]),
    )
        .prop_map(|(sharing, unused, acme, globex, yen)| {
            format!(
                "[reseller]\nname = \"MSP\"\n\n[fx.USD.JPY]\n\"2026-10\" = \"{yen}\"\n\n\
                 [commitments]\nsharing = \"{sharing}\"\nunused = \"{unused}\"\n\n{acme}{globex}"
            )
        })
}

async fn bill(contracts: &str, lines: &[Line], files: usize) -> World {
    let world = World::new(contracts);
    let delivery = Delivery::new(Generation::DataExports, "20261103T120125Z", lines);
    let delivery = delivery.in_files(lines, files);
    delivery.put(&world.reports);
    let given_up = world.deliver(&delivery.manifest_keys()[0], Order::Sent).await;
    assert_eq!(given_up, [""; 0], "{contracts}");
    world
}

fn charges(world: &World) -> Vec<ChargeRow> {
    let objects = world.outcome();
    let files = objects.iter().filter(|(key, _)| key.ends_with("/charges.csv"));
    files.flat_map(|(_, bytes)| decode_csv::<ChargeRow>(bytes).unwrap()).collect()
}

fn check(world: &World, lines: &[Line]) {
    let mut expected: BTreeMap<String, (u64, Amount)> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.get(Column::Operation) != "EKSPod-EC2") {
        let total = expected.entry(line.get(Column::UsageAccountId).to_owned()).or_default();
        total.0 += 1;
        total.1 += read(line.get(Column::UnblendedCost).as_bytes()).unwrap().amount;
    }
    let mut found: BTreeMap<String, (u64, Amount)> = BTreeMap::new();
    for ChargeRow { charge, .. } in charges(world) {
        let total = found.entry(charge.key.usage_account_id.to_string()).or_default();
        total.0 += charge.measures.line_count;
        total.1 += charge.measures.unblended_cost;
    }
    found.retain(|_, (lines, _)| *lines > 0);
    assert_eq!(found, expected);

    let proof: Reconciliation =
        serde_json::from_slice(&world.object("reconciliation.json")).unwrap();
    let terms: Amount = proof.margin.terms.values().copied().sum();
    assert_eq!(proof.margin.amortized_cost.unwrap() + terms, proof.margin.charge);
    for (key, bytes) in world.outcome() {
        if key.starts_with("invoices/")
            && Path::new(&key).extension().is_some_and(|end| end == "json")
        {
            let invoice: Invoice = serde_json::from_slice(&bytes).unwrap();
            let lines: Amount = invoice.lines.iter().map(|line| line.amount).sum();
            let taxes: Amount = invoice.taxes.iter().map(|tax| tax.amount).sum();
            assert_eq!(lines, invoice.subtotal);
            assert_eq!(lines + taxes, invoice.total);
            let decimals = if invoice.currency == "JPY" { 0 } else { 2 };
            let cents = 10_i128.pow(18 - decimals);
            assert_eq!(invoice.total.units() % cents, 0, "{}", invoice.total);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn nothing_appears_and_nothing_vanishes(
        parts in prop::collection::vec(lines(), 1..24),
        contracts in contracts(),
        seed in any::<u64>(),
        files in 1_usize..4,
    ) {
        let mut lines: Vec<Line> = parts.into_iter().flatten().collect();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let world = runtime.block_on(bill(&contracts, &lines, 1));
        check(&world, &lines);
        // The order of lines and their distribution over files do not change a bill.
        Random::new(seed).shuffle(&mut lines);
        let shuffled = runtime.block_on(bill(&contracts, &lines, files));
        let of = |world: &World| {
            charges(world).into_iter().map(|row| row.charge).collect::<Vec<_>>()
        };
        prop_assert_eq!(of(&shuffled), of(&world));
    }
}
