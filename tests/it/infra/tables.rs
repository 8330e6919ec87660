//! The tables and views of the template have the columns of the objects that they read.

use std::collections::{BTreeMap, BTreeSet};

use cur::{AccountId, Column};
use datasets::Row;
use money::Amount;
use pipeline::{
    BillId, BillPointer, Compression, Current, InvoiceTotal, IssuedDocument, ManifestRef, Plan,
    RunId, Status, Table, keys,
};
use serde_json::{Map, Value, json};

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
fn lines_of_invoices_are_found_without_partitions() {
    let template = Template::read();
    let declared = table_input(&template, "invoice_lines");
    let found = columns(&declared["StorageDescriptor"]["Columns"]);
    let expected: Columns = (datasets::InvoiceLineRow::COLUMNS.iter())
        .map(|column| (column.name.to_owned(), column.kind.sql().to_owned()))
        .collect();
    assert_eq!(found, expected);

    let key = keys::invoice_lines("acme", "2026-10".parse().unwrap(), &BillId::of(["sample"]));
    let (folder, file) = key.split_once("/period=2026-10/").unwrap();
    assert!(!file.contains('/'), "{key}");
    let location = &declared["StorageDescriptor"]["Location"];
    assert_eq!(*location, sub(&format!("s3://${{ResultsBucket}}/{folder}/")));
    assert_eq!(columns(&declared["PartitionKeys"]), [("period".to_owned(), "string".to_owned())]);
    let properties = &declared["Parameters"];
    assert_eq!(properties["projection.enabled"], "true");
    assert_eq!(properties["projection.period.type"], "date");
    assert_eq!(properties["projection.period.format"], "yyyy-MM");
    assert_eq!(properties["projection.period.range"], "2015-01,NOW+12MONTHS");
    assert_eq!(properties["projection.period.interval.unit"], "MONTHS");
    assert_eq!(
        properties.get("storage.location.template"),
        None,
        "folders are named by Hive's rule"
    );
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
    check_json("current_runs", keys::current_prefix(), &fields(serde_json::to_value(&pointer)));
}

#[test]
fn current_bills_has_the_fields_of_a_pointer() {
    let pointer = BillPointer {
        customer_id: String::new(),
        billing_period: "2026-10".parse().unwrap(),
        bill_id: BillId::of(["sample"]),
        status: Status::Final,
        invoices: vec![InvoiceTotal {
            invoice_id: String::new(),
            currency: String::new(),
            total: Amount::ZERO,
            amount_due: Amount::ZERO,
        }],
        moves: 1,
    };
    check_json("current_bills", keys::billed_prefix(), &fields(serde_json::to_value(&pointer)));
}

/// The table of issued documents has all fields that are a text, a number or a list of texts.
#[test]
fn issued_documents_has_the_fields_of_a_document() {
    let sample = json!({
        "number": "2026-10-0002",
        "customer_id": "acme",
        "billing_period": "2026-10",
        "issue": 2,
        "document": 0,
        "bill_id": "0123456789abcdef",
        "status": "final",
        "kind": "credit_note",
        "date": "2026-11-05",
        "issuer": { "name": "Example MSP" },
        "due": "2026-11-30",
        "corrects": ["2026-10-0001"],
        "series": { "before": "2026-10-", "digits": 4, "after": "", "first_free": 2 },
        "invoice_id": "acme",
        "recipient": { "name": "Acme K.K." },
        "currency": "JPY",
        "lines": [],
        "subtotal": "-1",
        "taxes": [],
        "total": "-1",
        "amount_due": "-1",
    });
    let document: IssuedDocument = serde_json::from_value(sample.clone()).unwrap();
    let mut fields = fields(serde_json::to_value(&document));
    assert_eq!(Value::Object(fields.clone()), sample, "these are the fields of a document");
    for in_objects_only in ["issuer", "series", "recipient", "lines", "taxes"] {
        fields.remove(in_objects_only).unwrap();
    }
    let key = keys::issued(&document.number);
    check_json("issued_documents", key.strip_suffix("2026-10-0002.json").unwrap(), &fields);
}

fn fields(value: Result<Value, serde_json::Error>) -> Map<String, Value> {
    match value.unwrap() {
        Value::Object(fields) => fields,
        other => panic!("{other} has no fields"),
    }
}

/// Checks that a table over JSON objects has these fields and reads this folder.
fn check_json(table: &str, folder: &str, fields: &Map<String, Value>) {
    let template = Template::read();
    let declared = table_input(&template, table);
    let found = columns(&declared["StorageDescriptor"]["Columns"]).into_iter();
    let found: BTreeMap<String, String> =
        found.map(|(name, kind)| (name, in_order_of_names(&kind))).collect();
    let expected = fields.iter().map(|(name, value)| (name.clone(), hive_type(value)));
    assert_eq!(found, expected.collect(), "{table}");
    let location = sub(&format!("s3://${{ResultsBucket}}/{folder}"));
    assert_eq!(declared["StorageDescriptor"]["Location"], location, "{table}");
}

/// The type of a JSON value. An empty list is a list of texts, and a field without a value is a text.
fn hive_type(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            format!("array<{}>", items.first().map_or("string".to_owned(), hive_type))
        }
        Value::Object(fields) => {
            let fields: BTreeMap<&String, &Value> = fields.iter().collect();
            let fields = fields.iter().map(|(name, value)| format!("{name}:{}", hive_type(value)));
            format!("struct<{}>", fields.collect::<Vec<_>>().join(","))
        }
        Value::Number(_) => "bigint".to_owned(),
        _ => "string".to_owned(),
    }
}

/// A type with the fields of its struct in the order of their names. The order does not matter to Athena.
fn in_order_of_names(kind: &str) -> String {
    let Some((before, rest)) = kind.split_once("struct<") else { return kind.to_owned() };
    let (fields, after) = rest.split_once('>').unwrap();
    let mut fields: Vec<&str> = fields.split(',').collect();
    fields.sort_unstable();
    format!("{before}struct<{}>{after}", fields.join(","))
}

#[test]
fn views_show_what_is_current_of_their_tables() {
    let template = Template::read();
    let of_runs = [Table::Commitments, Table::Coverage, Table::Charges, Table::DailyCosts];
    let of_runs = of_runs.map(|table| (table.name(), "run IN (SELECT run_id FROM current_runs)"));
    let of_bills = ("invoice_lines", "bill_id IN (SELECT bill_id FROM current_bills)");
    for (table, is_current) in of_runs.into_iter().chain([of_bills]) {
        let view = table_input(&template, &format!("current_{table}"));
        let of = table_input(&template, table);
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
        let sql = format!("SELECT * FROM {table} WHERE {is_current}");
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
