//! The catalog: it tells Athena where the partitions of a run are.

#[cfg(feature = "aws")]
mod athena;
mod catalog;
mod partitions;

#[cfg(feature = "aws")]
pub use athena::AthenaCatalog;
pub use catalog::{Catalog, CatalogError, NoCatalog};
pub use partitions::{Partition, STATEMENT_BYTES_MAX, add_partitions};
