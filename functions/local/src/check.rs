//! `sluice check`: is this contracts file right?

use std::io::Write;

use anyhow::Context;
use contracts::Contracts;

use crate::args::CheckArgs;

pub(crate) fn command(args: &CheckArgs, out: &mut dyn Write) -> anyhow::Result<bool> {
    let file = args.file.display().to_string();
    let text =
        std::fs::read_to_string(&args.file).with_context(|| format!("cannot read `{file}`"))?;
    match Contracts::parse(&text) {
        Ok(contracts) => {
            let customers = contracts.customers().count();
            writeln!(out, "{file}: nothing wrong, {customers} customers")?;
            Ok(true)
        }
        Err(problems) => {
            writeln!(out, "{}", problems.display(&file))?;
            Ok(false)
        }
    }
}
