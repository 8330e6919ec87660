//! Rating: an account's lines, one by one, into groups with a standard price and a classification.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use commitments::{DemandRow, DemandSku, Sharing};
use contracts::{Basis, ChargeKind};
use cur::{
    AccountId, BillingPeriod, CellProblem, Column, LineError, LineItem, LineItemType, UsageHour,
};
use money::Amount;
use pipeline::{
    AccountLine, CommitmentTally, LineNote, LineTotals, PlanTerms, ReservationFee, Tally, Units,
};

use crate::commitment_fees::{plan_terms, reservation_fee};
use crate::groups::{Groups, Key};
use crate::rated_line::RatedLine;
use crate::report_checks::ReportChecks;

/// Which report the lines are to be of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfReport {
    pub payer: AccountId,
    pub period: BillingPeriod,
    /// Whether a manifest says so. Where none does, lines that say otherwise are refused.
    pub has_manifest: bool,
}

/// Which numbers the account's bill depends on, by its customer's basis. A line that lacks one of
/// them stops the run; a line that lacks another is counted by a report check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Needs {
    /// The on-demand cost of lines that a reservation covered.
    pub list_cost: bool,
    /// The effective cost of covered lines and the unused part of fees.
    pub amortized_cost: bool,
    /// What there is of commitments and in which hours usage was: everybody's bill depends on it where
    /// commitments are handed out anew.
    pub commitments: bool,
}

