//! Packs the text of a report into every format that AWS uses, with other code than the code that reads it.

use std::io::{Cursor, Write};
use std::sync::Arc;

use cur::Column;
use money::Amount;
use parquet::basic::Compression;
use parquet::data_type::{
    ByteArray, ByteArrayType, DataType, DoubleType, Int64Type, Int96, Int96Type,
};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use testkit::gzip;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// How Parquet stores a time. AWS has written each of the first three forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Times {
    Int96,
    Millis,
    Micros,
    Text,
}

/// How tags are stored: as maps in data exports, and as JSON in Parquet that was made from an export's CSV.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tags {
    Map,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Csv,
    Gzip,
    /// One gzip member for every 100 bytes.
    Members,
    Zip,
    Zip64,
    Parquet(Times, Tags),
}

impl Packing {
    pub(crate) const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Gzip | Self::Members => "csv.gz",
            Self::Zip | Self::Zip64 => "csv.zip",
            Self::Parquet(..) => "snappy.parquet",
        }
    }

    /// The name of the compression in a legacy manifest. It has no name for plain CSV.
    pub(crate) const fn compression(self) -> &'static str {
        match self {
            Self::Csv => "",
            Self::Gzip | Self::Members => "GZIP",
            Self::Zip | Self::Zip64 => "ZIP",
            Self::Parquet(..) => "Parquet",
        }
    }

    pub(crate) fn pack(self, text: &str) -> Vec<u8> {
        match self {
            Self::Csv => text.as_bytes().to_vec(),
            Self::Gzip => gzip(text).to_vec(),
            Self::Members => members(text),
            Self::Zip => zip(&[("inner name.csv", text)], false),
            Self::Zip64 => zip(&[("inner name.csv", text)], true),
            Self::Parquet(times, tags) => parquet(text, times, tags, 4),
        }
    }
}

fn members(text: &str) -> Vec<u8> {
    let mut packed = Vec::new();
    for piece in text.as_bytes().chunks(100) {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(piece).unwrap();
        packed.extend(encoder.finish().unwrap());
    }
    packed
}

pub(crate) fn zip(members: &[(&str, &str)], is_large: bool) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in members {
        writer.start_file(*name, SimpleFileOptions::default().large_file(is_large)).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// One column of a report, cell by cell.
struct Cells {
    name: String,
    cells: Vec<String>,
}

impl Cells {
    fn is_time(&self) -> bool {
        self.name.ends_with("_date") && !self.name.ends_with("_to_date")
    }

    /// Returns whether AWS would store the column as doubles, as it does costs, rates and amounts.
    fn is_number(&self) -> bool {
        let mut filled = self.cells.iter().filter(|cell| !cell.is_empty()).peekable();
        !self.name.ends_with("_id")
            && filled.peek().is_some()
            && filled.all(|cell| cell.parse::<Amount>().is_ok())
    }
}

/// Writes a row group for every `rows` rows, as AWS's writer does. Each value may be absent.
pub(crate) fn parquet(text: &str, times: Times, tags: Tags, rows: usize) -> Vec<u8> {
    let columns = columns(text);
    let fields: String = columns.iter().map(|column| field(column, times, tags)).collect();
    let schema = parse_message_type(&format!("message report {{ {fields} }}")).unwrap();
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut writer =
        SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties)).unwrap();
    let count = columns.first().map_or(0, |column| column.cells.len());
    for start in (0..count).step_by(rows) {
        let mut group = writer.next_row_group().unwrap();
        for column in &columns {
            let cells = &column.cells[start..count.min(start + rows)];
            write(&mut group, column, cells, times, tags);
        }
        group.close().unwrap();
    }
    writer.into_inner().unwrap()
}

fn columns(text: &str) -> Vec<Cells> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let mut columns: Vec<Cells> =
        header.iter().map(|name| Cells { name: snake(name), cells: Vec::new() }).collect();
    for record in reader.records() {
        for (column, cell) in columns.iter_mut().zip(&record.unwrap()) {
            column.cells.push(cell.to_owned());
        }
    }
    columns
}

