//! The cost and usage report as AWS writes it: manifests, columns, lines, periods, accounts.
//!
//! Nothing here reads a file. The functions take bytes and return lines.

mod account_id;
mod billing_period;
mod column;
mod export;
mod field;
mod file_format;
mod generation;
mod layout;
mod line_item;
mod line_item_type;
mod manifest;
mod noted;
mod paths;
mod plan_type;
mod printable;
mod records;
mod row;
mod scan;
mod sku;
mod totals;
mod usage_hour;

pub use account_id::{AccountId, InvalidAccountId};
pub use billing_period::{BillingPeriod, InvalidBillingPeriod};
pub use column::Column;
pub use export::ExportKind;
pub use file_format::{FileFormat, UnknownFormat};
pub use generation::Generation;
pub use layout::{Layout, LayoutError};
pub use line_item::{CellProblem, LineError, LineItem, Place, is_split_cost_line};
pub use line_item_type::LineItemType;
pub use manifest::{Heading, Manifest, ManifestError};
pub use noted::{AccountLine, LineNote};
pub use plan_type::{PlanType, UnknownPlanType};
pub use printable::printable;
pub use records::{CsvError, Records};
pub use row::Row;
pub use sku::Sku;
pub use totals::LineTotals;
pub use usage_hour::UsageHour;
