//! Rating: an account's lines, one by one, into groups with a standard price and a classification.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use commitments::{DemandRow, Sharing};
use contracts::{Basis, ChargeKind};
use cur::{AccountId, Column, LineError, LineItem, LineItemType};
use money::Amount;
use pipeline::{CommitmentTally, LineTotals, Tally, Units};

use crate::groups::{Groups, Rank};
use crate::rated_line::RatedLine;
use crate::report_checks::ReportChecks;

/// Which numbers the account's bill depends on, by its customer's basis. A line that lacks one of
/// them stops the run; a line that lacks another is counted by a report check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Needs {
    /// The on-demand cost of lines that a reservation covered.
    pub list_cost: bool,
    /// The effective cost of covered lines and the unused part of fees.
    pub amortized_cost: bool,
}

impl Needs {
    pub fn of(basis: Basis, sharing: Sharing) -> Self {
        match basis {
            Basis::List => Self { list_cost: true, amortized_cost: sharing != Sharing::Reseller },
            Basis::Amortized => Self { list_cost: false, amortized_cost: true },
            Basis::Unblended => Self::default(),
        }
    }
}

/// Lines of one account and day that differ in nothing that a price or a dataset depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineGroup {
    pub usage_date: NaiveDate,
    pub usage_account_id: AccountId,
    pub charge_kind: ChargeKind,
    pub line_item_type: LineItemType,
    pub service_code: String,
    pub region: String,
    pub usage_type: String,
    pub operation: String,
    pub currency: String,
    /// The ARN of the reservation or savings plan, empty for everything else.
    pub commitment: String,
    pub line_count: u64,
    pub usage_amount: Amount,
    pub unblended_cost: Amount,
    pub amortized_cost: Amount,
    pub list_cost: Option<Amount>,
}

/// An account's rated lines and what is to be known of them before they are priced.
#[derive(Debug)]
pub struct Rated {
    /// By day, then by their descriptive columns.
    pub groups: Vec<LineGroup>,
    /// By hour, then by their descriptive columns.
    pub demand: Vec<DemandRow>,
    pub totals: LineTotals,
    pub amortized_cost: Amount,
    pub commitments: BTreeMap<String, CommitmentTally>,
    pub product_codes: Vec<String>,
    pub line_item_types: Vec<String>,
    pub currencies: Vec<String>,
    pub report_checks: BTreeMap<String, Tally>,
}

/// Takes an account's lines in any order.
pub struct Rater {
    account: AccountId,
    needs: Needs,
    groups: Groups<LineGroup>,
    demand: Groups<DemandRow>,
    totals: LineTotals,
    amortized_cost: Amount,
    commitments: BTreeMap<String, CommitmentTally>,
    checks: ReportChecks,
}

impl Rater {
    pub fn new(account: AccountId, needs: Needs) -> Self {
        Self {
            account,
            needs,
            groups: Groups::default(),
            demand: Groups::default(),
            totals: LineTotals::default(),
            amortized_cost: Amount::ZERO,
            commitments: BTreeMap::new(),
            checks: ReportChecks::default(),
        }
    }

    pub fn add(&mut self, line: &LineItem) -> Result<(), LineError> {
        let unblended = line.required_amount(Column::UnblendedCost)?;
        if cur::is_split_cost_line(line)? {
            self.totals.split_cost_lines += 1;
            self.totals.split_cost_unblended_cost += unblended;
            return Ok(());
        }
        let rated = RatedLine::read(line, self.needs)?;
        self.totals.lines += 1;
        self.totals.unblended_cost += unblended;
        self.amortized_cost += rated.costs.amortized;
        self.checks.check(line, &rated)?;
        if !rated.commitment.is_empty() {
            self.tally(line, &rated);
        }
        self.add_to_groups(&rated);
        if rated.is_hourly_demand() {
            self.add_to_demand(line, &rated)?;
        }
        Ok(())
    }

    fn add_to_groups(&mut self, line: &RatedLine) {
        let account = self.account;
        let rank = Rank { date: line.hour.date(), hour: 0, item_type: line.item_type };
        let group = self.groups.find(rank, &line.descriptive_columns(), || LineGroup {
            usage_date: line.hour.date(),
            usage_account_id: account,
            charge_kind: line.kind,
            line_item_type: line.item_type,
            service_code: line.service_code.to_string(),
            region: line.region.to_string(),
            usage_type: line.usage_type.to_string(),
            operation: line.operation.to_string(),
            currency: line.currency.to_string(),
            commitment: line.commitment.to_string(),
            line_count: 0,
            usage_amount: Amount::ZERO,
            unblended_cost: Amount::ZERO,
            amortized_cost: Amount::ZERO,
            list_cost: Some(Amount::ZERO),
        });
        group.line_count += 1;
        group.usage_amount += line.usage_amount;
        group.unblended_cost += line.costs.unblended;
        group.amortized_cost += line.costs.amortized;
        group.list_cost = sum_if_known(group.list_cost, line.costs.list);
    }

