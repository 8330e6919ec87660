//! Datasets as Parquet, for query engines: Athena, Spark, DuckDB and pandas read the same types from the
//! files.
//!
//! Parquet writes one column after the other, so the rows of a row group are first collected in one typed
//! buffer for each column. A cell is copied into its buffer without an allocation of its own.

mod decode;
mod encode;
mod schema;

pub use decode::{decode_parquet, decode_parquet_day};
pub use encode::{encode_parquet, encode_parquet_lightly};
