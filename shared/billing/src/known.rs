//! Sums of amounts that may be unknown.

use money::Amount;

/// A sum of which one part is unknown is unknown.
pub(crate) fn sum_if_known(sum: Option<Amount>, part: Option<Amount>) -> Option<Amount> {
    Some(sum? + part?)
}