/// The name of a column in Parquet: `lineItem/UsageType` becomes `line_item_usage_type`.
fn snake(name: &str) -> String {
    let known = Column::ALL.into_iter().find(|column| column.names().contains(&name));
    match known {
        Some(column) if name.contains('/') => {
            column.names().iter().find(|name| !name.contains('/')).unwrap().to_string()
        }
        _ => name.to_lowercase().replace(['/', ':'], "_"),
    }
}

fn field(column: &Cells, times: Times, tags: Tags) -> String {
    let name = &column.name;
    if is_map(column, tags) {
        return format!(
            "optional group {name} (MAP) {{ repeated group key_value {{ \
             required binary key (STRING); optional binary value (STRING); }} }} "
        );
    }
    let kind = match times {
        Times::Int96 => ("int96", ""),
        Times::Millis => ("int64", "(TIMESTAMP(MILLIS,true))"),
        Times::Micros => ("int64", "(TIMESTAMP_MICROS)"),
        Times::Text => ("binary", "(STRING)"),
    };
    let (physical, logical) = match column {
        column if column.is_time() => kind,
        column if column.is_number() => ("double", ""),
        _ => ("binary", "(STRING)"),
    };
    format!("optional {physical} {name} {logical}; ")
}

fn is_map(column: &Cells, tags: Tags) -> bool {
    column.name == "resource_tags" && tags == Tags::Map
}

type Group<'a> = SerializedRowGroupWriter<'a, Vec<u8>>;

fn write(group: &mut Group<'_>, column: &Cells, cells: &[String], times: Times, tags: Tags) {
    let text = |cell: &str| ByteArray::from(cell);
    let millis =
        |cell: &str| chrono::DateTime::parse_from_rfc3339(cell).unwrap().timestamp_millis();
    if is_map(column, tags) {
        // Each row has at most one tag. The numbers are the definition levels of its key and its value.
        put::<ByteArrayType>(group, cells, 2, Some(0), |_| text("user_project"));
        put::<ByteArrayType>(group, cells, 3, Some(0), text);
    } else if column.is_time() && times != Times::Text {
        match times {
            Times::Int96 => put::<Int96Type>(group, cells, 1, None, |cell| int96(millis(cell))),
            Times::Micros => put::<Int64Type>(group, cells, 1, None, |cell| millis(cell) * 1000),
            _ => put::<Int64Type>(group, cells, 1, None, millis),
        }
    } else if column.is_number() {
        put::<DoubleType>(group, cells, 1, None, |cell| cell.parse().unwrap());
    } else {
        put::<ByteArrayType>(group, cells, 1, None, text);
    }
}

fn int96(millis: i64) -> Int96 {
    let (day, rest) = (millis.div_euclid(86_400_000), millis.rem_euclid(86_400_000));
    let nanos = rest.cast_unsigned() * 1_000_000;
    let mut value = Int96::new();
    let low = u32::try_from(nanos & u64::from(u32::MAX)).unwrap();
    let high = u32::try_from(nanos >> 32).unwrap();
    value.set_data(low, high, u32::try_from(day + 2_440_588).unwrap());
    value
}

/// Writes the next column. An empty cell becomes an absent value.
fn put<T: DataType>(
    group: &mut Group<'_>,
    cells: &[String],
    definition: i16,
    repetition: Option<i16>,
    value: impl Fn(&str) -> T::T,
) {
    let filled = cells.iter().filter(|cell| !cell.is_empty());
    let values: Vec<T::T> = filled.map(|cell| value(cell)).collect();
    let definitions: Vec<i16> =
        cells.iter().map(|cell| if cell.is_empty() { 0 } else { definition }).collect();
    let repetitions = repetition.map(|level| vec![level; cells.len()]);
    let mut column = group.next_column().unwrap().unwrap();
    let writer = column.typed::<T>();
    writer.write_batch(&values, Some(&definitions), repetitions.as_deref()).unwrap();
    column.close().unwrap();
}
