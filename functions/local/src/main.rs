//! The `sluice` program.

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let args = sluice::args::Args::parse();
    sluice::main(args.command, &mut std::io::stdout()).await
}
