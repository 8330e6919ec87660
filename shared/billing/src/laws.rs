//! The laws about charges. Each compares two sides. The laws add up the outcome again, by other ways than the
//! code that made it.

use laws::{Check, Law};
use money::Amount;

/// The named terms add up to the margin. The margin is the charge minus the amortized cost.
pub fn margin_explains_itself<'a>(
    of: &str,
    charge: Amount,
    amortized_cost: Amount,
    terms: impl IntoIterator<Item = &'a Amount>,
) -> Check {
    Check::equal(
        Law::MarginExplainsItself,
        of,
        terms.into_iter().copied().sum(),
        charge - amortized_cost,
    )
}
