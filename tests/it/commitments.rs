//! Whatever was bought and used, under every policy: nothing is handed out twice or lost, an account that
//! may use more never gets less, and the order of the input does not change the result.

use std::collections::{BTreeMap, BTreeSet};

use commitments::{
    AllocatedDay, Assignment, Beneficiaries, CommitmentTally, Day, DemandRow, DemandSku,
    Eligibility, Lease, ListedRates, Order, Pass, PlanOrder, PlanTerms, Policy, Precedence,
    Replayed, ReservationFee, Sharing, Situation, Tie, Units,
};
use cur::{AccountId, BillingPeriod, Column, Generation, LineItemType, PlanType, Sku, UsageHour};
use money::{Amount, Exact};
use proptest::prelude::*;
use proptest::sample::select;
use testkit::{Delivery, Line, Order as Delivered, Random, SavingsPlan};

const ACCOUNTS: [&str; 4] = ["111122223333", "123456789012", "444455556666", "999988887777"];
const DATE: &str = "2026-10-05";

/// Products that can be bought and used: service, usage type, operation, on-demand rate and rate of the
/// plans.
const PRODUCTS: [(&str, &str, &str, &str, &str); 7] = [
    ("AmazonEC2", "BoxUsage:m5.large", "RunInstances", "0.096", "0.07"),
    ("AmazonEC2", "BoxUsage:m5.xlarge", "RunInstances", "0.192", "0.14"),
    ("AmazonEC2", "BoxUsage:m5.2xlarge", "RunInstances", "0.384", "0.27"),
    ("AmazonEC2", "BoxUsage:m5.large", "RunInstances:0002", "0.188", "0.164"),
    ("AmazonEC2", "BoxUsage:c5.large", "RunInstances", "0.085", "0.063"),
    ("AmazonECS", "USE1-Fargate-vCPU-Hours:perCPU", "FargateTask", "0.04048", "0.03238"),
    ("AmazonRDS", "InstanceUsage:db.r5.large", "CreateDBInstance:0002", "0.24", ""),
];

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

fn account(number: usize) -> AccountId {
    ACCOUNTS[number].parse().unwrap()
}

/// A day of all accounts, as the allocation gets it.
#[derive(Debug, Clone)]
struct World {
    reservations: Vec<(AccountId, ReservationFee)>,
    plans: BTreeMap<String, (AccountId, PlanTerms)>,
    tallies: BTreeMap<String, CommitmentTally>,
    skus: Vec<DemandSku>,
    rows: Vec<DemandRow>,
}

impl World {
    fn day(&self) -> Day<'_> {
        Day {
            period: period(),
            date: DATE.parse().unwrap(),
            reservations: &self.reservations,
            plans: &self.plans,
            tallies: &self.tallies,
            skus: &self.skus,
            rows: &self.rows,
        }
    }

    fn shuffled(&self, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut world = self.clone();
        random.shuffle(&mut world.reservations);
        let mut order: Vec<usize> = (0..world.skus.len()).collect();
        random.shuffle(&mut order);
        world.skus = order.iter().map(|place| self.skus[*place].clone()).collect();
        for row in &mut world.rows {
            row.sku = order.iter().position(|place| *place == row.sku).unwrap();
        }
        random.shuffle(&mut world.rows);
        world
    }
}

fn period() -> BillingPeriod {
    "2026-10".parse().unwrap()
}

fn hour(number: u32) -> UsageHour {
    UsageHour::new(DATE.parse().unwrap(), number).unwrap()
}

fn sku(item_type: LineItemType, account: AccountId, product: usize, zone: &str) -> DemandSku {
    let (service, usage_type, operation, on_demand, plan) = PRODUCTS[product];
    DemandSku {
        usage_account_id: account,
        line_item_type: item_type,
        commitment: String::new(),
        sku: Sku {
            service_code: service.to_owned(),
            region: "us-east-1".to_owned(),
            usage_type: usage_type.to_owned(),
            operation: operation.to_owned(),
        },
        availability_zone: zone.to_owned(),
        currency: "USD".to_owned(),
        normalization_factor: None,
        public_rate: Some(amount(on_demand)),
        unblended_rate: Some(amount(on_demand)),
        savings_plan_rate: plan.parse().ok(),
    }
}

