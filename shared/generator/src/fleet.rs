//! The resources whose usage commitments may cover.

use crate::products::Product;
use crate::random::{mix, pick};

/// An instance, a database or a service. It uses one product hour by hour.
pub(crate) struct Resource {
    /// The resource's identity. Everything random about the resource comes from this key.
    pub(crate) key: u64,
    pub(crate) account: usize,
    pub(crate) product: usize,
    pub(crate) zone: &'static str,
    pattern: Pattern,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Pattern {
    Always,
    /// From half past seven to half past nineteen.
    Daytime,
    /// In a third of the hours.
    Batch,
    /// In every hour, but not always as much.
    Varying,
}

/// At least `size` resources. The first resources use one product each and are spread over the accounts,
/// so that every product is used.
pub(crate) fn fleet(
    products: &[Product],
    accounts: usize,
    size: usize,
    seed: u64,
) -> Vec<Resource> {
    const SALT: u64 = 0xf1ee7;
    let usage_accounts = accounts - 1;
    let coverable = products.iter().filter(|product| product.is_coverable()).count();
    (0..size.max(coverable))
        .map(|number| {
            let key = mix(seed ^ SALT, number as u64);
            let is_first = number < coverable;
            let product = if is_first { number } else { pick(key, coverable) };
            Resource {
                key,
                account: 1 + if is_first { number } else { pick(key >> 8, usage_accounts) }
                    % usage_accounts,
                product,
                zone: zone(&products[product], if is_first { 0 } else { key >> 40 }),
                pattern: pattern(&products[product], number, key >> 50),
            }
        })
        .collect()
}

fn zone(product: &Product, key: u64) -> &'static str {
    const VIRGINIA: [&str; 3] = ["us-east-1a", "us-east-1b", "us-east-1d"];
    const TOKYO: [&str; 2] = ["ap-northeast-1a", "ap-northeast-1c"];
    match (product.is_instance(), product.region.code) {
        (true, "us-east-1") => VIRGINIA[pick(key, 3)],
        (true, _) => TOKYO[pick(key, 2)],
        _ => "",
    }
}

fn pattern(product: &Product, number: usize, key: u64) -> Pattern {
    match (product.varies, number % 5, pick(key, 4)) {
        (true, ..) => Pattern::Varying,
        (_, 1 | 3, _) => Pattern::Daytime,
        (_, 4, 0) => Pattern::Batch,
        _ => Pattern::Always,
    }
}

impl Resource {
    /// How many quanta the resource uses in an hour of the period.
    pub(crate) fn quanta(&self, product: &Product, hour: i64) -> i64 {
        let full = product.hourly_quanta;
        let half = full.div_euclid(2);
        let chance = |of: i64| {
            let key = mix(self.key, hour.unsigned_abs());
            i64::try_from(key % of.unsigned_abs().max(1)).unwrap_or_default()
        };
        match (self.pattern, hour.rem_euclid(24)) {
            (Pattern::Always, _) | (Pattern::Daytime, 8..19) => full,
            (Pattern::Daytime, 7 | 19) => half,
            (Pattern::Daytime, _) => 0,
            (Pattern::Batch, _) => full * i64::from(chance(3) == 0),
            (Pattern::Varying, _) => 1 + chance(full),
        }
    }
}
