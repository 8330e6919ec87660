//! How large a row group may be: what a hostile footer can make us hold.

/// Rows of a row group: four bytes are held of each.
pub(crate) const GROUP_ROWS_MAX: i64 = 4 * 1024 * 1024;
/// Packed. Writers make an eighth of it by default, and that before packing.
pub(crate) const GROUP_BYTES_MAX: i64 = 1024 * 1024 * 1024;