/// Account, product, zone, hour, and the part of an hour in sixtieths.
type Used = (usize, usize, bool, u32, i128);

/// Account, product, whether the reservation is zonal, number, and hourly cost in thousandths.
type Reserved = (usize, usize, bool, u32, i128);

/// Account, type, commitment and recurring part, the last two in thousandths.
type Planned = (usize, bool, i128, i128);

fn world(used: &[Used], reserved: &[Reserved], planned: &[Planned]) -> World {
    let zone = |is_first: bool| if is_first { "us-east-1a" } else { "us-east-1b" };
    let mut skus: Vec<DemandSku> = Vec::new();
    let mut rows: Vec<DemandRow> = Vec::new();
    let mut place = |sku: DemandSku| {
        skus.iter().position(|known| *known == sku).unwrap_or_else(|| {
            skus.push(sku);
            skus.len() - 1
        })
    };
    let mut add = |usage_hour: UsageHour, sku, [quantity, unblended, commitment]: [Amount; 3]| {
        rows.push(DemandRow {
            usage_date: usage_hour.date(),
            usage_hour,
            sku,
            usage_amount: quantity,
            unblended_cost: unblended,
            list_cost: Some(unblended),
            commitment_cost: Some(commitment),
        });
    };
    for &(of, product, is_first, at, sixtieths) in used {
        let sku = place(sku(LineItemType::Usage, account(of), product, zone(is_first)));
        // AWS prints this number cut off after the tenth decimal.
        let quantity = Amount::from_units(sixtieths * 10_i128.pow(10) / 60 * 10_i128.pow(8));
        let rate: money::Rate = PRODUCTS[product].3.parse().unwrap();
        add(hour(at), sku, [quantity, rate.times(quantity).unwrap(), Amount::ZERO]);
    }
    let mut plans = BTreeMap::new();
    for (number, &(of, is_compute, commitment, recurring)) in planned.iter().enumerate() {
        let arn = format!("arn:aws:savingsplans::{}:savingsplan/{number}", ACCOUNTS[of]);
        let offering = if is_compute { PlanType::Compute } else { PlanType::Ec2Instance };
        let text = |of: &str| if is_compute { String::new() } else { of.to_owned() };
        let terms = PlanTerms {
            offering_type: offering.name().to_owned(),
            term: "1yr".to_owned(),
            payment_option: "Partial Upfront".to_owned(),
            region: text("us-east-1"),
            family: text("m5"),
            service_code: "ComputeSavingsPlans".to_owned(),
            usage_type: String::new(),
            currency: "USD".to_owned(),
        };
        let fee = DemandSku {
            commitment: arn.clone(),
            ..sku(LineItemType::SavingsPlanRecurringFee, account(of), 0, "")
        };
        let fee = place(fee);
        let thousandths = |number: i128| Amount::from_units(number * 10_i128.pow(15));
        for at in 0..24 {
            let recurring = thousandths(recurring.min(commitment));
            add(hour(at), fee, [Amount::from(1), recurring, thousandths(commitment)]);
        }
        // Covered lines, from which the rates of the plan can be learned.
        for product in 0..6 {
            let seen = DemandSku {
                commitment: arn.clone(),
                ..sku(LineItemType::SavingsPlanCoveredUsage, account(of), product, "us-east-1a")
            };
            place(seen);
        }
        plans.insert(arn, (account(of), terms));
    }
    let reservations = reserved.iter().enumerate().map(reservation).collect();
    World { reservations, plans, tallies: BTreeMap::new(), skus, rows }
}

