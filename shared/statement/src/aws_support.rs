//! AWS's support plans, by `data/aws-support-plans.toml`.

use std::sync::LazyLock;

use contracts::terms::{AwsPlan, Reach, Tier, Tiers};
use cur::BillingPeriod;
use money::{Amount, Rate};
use serde::Deserialize;

/// AWS's tables are in US dollars.
pub const CURRENCY: &str = "USD";

/// What a plan costs in a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanTable {
    pub minimum: Amount,
    pub rates: Tiers,
}

/// The table of a plan that is in force in a billing period. `None` if AWS has not sold the plan yet, or has
/// ended it: AWS's last period of `business` is 2026-12.
pub fn table(plan: AwsPlan, period: BillingPeriod) -> Option<&'static PlanTable> {
    let mut dated = TABLES.iter().filter(|dated| dated.plan == plan);
    let found = dated.find(|dated| {
        dated.from.is_none_or(|from| from <= period)
            && dated.until.is_none_or(|until| period <= until)
    });
    found.map(|dated| &dated.table)
}

struct Dated {
    plan: AwsPlan,
    from: Option<BillingPeriod>,
    until: Option<BillingPeriod>,
    table: PlanTable,
}

static TABLES: LazyLock<Vec<Dated>> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("../data/aws-support-plans.toml"))
        .unwrap_or_else(|error| panic!("data/aws-support-plans.toml: {error}"));
    file.plan.into_iter().map(dated).collect()
});

#[derive(Deserialize)]
struct File {
    plan: Vec<Plan>,
}

#[derive(Deserialize)]
struct Plan {
    name: String,
    from: Option<BillingPeriod>,
    until: Option<BillingPeriod>,
    minimum: Amount,
    rates: Vec<Slice>,
}

#[derive(Deserialize)]
struct Slice {
    up_to: Option<Amount>,
    rate: Rate,
}

fn dated(plan: Plan) -> Dated {
    let Plan { name, from, until, minimum, rates } = plan;
    let plan = AwsPlan::ALL.into_iter().find(|plan| plan.name() == name);
    let plan = plan.unwrap_or_else(|| panic!("data/aws-support-plans.toml: no plan `{name}`"));
    let tiers = rates.into_iter().map(|Slice { up_to, rate }| Tier { up_to, rate }).collect();
    let rates = Tiers { tiers, reach: Reach::Slices };
    Dated { plan, from, until, table: PlanTable { minimum, rates } }
}
