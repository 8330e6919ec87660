//! Dataset files: what is written can be read back, and no other file is accepted.

use bytes::Bytes;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use datasets::table::{
    CellError, Cells, Column, EncodeError, Kind, Row, Value, decode_csv, decode_parquet,
    decode_parquet_day, encode_csv, encode_parquet,
};
use money::Amount;
use proptest::collection::vec;
use proptest::prelude::*;

/// A row with a column of every kind.
#[derive(Debug, Clone, PartialEq)]
struct Sample {
    text: String,
    integer: i64,
    amount: Amount,
    optional: Option<Amount>,
    date: NaiveDate,
    hour: DateTime<Utc>,
}

impl Row for Sample {
    const COLUMNS: &'static [Column] = &[
        Column::text("text"),
        Column::integer("integer"),
        Column::amount("amount"),
        Column::optional_amount("optional"),
        Column::date("date"),
        Column::hour("hour"),
    ];

    fn write(&self, cell: &mut impl FnMut(Value<'_>)) {
        cell(Value::Text(&self.text));
        cell(Value::Integer(self.integer));
        cell(Value::Amount(self.amount));
        cell(Value::OptionalAmount(self.optional));
        cell(Value::Date(self.date));
        cell(Value::Hour(self.hour));
    }

    fn read(cells: &mut Cells<'_>) -> Result<Self, CellError> {
        Ok(Self {
            text: cells.parse()?,
            integer: cells.integer(),
            amount: cells.amount(),
            optional: cells.optional_amount(),
            date: cells.date(),
            hour: cells.hour(),
        })
    }
}