fn reservation(
    (number, &(of, product, is_zonal, count, cost)): (usize, &Reserved),
) -> (AccountId, ReservationFee) {
    let (service, usage_type, operation, ..) = PRODUCTS[product];
    let (_, instance_type) = usage_type.split_once(':').unwrap();
    let thousandths = |number: i128| Amount::from_units(number * 10_i128.pow(15));
    let fee = ReservationFee {
        arn: format!("arn:aws:ec2:us-east-1:{}:reserved-instances/{number}", ACCOUNTS[of]),
        sku: Sku {
            service_code: service.to_owned(),
            region: "us-east-1".to_owned(),
            usage_type: format!("HeavyUsage:{instance_type}"),
            operation: operation.to_owned(),
        },
        availability_zone: if is_zonal { "us-east-1a".to_owned() } else { String::new() },
        tenancy: String::new(),
        deployment: String::new(),
        currency: "USD".to_owned(),
        normalization_factor: None,
        // The reservation expires in the afternoon of the day.
        lease: Lease::whole("2026-10-01".parse().map(UsageHour::midnight).unwrap(), 4 * 24 + 15),
        units: Units {
            plain: Amount::from(u64::from(count) * (4 * 24 + 15)),
            normalized: Amount::ZERO,
        },
        upfront_cost: Some(thousandths(cost * 7)),
        recurring_cost: thousandths(cost * 100),
    };
    (account(of), fee)
}

fn worlds() -> impl Strategy<Value = World> {
    let used = (0..4_usize, 0..7_usize, any::<bool>(), select(vec![0, 1, 14, 15, 23]), 1..240_i128);
    let reserved =
        (0..4_usize, select(vec![0, 1, 2, 3, 4, 6]), any::<bool>(), 1..4_u32, 0..90_i128);
    let planned = (0..4_usize, any::<bool>(), 1..900_i128, 0..900_i128);
    (
        prop::collection::vec(used, 0..24),
        prop::collection::vec(reserved, 0..5),
        prop::collection::vec(planned, 0..4),
    )
        .prop_map(|(used, reserved, planned)| world(&used, &reserved, &planned))
}

fn orders() -> impl Strategy<Value = Order> {
    (
        select(vec![PlanOrder::ByArn, PlanOrder::BySaving]),
        select(vec![Precedence::Type, Precedence::Owner]),
        select(vec![Tie::Account, Tie::UsageType]),
    )
        .prop_map(|(plans, precedence, tie)| Order {
            plans,
            precedence,
            tie,
            ..Order::default()
        })
}

/// The first two accounts belong to one customer and the third to another. The payer belongs to nobody.
fn customers() -> BTreeMap<AccountId, String> {
    let names = ["acme", "acme", "globex"];
    (0..3).map(|number| (account(number), names[number].to_owned())).collect()
}

fn hand_out(
    world: &World,
    sharing: Sharing,
    groups: BTreeMap<AccountId, String>,
    assignments: &[Assignment],
    order: Order,
) -> AllocatedDay {
    let policy = Policy {
        sharing,
        eligibility: Eligibility::new(sharing.passes().iter().copied(), groups, BTreeSet::new()),
        assignments,
    };
    allocate(world, &policy, order, &ListedRates::default())
}

/// Allocates a day on which AWS applied nothing, so nothing is compared and nothing is kept.
fn allocate(world: &World, policy: &Policy<'_>, order: Order, rates: &ListedRates) -> AllocatedDay {
    let day = world.day();
    Situation::new(&day, order, rates).allocate(policy, &Replayed::default()).unwrap()
}

/// The covered amount of each usage.
fn covered(day: &AllocatedDay) -> BTreeMap<(UsageHour, AccountId, String, String, String), Amount> {
    let mut covered = BTreeMap::new();
    for row in &day.allocations {
        let place = (
            row.usage_hour,
            row.usage_account_id,
            row.sku.usage_type.clone(),
            row.sku.operation.clone(),
            row.availability_zone.clone(),
        );
        *covered.entry(place).or_default() += row.usage_amount;
    }
    covered
}

