//! Any text as contracts: right, or every problem at a place that the text has.
#![no_main]

use contracts::Contracts;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match Contracts::parse(text) {
        Ok(contracts) => {
            for customer in contracts.customers() {
                assert_eq!(
                    contracts.customer(&customer.id).map(|found| &found.id),
                    Some(&customer.id)
                );
            }
        }
        Err(problems) => assert!(!problems.display("contracts.toml").to_string().is_empty()),
    }
});
