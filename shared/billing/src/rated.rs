//! Rating reads an account's lines one by one. It puts them into groups, with a standard price and a charge
//! kind.

use std::collections::{BTreeMap, BTreeSet};

use commitments::{
    CommitmentTally, Coverable, DemandRow, DemandSku, PlanTerms, ReservationFee, Units,
};
use contracts::ChargeKind;
use cur::{
    AccountId, AccountLine, BillingPeriod, CellProblem, Column, LineError, LineItem, LineItemType,
    LineNote, LineTotals, UsageHour,
};
use laws::Tallies;
use money::Amount;

use crate::classify::looks_like_support;
use crate::commitment_fees::{plan_terms, reservation_fee};
use crate::groups::{Groups, Key};
use crate::known::sum_if_known;
use crate::line_group::LineGroup;
use crate::needs::{Needs, OfReport};
use crate::price::hourly_commitment;
use crate::rated_line::RatedLine;
use crate::report_checks::ReportChecks;

/// An account's rated lines, and everything that must be known of them before they are priced.
#[derive(Debug)]
pub struct Rated {
    /// Sorted by day, then by type of line, then by descriptive columns.
    pub groups: Vec<LineGroup>,
    /// Sorted by their columns.
    pub skus: Vec<DemandSku>,
    /// Sorted by hour, then by SKU.
    pub demand: Vec<DemandRow>,
    pub reservations: Vec<ReservationFee>,
    pub plans: BTreeMap<String, PlanTerms>,
    pub totals: LineTotals,
    /// The sum of the amortized costs, as far as lines say them.
    pub amortized_cost: Amount,
    pub commitments: BTreeMap<String, CommitmentTally>,
    pub product_codes: Vec<String>,
    /// The product codes that look like AWS Support and are not known to be AWS Support.
    pub support_suspects: Vec<String>,
    pub line_item_types: Vec<String>,
    pub currencies: Vec<String>,
    pub report_checks: Tallies,
    /// The first line that is longer than an hour. If the report has commitments, they cannot be handed out.
    pub not_hourly: Option<LineNote>,
}

/// Takes an account's lines in any order.
pub struct Rater {
    account: AccountId,
    period: BillingPeriod,
    needs: Needs,
    /// The number of lines that were taken, with the current line.
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

    /// The line that was taken or refused last.
    pub const fn last_line(&self) -> AccountLine {
        AccountLine { account: self.account, number: self.taken }
    }

    pub fn add(&mut self, line: &LineItem) -> Result<(), LineError> {
        self.taken += 1;
        self.checks.check_identity(line, self.last_line())?;
        self.rate(line)?;
        self.checks.check_digits(line, self.last_line())
    }

    fn rate(&mut self, line: &LineItem) -> Result<(), LineError> {
        let unblended = line.required_amount(Column::UnblendedCost)?;
        if cur::is_split_cost_line(line)? {
            self.totals.split_cost_lines += 1;
            self.totals.split_cost_unblended_cost += unblended;
            return Ok(());
        }
        let rated = RatedLine::read(line, self.needs)?;
        self.totals.lines += 1;
        self.totals.unblended_cost += unblended;
        self.amortized_cost += rated.costs.amortized.unwrap_or_default();
        self.checks.check(line, &rated, self.last_line())?;
        self.add_commitment(line, &rated)?;
        if !rated.commitment.is_empty() {
            self.tally(line, &rated);
        }
        self.add_to_groups(line, &rated);
        if rated.is_hourly_demand() {
            self.add_to_demand(line, &rated)?;
        }
        Ok(())
    }

    fn add_to_groups(&mut self, item: &LineItem, line: &RatedLine) {
        let account = self.account;
        // Lines with unknown costs are in groups of their own, so that the known costs of other lines are not
        // lost.
        let unknown = usize::from(line.is_uncosted() || line.costs.amortized.is_none())
            + 2 * usize::from(line.costs.list.is_none());
        let key = |key: &mut Key| {
            let day = UsageHour::midnight(line.hour.date());
            key.hour(day).item_type(line.item_type).texts(&line.descriptive_columns());
            if unknown > 0 {
                key.number(unknown);
            }
        };
        let group = self.groups.find(key, || LineGroup {
            usage_date: line.hour.date(),
            usage_account_id: account,
            charge_kind: line.kind,
            line_item_type: line.item_type,
            sku: line.sku(),
            currency: line.currency.to_string(),
            commitment: line.commitment.to_string(),
            line_count: 0,
            uninvoiced_line_count: 0,
            usage_amount: Amount::ZERO,
            normalized_usage_amount: Amount::ZERO,
            unblended_cost: Amount::ZERO,
            amortized_cost: Some(Amount::ZERO),
            list_cost: Some(Amount::ZERO),
        });
        group.line_count += 1;
        // AWS fills the cell when it issues the invoice. Without the column, no line is known to be on one.
        group.uninvoiced_line_count += u64::from(item.bytes(Column::InvoiceId).is_empty());
        group.usage_amount += line.usage_amount;
        if line.is_covered() {
            group.normalized_usage_amount += normalized(item);
        }
        group.unblended_cost += line.costs.unblended;
        // A zero in a column that does not apply is not a cost.
        let amortized = line.costs.amortized.filter(|_| !line.is_uncosted());
        group.amortized_cost = sum_if_known(group.amortized_cost, amortized);
        group.list_cost = sum_if_known(group.list_cost, line.costs.list);
    }

