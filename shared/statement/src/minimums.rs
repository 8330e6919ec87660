//! What is missing to the least amount of the period, and to commitments over several periods.

use std::collections::{BTreeMap, BTreeSet};

use contracts::ChargeKind;
use contracts::terms::{Base, Minimum, Section, Selector, SpendCommitment, Stage};
use money::Amount;

use crate::divide::{by_invoice, shared_parts};
use crate::{Balances, Basis, Context, Item, Place, StatementError};

/// Discounts of AWS that are passed on, and discounts of the contract.
const DISCOUNTS: Section = Section::Charge(ChargeKind::Discount);

/// The true-ups of a period, and what the period adds to the balances.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settled {
    pub items: Vec<Item>,
    /// What this period adds to each commitment, by section. Caps are not applied to it.
    pub counted: BTreeMap<String, BTreeMap<Section, Amount>>,
}

/// Computes true-ups from the charges, from `so_far` (the items of support plans and custom lines), and from
/// what earlier periods counted.
///
/// A true-up to a minimum never counts towards another minimum of the period. It counts towards a commitment
/// whose `counts` names the section `minimum`.
pub fn items(
    context: &Context,
    so_far: &[Item],
    balances: &Balances,
) -> Result<Settled, StatementError> {
    let mut settled = Settled::default();
    for minimum in &context.terms().minimums {
        let is_due = context.has_usage() || !minimum.only_with_usage;
        if is_due && minimum.periods.contains(context.period) {
            settled.items.extend(true_up(context, so_far, minimum)?);
        }
    }
    let so_far = [so_far, &settled.items].concat();
    for commitment in &context.terms().commitments {
        if commitment.from <= context.period && context.period <= commitment.until {
            let counted = counted(context, &so_far, &Scale::of_commitment(commitment))?;
            let earlier = balances.commitments.get(&commitment.id);
            settled.items.extend(shortfall(context, commitment, &counted, earlier)?);
            let sums = counted.iter().map(|(section, of)| (*section, sum(of)));
            let sums = sums.filter(|(_, sum)| !sum.is_zero()).collect();
            settled.counted.insert(commitment.id.clone(), sums);
        }
    }
    Ok(settled)
}

/// What counts towards a minimum or a commitment, and in which currency.
struct Scale {
    sections: BTreeSet<Section>,
    before_discounts: bool,
    currency: &'static str,
}

impl Scale {
    fn of_minimum(minimum: &Minimum) -> Self {
        Self {
            sections: minimum.counts.clone(),
            before_discounts: minimum.before_discounts,
            currency: minimum.currency.code(),
        }
    }

    fn of_commitment(commitment: &SpendCommitment) -> Self {
        Self {
            sections: commitment.counts.iter().map(|(section, _)| *section).collect(),
            before_discounts: commitment.before_discounts,
            currency: commitment.currency.code(),
        }
    }

    /// Discounts count by `measured`, and `counts` cannot name them.
    fn has(&self, section: Section) -> bool {
        if section == DISCOUNTS { !self.before_discounts } else { self.sections.contains(&section) }
    }

    /// The charges that count. Before discounts, they count with their price before price rules.
    fn base(&self) -> Base {
        let kinds = ChargeKind::ALL.into_iter().filter(|kind| self.has(Section::Charge(*kind)));
        Base {
            stage: if self.before_discounts { Stage::BeforeRules } else { Stage::Charge },
            of: Selector { kinds: Some(kinds.collect()), ..Selector::default() },
            except: Vec::new(),
        }
    }
}

