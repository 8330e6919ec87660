//! Exact money: amounts, rates, rounding, apportioning. There is no float, and no digit is lost in silence.
//!
//! An [`Amount`] is a whole number of 10⁻¹⁸ units, which is exactly what `decimal(38,18)` in the
//! datasets holds. `rust_decimal` carries the rates of contracts; it does not carry amounts, because
//! its 96-bit mantissa is narrower than `decimal(38,18)` and its operators round silently at the edge.
//! A digit may be dropped only in [`rounding`]: a cell of a report or a product with more than 18 decimals
//! is rounded half to even there, and [`Dropped`] says exactly what the cells have lost.
#![warn(clippy::arithmetic_side_effects)]

mod amount;
mod apportion;
mod currency;
mod digits;
mod dropped;
mod exact;
mod rate;
pub mod rounding;

pub use amount::Amount;
pub use apportion::{ApportionError, apportion, even_part};
pub use currency::{Currency, UnknownCurrency};
pub use digits::ParseAmountError;
pub use dropped::Dropped;
pub use exact::Exact;
pub use rate::{ParseRateError, ProductTooLarge, Rate};
