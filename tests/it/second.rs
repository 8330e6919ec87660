//! Bills, computed a second time by a Python program that follows the reference of contracts and shares no
//! code with the crates.

mod case;
mod contract;
mod draw;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;

use billing::Charge;
use contracts::{Contracts, Purchase};
use cur::BillingPeriod;
use money::Amount;
use serde_json::{Map, Value, json};
use statement::{
    Correction, Invoice, InvoiceLine, Opening, PayerCharges, PayerSpend, Payment, SpendRow,
    Statement, TaxLine, Waterfall, spend_rows, statement,
};
use testkit::Random;

use case::Case;

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/second/bill.py");
const CASES: u64 = 300;
const CUSTOMER: &str = "acme";

/// A bill by Rust, and what the second program needs to make it too.
struct Made<'a> {
    case: &'a Case,
    input: Value,
    bill: Value,
}

#[test]
fn a_second_program_makes_the_same_bills() {
    let cases: Vec<Case> = (0..CASES).map(|number| case::case(Random::new(number))).collect();
    let made: Vec<Made> = cases.iter().flat_map(make).collect();
    let inputs: Vec<&Value> = made.iter().map(|made| &made.input).collect();
    let second = second_program(&json!({ "cases": inputs }));
    assert_eq!(second.len(), made.len(), "the second program has left out bills");
    // Contracts that lead to no bill compare nothing.
    let is_a_bill = |made: &&Made| made.bill.get("error").is_none();
    assert!(
        made.iter().filter(is_a_bill).count() * 10 >= made.len() * 9,
        "too few bills can be made"
    );
    let differences = made.iter().zip(&second).enumerate().filter_map(|(number, (first, second))| {
        let (of_rust, of_python) = (comparable(&first.bill), comparable(second));
        let (place, one, other) = first_difference("", &of_rust, &of_python)?;
        let contracts = &first.case.contracts;
        Some(format!(
            "bill {number}{place} is {one} by Rust and {other} by Python\n{contracts}\ninput: {:#}\n\
             by Rust: {of_rust:#}\nby Python: {of_python:#}",
            first.input
        ))
    });
    let differences: Vec<String> = differences.collect();
    let heads = differences.iter().filter_map(|difference| difference.lines().next());
    assert!(
        differences.is_empty(),
        "{}\n\nall bills that differ:\n{}",
        differences[0],
        heads.collect::<Vec<_>>().join("\n")
    );
}

/// Makes the two bills of a case. The first one leaves its balances to the second one.
fn make(case: &Case) -> Vec<Made<'_>> {
    let contracts = Contracts::parse(&case.contracts);
    let contracts = contracts.unwrap_or_else(|wrong| panic!("{}\n{wrong:?}", case.contracts));
    let customer = contracts.customer(CUSTOMER).unwrap();
    let mut opening = case.opening.clone();
    let months = case.periods.into_iter().zip(&case.charges);
    let made = months.map(|(period, payers)| {
        let plans = plans(case, payers);
        let input = input(case, period, payers, &plans, &opening);
        let bill = statement(&contracts, customer, period, payers, &plans, &opening);
        opening = Opening::default();
        let bill = match bill {
            Ok(bill) => {
                for check in &bill.checks {
                    assert!(check.holds, "{check:?}\n{}", case.contracts);
                }
                opening.balances = bill.closing.clone();
                output(&bill)
            }
            Err(error) => json!({ "error": error.to_string() }),
        };
        Made { case, input, bill }
    });
    made.collect()
}

/// What all customers spend: this customer, and others.
fn plans(case: &Case, payers: &[PayerCharges]) -> Vec<PayerSpend> {
    let plan = |payer: &PayerCharges| {
        let mut customers = case.others.clone();
        customers.insert(CUSTOMER.to_owned(), spend_rows(&payer.charges));
        PayerSpend { payer: payer.payer, customers }
    };
    payers.iter().map(plan).collect()
}

