//! The charges and the costs that the terms of a margin explain.

use money::Amount;
use serde::{Deserialize, Serialize};

/// The charges and the costs that the terms of a margin explain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Explained {
    pub charge: Amount,
    pub amortized_cost: Amount,
}
