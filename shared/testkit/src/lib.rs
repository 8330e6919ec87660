//! Reports, buckets and queues for tests: everything around the handlers, with the faults that AWS has.

#![expect(clippy::unwrap_used, reason = "a tool that breaks stops the test that uses it")]

mod commitments;
mod delivery;
mod faults;
mod line;
mod random;
mod world;

pub use commitments::{Reservation, ReservationMonth, SavingsPlan};
pub use delivery::{Delivery, Layout, PAYER, REPORT, csv, csv_from, gzip};
pub use faults::{Fault, FaultyQueue, FaultyStore};
pub use line::Line;
pub use random::Random;
pub use world::{Order, World};