/// A day of January 1970.
fn day(number: u32) -> NaiveDate {
    NaiveDate::default() + Days::new(u64::from(number) - 1)
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

fn sample(number: u32) -> Sample {
    Sample {
        text: format!("i-{number:08}"),
        integer: i64::from(number),
        amount: Amount::from_units(i128::from(number) * 123_456_789_012_345_678),
        optional: None,
        date: day(number),
        hour: midnight(day(number)) + TimeDelta::hours(23),
    }
}

/// A row of one whole number, which refuses to be read when the number is negative.
#[derive(Debug, PartialEq)]
struct Natural(i64);

impl Row for Natural {
    const COLUMNS: &'static [Column] = &[Column::integer("natural")];

    fn write(&self, cell: &mut impl FnMut(Value<'_>)) {
        cell(Value::Integer(self.0));
    }

    fn read(cells: &mut Cells<'_>) -> Result<Self, CellError> {
        let number = cells.integer();
        if number < 0 {
            return Err(cells.refuse(format_args!("{number} is not a natural number")));
        }
        Ok(Self(number))
    }
}

/// A row of one text.
#[derive(Debug, PartialEq)]
struct Note(String);

impl Row for Note {
    const COLUMNS: &'static [Column] = &[Column::text("note")];

    fn write(&self, cell: &mut impl FnMut(Value<'_>)) {
        cell(Value::Text(&self.0));
    }

    fn read(cells: &mut Cells<'_>) -> Result<Self, CellError> {
        cells.parse().map(Self)
    }
}

fn any_text() -> impl Strategy<Value = String> {
    let start =
        prop::sample::select(vec!["", "=", "+", "-", "@", "\t", "\r", "\n", "'", "''=", "'＝"]);
    let rest = vec(any::<char>(), 0..8).prop_map(String::from_iter);
    (start, rest).prop_map(|(start, rest)| format!("{start}{rest}"))
}

fn any_amount() -> impl Strategy<Value = Amount> {
    const LARGEST: i128 = 10_i128.pow(38) - 1;
    prop_oneof![-9_i128..=9, -LARGEST..=LARGEST].prop_map(Amount::from_units)
}

prop_compose! {
    fn any_sample()(
        text in any_text(),
        integer in any::<i64>(),
        amount in any_amount(),
        optional in prop::option::of(any_amount()),
        number in 1..6_u32,
        millis in 0..86_400_000_i64,
    ) -> Sample {
        let date = day(number);
        let hour = midnight(date) + TimeDelta::milliseconds(millis);
        Sample { text, integer, amount, optional, date, hour }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn parquet_gives_back_what_was_written(groups in vec(vec(any_sample(), 0..6), 0..4)) {
        let bytes = encode_parquet(&groups).unwrap();
        prop_assert_eq!(decode_parquet::<Sample>(bytes).unwrap(), groups.concat());
    }

    #[test]
    fn csv_gives_back_what_was_written(rows in vec(any_sample(), 0..8)) {
        let bytes = encode_csv(&rows).unwrap();
        prop_assert_eq!(decode_csv::<Sample>(&bytes).unwrap(), rows);
    }

    #[test]
    fn a_day_is_its_rows_however_they_are_grouped(
        groups in vec(vec(any_sample(), 0..6), 0..4),
        wanted in (1..6_u32).prop_map(day),
    ) {
        let bytes = encode_parquet(&groups).unwrap();
        let mut expected = groups.concat();
        expected.retain(|row| row.date == wanted);
        prop_assert_eq!(decode_parquet_day::<Sample>(bytes, "date", wanted).unwrap(), expected);
    }
}

#[test]
fn a_day_is_read_without_touching_the_others() {
    let (first, second) = ([sample(1)], [sample(2)]);
    let mut bytes = encode_parquet([&first, &second]).unwrap().to_vec();
    // Both files begin with the row group of the first day, so their common bytes belong to it. They are
    // overwritten.
    let first_alone = encode_parquet([&first]).unwrap();
    let shared = bytes.iter().zip(&first_alone).take_while(|(a, b)| a == b).count();
    bytes[4..shared / 2].fill(0xff);
    let bytes = Bytes::from(bytes);

    let read_day = |number| decode_parquet_day::<Sample>(bytes.clone(), "date", day(number));
    assert_eq!(read_day(2).unwrap(), second);
    assert_eq!(read_day(3).unwrap(), []);
    assert!(read_day(1).is_err());
    assert!(decode_parquet::<Sample>(bytes.clone()).is_err());
}

#[test]
fn a_long_group_is_read_whole_and_its_rows_are_counted_through() {
    let mut rows: Vec<_> = (0..140_000).map(Natural).collect();
    let bytes = encode_parquet([&rows]).unwrap();
    assert!(decode_parquet::<Natural>(bytes).unwrap() == rows);

    rows[135_000] = Natural(-1);
    let bytes = encode_parquet([&rows]).unwrap();
    let error = decode_parquet::<Natural>(bytes).unwrap_err();
    assert_eq!(error.to_string(), "row 135001, column `natural`: -1 is not a natural number");
}

#[test]
fn a_table_without_rows_is_a_file_with_columns() {
    let parquet = encode_parquet::<Sample>([&[]; 0]).unwrap();
    assert_eq!(decode_parquet::<Sample>(parquet.clone()).unwrap(), []);
    assert_eq!(decode_parquet_day::<Sample>(parquet.clone(), "date", day(1)).unwrap(), []);
    assert!(decode_parquet::<Note>(parquet.clone()).is_err());
    // A group without rows does not change the file.
    assert_eq!(encode_parquet::<Sample>([&[], &[]]).unwrap(), parquet);

    let csv = encode_csv::<Sample>([]).unwrap();
    assert_eq!(csv, "text,integer,amount,optional,date,hour\n");
    assert_eq!(decode_csv::<Sample>(&csv).unwrap(), []);
}

#[test]
fn a_parquet_file_names_its_writer_and_no_build() {
    let bytes = encode_parquet([&[sample(1)]]).unwrap();
    let has = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(has("sluice version 1"));
    assert!(!has("parquet-rs"));
}

#[test]
fn cells_of_a_csv_read_well() {
    let row = Sample {
        amount: Amount::from_units(-1_500_000_000_000_000_000),
        optional: Some(Amount::from_units(-1)),
        ..sample(7)
    };
    assert_eq!(
        encode_csv([&row, &sample(8)]).unwrap(),
        "text,integer,amount,optional,date,hour\n\
         i-00000007,7,-1.5,-0.000000000000000001,1970-01-07,1970-01-07T23:00:00Z\n\
         i-00000008,8,0.987654312098765424,,1970-01-08,1970-01-08T23:00:00Z\n"
    );
}

#[test]
fn no_text_of_a_csv_is_a_formula() {
    fn check(text: &str, cell: &str) {
        let rows = [Note(text.to_owned())];
        let csv = encode_csv(&rows).unwrap();
        assert_eq!(csv, format!("note\n{cell}\n"));
        assert_eq!(decode_csv::<Note>(&csv).unwrap(), rows);
    }
    check("=1+1", "'=1+1");
    check("+81 3", "'+81 3");
    check("-1", "'-1");
    check("@SUM(A1)", "'@SUM(A1)");
    check("\tx", "'\tx");
    check("\r=1", "\"'\r'=1\"");
    check("\n=1", "\"'\n'=1\"");
    check("\0=1", "'\0=1");
    check("＝1", "'＝1");
    check("=\"a\",1", "\"'=\"\"a\"\",1\"");
    // A text that looks protected is protected again. So reading knows which apostrophe was added by
    // writing.
    check("'=1", "''=1");
    check("''@x", "'''@x");
    // If semicolons separate cells, a cell begins within the text.
    check("a;=1", "a;'=1");
    check("a\";@b,-c|+d", "\"a\"\";'@b,'-c|'+d\"");
    check("a;'=1", "a;''=1");
    // Other texts do not change.
    check("'quoted'", "'quoted'");
    check("1=1", "1=1");
    check("", "\"\"");
}

#[test]
fn a_bad_cell_of_a_csv_is_named() {
    fn check(line: &str, expected: &str) {
        let good = "i-1,1,1.5,,2026-10-01,2026-10-01T00:00:00Z";
        let csv = format!("text,integer,amount,optional,date,hour\n{good}\n{line}\n");
        let error = decode_csv::<Sample>(csv.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    check(
        "i-2,1.0,1,,2026-10-01,2026-10-01T00:00:00Z",
        "line 3, column `integer`: `1.0` is not a whole number: ",
    );
    check(
        "i-2,1,,,2026-10-01,2026-10-01T00:00:00Z",
        "line 3, column `amount`: `` is not an amount: it is empty",
    );
    check(
        "i-2,1,1,n/a,2026-10-01,2026-10-01T00:00:00Z",
        "line 3, column `optional`: `n/a` is not an amount: it is not a number",
    );
    check(
        "i-2,1,1,,2026-02-30,2026-10-01T00:00:00Z",
        "line 3, column `date`: `2026-02-30` is not a date such as 2026-10-31: ",
    );
    check(
        "i-2,1,1,,2026-10-01,noon",
        "line 3, column `hour`: `noon` is not a time such as 2026-10-31T23:00:00Z: ",
    );
    check("i-2,1,1", "it is not a readable CSV file: CSV error: record 2 (line: 3");
}

#[test]
fn an_amount_too_large_for_its_column_is_refused() {
    let row = Sample { optional: Some(Amount::from_units(-(10_i128.pow(38)))), ..sample(1) };
    let error = encode_parquet([&[row]]).unwrap_err();
    assert!(matches!(error, EncodeError::TooLarge { column: "optional", .. }));
}

#[test]
fn sql_types() {
    fn check(kind: Kind, sql: &str) {
        assert_eq!(kind.sql(), sql);
    }
    check(Kind::Text, "string");
    check(Kind::Integer, "bigint");
    check(Kind::Amount, "decimal(38,18)");
    check(Kind::OptionalAmount, "decimal(38,18)");
    check(Kind::Date, "date");
    check(Kind::Hour, "timestamp");
}

/// A dataset whose columns differ from those of `Sample` as `DIFFERENCES[N]` says.
#[derive(Debug)]
struct Different<const N: usize>;

const DIFFERENCES: [&[Column]; 4] = [
    &[Column::text("text"), Column::integer("integer")],
    &[
        Column::text("text"),
        Column::integer("number"),
        Column::amount("amount"),
        Column::optional_amount("optional"),
        Column::date("date"),
        Column::hour("hour"),
    ],
    &[
        Column::text("text"),
        Column::integer("integer"),
        Column::amount("amount"),
        Column::amount("optional"),
        Column::date("date"),
        Column::hour("hour"),
    ],
    &[
        Column::text("text"),
        Column::integer("integer"),
        Column::amount("amount"),
        Column::optional_amount("optional"),
        Column::date("date"),
        Column::integer("hour"),
    ],
];

impl<const N: usize> Row for Different<N> {
    const COLUMNS: &'static [Column] = DIFFERENCES[N];

    fn write(&self, _: &mut impl FnMut(Value<'_>)) {}

    fn read(_: &mut Cells<'_>) -> Result<Self, CellError> {
        Ok(Self)
    }
}

#[test]
fn another_datasets_parquet_is_refused() {
    fn check<const N: usize>(expected: &str) {
        let bytes = encode_parquet([&[sample(1)]]).unwrap();
        let error = decode_parquet::<Different<N>>(bytes).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    check::<0>("it has 6 columns and should have 2");
    check::<1>("column 2 is `integer` bigint and should be `number` bigint");
    check::<2>(
        "column 4 is `optional` decimal(38,18), may be null and should be `optional` decimal(38,18)",
    );
    check::<3>("column 6 is `hour` timestamp and should be `hour` bigint");
}

#[test]
fn another_datasets_csv_is_refused() {
    fn check<const N: usize>(expected: &str) {
        let bytes = encode_csv([&sample(1)]).unwrap();
        let error = decode_csv::<Different<N>>(&bytes).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    check::<0>("it has 6 columns and should have 2");
    check::<1>("column 2 is `integer` and should be `number`");
}

#[test]
fn what_is_no_parquet_is_refused() {
    let good = encode_parquet([&[sample(1)]]).unwrap();
    let check = |bytes: Bytes| {
        let error = decode_parquet::<Sample>(bytes).unwrap_err().to_string();
        assert!(error.starts_with("it is not a readable Parquet file: "), "{error}");
    };
    check(Bytes::new());
    check(Bytes::from_static(b"text,integer\n"));
    check(good.slice(..good.len() - 1));
    check(good.slice(1..));
}
