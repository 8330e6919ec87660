//! Sums of amounts that may be unknown.

use money::Amount;

/// A sum with an unknown part is unknown.
pub(crate) fn sum_if_known(sum: Option<Amount>, part: Option<Amount>) -> Option<Amount> {
    Some(sum? + part?)
}