    /// Collects the fees and the terms of commitments. A covered line or a fee without the ARN of its
    /// commitment is refused if commitments are handed out, because nobody knows which commitment it belongs
    /// to.
    fn add_commitment(&mut self, line: &LineItem, rated: &RatedLine) -> Result<(), LineError> {
        if rated.kind == ChargeKind::Marketplace {
            return Ok(());
        }
        let name = match rated.item_type {
            LineItemType::RiFee | LineItemType::DiscountedUsage => Column::ReservationArn,
            LineItemType::SavingsPlanRecurringFee | LineItemType::SavingsPlanCoveredUsage => {
                Column::SavingsPlanArn
            }
            _ => return Ok(()),
        };
        if rated.commitment.is_empty() {
            let error = || line.refuse(name, CellProblem::NoCommitment);
            return if self.needs.commitments { Err(error()) } else { Ok(()) };
        }
        let read = match rated.item_type {
            LineItemType::RiFee => {
                reservation_fee(line, rated, self.period).map(|fee| self.reservations.push(fee))
            }
            LineItemType::SavingsPlanRecurringFee => plan_terms(line, rated)
                .map(|terms| _ = self.plans.insert(rated.commitment.to_string(), terms)),
            _ => Ok(()),
        };
        if self.needs.commitments { read } else { Ok(()) }
    }

    fn add_to_demand(&mut self, line: &LineItem, rated: &RatedLine) -> Result<(), LineError> {
        let end = line.hour(Column::UsageEndDate);
        let is_longer =
            end.as_ref().is_ok_and(|end| end.is_some_and(|end| end.hours_since(rated.hour) > 1));
        let is_known = Coverable::of(&rated.service_code, &rated.usage_type) == Coverable::Yes;
        if is_longer && rated.item_type == LineItemType::Usage {
            // The hours of this line do not matter: either nobody knows whether a commitment may cover it, or
            // it is free.
            let rate = line.amount(Column::UnblendedRate).unwrap_or_default();
            if !is_known || rate == Some(Amount::ZERO) {
                return Ok(());
            }
        }
        let is_of_an_hour =
            rated.is_usage() || rated.item_type == LineItemType::SavingsPlanRecurringFee;
        if is_of_an_hour && self.not_hourly.is_none() {
            if self.needs.commitments {
                end?;
            }
            // A commitment of an unknown kind stays as AWS applied it, so its hours do not matter.
            if is_longer && (is_known || !rated.is_covered()) {
                let error = line.refuse(Column::UsageEndDate, CellProblem::LongerThanAnHour);
                self.not_hourly = Some(LineNote { line: self.last_line(), text: error.of_cell() });
            }
        }
        let sku = self.sku(line, rated)?;
        // A correcting line is in a row of its own, and so is a line without a cost.
        let apart =
            usize::from(rated.usage_amount.is_negative()) + 2 * usize::from(rated.is_uncosted());
        let key = |key: &mut Key| _ = key.hour(rated.hour).number(sku).number(apart);
        let row = self.demand.find(key, || DemandRow {
            usage_date: rated.hour.date(),
            usage_hour: rated.hour,
            sku,
            usage_amount: Amount::ZERO,
            unblended_cost: Amount::ZERO,
            list_cost: Some(Amount::ZERO),
            commitment_cost: Some(Amount::ZERO),
        });
        row.usage_amount += rated.usage_amount;
        row.unblended_cost += rated.costs.unblended;
        row.list_cost = sum_if_known(row.list_cost, rated.costs.list);
        let commitment_cost = match rated.item_type {
            LineItemType::SavingsPlanRecurringFee => {
                hourly_commitment(line, rated.costs.unblended, false)?
            }
            _ if rated.is_uncosted() => None,
            _ => rated.costs.amortized,
        };
        row.commitment_cost = sum_if_known(row.commitment_cost, commitment_cost);
        Ok(())
    }

