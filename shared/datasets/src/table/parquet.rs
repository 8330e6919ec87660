//! Datasets as Parquet, for engines: Athena, Spark, DuckDB and pandas read the same types from it.
//!
//! A row group is collected column by column in typed buffers, because Parquet writes one column
//! after the other. A cell is copied into its column's buffer and costs no allocation.

mod decode;
mod encode;
mod schema;

pub use decode::{decode_parquet, decode_parquet_day};
pub use encode::{encode_parquet, encode_parquet_lightly};
