//! `accounts` of a customer: which accounts it owns, and in which billing periods.

use cur::AccountId;

use crate::document::Field;
use crate::periods::Periods;
use crate::problem::Position;

/// An account and the billing periods in which it belongs to the customer.
#[derive(Debug, Clone)]
pub(crate) struct Ownership {
    pub(crate) account: AccountId,
    pub(crate) periods: Periods,
    pub(crate) position: Position,
}

impl Ownership {
    /// Reads `"111122223333"`, or a table with an id and billing periods.
    pub(crate) fn read(field: &Field) -> Option<Self> {
        let position = field.position();
        if !field.is_table() {
            let account = field.parsed()?;
            return Some(Self { account, periods: Periods::ALWAYS, position });
        }
        let section = field.section("an account", &["id", "from", "until"])?;
        let account =
            section.required("id", r#""111122223333""#).and_then(|id| id.parsed::<AccountId>());
        let periods = Periods::read(&section);
        Some(Self { account: account?, periods: periods?, position })
    }
}
