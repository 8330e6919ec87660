//! Statements that add partitions. They are as few as Athena's limit allows, and no value can change their
//! meaning.

use catalog::{Partition, STATEMENT_BYTES_MAX, add_partitions};

fn partition(account: usize) -> Partition {
    Partition {
        values: vec![
            ("payer", "999988887777".to_owned()),
            ("period", "2026-10".to_owned()),
            ("account", format!("{account:012}")),
        ],
        location: format!("s3://results/rated/account={account:012}"),
    }
}

fn statements(partitions: impl IntoIterator<Item = Partition>) -> Vec<String> {
    add_partitions("sluice", "rated", partitions)
}

#[test]
fn one_partition_reads_like_the_documentation() {
    assert_eq!(
        statements([partition(111_122_223_333)]),
        [concat!(
            "ALTER TABLE `sluice`.`rated` ADD IF NOT EXISTS\n",
            "PARTITION (payer='999988887777', period='2026-10', account='111122223333') ",
            "LOCATION 's3://results/rated/account=111122223333/'",
        )]
    );
}

#[test]
fn no_partition_is_no_statement() {
    assert_eq!(statements([]), Vec::<String>::new());
}

#[test]
fn a_location_ends_in_one_slash() {
    let with_slash = Partition { location: "s3://results/rated/".to_owned(), ..partition(1) };
    assert!(statements([with_slash])[0].ends_with(" LOCATION 's3://results/rated/'"));
}

#[test]
fn statements_are_cut_at_the_limit_and_lose_nothing() {
    let one = statements([partition(0)])[0].len();
    let clause = statements([partition(0), partition(1)])[0].len() - one;
    let fitting = (STATEMENT_BYTES_MAX - one) / clause + 1;
    for (partitions, expected) in
        [(fitting - 1, 1), (fitting, 1), (fitting + 1, 2), (2 * fitting, 2), (2 * fitting + 1, 3)]
    {
        check_batches(partitions, expected);
    }
}

fn check_batches(partitions: usize, expected: usize) {
    let statements = statements((0..partitions).map(partition));
    assert_eq!(statements.len(), expected, "{partitions} partitions");
    let mut added = 0;
    for statement in &statements {
        assert!(statement.len() <= STATEMENT_BYTES_MAX, "{} bytes", statement.len());
        assert!(
            statement.starts_with("ALTER TABLE `sluice`.`rated` ADD IF NOT EXISTS\nPARTITION (")
        );
        for clause in statement.split("PARTITION (").skip(1) {
            assert!(clause.contains(&format!("account='{added:012}'")), "{added}: {clause}");
            added += 1;
        }
    }
    assert_eq!(added, partitions);
}

/// The limit counts bytes and not characters, and a statement may reach it exactly.
#[test]
fn the_last_byte_is_used_and_not_one_more() {
    let empty = statements([Partition { location: String::new(), ..partition(0) }])[0].len();
    let filler = |bytes: usize| Partition {
        location: "ü".repeat(bytes / 2) + &"x".repeat(bytes % 2),
        ..partition(0)
    };
    let clause =
        statements([partition(0), partition(1)])[0].len() - statements([partition(0)])[0].len();
    let room = STATEMENT_BYTES_MAX - empty - clause;
    let full = statements([filler(room), partition(1)]);
    assert_eq!(full.iter().map(String::len).collect::<Vec<_>>(), [STATEMENT_BYTES_MAX]);
    assert_eq!(statements([filler(room + 1), partition(1)]).len(), 2);
}

#[test]
fn nothing_gets_out_of_its_quotes() {
    let odd = Partition {
        values: vec![("payer", r"it's \ here".to_owned())],
        location: "s3://b/'".to_owned(),
    };
    let statements = add_partitions("a`b", "t", [odd]);
    assert_eq!(
        statements,
        ["ALTER TABLE `a``b`.`t` ADD IF NOT EXISTS\nPARTITION (payer='it\\'s \\\\ here') \
          LOCATION 's3://b/\\'/'"]
    );
}
