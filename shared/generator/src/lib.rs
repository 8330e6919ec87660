//! Writes a synthetic cost and usage report as AWS would deliver it, in which every law holds.
//!
//! The same options give the same bytes on every machine: there is no clock, no float, and no random
//! generator with a state. The bytes go to a [`Sink`]; nothing here knows about files.
//!
//! The generator walks through the month twice. The first walk writes nothing: it finds out how much of
//! each reservation is unused, because the lines that say so come first in the report. Both walks hold one
//! hour in memory, so memory does not grow with the length of the report.

mod account;
mod bill;
mod columns;
mod commitments;
mod contracts;
mod coverage;
mod cur2;
mod delivery;
mod entries;
mod field;
mod fixed;
mod fleet;
mod habits;
mod hourly;
mod issuer;
mod legacy;
mod line;
mod monthly;
mod options;
mod products;
mod purchases;
mod random;
mod rates;
mod span;
mod survey;
mod text;
mod world;

use std::collections::BTreeMap;
use std::io::{self, Write};

use cur::AccountId;
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use money::Amount;

pub use account::PAYER;
pub use contracts::contracts;
pub use options::{Generation, Layout, Options};
pub use rates::savings_plan_rates;

use columns::Writer;
use coverage::Hour;
use delivery::Delivery;
use line::Line;
use span::Span;
use world::{Survey, World};

/// Takes the objects of the report. Keys are relative to the report bucket.
pub trait Sink {
    fn create(&mut self, key: &str) -> io::Result<Box<dyn Write + '_>>;
}

/// Totals of the report that was written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    pub lines: u64,
    pub lines_by_type: BTreeMap<&'static str, u64>,
    /// Lines of split cost allocation. Their costs repeat costs of other lines, so no total has them.
    pub split_lines: u64,
    /// Lines that cost exactly nothing.
    pub free_lines: u64,
    pub unblended_cost_by_account: BTreeMap<AccountId, Amount>,
    pub file_keys: Vec<String>,
    /// The keys of the manifests. A later delivery would overwrite the last of them.
    pub manifest_keys: Vec<String>,
}

/// Generates the report files and then the manifests that name them.
pub fn generate(options: &Options, sink: &mut dyn Sink) -> io::Result<Summary> {
    let world = World::new(options);
    let survey = world.survey(options.lines)?;
    let period = Span::new(world.origin, 0, world.hours);
    let writer = Writer::new(
        options.generation,
        &world.accounts[0],
        &world.products,
        [period.start, period.end],
    );
    let delivery = Delivery::new(options);
    let mut totals = Totals::default();
    let mut file_keys = Vec::new();
    let mut state = Hour::new();
    let mut first_hour = 0;
    for (number, last_hour) in (1..).zip(file_ends(options.files, &survey)) {
        let key = delivery.file_key(number);
        let mut file = ReportFile::new(sink.create(&key)?);
        writer.write_header(&mut file.buffer);
        let mut emit = |line: &Line<'_>| {
            totals.count(line);
            writer.write(line, &mut file.buffer);
            file.compress_if_full()
        };
        if number == 1 {
            world.monthly(&survey, &mut emit)?;
        }
        for hour in first_hour..last_hour {
            world.hour(hour, &survey, &mut state, &mut emit)?;
        }
        file.finish()?;
        first_hour = last_hour;
        file_keys.push(key);
    }
    let manifest = delivery.manifest(&file_keys)?;
    for key in delivery.manifest_keys() {
        let mut object = sink.create(key)?;
        object.write_all(&manifest)?;
        object.flush()?;
    }
    totals.summary(file_keys, delivery.manifest_keys().to_vec())
}

/// The hour at which each file ends. Files end between two hours, and are as equal in length as that
/// allows.
fn file_ends(files: u32, survey: &Survey) -> Vec<i64> {
    const LINES_A_FILE: u64 = 1_000_000;
    let lines = survey.lines();
    let files = match files {
        0 => lines.div_ceil(LINES_A_FILE),
        files => files.into(),
    };
    let mut before = survey.monthly_lines;
    let mut ends = vec![0; usize::try_from(files).unwrap_or(usize::MAX)];
    for (hour, count) in (1..).zip(&survey.hourly_lines) {
        let file = u128::from(before) * u128::from(files) / u128::from(lines.max(1));
        for end in ends.iter_mut().skip(usize::try_from(file).unwrap_or_default()) {
            *end = hour;
        }
        before += count;
    }
    ends
}

/// A report file that is being written. Lines are collected before they are compressed.
struct ReportFile<'s> {
    buffer: Vec<u8>,
    encoder: GzEncoder<Box<dyn Write + 's>>,
}

impl<'s> ReportFile<'s> {
    const FULL: usize = 64 * 1024;
    /// The level and everything in the gzip header are fixed, so that equal lines give equal bytes.
    const LEVEL: Compression = Compression::new(3);
    const UNKNOWN_SYSTEM: u8 = 255;

    fn new(object: Box<dyn Write + 's>) -> Self {
        let builder = GzBuilder::new().mtime(0).operating_system(Self::UNKNOWN_SYSTEM);
        Self {
            buffer: Vec::with_capacity(2 * Self::FULL),
            encoder: builder.write(object, Self::LEVEL),
        }
    }

    fn compress_if_full(&mut self) -> io::Result<()> {
        if self.buffer.len() < Self::FULL {
            return Ok(());
        }
        self.encoder.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }

    fn finish(mut self) -> io::Result<()> {
        self.encoder.write_all(&self.buffer)?;
        self.encoder.finish()?.flush()
    }
}

#[derive(Default)]
struct Totals {
    lines: BTreeMap<line::Kind, u64>,
    split_lines: u64,
    free_lines: u64,
    /// The cost of each account, in 10⁻¹⁰.
    costs: BTreeMap<String, i128>,
}

impl Totals {
    fn count(&mut self, line: &Line<'_>) {
        *self.lines.entry(line.kind).or_default() += 1;
        self.free_lines += u64::from(line.cost.is_zero());
        if line.repeats_a_cost() {
            self.split_lines += 1;
        } else if let Some(cost) = self.costs.get_mut(&line.account.id) {
            *cost += i128::from(line.cost.units());
        } else {
            self.costs.insert(line.account.id.clone(), line.cost.units().into());
        }
    }

    fn summary(self, file_keys: Vec<String>, manifest_keys: Vec<String>) -> io::Result<Summary> {
        /// How many units of an amount make 10⁻¹⁰.
        const SCALE: i128 = 100_000_000;
        let costs = self.costs.into_iter().map(|(account, cost)| {
            let account: AccountId = account.parse().map_err(io::Error::other)?;
            Ok((account, Amount::from_units(cost * SCALE)))
        });
        Ok(Summary {
            lines: self.lines.values().sum(),
            lines_by_type: self.lines.into_iter().map(|(kind, n)| (kind.name(), n)).collect(),
            split_lines: self.split_lines,
            free_lines: self.free_lines,
            unblended_cost_by_account: costs.collect::<io::Result<_>>()?,
            file_keys,
            manifest_keys,
        })
    }
}
