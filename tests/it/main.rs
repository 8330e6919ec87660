//! The whole pipeline, tested from outside. Read `journey` first.

#![allow(clippy::unwrap_used, reason = "a test that breaks says so by panicking")]

mod adversarial;
mod architecture;
#[cfg(feature = "aws")]
mod aws;
mod batch;
mod bills;
mod catalog;
mod cloud;
mod commitments;
mod conformance;
mod conservation;
mod contracts;
mod datasets;
mod delivery;
mod digits;
mod events;
mod exports;
mod faults;
mod formats;
mod generator;
mod golden;
mod guards;
mod held;
mod hostile;
mod infra;
mod invoices;
mod journey;
mod laws;
mod layouts;
mod linear;
mod messages;
mod money;
mod month;
mod notations;
mod packing;
mod price_rules;
mod program;
mod proof;
mod purchases;
mod reports;
mod resellers;
mod samples;
mod second;
mod settled;
mod small;
mod statement;
mod tidy;
mod whole_payers;
