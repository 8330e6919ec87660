//! A `contracts.toml` that fits a generated report.

use crate::account::{unshared_account, usage_account_id};
use crate::options::Options;

/// Four customers with different currencies, bases and rules.
const CUSTOMERS: [(&str, &str); 4] = [
    (
        "acme",
        r#"name     = "Acme K.K."
basis    = "list"
currency = "JPY"
rounding = { mode = "down", per = "service" }
tax      = { name = "consumption tax", rate = "0.10", mode = "down" }

[[customer.price]]
usage_type = "*BoxUsage*"
purchase   = "on_demand"
discount   = "0.05"

[[customer.price]]
service  = "AmazonRDS"
discount = "0.03"
"#,
    ),
    (
        "globex",
        r#"name     = "Globex, Inc."
basis    = "list"
currency = "USD"
rounding = { mode = "half_even", per = "line" }
tax      = { name = "sales tax", rate = "0.08875", mode = "half_up" }
adjustments = { credit = "pass", refund = "pass", fee = "pass", discount = "retain", tax = "retain" }

[[customer.price]]
service  = ["AmazonEC2", "AmazonRDS"]
purchase = ["on_demand", "spot"]
discount = "0.02"

[[customer.price]]
service  = "AWSLambda"
markup   = "0.08"

[[customer.price]]
service    = "AmazonS3"
usage_type = "TimedStorage-ByteHrs"
rate       = "0.0215"
"#,
    ),
    (
        "kaze",
        r#"name     = "株式会社 風"
basis    = "amortized"
currency = "JPY"
rounding = { mode = "half_up", per = "invoice" }
tax      = { name = "consumption tax", rate = "0.10", mode = "down" }

[[customer.price]]
markup   = "0.07"
"#,
    ),
    (
        "initech",
        r#"name     = "Initech \"West\""
basis    = "unblended"
currency = "USD"
rounding = { mode = "up", per = "account" }
"#,
    ),
];

/// The contracts of the report that the same options generate. The payer's own account and, where
/// there are enough, the last usage account belong to no customer.
pub fn contracts(options: &Options) -> String {
    let accounts = options.accounts.max(1);
    let assigned = if accounts > 4 { accounts - 1 } else { accounts };
    let mut text = format!(
        r#"# Contracts for a generated report.

[reseller]
name   = "Example MSP"
payers = ["{}"]

[fx.USD.JPY]
"{}" = "150.37"

[commitments]
sharing = "customer"
unused  = "owner"
"#,
        options.payer, options.period
    );
    // Without this the preference has to be learned from what AWS did.
    if let Some(account) = unshared_account(options)
        && options.seed.is_multiple_of(2)
    {
        let account = usage_account_id(options.payer, account);
        text.extend(["\n[commitments.aws]\ninactive = [\"", &account, "\"]\n"]);
    }
    for (number, (id, terms)) in (1..).zip(CUSTOMERS) {
        let accounts: Vec<String> = (number..=assigned)
            .step_by(CUSTOMERS.len())
            .map(|account| format!("\"{}\"", usage_account_id(options.payer, account)))
            .collect();
        if !accounts.is_empty() {
            let accounts = accounts.join(", ");
            let head = format!(
                "
[[customer]]
id       = \"{id}\"
accounts = [{accounts}]
"
            );
            text.extend([head.as_str(), terms]);
        }
    }
    text
}
