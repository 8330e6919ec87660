//! What the terms of a margin speak of.

use money::Amount;
use serde::{Deserialize, Serialize};

/// What the terms of a margin speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Explained {
    pub charge: Amount,
    pub amortized_cost: Amount,
}
