//! The parts of a charge. Usage of one SKU on one day is one charge to AWS, but commitments may cover a part
//! of it. Each part has one purchase and a price of its own.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use commitments::{DailyBenefit, Purchase};
use contracts::ChargeKind;
use money::{Amount, apportion};

use crate::charge_key::ChargeKey;
use crate::known::sum_if_known;
use crate::measures::Measures;

/// The usage to which commitments were handed out, by day, charge and purchase.
pub type Benefits = BTreeMap<(NaiveDate, ChargeKey), BTreeMap<Purchase, Benefit>>;

/// Adds up benefits by day, charge and purchase.
pub fn benefits_by_charge(rows: &[DailyBenefit]) -> Benefits {
    let mut benefits = Benefits::new();
    for row in rows {
        let key = ChargeKey {
            usage_account_id: row.usage_account_id,
            charge_kind: ChargeKind::Usage,
            sku: row.sku.clone(),
            currency: row.currency.clone(),
        };
        let of_charge = benefits.entry((row.usage_date, key)).or_default();
        of_charge.entry(row.purchase).or_insert(Benefit::NOTHING).add(row);
    }
    benefits
}

/// Usage that commitments of one kind cover, and how this changes its price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Benefit {
    pub usage_amount: Amount,
    pub commitment_cost: Amount,
    /// List prices minus commitment costs. Usage without a list price counts as 0.
    pub taken_off: Amount,
    /// List prices minus commitment costs, `None` if a list price is unknown.
    pub benefit: Option<Amount>,
}

impl Benefit {
    const NOTHING: Self = Self {
        usage_amount: Amount::ZERO,
        commitment_cost: Amount::ZERO,
        taken_off: Amount::ZERO,
        benefit: Some(Amount::ZERO),
    };

    fn add(&mut self, row: &DailyBenefit) {
        self.usage_amount += row.usage_amount;
        self.commitment_cost += row.commitment_cost;
        self.taken_off += row.taken_off;
        self.benefit = sum_if_known(self.benefit, row.benefit);
    }
}

/// A part of a charge that has one purchase, or a whole charge.
#[derive(Clone, Copy)]
pub(crate) struct Part {
    /// `None` if the charge is not for usage.
    pub(crate) purchase: Option<Purchase>,
    pub(crate) measures: Measures,
    /// The list price, as far as it is known.
    pub(crate) known_list: Amount,
    /// The money that commitments take off the known list price.
    pub(crate) taken_off: Amount,
}

impl Part {
    /// The part that commitments of one kind cover. AWS's own measures are not in it yet.
    fn covered((purchase, of): (&Purchase, &Benefit)) -> Self {
        Self {
            purchase: Some(*purchase),
            measures: Measures {
                usage_amount: of.usage_amount,
                list_cost: sum_if_known(of.benefit, Some(of.commitment_cost)),
                benefit: of.benefit,
                ..Measures::ZERO
            },
            known_list: of.taken_off + of.commitment_cost,
            taken_off: of.taken_off,
        }
    }

    /// Divides a charge that no commitment covers yet. The first part is the rest, which stays uncovered. The
    /// rest is left out if nothing stays uncovered.
    pub(crate) fn divide(self, covered: &BTreeMap<Purchase, Benefit>) -> Vec<Self> {
        let mut parts: Vec<Self> = covered.iter().map(Self::covered).collect();
        let mut rest = self;
        for part in &parts {
            rest.known_list += -part.known_list;
            rest.measures.usage_amount += -part.measures.usage_amount;
            let list_cost = part.measures.list_cost.map(|cost| -cost);
            rest.measures.list_cost = sum_if_known(rest.measures.list_cost, list_cost);
        }
        // If the list price of the whole is unknown, a part must say so.
        let is_list_told = rest.measures.list_cost.is_some()
            || parts.iter().any(|part| part.measures.list_cost.is_none());
        let is_nothing =
            rest.measures.usage_amount.is_zero() && rest.known_list.is_zero() && is_list_told;
        if parts.is_empty() || !is_nothing {
            parts.insert(0, rest);
        }
        self.divide_lines(&mut parts);
        parts
    }

    /// Divides what AWS's lines say of the whole charge. AWS may have covered other usage than the policy
    /// does, so its costs are divided by usage. Lines are counted in the first part, and so are costs that
    /// cannot be divided because a part has negative usage or because no part has usage.
    fn divide_lines(self, parts: &mut [Self]) {
        let Measures { line_count, uninvoiced_line_count, unblended_cost, amortized_cost, .. } =
            self.measures;
        let weights: Vec<Amount> = parts.iter().map(|part| part.measures.usage_amount).collect();
        let divide = |cost: Amount| {
            apportion(cost, &weights).unwrap_or_else(|_| {
                let others = weights.iter().skip(1).map(|_| Amount::ZERO);
                std::iter::once(cost).chain(others).collect()
            })
        };
        let unblended = divide(unblended_cost);
        let amortized = amortized_cost.map(divide);
        for (index, part) in parts.iter_mut().enumerate() {
            part.measures.unblended_cost = unblended[index];
            part.measures.amortized_cost = amortized.as_ref().map(|costs| costs[index]);
            let is_first = index == 0;
            part.measures.line_count = if is_first { line_count } else { 0 };
            part.measures.uninvoiced_line_count = if is_first { uninvoiced_line_count } else { 0 };
        }
    }
}
