//! Things that a run does not know, and entries of the contracts that match nothing, are named and never
//! guessed.

use std::collections::BTreeMap;

use cur::{Column, Generation, LineItemType};
use datasets::{ChargeRow, DailyCostRow, decode_csv, decode_parquet};
use pipeline::{Reconciliation, Unmatched};
use testkit::{Delivery, Line, Order, Reservation, World};

use crate::small::{ACME, GLOBEX};

const CONTRACTS: &str = r#"
[reseller]
name = "Example MSP"

[commitments]
sharing = "as_billed"

[[commitments.assign]]
arn      = "arn:aws:savingsplans::111122223333:savingsplan/0a1b2c3d-0000-4000-8000-00000000000f"
customer = "acme"

[[commitments.assign]]
arn      = "arn:aws:savingsplans::111122223333:savingsplan/0a1b2c3d-0000-4000-8000-00000000000e"
customer = "acme"
until    = "2026-09"

[[customer]]
id = "acme"
accounts = ["111122223333", "222222222222", { id = "333333333333", from = "2026-11" }]
basis = "amortized"

[[customer.price]]
discount = "0.1"

[[customer.price]]
service = "AmazonS3"
discount = "0.2"

[[customer.price]]
service = "AWSLambda"
discount = "0.3"
until = "2026-09"

[[customer.price]]
kind = "credit"
markup = "0.5"

[[customer]]
id = "globex"
accounts = ["444455556666"]

[[customer.price]]
service = "AmazonEc2"
markup = "0.1"

[[customer]]
id = "initech"
accounts = ["555555555555"]
"#;

async fn bill(lines: &[Line]) -> (World, Reconciliation) {
    let delivery = Delivery::new(Generation::Legacy, "20261103T120125Z", lines);
    let world = World::new(CONTRACTS);
    delivery.put(&world.reports);
    let given_up = world.deliver(&delivery.manifest_keys()[0], Order::Sent).await;
    assert_eq!(given_up, [""; 0]);
    let proof = serde_json::from_slice(&world.object("reconciliation.json")).unwrap();
    (world, proof)
}

#[tokio::test]
async fn what_the_contracts_have_for_nothing_is_named() {
    let lines = [
        Line::usage(ACME, "10"),
        Line::usage(GLOBEX, "1"),
        // The credit is retained, so the rule for credits sets no price.
        Line::new(LineItemType::Credit, ACME).with(Column::UnblendedCost, "-1"),
    ];
    let (_, proof) = bill(&lines).await;
    let by_customer = |of: &[(&str, &[&str])]| -> BTreeMap<String, Vec<String>> {
        let owned = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        of.iter().map(|(customer, list)| ((*customer).to_owned(), owned(list))).collect()
    };
    let expected = Unmatched {
        price_rules: by_customer(&[
            ("acme", &["discount 0.2 service=AmazonS3", "markup 0.5 kind=credit"]),
            ("globex", &["markup 0.1 service=AmazonEc2"]),
        ]),
        accounts: by_customer(&[("acme", &["222222222222"]), ("initech", &["555555555555"])])
            .into_iter()
            .map(|(customer, list)| {
                (customer, list.iter().map(|account| account.parse().unwrap()).collect())
            })
            .collect(),
    };
    assert_eq!(proof.unmatched, expected);
    // The report has no commitments, so no day is allocated, and only the proof looks for this commitment.
    assert_eq!(
        proof.unknown_assignments,
        ["arn:aws:savingsplans::111122223333:savingsplan/0a1b2c3d-0000-4000-8000-00000000000f"]
    );
}

