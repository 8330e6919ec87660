//! The payer and its customers in one billing period.

use std::io;
use std::ops::Range;

use chrono::{NaiveDateTime, NaiveTime};

use crate::account::{Account, accounts, unshared_account};
use crate::commitments::{Commitment, Market};
use crate::entries::{Entry, entries};
use crate::fleet::{Resource, fleet};
use crate::line::Line;
use crate::options::Options;
use crate::products::{Product, catalogue};

/// A function that takes the lines of a report, one by one.
pub(crate) type Emit<'e> = &'e mut dyn FnMut(&Line<'_>) -> io::Result<()>;

pub(crate) struct World {
    pub(crate) seed: u64,
    /// How often AWS has restated the period.
    pub(crate) revision: u32,
    /// The first moment of the period.
    pub(crate) origin: NaiveDateTime,
    /// The hours of the period.
    pub(crate) hours: i64,
    /// The fleet runs from this hour on. A small report has no room for a whole month of the fleet.
    pub(crate) first_hour: i64,
    pub(crate) accounts: Vec<Account>,
    pub(crate) products: Vec<Product>,
    pub(crate) fleet: Vec<Resource>,
    pub(crate) commitments: Vec<Commitment>,
    /// The products that no commitment covers and that cost nothing.
    pub(crate) free: Range<usize>,
    /// The products that no commitment covers and that cost something.
    pub(crate) paid: Range<usize>,
    pub(crate) container: usize,
    pub(crate) entries: Vec<Entry>,
}

/// The counts and sums of a report that are needed before its first line is written.
pub(crate) struct Survey {
    /// How many lines are about the period as a whole. They come first in the report.
    pub(crate) monthly_lines: u64,
    /// How many lines each hour has.
    pub(crate) hourly_lines: Vec<u64>,
    /// How many lines have usage that no commitment can cover. They bring the report to the size of the
    /// options.
    pub(crate) other_usage: u64,
    /// For each commitment, the quanta that were used in the period.
    pub(crate) used: Vec<i64>,
    /// For each account, the cost of its on-demand usage, in 10⁻¹⁰.
    pub(crate) usage_cost: Vec<i128>,
}

impl Survey {
    pub(crate) fn lines(&self) -> u64 {
        self.monthly_lines + self.hourly_lines.iter().sum::<u64>()
    }
}

impl World {
    pub(crate) fn new(options: &Options) -> Self {
        let origin = options.period.first_day().and_time(NaiveTime::MIN);
        let hours = (options.period.end() - options.period.first_day()).num_hours();
        let accounts = accounts(options);
        let mut products = catalogue();
        for (index, product) in products.iter_mut().enumerate() {
            product.index = index;
        }
        let (first_hour, size) = extent(options.lines, hours);
        let fleet = fleet(&products, accounts.len(), size, options.seed);
        let coverable = products.partition_point(Product::is_coverable);
        let free_end = products.partition_point(|p| p.is_coverable() || p.rate.is_zero());
        let (free, paid) = (coverable..free_end, free_end..products.len());
        let unshared = unshared_account(options).and_then(|number| usize::try_from(number).ok());
        let market = Market {
            accounts: &accounts,
            unshared,
            fleet: &fleet,
            products: &mut products,
            origin,
            running: first_hour..hours,
            seed: options.seed,
        };
        let commitments = market.commitments();
        let container = products.len();
        products.push(Product {
            index: container,
            unit: "vCPU-Hours",
            ..Product::named(
                "AmazonEKS",
                "Amazon Elastic Kubernetes Service",
                "USE1-EKS-EC2-vCPU-Hours",
                "EKSPod-EC2",
                "Split cost allocation of a pod, by vCPU",
            )
        });
        let entries = entries(&mut products, accounts.len());
        Self {
            seed: options.seed,
            revision: options.revision,
            origin,
            hours,
            first_hour,
            accounts,
            products,
            fleet,
            commitments,
            free,
            paid,
            container,
            entries,
        }
    }
}

/// The first hour in which the fleet runs, and the size of the fleet, for a report of this many lines.
fn extent(lines: u64, hours: i64) -> (i64, usize) {
    /// How many lines the smallest fleet needs for each hour.
    const LEAST_LINES: u64 = 70;
    /// How many hours the fleet runs at least.
    const LEAST_HOURS: i64 = 16;
    /// How many percent of all lines are for the fleet.
    const FLEET_LINES: u64 = 60;
    /// How many resources the fleet has, in percent of the lines of an average hour.
    const RESOURCES: u64 = 30;
    let affordable = i64::try_from(lines * FLEET_LINES / 100 / LEAST_LINES).unwrap_or(hours);
    let running = affordable.clamp(LEAST_HOURS, hours);
    let resources = lines * RESOURCES / 100 / hours.unsigned_abs();
    let size = if running < hours { 0 } else { usize::try_from(resources).unwrap_or(usize::MAX) };
    (hours - running, size)
}