/// A bill's input in the form of the second program.
fn input(
    case: &Case,
    period: BillingPeriod,
    payers: &[PayerCharges],
    plans: &[PayerSpend],
    opening: &Opening,
) -> Value {
    let charge = |charge: &Charge| {
        let (key, measures) = (&charge.key, &charge.measures);
        json!({
            "account": key.usage_account_id,
            "kind": key.charge_kind,
            "service": key.sku.service_code,
            "region": key.sku.region,
            "usage_type": key.sku.usage_type,
            "operation": key.sku.operation,
            "currency": key.currency,
            "purchase": charge.purchase.map(Purchase::name),
            "unblended": measures.unblended_cost,
            "amortized": measures.amortized_cost,
            "list": measures.list_cost,
            "benefit": measures.benefit,
            "before_rules": charge.charge_before_rules,
            "charge": charge.charge,
        })
    };
    let payer = |payer: &PayerCharges| {
        let charges: Vec<Value> = payer.charges.iter().map(charge).collect();
        json!({ "payer": payer.payer, "charges": charges })
    };
    let row = |row: &SpendRow| {
        json!({
            "kind": row.charge_kind,
            "service": row.service_code,
            "currency": row.currency,
            "list": row.list,
            "amortized": row.amortized,
            "before_rules": row.before_rules,
            "charge": row.charge,
        })
    };
    let plan = |plan: &PayerSpend| {
        let customers = plan.customers.iter();
        let customers = customers.map(|(id, rows)| (id.clone(), rows.iter().map(row).collect()));
        json!({ "payer": plan.payer, "customers": customers.collect::<Map<_, _>>() })
    };
    let correction = |correction: &Correction| {
        json!({
            "invoice_id": correction.invoice_id,
            "period": correction.line.billing_period,
            "currency": correction.currency,
            "tax": correction.line.tax,
            "amount": correction.line.amount,
        })
    };
    let mut balances = json!(opening.balances);
    balances["corrections"] = opening.corrections.iter().map(correction).collect();
    json!({
        "contracts": case.contracts,
        "customer": CUSTOMER,
        "period": period,
        "payers": payers.iter().map(payer).collect::<Vec<_>>(),
        "plans": plans.iter().map(plan).collect::<Vec<_>>(),
        "opening": balances,
    })
}

/// A bill in the form of the second program.
fn output(bill: &Statement) -> Value {
    json!({
        "invoices": bill.invoices.iter().map(invoice).collect::<Vec<_>>(),
        "waterfalls": bill.waterfalls.iter().map(waterfall).collect::<Vec<_>>(),
        "closing": bill.closing,
    })
}

fn invoice(invoice: &Invoice) -> Value {
    let line = |line: &InvoiceLine| {
        json!({
            "section": line.section,
            "id": line.item_id,
            "period": line.billing_period,
            "payer": line.payer_account_id,
            "account": line.usage_account_id,
            "service": line.service_code,
            "currency": line.currency_source,
            "rate": line.fx_rate,
            "tax": line.tax,
            "source": line.amount_source,
            "amount": line.amount,
        })
    };
    let tax =
        |tax: &TaxLine| json!({ "name": tax.name, "taxable": tax.taxable, "amount": tax.amount });
    let payment = |of: &Payment| json!({ "id": of.id, "amount": of.amount, "after": of.after });
    json!({
        "id": invoice.invoice_id,
        "currency": invoice.currency,
        "lines": invoice.lines.iter().map(line).collect::<Vec<_>>(),
        "subtotal": invoice.subtotal,
        "taxes": invoice.taxes.iter().map(tax).collect::<Vec<_>>(),
        "total": invoice.total,
        "withheld": invoice.withheld.as_ref().map_or(Amount::ZERO, |withheld| withheld.amount),
        "prepaid": invoice.prepaid.iter().map(payment).collect::<Vec<_>>(),
        "amount_due": invoice.amount_due,
        "carried_over": invoice.carried_over,
    })
}

