//! `sluice generate`: writes a synthetic report into a folder.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use generator::{Options, Sink};

use crate::args::{GenerateArgs, Generation, Layout};

/// The files that are beside the reports.
pub(crate) const CONTRACTS: &str = "contracts.toml";
pub(crate) const RATES: &str = "savings-plan-rates.csv";

pub(crate) fn command(args: &GenerateArgs, out: &mut dyn Write) -> anyhow::Result<bool> {
    let options = options(args);
    let summary = report(&options, &args.dir)?;
    place(&args.dir.join(CONTRACTS), &generator::contracts(&options))?;
    place(&args.dir.join(RATES), &generator::savings_plan_rates(&options))?;
    writeln!(
        out,
        "{} lines of {} accounts for {} in {}",
        summary.lines,
        args.accounts,
        args.period,
        args.dir.display()
    )?;
    Ok(true)
}

fn options(args: &GenerateArgs) -> Options {
    Options {
        generation: match args.generation {
            Generation::Legacy => generator::Generation::Legacy,
            Generation::Cur2 => generator::Generation::Cur2,
        },
        payer: args.payer,
        accounts: args.accounts,
        lines: args.lines,
        seed: args.seed,
        period: args.period,
        files: args.files,
        layout: match args.layout {
            Layout::CreateNew => generator::Layout::CreateNew,
            Layout::Overwrite => generator::Layout::Overwrite,
        },
        is_final: args.is_final,
        revision: args.revision,
    }
}

/// Writes the report to a report bucket.
pub(crate) fn report(options: &Options, bucket: &Path) -> anyhow::Result<generator::Summary> {
    let mut sink = FolderSink { root: bucket.to_owned() };
    generator::generate(options, &mut sink)
        .with_context(|| format!("cannot write the report to `{}`", bucket.display()))
}

/// Writes a file that is beside the reports.
pub(crate) fn place(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write `{}`", path.display()))
}

struct FolderSink {
    root: PathBuf,
}

impl Sink for FolderSink {
    fn create(&mut self, key: &str) -> io::Result<Box<dyn Write + '_>> {
        let path = self.root.join(key);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        Ok(Box::new(BufWriter::new(File::create(path)?)))
    }
}
