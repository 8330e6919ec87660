//! Contracts of as many customers as a test wants. The generator only writes contracts of a few.

use cur::AccountId;

/// The text with which a customer's part of the contracts begins.
const HEADING: &str = "\n[[customer]]\n";

/// The contracts with this number of customers. The customers get the terms of the few customers in turn,
/// and the accounts are dealt to them one by one.
pub fn contracts_of(few: &str, customers: usize, accounts: &[AccountId]) -> String {
    let mut parts = few.split(HEADING);
    let mut text = parts.next().unwrap().to_owned();
    // Each part begins with the customer's id and accounts, which are written anew.
    let terms: Vec<&str> = parts.map(|part| part.split_once("]\n").unwrap().1).collect();
    for (number, terms) in (0..customers).zip(terms.iter().cycle()) {
        let own = accounts.iter().skip(number).step_by(customers);
        let own: Vec<String> = own.map(|account| format!("\"{account}\"")).collect();
        let own = own.join(", ");
        let head = format!("{HEADING}id = \"customer-{number:05}\"\naccounts = [{own}]\n");
        text.extend([head.as_str(), terms]);
    }
    text
}
