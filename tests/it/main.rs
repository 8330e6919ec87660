//! The whole pipeline, from outside.

mod contracts;
mod datasets;
mod infra;
