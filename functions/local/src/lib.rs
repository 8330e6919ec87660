//! `sluice`: all seven functions in one process. A folder stands for the bucket, the queue is in memory, and
//! the handlers are the handlers of the Lambda functions.

mod accept;
pub mod args;
mod bills;
mod check;
mod deliveries;
mod demo;
mod finished;
mod generate;
mod period_range;
mod plain_text;
mod progress;
mod reread;
mod run;
mod show;
mod simulate;
mod standing;
mod verify;
mod what_if;
mod world;

use std::io::Write;
use std::process::ExitCode;

use args::Command;
pub use bills::standings;
pub use finished::Finished;
pub use period_range::PeriodRange;
pub use plain_text::PlainText;
pub use run::{RunOptions, run};
pub use simulate::simulate;
pub use standing::{Standing, StandingRow};
pub use verify::{Proof, verify, verify_store};
pub use what_if::{Difference, Side};
pub use world::{World, dispatch};

/// Runs a command and returns its exit code: 0 if everything is sealed or right, 1 if not. An invalid
/// command line ends with 2, which clap does.
pub async fn main(command: Command, out: &mut (dyn Write + Send)) -> anyhow::Result<ExitCode> {
    let out = &mut PlainText(out);
    let is_good = match command {
        Command::Demo(options) => demo::demo(&options, out).await?,
        Command::Run(options) => run::command(&options, out).await?,
        Command::Generate(options) => generate::command(&options, out)?,
        Command::Accept(options) => accept::command(&options, out).await?,
        Command::Bills(options) => bills::command(&options, out).await?,
        Command::Issue(options) => bills::issue(&options, out).await?,
        Command::Simulate(options) => simulate::command(&options, out).await?,
        Command::Check(options) => check::command(&options, out)?,
        Command::Verify(options) => verify::command(&options, out).await?,
    };
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
