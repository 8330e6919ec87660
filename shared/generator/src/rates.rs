//! The rates of a generated payer's savings plans for everything that the plans may cover, also for usage
//! that no plan has covered. A reseller would take these rates from AWS's list.

use crate::commitments::Terms;
use crate::options::Options;
use crate::world::World;

/// A `savings-plan-rates.csv` that fits the report that the same options generate.
pub fn savings_plan_rates(options: &Options) -> String {
    let world = World::new(options);
    let mut text = String::from(
        "savings_plan_arn,offering_type,purchase_term,payment_option,service_code,region,usage_type,\
         operation,rate\n",
    );
    for commitment in &world.commitments {
        let Terms::Plan(plan) = &commitment.terms else { continue };
        for product in world.products.iter().filter(|product| plan.covers(product)) {
            let mut rate = Vec::new();
            plan.rate(product).write_plain(&mut rate);
            text.extend([format!(
                "{},,,,{},{},{},{},{}\n",
                plan.arn,
                product.code,
                product.region.code,
                product.usage_type,
                product.operation,
                String::from_utf8_lossy(&rate)
            )]);
        }
    }
    text
}
