//! How large a row group may be. A hostile footer cannot make us hold more.

/// The most rows of a row group. Four bytes are held for each row.
pub(crate) const GROUP_ROWS_MAX: i64 = 4 * 1024 * 1024;
/// The most packed bytes of a row group. By default writers end a row group at an eighth of this, and they
/// count before packing.
pub(crate) const GROUP_BYTES_MAX: i64 = 1024 * 1024 * 1024;
