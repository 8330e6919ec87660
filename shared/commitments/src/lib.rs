//! Commitments: who used them, who benefits, and who pays for what nobody used. Pure computation.
//!
//! [`allocate`] works out a day: it undoes what AWS did, hands everything out again with the [`Engine`]
//! under a [`Policy`], and closes the books. AWS's dated facts are in `data/`.

mod allocate;
mod checks;
mod demand;
mod eligibility;
mod engine;
mod holdings;
mod ledger;
mod market;
mod order;
mod policy;
mod product;
mod rates;
mod rates_file;
mod replay;
mod tables;
mod unused;

pub use allocate::{Day, Policy, allocate};
pub use checks::{commitment_rows_agree, negation_cancels};
pub use demand::{DemandRow, DemandSku};
pub use eligibility::{Eligibility, Owner, Pass};
pub use engine::{Commitment, Coverage, Engine, Sku, Terms, Usage};
pub use holdings::HoldingError;
pub use ledger::{AllocatedDay, Allocation, CommitmentDay, CoverageDay, DailyBenefit};
pub use order::{Beneficiaries, Order, PlanOrder, Precedence, SavingAgainst, Tie, ZeroSaving};
pub use policy::{Assignment, Sharing, Unused};
pub use product::{Attributes, Product, is_coverable};
pub use rates::{ListedRates, Offering, SkuName};
pub use rates_file::RateProblem;
pub use replay::{Difference, Place, Replay, replay};
pub use unused::UnusedCost;