/// Checks that nothing is handed out twice or lost, by hour and by day, in units and in money.
fn check_conserved(world: &World, day: &AllocatedDay) {
    assert_eq!(day.broken, None);
    let mut used: BTreeMap<(&str, &str), [Amount; 2]> = BTreeMap::new();
    for row in &day.allocations {
        let sums = used.entry((&row.commitment, &row.assigned_to)).or_default();
        sums[0] += row.units;
        sums[1] += row.commitment_cost;
        assert!(!row.units.is_negative() && !row.usage_amount.is_negative());
        assert_eq!(row.benefit, row.list_cost.map(|list| list - row.commitment_cost));
    }
    let mut purchased: BTreeMap<&str, [Amount; 2]> = BTreeMap::new();
    for row in &day.commitments {
        let [units, cost] =
            used.remove(&(row.commitment.as_str(), row.assigned_to.as_str())).unwrap_or_default();
        assert_eq!([row.used, row.used_cost], [units, cost], "{row:?}");
        assert_eq!(row.used + row.unused, row.purchased, "{row:?}");
        assert_eq!(row.used_by_owner + row.lent, row.used, "{row:?}");
        let unused_cost = row.unused_cost.unwrap();
        assert_eq!(row.used_cost + unused_cost, row.upfront_cost + row.recurring_cost);
        assert!(!row.unused.is_negative() && !unused_cost.is_negative(), "{row:?}");
        let sums = purchased.entry(&row.commitment).or_default();
        sums[0] += row.purchased;
        sums[1] += row.upfront_cost + row.recurring_cost;
    }
    assert!(used.is_empty(), "{used:?}");
    for arn in world.plans.keys() {
        let fees = world.rows.iter().filter(|row| world.skus[row.sku].commitment == *arn);
        let fees: Amount = fees.filter_map(|row| row.commitment_cost).sum();
        assert_eq!(purchased[arn.as_str()], [fees, fees]);
    }
    let benefit =
        |rows: &mut dyn Iterator<Item = Option<Amount>>| rows.map(Option::unwrap).sum::<Amount>();
    let total = benefit(&mut day.allocations.iter().map(|row| row.benefit));
    assert_eq!(benefit(&mut day.benefits.iter().map(|row| row.benefit)), total);
    assert_eq!(benefit(&mut day.commitments.iter().map(|row| row.benefit)), total);
    for row in day.coverage.iter().map(|day| day.at_list.unwrap()) {
        assert_eq!(row.reserved + row.planned + row.on_demand, row.list_cost, "{row:?}");
        assert!(!row.on_demand.is_negative() && row.borrowed <= row.reserved + row.planned);
    }
}

