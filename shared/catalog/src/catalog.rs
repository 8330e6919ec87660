//! What every catalog can do.

use async_trait::async_trait;

/// A statement failed.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct CatalogError {
    pub reason: String,
    /// Throttling or an outage: the same statement may go through later.
    pub transient: bool,
}

#[async_trait]
pub trait Catalog: Send + Sync + 'static {
    /// Runs one statement to its end.
    async fn execute(&self, statement: &str) -> Result<(), CatalogError>;
}

/// A catalog where there is none: on a laptop a query names the files.
pub struct NoCatalog;

#[async_trait]
impl Catalog for NoCatalog {
    async fn execute(&self, _statement: &str) -> Result<(), CatalogError> {
        Ok(())
    }
}
