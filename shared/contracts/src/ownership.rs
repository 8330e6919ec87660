//! `accounts` and `payers` of a customer: what it owns, and in which billing periods.

use std::fmt;

use cur::AccountId;

use crate::document::Field;
use crate::periods::Periods;
use crate::problem::Position;

/// An account or a payer, and the billing periods in which it belongs to the customer.
#[derive(Debug, Clone)]
pub(crate) struct Ownership {
    pub(crate) of: Owned,
    pub(crate) periods: Periods,
    pub(crate) position: Position,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Owned {
    Account(AccountId),
    /// Every account of this payer that no other customer names.
    Payer(AccountId),
}

impl Ownership {
    /// Reads `"111122223333"`, or a table with an id and billing periods.
    pub(crate) fn read_account(field: &Field) -> Option<Self> {
        Self::read(field, "an account", r#""111122223333""#, Owned::Account)
    }

    /// Reads `"999988887777"`, or a table with an id and billing periods.
    pub(crate) fn read_payer(field: &Field) -> Option<Self> {
        Self::read(field, "a payer", r#""999988887777""#, Owned::Payer)
    }

    fn read(
        field: &Field,
        title: &'static str,
        example: &str,
        owned: fn(AccountId) -> Owned,
    ) -> Option<Self> {
        let position = field.position();
        if !field.is_table() {
            let of = field.parsed().map(owned)?;
            return Some(Self { of, periods: Periods::ALWAYS, position });
        }
        let section = field.section(title, &["id", "from", "until"])?;
        let id = section.required("id", example).and_then(|id| id.parsed::<AccountId>());
        let periods = Periods::read(&section);
        Some(Self { of: owned(id?), periods: periods?, position })
    }

    /// Whether the account may be the customer's. Nobody can know the accounts of a payer from the file.
    pub(crate) fn may_have(&self, account: AccountId) -> bool {
        match self.of {
            Owned::Account(own) => own == account,
            Owned::Payer(_) => true,
        }
    }
}

impl fmt::Display for Owned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(account) => write!(f, "account {account}"),
            Self::Payer(payer) => write!(f, "payer {payer}"),
        }
    }
}
