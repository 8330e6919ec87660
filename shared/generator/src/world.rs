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

/// Takes the lines of a report, one by one.
pub(crate) type Emit<'e> = &'e mut dyn FnMut(&Line<'_>) -> io::Result<()>;

pub(crate) struct World {
    pub(crate) seed: u64,
    /// The first moment of the period.
    pub(crate) origin: NaiveDateTime,
    /// The hours of the period.
    pub(crate) hours: i64,
    /// From here on the fleet runs. A small report has no room for a whole month of it.
    pub(crate) first_hour: i64,
    pub(crate) accounts: Vec<Account>,
    pub(crate) products: Vec<Product>,
    pub(crate) fleet: Vec<Resource>,
    pub(crate) commitments: Vec<Commitment>,
    /// Products that no commitment covers, by whether they cost anything.
    pub(crate) free: Range<usize>,
    pub(crate) paid: Range<usize>,
    pub(crate) container: usize,
    pub(crate) entries: Vec<Entry>,
}

/// What is known of a report before its first line is written.
pub(crate) struct Survey {
    /// Lines of the period as a whole, which come first, and then of each hour.
    pub(crate) monthly_lines: u64,
    pub(crate) hourly_lines: Vec<u64>,
    /// Lines of usage that no commitment can cover; they fill the report up to the asked size.
    pub(crate) other_usage: u64,
    /// By commitment: the quanta used in the period.
    pub(crate) used: Vec<i64>,
    /// By account, in 10⁻¹⁰: what on-demand usage costs.
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
        let accounts = accounts(options.accounts);
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

/// The first hour in which the fleet runs, and its size, for a report of so many lines.
fn extent(lines: u64, hours: i64) -> (i64, usize) {
    /// Lines an hour that even the smallest fleet needs, and the hours that it runs at least.
    const LEAST_LINES: u64 = 70;
    const LEAST_HOURS: i64 = 16;
    /// Of the whole report, in percent: lines of the fleet, and resources in it.
    const FLEET_LINES: u64 = 60;
    const RESOURCES: u64 = 30;
    let affordable = i64::try_from(lines * FLEET_LINES / 100 / LEAST_LINES).unwrap_or(hours);
    let running = affordable.clamp(LEAST_HOURS, hours);
    let resources = lines * RESOURCES / 100 / hours.unsigned_abs();
    let size = if running < hours { 0 } else { usize::try_from(resources).unwrap_or(usize::MAX) };
    (hours - running, size)
}
