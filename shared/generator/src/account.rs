//! The payer account and the usage accounts below it.

use cur::AccountId;

use crate::bill::{Bill, MARKETPLACE};
use crate::options::Options;
use crate::random::{mix, pick};
use crate::text::Cell;

/// The payer of a report for which nobody names another one.
pub const PAYER: &str = "999988887777";

pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) name: Cell,
    /// Empty until AWS has issued the account's invoice.
    invoice_id: &'static str,
    /// The id of the account's invoice for AWS Marketplace.
    marketplace_invoice_id: &'static str,
}

impl Account {
    /// The id of the invoice that has the account's lines of a bill.
    pub(crate) fn invoice_id(&self, bill: &Bill) -> &'static str {
        let is_marketplace = bill.billing_entity == MARKETPLACE.billing_entity;
        if is_marketplace { self.marketplace_invoice_id } else { self.invoice_id }
    }
}

/// The payer account first, then the usage accounts.
pub(crate) fn accounts(options: &Options) -> Vec<Account> {
    // The open report has one id for both invoices, so that it stays the report that it has always been.
    let marketplace = |of_aws| if options.is_final { "2026000003" } else { of_aws };
    let of_payer = "2026000001";
    let payer = Account {
        id: options.payer.to_string(),
        name: Cell::new("Example MSP, Inc. (payer)"),
        invoice_id: of_payer,
        marketplace_invoice_id: marketplace(of_payer),
    };
    let usage = (1..=options.accounts.max(1)).map(|number| {
        let name = match number % 4 {
            0 => format!("example \"sandbox\" {number}"),
            1 => format!("example-production-{number}"),
            2 => format!("example, staging {number}"),
            _ => format!("例の会社 {number}"),
        };
        // AWS issues invoices account by account, so the lines of some accounts are not final.
        let is_open = !options.is_final && number % 3 == 0;
        let invoice_id = if is_open { "" } else { "2026000002" };
        Account {
            id: usage_account_id(options.payer, number),
            name: Cell::new(&name),
            invoice_id,
            marketplace_invoice_id: marketplace(invoice_id),
        }
    });
    std::iter::once(payer).chain(usage).collect()
}

/// The id of a usage account. The first usage account has the number 1.
///
/// Payers whose ids begin with different six digits have accounts that begin with different six digits, and
/// no account begins as its payer does. The accounts of [`PAYER`] begin with 100000.
pub(crate) fn usage_account_id(payer: AccountId, number: u32) -> String {
    const GROUPS: u64 = 1_000_000;
    const STEP: u64 = 100_012;
    let digits = payer.as_str().bytes().take(6);
    let of_payer = digits.fold(0, |group, digit| group * 10 + u64::from(digit - b'0'));
    let group = (of_payer + STEP) % GROUPS;
    format!("{:012}", group * GROUPS + u64::from(number))
}

/// The number of the account for which AWS's sharing of commitments is switched off, if there is one.
pub(crate) fn unshared_account(options: &Options) -> Option<u32> {
    const SALT: u64 = 0x0005_a4ed;
    let key = mix(options.seed, SALT);
    // With fewer accounts there would be hardly any commitments to share.
    let has_one = options.accounts > 3 && !key.is_multiple_of(3);
    let number = pick(key >> 8, usize::try_from(options.accounts).unwrap_or(1));
    has_one.then(|| 1 + u32::try_from(number).unwrap_or_default())
}
