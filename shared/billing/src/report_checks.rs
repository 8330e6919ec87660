//! Report checks that single lines decide: is what AWS sent consistent with itself?

use std::collections::BTreeMap;

use contracts::ChargeKind;
use cur::{Column, LineError, LineItem, LineItemType, printable};
use money::Amount;
use money::rounding::Read;
use pipeline::Tally;

use crate::rated_line::RatedLine;

/// AWS prints costs with ten decimals and rates with as many: their product may differ from the
/// 6th decimal of large amounts on.
const TOLERANCE: Amount = Amount::from_units(10_i128.pow(12));

#[derive(Default)]
pub(crate) struct ReportChecks {
    rate_times_amount: Tally,
    effective_cost_present: Tally,
    on_demand_cost_present: Tally,
    /// Lines that cost less by a discount which stands in their columns.
    discounts_are_lines: Tally,
    /// Amounts with more decimals than are kept.
    digits_kept: Tally,
}

impl ReportChecks {
    pub(crate) fn check(&mut self, line: &LineItem, rated: &RatedLine) -> Result<(), LineError> {
        let cell = |column| line.amount(column).unwrap_or_default();
        if let Some(rate) = cell(Column::UnblendedRate) {
            let holds = rated.costs.unblended.is_about(rate, rated.usage_amount, TOLERANCE);
            self.rate_times_amount.record(holds, || {
                format!(
                    "{}: {rate} × {} is not {}",
                    line.place(),
                    rated.usage_amount,
                    rated.costs.unblended
                )
            });
        }
        if let Some(net) = cell(Column::NetUnblendedCost) {
            self.check_discounts(line, rated, net);
        }
        let effective_cost = match rated.item_type {
            LineItemType::DiscountedUsage => Column::EffectiveCost,
            LineItemType::SavingsPlanCoveredUsage => Column::SavingsPlanEffectiveCost,
            _ => return Ok(()),
        };
        present(&mut self.effective_cost_present, line, effective_cost)?;
        if rated.item_type == LineItemType::DiscountedUsage {
            present(&mut self.on_demand_cost_present, line, Column::PublicOnDemandCost)?;
        }
        Ok(())
    }

    /// Discounts are lines, or columns beside the cost, as the payer has set up the report. Lines are
    /// billed, columns are not, so they must not be all there is. Sealing knows whether there are lines.
    fn check_discounts(&mut self, line: &LineItem, rated: &RatedLine, net: Amount) {
        if rated.kind == ChargeKind::Discount {
            return;
        }
        let unblended = rated.costs.unblended;
        self.discounts_are_lines.record(net == unblended, || {
            format!(
                "{}: {unblended} is {net} after discounts that stand in columns only; they are in \
                 no charge and in no margin",
                line.place()
            )
        });
    }

    /// Called when everything that anybody needs of the line has been read. A line counts once, and one with
    /// several cells that were rounded as often as it has them.
    pub(crate) fn check_digits(&mut self, line: &LineItem) -> Result<(), LineError> {
        if !line.has_rounded() {
            self.digits_kept.record(true, String::new);
            return Ok(());
        }
        for (column, Read { amount, dropped }) in line.rounded() {
            let (name, text) = (line.layout().name(column), line.text(column)?);
            self.digits_kept.record(false, || {
                let place = line.place();
                format!("{place}, column {name}: \"{}\" is read as {amount}", printable(&text))
            });
            *self.digits_kept.dropped.entry(name.to_owned()).or_default() += &dropped;
        }
        Ok(())
    }

    pub(crate) fn into_tallies(self) -> BTreeMap<String, Tally> {
        [
            ("digits_kept", self.digits_kept),
            ("discounts_are_lines", self.discounts_are_lines),
            ("rate_times_amount", self.rate_times_amount),
            ("effective_cost_present", self.effective_cost_present),
            ("on_demand_cost_present", self.on_demand_cost_present),
        ]
        .map(|(name, tally)| (name.to_owned(), tally))
        .into()
    }
}

fn present(tally: &mut Tally, line: &LineItem, column: Column) -> Result<(), LineError> {
    let value = line.text(column)?;
    let holds = matches!(line.amount(column), Ok(Some(_)));
    tally.record(holds, || {
        let (place, name) = (line.place(), line.layout().name(column));
        format!("{place}: {name} is \"{}\", not a number", printable(&value))
    });
    Ok(())
}
