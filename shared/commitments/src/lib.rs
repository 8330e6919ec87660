//! Commitments: who used them, who benefits, and who pays for what nobody used. Pure computation.

mod allocate;
mod checks;
mod demand;
mod eligibility;
mod engine;
mod order;
mod policy;
mod product;
mod tables;
mod unused;

pub use allocate::{Allocation, UnsupportedSharing, allocate};
pub use checks::{commitment_rows_agree, negation_cancels};
pub use demand::DemandRow;
pub use eligibility::{Eligibility, Owner, Pass};
pub use engine::{Commitment, Coverage, Engine, Sku, Terms, Usage};
pub use order::{Beneficiaries, Order, PlanOrder, Precedence, SavingAgainst, Tie, ZeroSaving};
pub use policy::{Assignment, Sharing, Unused};
pub use product::{Attributes, Product};
pub use unused::{Shares, share_unused};
