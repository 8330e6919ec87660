//! Commitments: who used them, who benefits, and who pays for what nobody used. Pure computation.

mod allocate;
mod checks;
mod demand;
mod policy;
mod unused;

pub use allocate::{Allocation, UnsupportedSharing, allocate};
pub use checks::{commitment_rows_agree, negation_cancels};
pub use demand::DemandRow;
pub use policy::{Assignment, Sharing, Unused};
pub use unused::{Shares, share_unused};
