//! The whole pipeline, from outside.

mod architecture;
mod batch;
mod catalog;
mod contracts;
mod datasets;
mod events;
mod infra;
mod tidy;
