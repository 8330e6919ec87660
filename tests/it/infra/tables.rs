//! The tables and views of the template have the columns of the objects that they read.

use std::collections::{BTreeMap, BTreeSet};

use cur::{AccountId, Column};
use pipeline::{Compression, Current, ManifestRef, Plan, RunId, Table, keys};
use serde_json::Value;

use super::sub;
use super::template::Template;

const TABLE: &str = "AWS::Glue::Table";

/// The names and types of columns.
type Columns = Vec<(String, String)>;

/// A table of the template, by its name in Athena.
fn table_input<'a>(template: &'a Template, name: &str) -> &'a Value {
    let tables = template.all(TABLE);
    let found = tables
        .into_iter()
        .map(|(_, table)| &table["TableInput"])
        .find(|table| table["Name"] == name);
    found.unwrap_or_else(|| panic!("the template has no table {name}"))
}

fn columns(declared: &Value) -> Columns {
    let column = |column: &Value| {
        let text = |field: &str| column[field].as_str().unwrap().to_owned();
        (text("Name"), text("Type"))
    };
    declared.as_array().unwrap().iter().map(column).collect()
}

fn sample_plan() -> Plan {
    Plan {
        run_id: RunId::of(["sample"]),
        engine_version: String::new(),
        payer_account_id: "999988887777".parse().unwrap(),
        report: String::new(),
        billing_period: "2026-10".parse().unwrap(),
        delivery_id: String::new(),
        delivered_at: String::new(),
        manifest: ManifestRef { key: String::new(), etag: String::new() },
        contracts_version: String::new(),
        rates_version: None,
        compression: Compression::Zstd,
        previous_run: None,
        files: Vec::new(),
    }
}

/// The folder of a table and the columns in the names of its partitions' folders: `rated` and [`payer`, …].
fn layout(table: Table) -> (String, Columns) {
    let account: Option<AccountId> =
        table.is_partitioned_by_account().then(|| "111122223333".parse().unwrap());
    let key = keys::partition(&sample_plan(), table, account);
    let parts: Vec<&str> = key.split('/').collect();
    let (folder, partition): (Vec<&str>, Vec<&str>) =
        parts.into_iter().partition(|part| !part.contains('='));
    let name = |part: &str| (part.split('=').next().unwrap().to_owned(), "string".to_owned());
    (folder.join("/"), partition.into_iter().map(name).collect())
}

#[test]
fn tables_lie_where_the_keys_say() {
    let template = Template::read();
    for table in Table::ALL {
        let declared = table_input(&template, table.name());
        let (folder, partition) = layout(table);
        let location = &declared["StorageDescriptor"]["Location"];
        assert_eq!(*location, sub(&format!("s3://${{ResultsBucket}}/{folder}/")), "{table}");
        assert_eq!(columns(&declared["PartitionKeys"]), partition, "{table}");
    }
}

#[test]
fn tables_have_the_columns_of_their_datasets() {
    let template = Template::read();
    for table in Table::ALL.into_iter().filter(|table| *table != Table::LineItemRows) {
        let declared = table_input(&template, table.name());
        let found = columns(&declared["StorageDescriptor"]["Columns"]);
        let expected = match datasets::columns(table) {
            Some(columns) => columns
                .iter()
                .map(|column| (column.name.to_owned(), column.kind.sql().to_owned()))
                .collect(),
            // Reports have different columns, and Athena reads CSV by position, so the table has only one
            // column.
            None => vec![("line".to_owned(), "string".to_owned())],
        };
        assert_eq!(found, expected, "{table}");
    }
}

#[test]
fn rows_are_declared_under_the_names_that_are_read() {
    let template = Template::read();
    let declared = table_input(&template, Table::LineItemRows.name());
    let declared = columns(&declared["StorageDescriptor"]["Columns"]);
    let declared: BTreeSet<&str> = declared.iter().map(|(name, _)| name.as_str()).collect();
    let known: BTreeSet<&str> = Column::ALL.into_iter().flat_map(Column::names).copied().collect();
    assert!(declared.is_subset(&known), "{declared:?}");
    for column in billing::REQUIRED_COLUMNS {
        assert!(column.names().iter().any(|name| declared.contains(name)), "{column:?}");
    }
}

#[test]
fn current_runs_has_the_fields_of_a_pointer() {
    let pointer = Current {
        run_id: RunId::of(["sample"]),
        payer_account_id: "999988887777".parse().unwrap(),
        billing_period: "2026-10".parse().unwrap(),
        report: String::new(),
        delivery_id: String::new(),
        delivered_at: String::new(),
        contracts_version: String::new(),
        replaced: Vec::new(),
        before: None,
        moves: 1,
    };
    let Value::Object(fields) = serde_json::to_value(pointer).unwrap() else { panic!() };
    let template = Template::read();
    let declared = table_input(&template, "current_runs");
    let found = columns(&declared["StorageDescriptor"]["Columns"]);
    let field = |(name, value): (String, Value)| {
        let kind = match value {
            Value::Array(_) => "array<string>",
            Value::Number(_) => "bigint",
            _ => "string",
        };
        (name, kind.to_owned())
    };
    let expected: BTreeMap<String, String> = fields.into_iter().map(field).collect();
    assert_eq!(found.into_iter().collect::<BTreeMap<_, _>>(), expected);
    let folder = format!("s3://${{ResultsBucket}}/{}", keys::current_prefix());
    assert_eq!(declared["StorageDescriptor"]["Location"], sub(&folder));
}

#[test]
fn views_show_the_sealed_runs_of_their_tables() {
    let template = Template::read();
    for table in [Table::Commitments, Table::Coverage, Table::Charges, Table::DailyCosts] {
        let view = table_input(&template, &format!("current_{table}"));
        let of = table_input(&template, table.name());
        let mut expected = columns(&of["StorageDescriptor"]["Columns"]);
        expected.extend(columns(&of["PartitionKeys"]));
        assert_eq!(
            columns(&view["StorageDescriptor"]["Columns"]),
            expected,
            "{table}: Hive's columns"
        );

        let definition =
            view["ViewOriginalText"]["Fn::Sub"][1]["View"]["Fn::Base64"]["Fn::Sub"].as_str();
        let definition: Value = serde_json::from_str(definition.unwrap()).unwrap();
        assert_eq!(trino_columns(&definition["columns"]), expected, "{table}: Trino's columns");
        assert_eq!(definition["schema"], "${Database}");
        let sql = format!("SELECT * FROM {table} WHERE run IN (SELECT run_id FROM current_runs)");
        assert_eq!(definition["originalSql"], sql);
    }
}

/// The columns of a view, with Hive's names of the types.
fn trino_columns(declared: &Value) -> Columns {
    let column = |column: &Value| {
        let kind = match column["type"].as_str().unwrap() {
            "varchar" => "string",
            other => other,
        };
        (column["name"].as_str().unwrap().to_owned(), kind.to_owned())
    };
    declared.as_array().unwrap().iter().map(column).collect()
}