const POLICIES: [Sharing; 4] =
    [Sharing::Reseller, Sharing::Owner, Sharing::Customer, Sharing::Everyone];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn nothing_is_handed_out_twice_or_lost(world in worlds(), order in orders()) {
        for sharing in POLICIES {
            check_conserved(&world, &hand_out(&world, sharing, customers(), &[], order));
        }
    }

    #[test]
    fn who_may_use_more_never_gets_less(world in worlds(), order in orders()) {
        let mut before = BTreeMap::new();
        for sharing in POLICIES {
            let now = covered(&hand_out(&world, sharing, customers(), &[], order));
            // Amounts end at the tenth decimal, so a part may be smaller by one unit of that decimal.
            let crumb = Amount::from_units(10_i128.pow(8));
            for (place, covered) in &before {
                let covered_now = now.get(place).copied().unwrap_or_default();
                prop_assert!(covered_now + crumb >= *covered, "{:?} {:?}", sharing, place);
            }
            before = now;
        }
    }

    #[test]
    fn the_order_of_the_input_changes_nothing(
        world in worlds(),
        order in orders(),
        seed in any::<u64>(),
    ) {
        let shuffled = world.shuffled(seed);
        for sharing in Sharing::ALL {
            let of = |world| hand_out(world, sharing, customers(), &[], order);
            prop_assert_eq!(of(&world), of(&shuffled));
        }
    }

    #[test]
    fn to_a_single_customer_everyone_is_the_customer(world in worlds(), order in orders()) {
        let all: BTreeMap<_, _> = (0..4).map(|number| (account(number), "all".to_owned())).collect();
        let customer = hand_out(&world, Sharing::Customer, all.clone(), &[], order);
        prop_assert_eq!(customer, hand_out(&world, Sharing::Everyone, all, &[], order));
    }

    #[test]
    fn parts_that_are_assigned_add_up(world in worlds(), count in 1..3_u32, order in orders()) {
        let assignments: Vec<Assignment> = (world.plans.keys().cloned())
            .chain(world.reservations.iter().map(|(_, fee)| fee.arn.clone()))
            // A plan of less than one dollar has no whole dollar to give away.
            .filter(|arn| count != 1 || !arn.contains("savingsplan"))
            .map(|arn| Assignment {
                arn,
                customer: "globex".to_owned(),
                count: std::num::NonZeroU32::new(count).filter(|count| count.get() == 1),
                from: None,
                until: None,
            })
            .collect();
        for sharing in POLICIES {
            let day = hand_out(&world, sharing, customers(), &assignments, order);
            check_conserved(&world, &day);
            if sharing != Sharing::Everyone && count != 1 {
                let globex = day.allocations.iter().all(|row| row.usage_account_id == account(2));
                prop_assert!(globex, "all of it was given to globex");
            }
        }
    }
}

/// One account has the single best piece of usage. Another account has more savings in all.
#[test]
fn beneficiaries_come_by_usage_or_by_account() {
    // One hour of m5.2xlarge saves 29.7 percent, which is 0.114. Eight hours of m5.large save 27.1 percent
    // each, which is 0.208 together.
    let used = [(1, 2, true, 0, 60), (2, 0, true, 0, 240), (2, 0, false, 0, 240)];
    let world = world(&used, &[], &[(0, true, 140, 140)]);
    for (beneficiaries, expected) in
        [(Beneficiaries::ByUsage, account(1)), (Beneficiaries::ByAccount, account(2))]
    {
        let order = Order { beneficiaries, ..Order::default() };
        let day = hand_out(&world, Sharing::Everyone, BTreeMap::new(), &[], order);
        assert!(!day.allocations.is_empty());
        assert!(day.allocations.iter().all(|row| row.usage_account_id == expected), "{order:?}");
    }
}

