//! What every catalog can do.

use async_trait::async_trait;

/// A statement failed.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct CatalogError {
    pub reason: String,
    /// Whether the same statement may succeed later, as after throttling or an outage.
    pub transient: bool,
}

#[async_trait]
pub trait Catalog: Send + Sync + 'static {
    /// Runs one statement and waits until it has ended.
    async fn execute(&self, statement: &str) -> Result<(), CatalogError>;
}

/// A catalog that does nothing, for a laptop: there a query names the files itself.
pub struct NoCatalog;

#[async_trait]
impl Catalog for NoCatalog {
    async fn execute(&self, _statement: &str) -> Result<(), CatalogError> {
        Ok(())
    }
}
