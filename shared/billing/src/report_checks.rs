//! Report checks that look at single lines: is AWS's report consistent with itself?

use contracts::ChargeKind;
use cur::{
    AccountLine, BillingPeriod, CellProblem, Column, LineError, LineItem, LineItemType, printable,
};
use laws::{ReportCheck, Tallies, Tally};
use money::Amount;
use money::rounding::Read;

use crate::OfReport;
use crate::identities::Identities;
use crate::rated_line::RatedLine;

/// AWS prints costs and rates with ten decimals, so for large amounts rate × amount may differ from the cost
/// from the 6th decimal on.
const TOLERANCE: Amount = Amount::from_units(10_i128.pow(12));

pub(crate) struct ReportChecks {
    report: OfReport,
    one_payer: Compared,
    one_period: Compared,
    identities: Identities,
    no_line_twice: Tally,
    rate_times_amount: Tally,
    effective_cost_present: Tally,
    on_demand_cost_present: Tally,
    /// Lines that cost less because of a discount that is only in their columns.
    discounts_are_lines: Tally,
    /// Amounts that have more decimals than Sluice keeps.
    digits_kept: Tally,
}

/// A check of a cell that is equal in nearly every line. Bytes that are equal to those of the last line are
/// not checked again.
#[derive(Default)]
struct Compared {
    last: Vec<u8>,
    holds: bool,
    tally: Tally,
}

impl Compared {
    /// Refuses or counts a line whose cell is wrong. An empty cell is not wrong.
    fn check(
        &mut self,
        line: &LineItem,
        column: Column,
        place: AccountLine,
        problem: Problem,
        is_right: impl FnOnce(&str) -> bool,
    ) -> Result<(), LineError> {
        let cell = line.bytes(column);
        if cell.is_empty() {
            return Ok(());
        }
        if *cell != *self.last {
            self.last = cell.to_vec();
            self.holds = std::str::from_utf8(&cell).is_ok_and(is_right);
        }
        let refusal = || line.refuse(column, problem.of_cell);
        if problem.is_refused && !self.holds {
            return Err(refusal());
        }
        self.tally.record_line(self.holds, place, || refusal().of_cell());
        Ok(())
    }
}

/// The fault of a wrong cell, and whether its line is refused.
#[derive(Clone, Copy)]
struct Problem {
    of_cell: CellProblem,
    is_refused: bool,
}

impl ReportChecks {
    pub(crate) fn new(report: OfReport) -> Self {
        Self {
            report,
            one_payer: Compared::default(),
            one_period: Compared::default(),
            identities: Identities::default(),
            no_line_twice: Tally::default(),
            rate_times_amount: Tally::default(),
            effective_cost_present: Tally::default(),
            on_demand_cost_present: Tally::default(),
            discounts_are_lines: Tally::default(),
            digits_kept: Tally::default(),
        }
    }

    /// Checks whether the line belongs to the report, and whether it was there before. Lines whose money does
    /// not count are checked too.
    pub(crate) fn check_identity(
        &mut self,
        line: &LineItem,
        place: AccountLine,
    ) -> Result<(), LineError> {
        let OfReport { payer, period, has_manifest } = self.report;
        let problem = |of_cell| Problem { of_cell, is_refused: !has_manifest };
        let (of_payer, of_period) =
            (problem(CellProblem::OtherPayer), problem(CellProblem::OtherPeriod));
        self.one_payer
            .check(line, Column::PayerAccountId, place, of_payer, |cell| cell == payer.as_str())?;
        self.one_period.check(line, Column::BillingPeriodStartDate, place, of_period, |cell| {
            BillingPeriod::starting(cell) == Some(period)
        })?;
        self.check_twice(line, place);
        Ok(())
    }

    fn check_twice(&mut self, line: &LineItem, place: AccountLine) {
        let (id, interval) = (line.bytes(Column::LineItemId), line.bytes(Column::TimeInterval));
        if id.is_empty() || interval.is_empty() {
            return;
        }
        if let Some(is_new) = self.identities.is_new(&id, &interval) {
            self.no_line_twice.record_line(is_new, place, || {
                let [id, interval] = [id, interval].map(|cell| {
                    let text = String::from_utf8_lossy(&cell);
                    printable(&text).into_owned()
                });
                format!("the line {id} of {interval} is there twice, and is billed twice")
            });
        }
    }

