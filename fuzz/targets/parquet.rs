//! Any bytes as a Parquet file of ours or of a report, and ours with any bytes changed: refused, or rows.
#![no_main]

use std::sync::{Arc, LazyLock};

use billing::{LineGroup, Needs, OfReport, Rater};
use bytes::Bytes;
use cur::{Column, LineError, Records};
use datasets::{ChargeRow, decode_parquet, encode_parquet};
use libfuzzer_sys::fuzz_target;
use rows::{Codec, ReadAt, ReportFile, RowsError};

const REPORT: &str = include_str!("../../tests/golden/charge-kinds/in/report.csv");

/// A file as the pipeline writes it, with every kind of column.
static SOUND: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let report = OfReport {
        payer: "999988887777".parse().expect("an account"),
        period: "2026-10".parse().expect("a period"),
        has_manifest: true,
    };
    let account = "111122223333".parse().expect("an account");
    let mut rater = Rater::new(account, report, Needs::default());
    let mut records = Records::new(billing::REQUIRED_COLUMNS);
    let mut rate = |line: &cur::LineItem<'_>| -> Result<(), Error> { Ok(rater.add(line)?) };
    records.push(REPORT.as_bytes(), &mut rate).expect("a report");
    let groups = rater.finish().groups;
    encode_parquet(groups.chunks(4)).expect("rows").to_vec()
});

#[derive(Debug)]
enum Error {
    Csv(#[expect(dead_code, reason = "shown if the report above does not fit")] cur::CsvError),
    Line(#[expect(dead_code, reason = "shown if the report above does not fit")] LineError),
}

impl From<cur::CsvError> for Error {
    fn from(error: cur::CsvError) -> Self {
        Self::Csv(error)
    }
}

impl From<LineError> for Error {
    fn from(error: LineError) -> Self {
        Self::Line(error)
    }
}

/// The library's own panics are caught where it is called. A panic that gets past that ends the process.
static SILENCED: LazyLock<()> = LazyLock::new(|| std::panic::set_hook(Box::new(|_| {})));

fuzz_target!(|input: (Vec<(u16, u8)>, &[u8])| {
    LazyLock::force(&SILENCED);
    let (changes, bytes) = input;
    let mut file = if bytes.is_empty() { SOUND.clone() } else { bytes.to_vec() };
    for (position, byte) in changes {
        let length = file.len();
        file[usize::from(position) % length] = byte;
    }
    read(&file.into());
});

fn read(file: &Bytes) {
    let _refused_or_rows = decode_parquet::<LineGroup>(file.clone());
    let _refused_or_rows = decode_parquet::<ChargeRow>(file.clone());
    let _refused_or_lines = read_report(file.clone());
}

/// As a report's file: every column that is known, then cut into two accounts' files.
fn read_report(file: Bytes) -> Result<(), RowsError> {
    let size_bytes = file.len() as u64;
    let read: ReadAt = Arc::new(move |range| {
        let [start, end] =
            [range.start, range.end].map(|at| usize::try_from(at).unwrap_or(usize::MAX));
        let found = file.get(start..end).ok_or(std::io::ErrorKind::UnexpectedEof)?;
        Ok(Bytes::copy_from_slice(found))
    });
    let file = ReportFile::open(size_bytes, read)?;
    let layout = file.layout(&[])?;
    for batch in file.batches() {
        let mut owners = Vec::new();
        batch.lines(&layout, &Column::ALL, |line| {
            let _cell = line.text(Column::LineItemType);
            owners.push(u32::try_from(owners.len() % 2).unwrap_or_default());
            Ok::<_, RowsError>(())
        })?;
        batch.cut(&owners, Codec::Zstd, |_, _| Ok::<_, RowsError>(()))?;
    }
    Ok(())
}
