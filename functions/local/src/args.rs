//! The commands and options of the command line.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Parser, Subcommand, ValueEnum};
use cur::{AccountId, BillingPeriod};
use pipeline::RunId;

use crate::period_range::PeriodRange;

/// Exact bills for every customer of an AWS reseller, from the cost and usage report.
#[derive(Debug, Parser)]
#[command(name = "sluice", version, about)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make small reports, bill them, issue the bills, and correct them
    Demo(DemoArgs),
    /// Bill the reports in a folder, as AWS delivers them to a bucket
    Run(RunArgs),
    /// Write a synthetic report with every type of line, in which all laws hold
    Generate(GenerateArgs),
    /// Say everything that is wrong with a contracts file
    Check(CheckArgs),
    /// Make a run current that is held
    Accept(AcceptArgs),
    /// Show what customers owe, and what was issued and has changed since
    Bills(BillsArgs),
    /// Issue invoices, or notes where an issued bill has changed
    Issue(IssueArgs),
    /// Bill past periods under other contracts, without writing anything, and show what would differ
    Simulate(SimulateArgs),
    /// Prove a finished run again from its files
    Verify(VerifyArgs),
}

#[derive(Debug, clap::Args)]
pub struct DemoArgs {
    /// Where reports and results go; a new folder
    #[arg(long, default_value = "sluice-demo")]
    pub out: PathBuf,
    /// Print JSON for machines
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, clap::Args)]
pub struct RunArgs {
    /// The report bucket's root
    #[arg(long)]
    pub source: PathBuf,
    /// What customers were promised
    #[arg(long)]
    pub contracts: PathBuf,
    /// What savings plans charge for usage that no line of the report shows, as CSV
    #[arg(long, value_name = "FILE")]
    pub rates: Option<PathBuf>,
    /// The results bucket's root
    #[arg(long)]
    pub out: PathBuf,
    /// Bill this delivery instead of the newest of each payer, report and period
    #[arg(long, value_name = "KEY")]
    pub manifest: Option<String>,
    /// Take folders of report files for deliveries, where only data was replicated: that one is complete
    /// is then not guaranteed
    #[arg(long, conflicts_with = "manifest")]
    pub manifest_less: bool,
    /// How the accounts' own lines are stored
    #[arg(long, value_enum, default_value_t)]
    pub compression: Compression,
    /// Print JSON for machines
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub enum Compression {
    #[default]
    Zstd,
    Gzip,
}

impl From<Compression> for pipeline::Compression {
    fn from(compression: Compression) -> Self {
        match compression {
            Compression::Zstd => Self::Zstd,
            Compression::Gzip => Self::Gzip,
        }
    }
}

#[derive(Debug, clap::Args)]
pub struct GenerateArgs {
    /// The payer account. Reports of several payers fit into one folder
    #[arg(long, value_name = "ID", default_value = generator::PAYER)]
    pub payer: AccountId,
    /// Usage accounts
    #[arg(long, default_value_t = 20)]
    pub accounts: u32,
    /// Line items, about
    #[arg(long, default_value_t = 100_000)]
    pub lines: u64,
    /// The same seed writes the same bytes
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    #[arg(long, default_value = "2026-10")]
    pub period: BillingPeriod,
    /// Which of AWS's two formats
    #[arg(long, value_enum, default_value_t)]
    pub generation: Generation,
    /// What a new delivery does to the one before
    #[arg(long, value_enum, default_value_t)]
    pub layout: Layout,
    /// Report files; 0 is one a million lines
    #[arg(long, default_value_t = 0)]
    pub files: u32,
    /// Give every line the id of an invoice, as AWS does once it has issued its invoices
    #[arg(long = "final")]
    pub is_final: bool,
    /// How often AWS has restated the period: each time it corrects the usage of one more resource
    #[arg(long, default_value_t = 0)]
    pub revision: u32,
    /// The report bucket's root. A `contracts.toml` and a `savings-plan-rates.csv` that fit go there too
    pub dir: PathBuf,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub enum Generation {
    #[default]
    Legacy,
    Cur2,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub enum Layout {
    #[default]
    CreateNew,
    Overwrite,
}

#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// A contracts file
    pub file: PathBuf,
}

#[derive(Debug, clap::Args)]
pub struct AcceptArgs {
    /// The run's id, as `sluice run` shows it
    pub run: RunId,
    /// The results bucket's root
    #[arg(long)]
    pub out: PathBuf,
}

#[derive(Debug, clap::Args)]
pub struct BillsArgs {
    /// The results bucket's root
    #[arg(long)]
    pub out: PathBuf,
    /// Only this billing period
    #[arg(long)]
    pub period: Option<BillingPeriod>,
    /// Only this customer
    #[arg(long)]
    pub customer: Option<String>,
    /// Show the reseller's margin too: every term from AWS's cost to the amount due
    #[arg(long)]
    pub margin: bool,
    /// Print JSON for machines
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, clap::Args)]
pub struct IssueArgs {
    /// The results bucket's root
    #[arg(long)]
    pub out: PathBuf,
    /// The billing period to issue
    #[arg(long)]
    pub period: BillingPeriod,
    /// Only this customer
    #[arg(long)]
    pub customer: Option<String>,
    /// The day of issue; today by default
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub date: Option<NaiveDate>,
    /// Issue bills that are not final too; the documents say so
    #[arg(long)]
    pub force: bool,
    /// Print JSON for machines
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, clap::Args)]
pub struct SimulateArgs {
    /// The results bucket's root
    #[arg(long)]
    pub out: PathBuf,
    /// The contracts to try
    #[arg(long)]
    pub contracts: PathBuf,
    /// The billing periods: one, or the first and the last
    #[arg(long, value_name = "YYYY-MM..YYYY-MM")]
    pub periods: PeriodRange,
    /// Print JSON for machines
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, clap::Args)]
pub struct VerifyArgs {
    /// The results bucket's root
    pub dir: PathBuf,
    /// The report bucket's root, if it is at hand: then also what only AWS's files say is proved
    #[arg(long)]
    pub reports: Option<PathBuf>,
    /// Print JSON for machines
    #[arg(long)]
    pub json: bool,
}