    fn add_to_demand(&mut self, line: &LineItem, rated: &RatedLine) -> Result<(), LineError> {
        let zone = line.text(Column::AvailabilityZone)?;
        let mut text = rated.descriptive_columns().to_vec();
        text.push(&zone);
        let rank =
            Rank { date: rated.hour.date(), hour: rated.hour.hour(), item_type: rated.item_type };
        let account = self.account;
        let row = self.demand.find(rank, &text, || DemandRow {
            usage_hour: rated.hour,
            usage_date: rated.hour.date(),
            usage_account_id: account,
            line_item_type: rated.item_type,
            commitment: rated.commitment.to_string(),
            service_code: rated.service_code.to_string(),
            region: rated.region.to_string(),
            usage_type: rated.usage_type.to_string(),
            operation: rated.operation.to_string(),
            availability_zone: zone.to_string(),
            currency: rated.currency.to_string(),
            usage_amount: Amount::ZERO,
            unblended_cost: Amount::ZERO,
            list_cost: Some(Amount::ZERO),
            commitment_cost: Amount::ZERO,
        });
        row.usage_amount += rated.usage_amount;
        row.unblended_cost += rated.costs.unblended;
        row.list_cost = sum_if_known(row.list_cost, rated.costs.list);
        row.commitment_cost += rated.costs.amortized;
        Ok(())
    }

    /// What the line says of its commitment: a covered line what was used, a fee line what was bought.
    fn tally(&mut self, line: &LineItem, rated: &RatedLine) {
        let cell = |column| line.amount(column).unwrap_or_default().unwrap_or(Amount::ZERO);
        let plain = |plain| Units { plain, normalized: Amount::ZERO };
        let mut seen = CommitmentTally::default();
        match rated.item_type {
            LineItemType::DiscountedUsage => {
                seen.used = Units {
                    plain: rated.usage_amount,
                    normalized: cell(Column::NormalizedUsageAmount),
                };
                seen.covered_cost = rated.costs.amortized;
            }
            LineItemType::SavingsPlanCoveredUsage => {
                seen.used = plain(rated.costs.amortized);
                seen.covered_cost = rated.costs.amortized;
            }
            LineItemType::RiFee => {
                seen.purchased = Units {
                    plain: cell(Column::TotalReservedUnits),
                    normalized: cell(Column::TotalReservedNormalizedUnits),
                };
                seen.unused = Units {
                    plain: cell(Column::UnusedQuantity),
                    normalized: cell(Column::UnusedNormalizedUnitQuantity),
                };
            }
            LineItemType::SavingsPlanRecurringFee => {
                seen.purchased = plain(cell(Column::TotalCommitmentToDate));
                seen.unused = plain(rated.costs.amortized);
            }
            _ => return,
        }
        if rated.kind == ChargeKind::CommitmentFee {
            seen.unused_cost = rated.costs.amortized;
            seen.service_code = rated.service_code.to_string();
            seen.currency = rated.currency.to_string();
        }
        self.commitments.entry(rated.commitment.to_string()).or_default().add(&seen);
    }

    pub fn finish(self) -> Rated {
        let groups = self.groups.into_sorted();
        Rated {
            product_codes: distinct(groups.iter().map(|group| group.service_code.as_str())),
            line_item_types: distinct(groups.iter().map(|group| group.line_item_type.name())),
            currencies: distinct(groups.iter().map(|group| group.currency.as_str())),
            groups,
            demand: self.demand.into_sorted(),
            totals: self.totals,
            amortized_cost: self.amortized_cost,
            commitments: self.commitments,
            report_checks: self.checks.into_tallies(),
        }
    }
}

fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    names.collect::<BTreeSet<_>>().into_iter().map(str::to_owned).collect()
}

/// A sum of which one part is unknown is unknown.
pub(crate) fn sum_if_known(sum: Option<Amount>, part: Option<Amount>) -> Option<Amount> {
    Some(sum? + part?)
}
