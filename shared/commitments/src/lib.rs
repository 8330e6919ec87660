//! Commitments: who used them, who benefits from them, and who pays for their unused part. This crate only
//! computes: it reads and writes no files.
//!
//! A [`Situation`] is a day after its lines were understood. It has the usage, and the terms of each
//! commitment, which are learned from all lines of the report. [`Situation::replay`] applies AWS's own rules
//! and compares the outcome with the report. [`Situation::allocate`] hands out the commitments whose outcome
//! was equal, with the [`Engine`] and under a [`Policy`]. Then it closes the books. AWS's dated facts are in
//! `data/`.

mod allocate;
mod amortized;
mod checks;
mod day;
mod demand;
mod eligibility;
mod engine;
mod fees;
mod holdings;
mod index;
mod kept;
mod kept_usage;
mod learn;
mod ledger;
mod market;
mod order;
mod policy;
mod product;
mod purchase;
mod rates;
mod rates_file;
mod replay;
mod situation;
mod sums;
mod tables;
mod tally;
mod unpriced;
mod unused;

pub use amortized::{DerivedCosts, costs_are_known, derived_costs, says_fee};
pub use checks::{commitment_rows_agree, negation_cancels};
pub use day::Day;
pub use demand::{DemandRow, DemandSku};
pub use eligibility::{Eligibility, Owner, Pass};
pub use engine::{Commitment, Coverage, Engine, PricedProduct, Terms, Usage, Zone};
pub use fees::{Lease, PlanTerms, ReservationFee};
pub use holdings::HoldingError;
pub use index::{CommitmentIndex, List, SkuIndex, UsageIndex, WholeIndex};
pub use kept::{Kept, KeptReason};
pub use kept_usage::KeptUsage;
pub use ledger::{
    AllocatedDay, Allocation, CommitmentDay, CoverageCost, CoverageDay, DailyBenefit,
};
pub use order::{Beneficiaries, Order, PlanOrder, Precedence, SavingAgainst, Tie, ZeroSaving};
pub use policy::{Assignment, Policy, Sharing, Unused};
pub use product::{Attributes, Coverable, Product, units_of_one};
pub use purchase::{Purchase, UnknownPurchase};
pub use rates::{ListedRates, Offering};
pub use rates_file::RateProblem;
pub use replay::{Difference, PayerSharing, Replayed};
pub use situation::Situation;
pub use sums::{CommitmentSums, ReplayTally, commitment_sums, taken_off};
pub use tally::{CommitmentTally, Units};
pub use unpriced::{MissingRate, UnpricedUsage};
pub use unused::UnusedCost;
