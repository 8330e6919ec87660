//! `sluice check`: says what is wrong in a contracts file, and what is right but may not be meant.

use std::io::Write;

use anyhow::Context;
use contracts::{Contracts, Problem};

use crate::args::CheckArgs;

pub(crate) fn command(args: &CheckArgs, out: &mut dyn Write) -> anyhow::Result<bool> {
    let file = args.file.display().to_string();
    let text =
        std::fs::read_to_string(&args.file).with_context(|| format!("cannot read `{file}`"))?;
    match Contracts::parse(&text) {
        Ok(contracts) => {
            for Problem { position, message } in contracts.warnings() {
                writeln!(out, "{file}:{position}: warning: {message}")?;
            }
            let customers = contracts.customers().count();
            let warnings = match contracts.warnings().len() {
                0 => String::new(),
                count => format!(", warnings: {count}"),
            };
            writeln!(out, "{file}: nothing wrong, {customers} customers{warnings}")?;
            Ok(true)
        }
        Err(problems) => {
            writeln!(out, "{}", problems.display(&file))?;
            Ok(false)
        }
    }
}