/// Usage whose rate is unknown stays on demand and is named. With the rate in the list of rates, it is
/// covered.
#[test]
fn a_missing_rate_is_named_and_never_guessed() {
    let mut world = world(&[(0, 5, true, 0, 60), (0, 0, true, 0, 60)], &[], &[(0, true, 900, 900)]);
    world.skus.iter_mut().for_each(|demand| {
        if demand.sku.service_code == "AmazonECS" {
            demand.savings_plan_rate = None;
        }
    });
    let day = hand_out(&world, Sharing::Owner, customers(), &[], Order::default());
    assert_eq!(day.allocations.len(), 1);
    let missing: Vec<&str> =
        day.missing_rates.iter().map(|rate| rate.sku.service_code.as_str()).collect();
    assert_eq!(missing, ["AmazonECS"]);

    let header = "savings_plan_arn,offering_type,purchase_term,payment_option,service_code,region,\
                  usage_type,operation,rate\n";
    let line = ",ComputeSavingsPlans,1yr,Partial Upfront,AmazonECS,us-east-1,\
                USE1-Fargate-vCPU-Hours:perCPU,FargateTask,0.03\n";
    let rates = ListedRates::parse(format!("{header}{line}").as_bytes()).unwrap();
    let policy = Policy {
        sharing: Sharing::Owner,
        eligibility: Eligibility::new([Pass::Owner], customers(), BTreeSet::new()),
        assignments: &[],
    };
    let day = allocate(&world, &policy, Order::default(), &rates);
    assert!(day.missing_rates.is_empty());
    let fargate = day.allocations.iter().find(|row| row.sku.service_code == "AmazonECS").unwrap();
    assert_eq!(fargate.units, amount("0.03"));
    assert_eq!(fargate.benefit, Some(amount("0.01048")));

    // If lines of the plan give two rates, the rate is unknown. A line of the list of rates that names the
    // plan decides.
    let fargate =
        world.skus.iter().position(|demand| demand.sku.service_code == "AmazonECS").unwrap();
    for rate in ["0.031", "0.032"] {
        world.skus.push(DemandSku {
            line_item_type: LineItemType::SavingsPlanCoveredUsage,
            commitment: world.plans.keys().next().unwrap().clone(),
            savings_plan_rate: Some(amount(rate)),
            ..world.skus[fargate].clone()
        });
    }
    let missing = |rates: &ListedRates| {
        allocate(&world, &policy, Order::default(), rates).missing_rates.len()
    };
    assert_eq!(missing(&rates), 1);
    let arn = world.plans.keys().next().unwrap();
    let own = line.replace(",ComputeSavingsPlans,1yr,Partial Upfront", &format!("{arn},,,"));
    let rates = ListedRates::parse(format!("{header}{own}").as_bytes()).unwrap();
    assert_eq!(missing(&rates), 0);
}

/// Free usage has the same usage type as paid usage. AWS does not cover it.
#[test]
fn what_is_free_takes_nothing_of_a_commitment() {
    let mut world = world(&[(0, 0, true, 0, 60)], &[], &[(0, true, 900, 900)]);
    let free = DemandSku { unblended_rate: Some(Amount::ZERO), ..world.skus[0].clone() };
    world.skus.push(free);
    let row = DemandRow {
        sku: world.skus.len() - 1,
        list_cost: Some(Amount::ZERO),
        unblended_cost: Amount::ZERO,
        ..world.rows[0].clone()
    };
    world.rows.push(row);
    let day = hand_out(&world, Sharing::Owner, customers(), &[], Order::default());
    assert_eq!(day.allocations.len(), 1);
    assert_eq!(day.allocations[0].usage_amount, amount("1"));
    assert_eq!(day.allocations[0].benefit, Some(amount("0.026")));
}

/// Usage that AWS has covered can be covered, even if no table of the project knows it.
#[test]
fn usage_that_nobody_knows_keeps_its_plan() {
    let mut world = world(&[(0, 0, true, 0, 60)], &[], &[(0, true, 900, 900)]);
    for demand in &mut world.skus {
        if demand.sku.usage_type == "BoxUsage:m5.large" {
            "QuantumUsage:q1.large".clone_into(&mut demand.sku.usage_type);
        }
    }
    let day = hand_out(&world, Sharing::Owner, customers(), &[], Order::default());
    assert_eq!(day.allocations.len(), 1);
    assert_eq!(day.allocations[0].commitment_cost, amount("0.07"));
}

/// Without hours nothing can be handed out. Without commitments, hours are not needed.
#[tokio::test]
async fn a_daily_report_is_billed_unless_there_are_commitments() {
    let daily = Line::usage(ACCOUNTS[0], "2.4").with(Column::UsageEndDate, "2026-10-02T00:00:00Z");
    let plan = SavingsPlan { arn: "arn:aws:savingsplans::1:savingsplan/0", owner: ACCOUNTS[0] };
    let fee = plan.recurring_fee("0.5", "1", "0");
    let refusal = "column lineItem/UsageEndDate: \"2026-10-02T00:00:00Z\" is more than an hour";
    let no_time = daily.clone().with(Column::UsageEndDate, "soon");
    for (sharing, lines, refusal) in [
        ("customer", vec![daily.clone()], None),
        ("customer", vec![daily.clone(), fee.clone()], Some(refusal)),
        ("as_billed", vec![daily, fee, no_time], None),
    ] {
        let world = testkit::World::new(&format!(
            "[reseller]\nname = \"MSP\"\n[commitments]\nsharing = \"{sharing}\"\n\
             [[customer]]\nid = \"acme\"\naccounts = [\"111122223333\"]\n"
        ));
        let delivery = Delivery::new(Generation::Legacy, "20261103T120125Z", &lines);
        delivery.put(&world.reports);
        let given_up = world.deliver(&delivery.manifest_keys()[0], Delivered::Sent).await;
        match refusal {
            None => assert_eq!(given_up, [""; 0]),
            Some(refusal) => {
                assert!(given_up.iter().any(|why| why.contains(refusal)), "{given_up:?}");
            }
        }
    }
}

