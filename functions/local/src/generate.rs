//! `sluice generate`: writes a synthetic report into a folder.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use generator::{Options, Sink};

use crate::args::{GenerateArgs, Generation, Layout};

pub(crate) fn command(args: &GenerateArgs, out: &mut dyn Write) -> anyhow::Result<bool> {
    let options = options(args);
    let summary = write(&options, &args.dir)?;
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
    }
}

/// Writes the report, and contracts and rates that fit the report.
pub(crate) fn write(options: &Options, dir: &Path) -> anyhow::Result<generator::Summary> {
    let context = || format!("cannot write the report to `{}`", dir.display());
    let mut sink = FolderSink { root: dir.to_owned() };
    let summary = generator::generate(options, &mut sink).with_context(context)?;
    for (name, text) in [
        ("contracts.toml", generator::contracts(options)),
        ("savings-plan-rates.csv", generator::savings_plan_rates(options)),
    ] {
        fs::write(dir.join(name), text).with_context(context)?;
    }
    Ok(summary)
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
