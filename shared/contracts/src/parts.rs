//! The two parts of the contracts: what runs read, and what bills read.
//!
//! A run rests on who owns accounts and commitments, and on prices. A bill rests on the rest as well: names,
//! addresses, fees, support, currencies, taxes. So a new address makes a new bill and no new run. Each part
//! is a contracts file of its own, without comments and with sorted keys, so that only a change that matters
//! changes its bytes.

use toml::{Table, Value};

/// The keys of the file that runs read.
const RUN: [&str; 4] = ["reseller", "payer", "commitments", "customer"];
const RUN_PAYER: [&str; 2] = ["id", "report"];
const RUN_CUSTOMER: [&str; 6] = ["id", "accounts", "payers", "basis", "adjustments", "price"];

/// The keys of a customer that no bill reads: charges have them in already.
const NOT_OF_BILLS: [&str; 3] = ["basis", "adjustments", "price"];

/// The part that runs read. `None` if the text is not TOML.
pub fn of_runs(text: &str) -> Option<String> {
    let mut file: Table = text.parse().ok()?;
    file.retain(|key, _| RUN.contains(&key));
    keep_in_each(&mut file, "payer", &RUN_PAYER);
    keep_in_each(&mut file, "customer", &RUN_CUSTOMER);
    Some(file.to_string())
}

/// The part that the bills of one customer read. `None` if the text is not TOML, or has no such customer.
pub fn of_bills(text: &str, customer: &str) -> Option<String> {
    let mut file: Table = text.parse().ok()?;
    file.remove("commitments");
    let customers = file.get_mut("customer")?.as_array_mut()?;
    customers.retain(|of| of.get("id").and_then(Value::as_str) == Some(customer));
    for table in customers.iter_mut().filter_map(Value::as_table_mut) {
        table.retain(|key, _| !NOT_OF_BILLS.contains(&key));
    }
    (!customers.is_empty()).then(|| file.to_string())
}

fn keep_in_each(file: &mut Table, list: &str, keys: &[&str]) {
    let tables = file.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten();
    for table in tables.filter_map(Value::as_table_mut) {
        table.retain(|key, _| keys.contains(&key));
    }
}