#[test]
fn a_list_of_rates_says_what_is_wrong_with_it() {
    let header = "savings_plan_arn,offering_type,purchase_term,payment_option,service_code,region,\
                  usage_type,operation,rate";
    let check = |lines: &str, expected: &[&str]| {
        let problems = ListedRates::parse(format!("{header}\n{lines}").as_bytes());
        let problems: Vec<String> =
            problems.err().into_iter().flatten().map(|problem| problem.to_string()).collect();
        assert_eq!(problems, expected, "{lines}");
    };
    check("", &[]);
    check(
        "arn,,,,AmazonEC2,r,BoxUsage:m5.large,RunInstances,seven\n\
         arn,,,,,r,BoxUsage:m5.large,RunInstances,1\n\
         ,ComputeSavingsPlans,,,AmazonEC2,r,BoxUsage:m5.large,RunInstances,1\n\
         arn,,,,AmazonEC2,r,BoxUsage:m5.large,RunInstances,1\n\
         arn,,,,AmazonEC2,r,BoxUsage:m5.large,RunInstances,2\n",
        &[
            "line 2, column rate: \"seven\" it is not a number",
            "line 3, column service_code: \"\" is empty; write it as the report has it",
            "line 4, column savings_plan_arn: \"\" is empty; name a plan, or fill in offering_type, \
             purchase_term and payment_option",
            "line 6, column rate: \"2\" is another one than a line before has for the same; remove one",
        ],
    );
    let problems = ListedRates::parse(b"rate\n").unwrap_err();
    assert!(
        problems[0].to_string().starts_with("line 1, column savings_plan_arn: the header has no")
    );
}

/// A number stays a fraction if its decimals do not end.
#[test]
fn exact_numbers_are_exact() {
    let exact = |text: &str| text.parse::<Exact>().unwrap();
    let third = &exact("1") / &exact("3");
    assert_eq!(third.to_string(), "1/3");
    assert_eq!(&(&third + &third) + &third, exact("1"));
    assert_eq!((&third * &exact("0.75")).to_string(), "0.25");
    assert_eq!(&exact("20/7") - &exact("6/7"), exact("2"));
    assert!(third < exact("0.333333333333333334") && third > exact("0.333333333333333333"));
    assert_eq!(money::rounding::cut(&third), amount("0.333333333333333333"));
    assert_eq!((&exact("0.0000000123") * &exact("0.0000166667")).as_amount(), None);
    let wide = &(&exact("0.0000000123") * &exact("0.0000166667")) / &exact("0.0000166667");
    assert_eq!(wide, exact("0.0000000123"));
}

proptest! {
    /// One part of an even split can be computed without the other parts.
    #[test]
    fn even_parts_are_the_parts(units in -10_i128.pow(24)..10_i128.pow(24), parts in 1_u32..50) {
        let whole = Amount::from_units(units);
        let weights = vec![Amount::from(1); parts as usize];
        let all: Vec<Amount> = (0..parts).map(|part| money::even_part(whole, parts, part)).collect();
        prop_assert_eq!(all, money::apportion(whole, &weights).unwrap());
    }
}
