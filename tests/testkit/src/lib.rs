//! Reports, buckets and queues for tests: everything around the handlers, with the faults that AWS has.

#![expect(clippy::unwrap_used, reason = "a tool that breaks stops the test that uses it")]

mod commitments;
mod counting;
mod customers;
mod delivery;
mod faults;
mod line;
mod random;
mod slow;
mod world;

pub use commitments::{Reservation, ReservationMonth, SavingsPlan};
pub use counting::{CountingStore, Requests};
pub use customers::contracts_of;
pub use delivery::{Delivery, Layout, PAYER, REPORT, csv, csv_from, gzip};
pub use faults::{Fault, FaultyQueue, FaultyStore};
pub use line::Line;
pub use random::Random;
pub use slow::SlowStore;
pub use world::{Order, World};
