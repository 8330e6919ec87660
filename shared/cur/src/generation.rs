//! The two generations of the cost and usage report.

/// Which of AWS's two services wrote the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generation {
    /// The cost and usage report of 2015.
    Legacy,
    /// CUR 2.0 through AWS Data Exports.
    DataExports,
}