impl Needs {
    /// By the basis of the account's customer, `None` where it belongs to nobody.
    pub fn of(basis: Option<Basis>, sharing: Sharing) -> Self {
        Self {
            list_cost: basis == Some(Basis::List),
            // By list price the engine works the cost of what is covered out of the fees.
            amortized_cost: basis == Some(Basis::Amortized)
                || basis == Some(Basis::List) && sharing == Sharing::AsBilled,
            commitments: sharing.is_handed_out(),
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
    /// In the order of their columns.
    pub skus: Vec<DemandSku>,
    /// By hour, then in the order of the SKUs.
    pub demand: Vec<DemandRow>,
    pub reservations: Vec<ReservationFee>,
    pub plans: BTreeMap<String, PlanTerms>,
    pub totals: LineTotals,
    pub amortized_cost: Amount,
    pub commitments: BTreeMap<String, CommitmentTally>,
    pub product_codes: Vec<String>,
    pub line_item_types: Vec<String>,
    pub currencies: Vec<String>,
    pub report_checks: BTreeMap<String, Tally>,
    /// The first line whose hour nobody knows. Where there are commitments, they cannot be handed out.
    pub not_hourly: Option<LineNote>,
}

/// Takes an account's lines in any order.
pub struct Rater {
    account: AccountId,
    period: BillingPeriod,
    needs: Needs,
    /// How many lines were taken, with the one at hand.
    taken: u64,
    groups: Groups<LineGroup>,
    skus: Groups<DemandSku>,
    demand: Groups<DemandRow>,
    reservations: Vec<ReservationFee>,
    plans: BTreeMap<String, PlanTerms>,
    totals: LineTotals,
    amortized_cost: Amount,
    commitments: BTreeMap<String, CommitmentTally>,
    checks: ReportChecks,
    not_hourly: Option<LineNote>,
}

impl Rater {
    pub fn new(account: AccountId, report: OfReport, needs: Needs) -> Self {
        Self {
            account,
            period: report.period,
            needs,
            taken: 0,
            groups: Groups::default(),
            skus: Groups::default(),
            demand: Groups::default(),
            reservations: Vec::new(),
            plans: BTreeMap::new(),
            totals: LineTotals::default(),
            amortized_cost: Amount::ZERO,
            commitments: BTreeMap::new(),
            checks: ReportChecks::new(report),
            not_hourly: None,
        }
    }

    /// The line that was taken last, or refused.
    pub const fn last_line(&self) -> AccountLine {
        AccountLine { account: self.account, number: self.taken }
    }

    pub fn add(&mut self, line: &LineItem) -> Result<(), LineError> {
        self.taken += 1;
        self.checks.check_identity(line, self.last_line())?;
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
        self.checks.check(line, &rated, self.last_line())?;
        if !rated.commitment.is_empty() {
            self.tally(line, &rated);
        }
        self.add_commitment(line, &rated)?;
        self.add_to_groups(&rated);
        if rated.is_hourly_demand() {
            self.add_to_demand(line, &rated)?;
        }
        Ok(())
    }

    fn add_to_groups(&mut self, line: &RatedLine) {
        let account = self.account;
        let key = |key: &mut Key| {
            let day = UsageHour::midnight(line.hour.date());
            key.hour(day).item_type(line.item_type).texts(&line.descriptive_columns());
        };
        let group = self.groups.find(key, || LineGroup {
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

    /// Fees without which nothing can be handed out. Where nothing is, they may be what they want.
    fn add_commitment(&mut self, line: &LineItem, rated: &RatedLine) -> Result<(), LineError> {
        let needed = |error| if self.needs.commitments { Err(error) } else { Ok(()) };
        match rated.item_type {
            LineItemType::RiFee => match reservation_fee(line, rated, self.period) {
                Ok(fee) => self.reservations.push(fee),
                Err(error) => needed(error)?,
            },
            LineItemType::SavingsPlanRecurringFee => match plan_terms(line, rated) {
                Ok(terms) => _ = self.plans.insert(rated.commitment.to_string(), terms),
                Err(error) => needed(error)?,
            },
            _ => {}
        }
        Ok(())
    }

    fn add_to_demand(&mut self, line: &LineItem, rated: &RatedLine) -> Result<(), LineError> {
        let is_of_an_hour =
            rated.is_usage() || rated.item_type == LineItemType::SavingsPlanRecurringFee;
        if self.needs.commitments && is_of_an_hour && self.not_hourly.is_none() {
            let end = line.hour(Column::UsageEndDate)?;
            if end.is_some_and(|end| end.hours_since(rated.hour) > 1) {
                let error = line.refuse(Column::UsageEndDate, CellProblem::LongerThanAnHour);
                self.not_hourly = Some(LineNote { line: self.last_line(), text: error.of_cell() });
            }
        }
        let sku = self.sku(line, rated)?;
        let key = |key: &mut Key| _ = key.hour(rated.hour).number(sku);
        let row = self.demand.find(key, || DemandRow {
            usage_date: rated.hour.date(),
            usage_hour: rated.hour,
            sku,
            usage_amount: Amount::ZERO,
            unblended_cost: Amount::ZERO,
            list_cost: Some(Amount::ZERO),
            commitment_cost: Amount::ZERO,
        });
        row.usage_amount += rated.usage_amount;
        row.unblended_cost += rated.costs.unblended;
        row.list_cost = sum_if_known(row.list_cost, rated.costs.list);
        row.commitment_cost += match rated.item_type {
            LineItemType::SavingsPlanRecurringFee => {
                line.amount(Column::TotalCommitmentToDate).unwrap_or_default().unwrap_or_default()
            }
            _ => rated.costs.amortized,
        };
        Ok(())
    }

    /// The place of what the line is about, apart from its hour. Rates are texts here: what is equal to
    /// the letter is the same, and each is read once.
    fn sku(&mut self, line: &LineItem, rated: &RatedLine) -> Result<usize, LineError> {
        const NUMBERS: [Column; 4] = [
            Column::NormalizationFactor,
            Column::PublicOnDemandRate,
            Column::UnblendedRate,
            Column::SavingsPlanRate,
        ];
        let zone = line.text(Column::AvailabilityZone)?;
        let [factor, public, unblended, plan] = NUMBERS.map(|column| line.text(column));
        let numbers = [&*factor?, &*public?, &*unblended?, &*plan?];
        let number = |column| line.amount(column).unwrap_or_default();
        let key = |key: &mut Key| {
            key.item_type(rated.item_type).texts(&rated.descriptive_columns());
            key.texts(&[&zone]).texts(&numbers);
        };
        Ok(self.skus.position(key, || DemandSku {
            usage_account_id: self.account,
            line_item_type: rated.item_type,
            commitment: rated.commitment.to_string(),
            service_code: rated.service_code.to_string(),
            region: rated.region.to_string(),
            usage_type: rated.usage_type.to_string(),
            operation: rated.operation.to_string(),
            availability_zone: zone.to_string(),
            currency: rated.currency.to_string(),
            normalization_factor: number(Column::NormalizationFactor),
            public_rate: number(Column::PublicOnDemandRate),
            unblended_rate: number(Column::UnblendedRate),
            savings_plan_rate: number(Column::SavingsPlanRate),
        }))
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
                seen.purchased_cost = rated.costs.unblended + cell(Column::AmortizedUpfrontFee);
                seen.unused = Units {
                    plain: cell(Column::UnusedQuantity),
                    normalized: cell(Column::UnusedNormalizedUnitQuantity),
                };
            }
            LineItemType::SavingsPlanRecurringFee => {
                seen.purchased = plain(cell(Column::TotalCommitmentToDate));
                seen.purchased_cost = seen.purchased.plain;
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

    pub fn finish(mut self) -> Rated {
        let groups = self.groups.into_sorted();
        let (skus, places) = self.skus.into_sorted_with_positions();
        let mut demand = self.demand.into_sorted();
        for row in &mut demand {
            row.sku = places[row.sku];
        }
        demand.sort_by_key(|row| (row.usage_hour, row.sku));
        // Fees come in the order of lines, which is no part of a bill.
        self.reservations.sort_by(|a, b| (&a.arn, a.first_hour).cmp(&(&b.arn, b.first_hour)));
        Rated {
            product_codes: distinct(groups.iter().map(|group| group.service_code.as_str())),
            line_item_types: distinct(groups.iter().map(|group| group.line_item_type.name())),
            currencies: distinct(groups.iter().map(|group| group.currency.as_str())),
            groups,
            skus,
            demand,
            reservations: self.reservations,
            plans: self.plans,
            totals: self.totals,
            amortized_cost: self.amortized_cost,
            commitments: self.commitments,
            report_checks: self.checks.into_tallies(),
            not_hourly: self.not_hourly,
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
