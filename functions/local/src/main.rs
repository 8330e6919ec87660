//! The `sluice` program.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use sluice::PlainText;

#[tokio::main]
async fn main() -> io::Result<ExitCode> {
    let args = sluice::args::Args::parse();
    match sluice::main(args.command, &mut io::stdout()).await {
        Ok(code) => Ok(code),
        Err(error) => {
            writeln!(PlainText(io::stderr()), "Error: {error:?}")?;
            Ok(ExitCode::FAILURE)
        }
    }
}