fn waterfall(waterfall: &Waterfall) -> Value {
    let terms =
        waterfall.terms.iter().map(|(term, amount)| (term.name().to_owned(), json!(amount)));
    json!({
        "id": waterfall.invoice_id,
        "aws_cost": waterfall.aws_cost,
        "terms": terms.collect::<Map<_, _>>(),
        "margin": waterfall.margin,
        "amount_due": waterfall.amount_due,
    })
}

/// Runs the second program once for all bills.
fn second_program(cases: &Value) -> Vec<Value> {
    // Without `-B`, Python leaves a folder beside the program.
    let program = Command::new("python3")
        .args(["-B", PROGRAM])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut program = program.unwrap_or_else(|error| {
        panic!("this test needs `python3`, version 3.11 or later, which does not start: {error}")
    });
    // A thread writes, because neither program may wait for the other.
    let (mut stdin, cases) = (program.stdin.take().unwrap(), cases.to_string());
    let writer = thread::spawn(move || stdin.write_all(cases.as_bytes()));
    let output = program.wait_with_output().unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the second program ended with {}:\n{message}", output.status);
    writer.join().unwrap().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A bill in a form in which equal bills are equal values: lines of one kind are added up, zeros are left
/// out, and the order of lines and of what is carried over does not count. If there is no bill, the reason
/// does not count.
fn comparable(bill: &Value) -> Value {
    if bill.get("error").is_some() {
        return json!({ "error": "there is no bill" });
    }
    let mut bill = bill.clone();
    for invoice in bill["invoices"].as_array_mut().unwrap() {
        invoice["lines"] = lines_added_up(&invoice["lines"]);
    }
    if let Some(Value::Array(carried)) = bill.pointer_mut("/closing/carried") {
        carried.sort_by_key(Value::to_string);
    }
    without_zeros(bill)
}

/// The amounts of lines by what they are about. Rounding lines are about their tax.
fn lines_added_up(lines: &Value) -> Value {
    const ALL: [&str; 9] =
        ["section", "id", "period", "tax", "payer", "account", "service", "currency", "rate"];
    let mut sums = BTreeMap::<String, [Amount; 2]>::new();
    for line in lines.as_array().unwrap() {
        let about = if line["section"] == "rounding" { &["section", "tax"][..] } else { &ALL };
        let texts: Vec<&str> = about.iter().map(|name| line[name].as_str().unwrap()).collect();
        let sums = sums.entry(texts.join(" ")).or_default();
        for (sum, name) in sums.iter_mut().zip(["source", "amount"]) {
            *sum += line[name].as_str().unwrap().parse::<Amount>().unwrap();
        }
    }
    json!(sums)
}

fn without_zeros(value: Value) -> Value {
    let is_something = |value: &Value| match value {
        Value::String(text) => text != "0",
        Value::Array(values) => !values.is_empty(),
        Value::Object(values) => !values.is_empty(),
        _ => true,
    };
    match value {
        Value::Array(values) => values.into_iter().map(without_zeros).collect(),
        Value::Object(values) => {
            let values = values.into_iter().map(|(name, value)| (name, without_zeros(value)));
            Value::Object(values.filter(|(_, value)| is_something(value)).collect())
        }
        value => value,
    }
}

/// The first place at which two values differ, and what stands there.
fn first_difference<'a>(
    place: &str,
    first: &'a Value,
    second: &'a Value,
) -> Option<(String, &'a Value, &'a Value)> {
    match (first, second) {
        (Value::Object(of_first), Value::Object(of_second)) => {
            let names: BTreeSet<&String> = of_first.keys().chain(of_second.keys()).collect();
            names.into_iter().find_map(|name| {
                first_difference(&format!("{place}.{name}"), &first[name], &second[name])
            })
        }
        (Value::Array(of_first), Value::Array(of_second)) if of_first.len() == of_second.len() => {
            (of_first.iter().zip(of_second).enumerate()).find_map(|(at, (first, second))| {
                first_difference(&format!("{place}[{at}]"), first, second)
            })
        }
        _ => (first != second).then(|| (place.to_owned(), first, second)),
    }
}
