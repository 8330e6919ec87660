//! Reports, buckets and queues for tests: everything around the pipeline, with the faults that AWS has.
//!
//! The pipeline itself comes in from outside, as [`Handlers`], so that what is tested is what runs.

#![expect(clippy::unwrap_used, reason = "a tool that breaks stops the test that uses it")]

mod commitments;
mod delivery;
mod faults;
mod line;
mod random;
mod world;

pub use commitments::{Reservation, ReservationMonth, SavingsPlan};
pub use delivery::{Delivery, Layout, PAYER, REPORT, csv, gzip};
pub use faults::{FaultyQueue, FaultyStore, Moment};
pub use line::Line;
pub use random::Random;
pub use world::{Ended, GivenUp, Handlers, Handling, World};
