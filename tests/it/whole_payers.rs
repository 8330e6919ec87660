//! Customers that have all accounts of a payer: no account of such a payer is ever billed to nobody.

use cur::Generation;
use datasets::{ChargeRow, decode_csv};
use pipeline::Reconciliation;
use testkit::{Delivery, Line, Order, World};

use crate::small::{ACME, ACME_TWO, CONTRACTS, GLOBEX, NOBODY, lines};

/// The contracts of the small report, in which this is Acme's. Commitments are handed out again.
fn contracts(owned: &str) -> String {
    CONTRACTS
        .replace(&format!("accounts = [\"{ACME}\", \"{ACME_TWO}\"]"), owned)
        .replace("sharing = \"as_billed\"", "sharing = \"customer\"")
        .replace("basis = \"amortized\"", "basis = \"list\"")
}

/// The small report, with an hour of an instance in an account that no contract names. Nobody uses the
/// reservation in this hour.
fn report() -> Vec<Line> {
    let mut lines = lines();
    lines.push(Line::usage(NOBODY, "0.124").at("2026-10-02T07"));
    lines
}

async fn billed(contracts: &str, lines: &[Line]) -> (World, Reconciliation) {
    let delivery = Delivery::new(Generation::Legacy, "20261103T120125Z", lines);
    let world = World::new(contracts);
    delivery.put(&world.reports);
    let given_up = world.deliver(&delivery.manifest_keys()[0], Order::Sent).await;
    assert_eq!(given_up, [""; 0]);
    let proof = serde_json::from_slice(&world.object("reconciliation.json")).unwrap();
    (world, proof)
}

fn charges(world: &World, customer: &str) -> Vec<ChargeRow> {
    decode_csv(&world.object(&format!("customer={customer}/charges.csv"))).unwrap()
}

/// The sums of a run by customer: accounts, lines, benefit and charge.
fn sums(proof: &Reconciliation) -> Vec<String> {
    let customers = proof.customers.iter();
    customers
        .map(|of| {
            format!("{} {:?} {} {:?} {}", of.customer, of.accounts, of.lines, of.benefit, of.charge)
        })
        .collect()
}

#[tokio::test]
async fn a_new_account_is_billed_to_the_customer_of_its_payer() {
    let whole = contracts("payers = [\"999988887777\"]");
    let (world, proof) = billed(&whole, &report()).await;
    assert!(proof.unassigned.is_empty(), "{:?}", proof.unassigned);
    assert_eq!(charges(&world, "_unassigned").len(), 0);
    let accounts: Vec<String> = charges(&world, "acme")
        .iter()
        .map(|row| row.charge.key.usage_account_id.to_string())
        .collect();
    assert!(accounts.iter().any(|account| account == NOBODY), "{accounts:?}");
    // An account that another customer names is that customer's.
    let globex = charges(&world, "globex");
    assert!(globex.iter().all(|row| row.charge.key.usage_account_id.as_str() == GLOBEX));
    assert_eq!(proof.unmatched.accounts.len(), 0);

    // Who has the payer is billed as if the file named every account.
    let named = contracts(&format!("accounts = [\"{ACME}\", \"{ACME_TWO}\", \"{NOBODY}\"]"));
    let (of_named, proof_of_named) = billed(&named, &report()).await;
    assert_eq!(sums(&proof), sums(&proof_of_named));
    for customer in ["acme", "globex"] {
        let charges = |world| {
            let rows = charges(world, customer).into_iter();
            rows.map(|row| format!("{:?}", row.charge)).collect::<Vec<_>>()
        };
        assert_eq!(charges(&world), charges(&of_named), "{customer}");
    }
}

/// A commitment of an account that nobody names is its customer's, and covers other accounts that nobody
/// names.
#[tokio::test]
async fn commitments_reach_accounts_that_no_contract_names() {
    let benefit_of_new = |world: &World, customer: &str| {
        let rows = charges(world, customer).into_iter();
        let of_new = rows.filter(|row| row.charge.key.usage_account_id.as_str() == NOBODY);
        let benefits: Vec<_> = of_new.filter_map(|row| row.charge.measures.benefit).collect();
        benefits.into_iter().sum::<money::Amount>().to_string()
    };
    let whole = contracts("payers = [\"999988887777\"]");
    let (world, _) = billed(&whole, &report()).await;
    assert_eq!(benefit_of_new(&world, "acme"), "0.024");
    // Without the payer, the new account is nobody's, and gets nothing of Acme's reservation.
    let without = contracts(&format!("accounts = [\"{ACME}\", \"{ACME_TWO}\"]"));
    let (world, proof) = billed(&without, &report()).await;
    assert_eq!(benefit_of_new(&world, "_unassigned"), "0");
    assert_eq!(proof.unassigned.len(), 1);
}

#[tokio::test]
async fn who_has_the_payer_may_change_between_billing_periods() {
    let both = contracts("payers = [{ id = \"999988887777\", until = \"2026-09\" }]");
    let both = both.replace(
        &format!("accounts = [\"{GLOBEX}\"]"),
        "payers = [{ id = \"999988887777\", from = \"2026-10\" }]",
    );
    let (_, proof) = billed(&both, &report()).await;
    let customers: Vec<&str> = proof.customers.iter().map(|of| of.customer.as_str()).collect();
    assert_eq!(customers, ["_unassigned", "globex"]);
    assert_eq!(proof.customers[1].accounts.len(), 4);
    assert!(proof.unassigned.is_empty());

    // A customer without a line gets nothing, and a payer of another report changes nothing.
    let elsewhere = contracts("payers = [\"222233334444\"]")
        .replace("payers = [\"999988887777\"]", "payers = [\"999988887777\", \"222233334444\"]");
    let (_, proof) = billed(&elsewhere, &report()).await;
    let customers: Vec<&str> = proof.customers.iter().map(|of| of.customer.as_str()).collect();
    assert_eq!(customers, ["_unassigned", "globex"]);
    assert_eq!(proof.unassigned.len(), 3);
}