    pub(crate) fn check(
        &mut self,
        line: &LineItem,
        rated: &RatedLine,
        place: AccountLine,
    ) -> Result<(), LineError> {
        let cell = |column| line.amount(column).unwrap_or_default();
        if let Some(rate) = cell(Column::UnblendedRate) {
            let holds = rated.costs.unblended.is_about(rate, rated.usage_amount, TOLERANCE);
            self.rate_times_amount.record_line(holds, place, || {
                format!("{rate} × {} is not {}", rated.usage_amount, rated.costs.unblended)
            });
        }
        if let Some(net) = cell(Column::NetUnblendedCost) {
            self.check_discounts(rated, net, place);
        }
        let effective_cost = match rated.item_type {
            LineItemType::DiscountedUsage => Column::EffectiveCost,
            LineItemType::SavingsPlanCoveredUsage => Column::SavingsPlanEffectiveCost,
            _ => return Ok(()),
        };
        present(&mut self.effective_cost_present, line, effective_cost, place)?;
        if rated.item_type == LineItemType::DiscountedUsage {
            present(&mut self.on_demand_cost_present, line, Column::PublicOnDemandCost, place)?;
        }
        Ok(())
    }

    /// Checks that discounts are lines. As the payer has set up the report, discounts are lines, or columns
    /// beside the cost. Sluice bills lines and not columns, so discounts must not be only in columns. The
    /// sealing of the run knows whether there are lines with discounts.
    fn check_discounts(&mut self, rated: &RatedLine, net: Amount, place: AccountLine) {
        if rated.kind == ChargeKind::Discount {
            return;
        }
        let unblended = rated.costs.unblended;
        self.discounts_are_lines.record_line(net == unblended, place, || {
            format!(
                "{unblended} is {net} after discounts that stand in columns only; they are in no charge \
                 and in no margin"
            )
        });
    }

    /// Checks the digits of the cells that were read. This runs last, after all cells that anybody needs. A
    /// line without rounded cells counts once. Otherwise each rounded cell counts once.
    pub(crate) fn check_digits(
        &mut self,
        line: &LineItem,
        place: AccountLine,
    ) -> Result<(), LineError> {
        if !line.has_rounded() {
            self.digits_kept.record_line(true, place, String::new);
            return Ok(());
        }
        for (column, Read { amount, dropped }) in line.rounded() {
            let (name, text) = (line.layout().name(column), line.text(column)?);
            self.digits_kept.record_line(false, place, || {
                format!("column {name}: \"{}\" is read as {amount}", printable(&text))
            });
            *self.digits_kept.dropped.entry(name.to_owned()).or_default() += &dropped;
        }
        Ok(())
    }

    pub(crate) fn into_tallies(self) -> Tallies {
        [
            (ReportCheck::DigitsKept, self.digits_kept),
            (ReportCheck::OnePayer, self.one_payer.tally),
            (ReportCheck::OnePeriod, self.one_period.tally),
            (ReportCheck::NoLineTwice, self.no_line_twice),
            (ReportCheck::DiscountsAreLines, self.discounts_are_lines),
            (ReportCheck::RateTimesAmount, self.rate_times_amount),
            (ReportCheck::EffectiveCostPresent, self.effective_cost_present),
            (ReportCheck::OnDemandCostPresent, self.on_demand_cost_present),
        ]
        .into()
    }
}

fn present(
    tally: &mut Tally,
    line: &LineItem,
    column: Column,
    place: AccountLine,
) -> Result<(), LineError> {
    let value = line.text(column)?;
    let holds = matches!(line.amount(column), Ok(Some(_)));
    tally.record_line(holds, place, || {
        format!("{} is \"{}\", not a number", line.layout().name(column), printable(&value))
    });
    Ok(())
}
