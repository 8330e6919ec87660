//! Datasets: the rows that Sluice stores and publishes, and the files that they stand in.
//!
//! [`table`] knows file formats and no dataset. Each of the other modules describes one dataset.

mod allocations;
mod benefits;
mod cells;
mod charges;
mod commitments;
mod coverage;
mod daily_costs;
mod demand;
mod invoice_lines;
mod rated;
pub mod table;

use pipeline::Table;

pub use allocations::AllocationRow;
pub use charges::ChargeRow;
pub use commitments::CommitmentRow;
pub use coverage::CoverageRow;
pub use daily_costs::DailyCostRow;
pub use invoice_lines::InvoiceLineRow;
pub use table::{
    CellError, Column, DecodeError, EncodeError, Kind, Row, decode_csv, decode_parquet,
    decode_parquet_day, encode_csv, encode_parquet, encode_parquet_lightly,
};

/// The columns of a table. `None` for the tables of the accounts' own lines, which keep the columns of the
/// report. `infra/` declares the same columns, and a test compares both lists.
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
