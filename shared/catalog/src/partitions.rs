//! The statements that make a run's partitions known to Athena.

/// The longest statement that Athena takes, in bytes of UTF-8:
/// <https://docs.aws.amazon.com/athena/latest/ug/service-limits.html>. It cannot be raised.
pub const STATEMENT_BYTES_MAX: usize = 262_144;

/// A folder, and the values of the partition columns for its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// Columns and values, in the order of the table's partition columns.
    pub values: Vec<(&'static str, String)>,
    /// `s3://bucket/folder`.
    pub location: String,
}

/// As few statements as possible that add all the partitions. A statement may run twice: a partition that
/// exists already is not an error in Athena.
pub fn add_partitions(
    database: &str,
    table: &str,
    partitions: impl IntoIterator<Item = Partition>,
) -> Vec<String> {
    let head =
        format!("ALTER TABLE {}.{} ADD IF NOT EXISTS", identifier(database), identifier(table));
    let mut statements: Vec<String> = Vec::new();
    for partition in partitions {
        let clause = clause(&partition);
        match statements.last_mut() {
            Some(statement) if statement.len() + clause.len() <= STATEMENT_BYTES_MAX => {
                statement.push_str(&clause);
            }
            _ => statements.push(format!("{head}{clause}")),
        }
    }
    statements
}

fn clause(partition: &Partition) -> String {
    let values: Vec<String> = (partition.values.iter())
        .map(|(column, value)| format!("{column}={}", literal(value)))
        .collect();
    // Athena asks for the slash: https://docs.aws.amazon.com/athena/latest/ug/tables-location-format.html
    let folder = format!("{}/", partition.location.trim_end_matches('/'));
    format!("\nPARTITION ({}) LOCATION {}", values.join(", "), literal(&folder))
}

/// A name in backticks. A backtick in the name is doubled, so that it does not end the name.
fn identifier(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A string of Hive, whose escape character is the backslash.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'"))
}
