//! Datasets: the rows that Sluice keeps and publishes, and their files.
//!
//! [`table`] knows formats and nothing else; each of the other modules is one dataset.

mod allocations;
mod benefits;
mod cells;
mod charges;
mod commitments;
mod coverage;
mod daily_costs;
mod demand;
mod invoice;
mod rated;
pub mod table;

use pipeline::Table;

pub use allocations::AllocationRow;
pub use charges::ChargeRow;
pub use commitments::CommitmentRow;
pub use coverage::CoverageRow;
pub use daily_costs::DailyCostRow;
pub use invoice::{InvoiceFile, InvoiceLineRow, InvoiceTax};
pub use table::{
    CellError, Column, DecodeError, EncodeError, Kind, Row, decode_csv, decode_parquet,
    decode_parquet_day, encode_csv, encode_parquet, encode_parquet_lightly,
};

/// The columns of a table that is a Parquet dataset, `None` for the accounts' own lines, which keep
/// the report's. `infra/` declares the same columns, and a test compares them.
pub fn columns(table: Table) -> Option<&'static [Column]> {
    match table {
        Table::LineItems | Table::LineItemRows => None,
        Table::Rated => Some(billing::LineGroup::COLUMNS),
        Table::Allocations => Some(AllocationRow::COLUMNS),
        Table::Commitments => Some(CommitmentRow::COLUMNS),
        Table::Coverage => Some(CoverageRow::COLUMNS),
        Table::Charges => Some(ChargeRow::COLUMNS),
        Table::DailyCosts => Some(DailyCostRow::COLUMNS),
    }
}
