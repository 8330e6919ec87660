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

/// A contracts file from which the parts of many customers are taken.
#[derive(Debug, Clone)]
pub struct OfBills(Table);

impl OfBills {
    /// `None` if the text is not TOML.
    pub fn read(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }

    /// The part that the bills of one customer read. `None` if the file has no such customer.
    pub fn of(&self, customer: &str) -> Option<String> {
        let is_it = |of: &&Value| of.get("id").and_then(Value::as_str) == Some(customer);
        let mut own = self.0.get("customer")?.as_array()?.iter().find(is_it)?.clone();
        own.as_table_mut()?.retain(|key, _| !NOT_OF_BILLS.contains(&key));
        let is_read = |key: &str| key != "commitments" && key != "customer";
        let others = self.0.iter().filter(|(key, _)| is_read(key));
        let mut part: Table = others.map(|(key, of)| (key.clone(), of.clone())).collect();
        part.insert("customer".to_owned(), Value::Array(vec![own]));
        Some(part.to_string())
    }
}

fn keep_in_each(file: &mut Table, list: &str, keys: &[&str]) {
    let tables = file.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten();
    for table in tables.filter_map(Value::as_table_mut) {
        table.retain(|key, _| keys.contains(&key));
    }
}