/// What counts in this period, by section, and on which invoice.
fn counted(
    context: &Context,
    so_far: &[Item],
    scale: &Scale,
) -> Result<BTreeMap<Section, Vec<Amount>>, StatementError> {
    let mut counted: BTreeMap<Section, Vec<(usize, Amount)>> = BTreeMap::new();
    for (spend, amount) in context.base(&scale.base(), scale.currency)? {
        let section = Section::Charge(spend.charge.key.charge_kind);
        counted.entry(section).or_default().push((spend.invoice, amount));
    }
    for item in so_far.iter().filter(|item| scale.has(item.section)) {
        for (index, (part, invoice)) in item.parts.iter().zip(context.invoices()).enumerate() {
            let payer = item.place.payer_account_id;
            let fx = invoice.fx.as_ref();
            let amount = context.convert(*part, fx, payer, &item.currency, scale.currency)?;
            counted.entry(item.section).or_default().push((index, amount));
        }
    }
    let sums = counted.into_iter().map(|(section, of)| (section, by_invoice(context, of)));
    Ok(sums.collect())
}

/// The line for what is missing to a minimum. With a minimum of 2,500 and 2,150 that count, 350 are missing.
/// If exactly 2,500 count, nothing is missing.
fn true_up(
    context: &Context,
    so_far: &[Item],
    minimum: &Minimum,
) -> Result<Option<Item>, StatementError> {
    let counted = counted(context, so_far, &Scale::of_minimum(minimum))?;
    let weights = weights(context, &counted);
    let counted = sum(&weights);
    if counted >= minimum.amount {
        return Ok(None);
    }
    let Minimum { id, name, amount, currency, invoice, .. } = minimum;
    let missing = *amount - counted;
    Ok(Some(Item {
        section: Section::Minimum,
        id: id.clone(),
        name: name.clone(),
        place: Place::default(),
        currency: currency.code().to_owned(),
        amount: missing,
        basis: Some(basis(counted, *amount)),
        parts: shared_parts(context, missing, invoice.as_deref(), &weights)?,
    }))
}

/// The line for what is missing to a commitment, in its last period. Of each section, at most its cap counts
/// over all periods. A commitment of 100,000 with Marketplace up to 25,000: 70,000 of usage and 40,000 of
/// Marketplace count as 95,000, so 5,000 are missing.
fn shortfall(
    context: &Context,
    commitment: &SpendCommitment,
    counted: &BTreeMap<Section, Vec<Amount>>,
    earlier: Option<&BTreeMap<Section, Amount>>,
) -> Result<Option<Item>, StatementError> {
    let of_section = |(section, cap): (Section, Option<Amount>)| {
        let now = counted.get(&section).map_or(Amount::ZERO, |of| sum(of));
        let before = earlier.and_then(|earlier| earlier.get(&section)).copied().unwrap_or_default();
        cap.map_or(before + now, |cap| cap.min(before + now))
    };
    let SpendCommitment { id, name, amount, currency, invoice, .. } = commitment;
    let discounts = (!commitment.before_discounts).then_some((DISCOUNTS, None));
    let total: Amount = commitment.counts.iter().copied().chain(discounts).map(of_section).sum();
    if context.period != commitment.until || total >= *amount {
        return Ok(None);
    }
    let missing = *amount - total;
    let weights = weights(context, counted);
    Ok(Some(Item {
        section: Section::Commitment,
        id: id.clone(),
        name: name.clone(),
        place: Place::default(),
        currency: currency.code().to_owned(),
        amount: missing,
        basis: Some(basis(total, *amount)),
        // The balances do not say which invoices earlier periods stood on, so this period decides.
        parts: shared_parts(context, missing, invoice.as_deref(), &weights)?,
    }))
}

fn basis(counted: Amount, limit: Amount) -> Basis {
    Basis { amount: counted, days: None, steps: Vec::new(), limit: Some(limit), of_plan: None }
}

/// The sum of all sections, by invoice.
fn weights(context: &Context, counted: &BTreeMap<Section, Vec<Amount>>) -> Vec<Amount> {
    by_invoice(context, counted.values().flat_map(|of| of.iter().copied().enumerate()))
}

fn sum(amounts: &[Amount]) -> Amount {
    amounts.iter().copied().sum()
}