    /// The index of the line's `DemandSku`. Rates are compared as texts, because then each rate is parsed
    /// only once. `0.096` and `0.0960` make two `DemandSku`s.
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
            sku: rated.sku(),
            availability_zone: zone.to_string(),
            currency: rated.currency.to_string(),
            normalization_factor: number(Column::NormalizationFactor),
            public_rate: number(Column::PublicOnDemandRate),
            unblended_rate: number(Column::UnblendedRate),
            savings_plan_rate: number(Column::SavingsPlanRate),
        }))
    }

    /// Adds a line to the sums of its commitment. A covered line has the used part, and a fee line has the
    /// purchase.
    fn tally(&mut self, line: &LineItem, rated: &RatedLine) {
        let cell = |column| line.amount(column).unwrap_or_default().unwrap_or(Amount::ZERO);
        let plain = |plain| Units { plain, normalized: Amount::ZERO };
        let mut seen = CommitmentTally::default();
        match rated.item_type {
            LineItemType::DiscountedUsage => {
                seen.used = Units { plain: rated.usage_amount, normalized: normalized(line) };
            }
            LineItemType::SavingsPlanCoveredUsage => {
                seen.used = plain(rated.costs.amortized.unwrap_or_default());
            }
            LineItemType::RiFee => {
                let fee = self.reservations.last().filter(|fee| fee.arn == rated.commitment);
                let Some(fee) = fee else { return };
                seen.purchased = fee.units;
                let of_tables = || commitments::units_of_one(&fee.sku);
                seen.units_of_one = fee.normalization_factor.or_else(of_tables);
                seen.purchased_cost = fee.recurring_cost + fee.upfront_cost.unwrap_or(Amount::ZERO);
                seen.fees_without_cost = u64::from(fee.upfront_cost.is_none());
                seen.unused = Units {
                    plain: cell(Column::UnusedQuantity),
                    normalized: cell(Column::UnusedNormalizedUnitQuantity),
                };
            }
            LineItemType::SavingsPlanRecurringFee => {
                let commitment = hourly_commitment(line, rated.costs.unblended, false);
                let commitment = commitment.unwrap_or_default();
                seen.purchased = plain(commitment.unwrap_or_default());
                seen.purchased_cost = seen.purchased.plain;
                seen.fees_without_cost = u64::from(commitment.is_none());
                seen.unused = plain(rated.costs.amortized.unwrap_or_default());
            }
            _ => return,
        }
        if rated.is_covered() {
            seen.covered_cost = rated.costs.amortized.unwrap_or_default();
            if rated.is_uncosted() {
                seen.uncosted = Units { plain: rated.usage_amount, normalized: normalized(line) };
            }
        } else {
            seen.fee_lines = 1;
            seen.unused_cost = rated.costs.amortized.unwrap_or_default();
            seen.fees_without_unused = u64::from(rated.costs.amortized.is_none());
            seen.service_code = rated.service_code.to_string();
            seen.currency = rated.currency.to_string();
        }
        let last_line = self.last_line();
        let tally = self.commitments.entry(rated.commitment.to_string()).or_default();
        tally.add(&seen);
        if tally.missing.is_none() {
            tally.missing =
                missing_costs(line, rated).map(|text| LineNote { line: last_line, text });
        }
    }

    pub fn finish(mut self) -> Rated {
        let groups = self.groups.into_sorted();
        let (skus, positions) = self.skus.into_sorted_with_positions();
        let mut demand = self.demand.into_sorted();
        for row in &mut demand {
            row.sku = positions[row.sku];
        }
        demand.sort_by_key(|row| {
            (row.usage_hour, row.sku, row.usage_amount.is_negative(), row.commitment_cost.is_none())
        });
        // Fees come in the order of lines, and a bill must not depend on that order.
        let key = |fee: &ReservationFee| (fee.arn.clone(), fee.lease.first_hour);
        self.reservations.sort_by_cached_key(key);
        Rated {
            product_codes: distinct(groups.iter().map(|group| group.sku.service_code.as_str())),
            support_suspects: support_suspects(&groups),
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

/// Products on the marketplace are left out, because they may have any name.
fn support_suspects(groups: &[LineGroup]) -> Vec<String> {
    let of_aws = groups.iter().filter(|group| group.charge_kind != ChargeKind::Marketplace);
    let mut codes = distinct(of_aws.map(|group| group.sku.service_code.as_str()));
    codes.retain(|code| looks_like_support(code));
    codes
}

fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    names.collect::<BTreeSet<_>>().into_iter().map(str::to_owned).collect()
}

/// Names the empty columns in which a commitment's line would say its cost. They matter only if no other line
/// says the cost.
fn missing_costs(line: &LineItem, rated: &RatedLine) -> Option<String> {
    let columns: &[Column] = match rated.item_type {
        LineItemType::DiscountedUsage => &[Column::EffectiveCost],
        LineItemType::SavingsPlanCoveredUsage => {
            &[Column::SavingsPlanEffectiveCost, Column::SavingsPlanRate]
        }
        LineItemType::RiFee => &[Column::AmortizedUpfrontFee, Column::UnusedRecurringFee],
        _ => &[Column::TotalCommitmentToDate, Column::UsedCommitment],
    };
    let is_empty = |column: &&Column| {
        let cell = line.amount(**column).unwrap_or_default();
        match rated.item_type {
            LineItemType::RiFee => cell.is_none(),
            _ => cell.is_none_or(Amount::is_zero),
        }
    };
    let names: Vec<&str> =
        columns.iter().filter(is_empty).map(|column| line.layout().name(*column)).collect();
    match names.as_slice() {
        [] => None,
        [name] => Some(format!("column {name} says nothing")),
        names => Some(format!("columns {} say nothing", names.join(" and "))),
    }
}

/// The usage in normalized units, or zero if the line does not say it.
fn normalized(line: &LineItem) -> Amount {
    line.amount(Column::NormalizedUsageAmount).unwrap_or_default().unwrap_or(Amount::ZERO)
}
