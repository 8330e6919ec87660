//! The reasons why a bill cannot be computed.

use money::{ApportionError, ProductTooLarge};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    #[error("{0}")]
    NoRate(String),
    #[error("{of}: {source}")]
    TooLarge { of: String, source: ProductTooLarge },
    #[error("{of}: {source}")]
    NotDivisible { of: String, source: ApportionError },
    #[error("{0}")]
    UnknownCost(String),
    #[error("{0}")]
    NoSupportTable(String),
    #[error("{0}")]
    NoInvoice(String),
    #[error("{0}")]
    NoTax(String),
}
