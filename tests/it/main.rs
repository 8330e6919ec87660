//! The whole pipeline, from outside. Read `journey` first.

#![allow(clippy::unwrap_used, reason = "a test that breaks says so by panicking")]

mod architecture;
mod batch;
mod catalog;
mod cloud;
mod conservation;
mod contracts;
mod datasets;
mod delivery;
mod events;
mod faults;
mod formats;
mod generator;
mod golden;
mod infra;
mod journey;
mod layouts;
mod money;
mod packing;
mod samples;
mod small;
mod tidy;