/// Checks lines with this cost in the report, and the kind and charge that Acme gets for them.
#[tokio::test]
async fn support_is_told_by_its_product_code() {
    let of = |item_type, code: &str| {
        Line::new(item_type, ACME).of_service(code, "Dollar", "").with(Column::UnblendedCost, "10")
    };
    for (item_type, code, kind) in [
        (LineItemType::Usage, "AWSSupportBusiness", "support"),
        (LineItemType::Fee, "AWSSupportEnterprise", "support"),
        (LineItemType::Usage, "AWSSupportEssential", "support"),
        (LineItemType::Fee, "AWSSupportOfTomorrow", "support"),
        (LineItemType::Usage, "AWSDeveloperSupport", "support"),
        (LineItemType::Usage, "AWSEnterpriseOnRamp", "support"),
        (LineItemType::FlatRateSubscription, "AWSUnifiedOperations", "support"),
        (LineItemType::Fee, "OCBPremiumSupport", "support"),
        (LineItemType::Usage, "OCBSupport", "support"),
        (LineItemType::Refund, "AWSSupportBusiness", "support"),
        (LineItemType::Credit, "AWSSupportBusiness", "credit"),
        (LineItemType::Tax, "AWSSupportBusiness", "tax"),
        (LineItemType::EdpDiscount, "AWSSupportEnterprise", "discount"),
        (LineItemType::SppDiscount, "OCBPremiumSupport", "discount"),
        (LineItemType::Usage, "AWSSupplyChain", "usage"),
        (LineItemType::Fee, "OCBAWSIncidentDetectionResponse", "fee"),
        (LineItemType::Usage, "awssupportbusiness", "usage"),
        (LineItemType::Fee, "XAWSSupportBusiness", "fee"),
        (LineItemType::Usage, "AWSDeveloperSupportX", "usage"),
        (LineItemType::Refund, "AmazonEC2", "refund"),
    ] {
        let (world, _) = bill(&[of(item_type, code)]).await;
        let rows = decode_csv::<ChargeRow>(&world.object("customer=acme/charges.csv")).unwrap();
        let kinds: Vec<&str> = rows.iter().map(|row| row.charge.key.charge_kind.name()).collect();
        assert_eq!(kinds, [kind], "{item_type} of {code}");
    }
    let of_marketplace = of(LineItemType::Usage, "AWSSupportBusiness")
        .with(Column::BillingEntity, "AWS Marketplace");
    let (world, proof) = bill(&[of_marketplace]).await;
    let rows = decode_csv::<ChargeRow>(&world.object("customer=acme/charges.csv")).unwrap();
    assert_eq!(rows[0].charge.key.charge_kind.name(), "marketplace");
    assert_eq!(proof.support_suspects, [""; 0]);
}

#[tokio::test]
async fn codes_that_look_like_support_are_named_once() {
    let codes = [
        "AWSNextSupport",
        "awssupportbusiness",
        "AmazonEC2",
        "AWSSupportBusiness",
        "AWSEnterpriseOnRampPlus",
        "AWSCountdown",
    ];
    let mut lines = Vec::new();
    for account in [ACME, GLOBEX] {
        lines.extend(codes.map(|code| Line::usage(account, "1").of_service(code, "Dollar", "")));
    }
    let (_, proof) = bill(&lines).await;
    let suspects = ["AWSEnterpriseOnRampPlus", "AWSNextSupport", "awssupportbusiness"];
    assert_eq!(proof.support_suspects, suspects);
}

/// Two lines are in one group, and one of them has no on-demand price. Then the sum is unknown, and not
/// just smaller.
#[tokio::test]
async fn a_partly_unknown_list_cost_is_unknown() {
    const RESERVATION: Reservation<'_> = Reservation {
        arn: "arn:aws:ec2:ap-northeast-1:111122223333:reserved-instances/0a1b2c3d",
        owner: ACME,
    };
    let known = RESERVATION.covers(ACME, "0.124", "0.1");
    let unknown = known.clone().with(Column::PublicOnDemandCost, "");
    let next_day = known.clone().at("2026-10-02T00");
    for lines in [[known.clone(), unknown.clone()], [unknown.clone(), known], [unknown, next_day]] {
        let (world, proof) = bill(&lines).await;
        let rows = decode_csv::<ChargeRow>(&world.object("customer=acme/charges.csv")).unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].charge.measures.line_count, 2);
        assert_eq!(rows[0].charge.measures.list_cost, None);
        let objects = world.outcome();
        let daily = objects
            .iter()
            .find(|(key, _)| key.contains("daily_costs/") && key.ends_with("acme.parquet"));
        let daily: Vec<DailyCostRow> = decode_parquet(daily.unwrap().1.clone()).unwrap();
        assert_eq!(daily[0].measures.list_cost, None, "the first of October");
        let acme = proof.customers.iter().find(|customer| customer.customer == "acme").unwrap();
        assert_eq!((acme.lines, acme.list_cost), (2, None));
    }
}
