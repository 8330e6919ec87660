//! The report checks that need more than one account or one day.

use std::collections::BTreeMap;

use commitments::commitment_rows_agree;
use laws::{ReportCheck, Tallies, Tally};

use crate::Books;
use crate::costs::tallies;
use crate::reconcile::union;

impl Books {
    pub(crate) fn report_checks(&self) -> Tallies {
        // This check is always listed, even if no day had anything to check.
        let mut checks = BTreeMap::from([(ReportCheck::NegationCancels, Tally::default())]);
        let accounts = self.recalculated.iter().map(|receipt| &receipt.report_checks);
        let days = self.allocated.iter().map(|receipt| &receipt.report_checks);
        for (name, tally) in accounts.chain(days).flatten() {
            checks.entry(*name).or_default().add(tally);
        }
        let handed_out = self.handed_out();
        let is_normalized = |arn: &str| handed_out.get(arn).is_some_and(|of| of.is_normalized);
        let agree = commitment_rows_agree(&tallies(&self.recalculated), is_normalized);
        checks.insert(ReportCheck::CommitmentRowsAgree, agree);
        checks.insert(ReportCheck::OneCurrency, self.one_currency());
        let types = union(self.recalculated.iter().map(|account| &account.line_item_types));
        // If there are lines of discounts, the discount columns only repeat them.
        let has_discounts = types.iter().any(|name| name.ends_with("Discount"));
        // AWS leaves the effective cost out for some services. Then it follows from the fees.
        let has_costs = self.published.iter().all(|customer| customer.amortized_cost.is_some());
        for (check, is_settled) in [
            (ReportCheck::DiscountsAreLines, has_discounts),
            (ReportCheck::EffectiveCostPresent, has_costs),
        ] {
            if let (Some(tally), true) = (checks.get_mut(&check), is_settled) {
                *tally = Tally { checked: tally.checked, ..Tally::default() };
            }
        }
        checks
    }

    /// Counts the currencies of the report. An invoice converts each currency by its own rate, but the
    /// totals of the report and the margin add up the numbers of all currencies.
    fn one_currency(&self) -> Tally {
        let currencies = union(self.recalculated.iter().map(|account| &account.currencies));
        let mut tally = Tally::default();
        for currency in &currencies {
            tally.record(currencies.first() == Some(currency), || {
                let all = currencies.join(" and ");
                format!("the report is in {all}: its totals and the margin add them up as they are")
            });
        }
        tally
    }
}
