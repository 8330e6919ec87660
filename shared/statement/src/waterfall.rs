//! The way from AWS's cost to what a customer owes, in named terms that add up exactly.
//!
//! Each invoice has a waterfall of its own, in the currency of the invoice. Amounts of the report are
//! converted by the rate without the contract's premium. So the term `fx` is what the premium brings.

use std::collections::BTreeMap;

use billing::Charge;
use contracts::terms::{InvoiceTerms, Section, Stage};
use contracts::{ChargeKind, Purchase};
use cur::AccountId;
use money::{Amount, Rate};
use serde::{Deserialize, Serialize};

use crate::spend::price;
use crate::{Context, Invoice, Item, StatementError};

/// The terms between AWS's cost and the amount due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waterfall {
    pub invoice_id: String,
    pub currency: String,
    /// AWS's unblended cost of the lines that the invoice charges.
    pub aws_cost: Amount,
    pub terms: BTreeMap<Term, Amount>,
    /// AWS's cost plus all terms.
    pub amount_due: Amount,
    /// What is left to the reseller: the terms from `standard_price` to `rounding`. Taxes, withholding and
    /// prepaid balances are no margin, and upfront payments only move cost between periods. `None` if AWS's
    /// amortized cost of a line is unknown.
    pub margin: Option<Amount>,
}

/// A step from AWS's cost to the amount due, in the order of the calculation. `docs/laws.md` has the formula
/// of each step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Term {
    UpfrontTiming,
    UnknownCost,
    StandardPrice,
    Reservations,
    SavingsPlans,
    CommitmentFees,
    NegotiatedDiscounts,
    Adjustments,
    Contract,
    Support,
    Fees,
    SpendDiscounts,
    Minimum,
    Credits,
    Fx,
    Corrections,
    Carried,
    Rounding,
    Tax,
    Withheld,
    Prepaid,
}

impl Waterfall {
    /// The sum before tax.
    pub fn subtotal(&self) -> Amount {
        const BELOW: [Term; 3] = [Term::Tax, Term::Withheld, Term::Prepaid];
        let below = self.terms.iter().filter(|(term, _)| BELOW.contains(term));
        self.amount_due - below.map(|(_, amount)| *amount).sum()
    }
}

impl Term {
    pub const ALL: [Self; 21] = [
        Self::UpfrontTiming,
        Self::UnknownCost,
        Self::StandardPrice,
        Self::Reservations,
        Self::SavingsPlans,
        Self::CommitmentFees,
        Self::NegotiatedDiscounts,
        Self::Adjustments,
        Self::Contract,
        Self::Support,
        Self::Fees,
        Self::SpendDiscounts,
        Self::Minimum,
        Self::Credits,
        Self::Fx,
        Self::Corrections,
        Self::Carried,
        Self::Rounding,
        Self::Tax,
        Self::Withheld,
        Self::Prepaid,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::UpfrontTiming => "upfront_timing",
            Self::UnknownCost => "unknown_cost",
            Self::StandardPrice => "standard_price",
            Self::Reservations => "reservations",
            Self::SavingsPlans => "savings_plans",
            Self::CommitmentFees => "commitment_fees",
            Self::NegotiatedDiscounts => "negotiated_discounts",
            Self::Adjustments => "adjustments",
            Self::Contract => "contract",
            Self::Support => "support",
            Self::Fees => "fees",
            Self::SpendDiscounts => "spend_discounts",
            Self::Minimum => "minimum",
            Self::Credits => "credits",
            Self::Fx => "fx",
            Self::Corrections => "corrections",
            Self::Carried => "carried",
            Self::Rounding => "rounding",
            Self::Tax => "tax",
            Self::Withheld => "withheld",
            Self::Prepaid => "prepaid",
        }
    }

    /// Whether the term is a part of the margin.
    const fn is_margin(self) -> bool {
        !matches!(
            self,
            Self::UpfrontTiming | Self::Tax | Self::Withheld | Self::Prepaid | Self::Carried
        )
    }
}

/// Adds up the waterfall of one invoice.
pub(crate) fn waterfall(
    context: &Context,
    index: usize,
    terms: &InvoiceTerms,
    items: &[Item],
    invoice: &Invoice,
) -> Result<Waterfall, StatementError> {
    let mut of_invoice: BTreeMap<Term, Amount> = BTreeMap::new();
    let mut add = |term, amount| *of_invoice.entry(term).or_insert(Amount::ZERO) += amount;
    let to = terms.currency.code();
    let (mut aws_cost, mut knows_cost) = (Amount::ZERO, true);
    // Everything up to the rate, by the currency and the payer that it is converted from.
    let mut converted = Amount::ZERO;
    for ((payer, from), source) in sources(context, index, items) {
        let rate = if from == to {
            Rate::ONE
        } else {
            context.rate(terms.fx.as_ref(), payer, from, to)?.base
        };
        // Each stage is converted, and a term is the difference of two stages. So the terms add up, although
        // each product is rounded at the 18th decimal.
        let mut so_far = source.aws_cost;
        let mut before = context.times(rate, so_far, from)?;
        aws_cost += before;
        for (term, amount) in source.terms {
            so_far += amount;
            let after = context.times(rate, so_far, from)?;
            add(term, after - before);
            before = after;
            knows_cost &= term != Term::UnknownCost;
        }
        converted += before;
    }
    let of_lines = |section: Section| -> Amount {
        invoice.lines.iter().filter(|line| line.section == section).map(|line| line.amount).sum()
    };
    let [corrections, carried, rounding] =
        [Section::Correction, Section::Carried, Section::Rounding].map(of_lines);
    add(Term::Fx, invoice.subtotal - converted - corrections - carried - rounding);
    add(Term::Corrections, corrections);
    add(Term::Carried, carried - invoice.carried_over);
    add(Term::Rounding, rounding);
    add(Term::Tax, invoice.taxes.iter().map(|tax| tax.amount).sum());
    add(Term::Withheld, -invoice.withheld.as_ref().map_or(Amount::ZERO, |held| held.amount));
    add(Term::Prepaid, -invoice.prepaid.iter().map(|payment| payment.amount).sum::<Amount>());
    of_invoice.retain(|_, amount| !amount.is_zero());
    let margin = of_invoice.iter().filter(|(term, _)| term.is_margin()).map(|(_, amount)| *amount);
    Ok(Waterfall {
        invoice_id: invoice.invoice_id.clone(),
        currency: invoice.currency.clone(),
        aws_cost,
        margin: knows_cost.then(|| margin.sum()),
        terms: of_invoice,
        amount_due: invoice.amount_due,
    })
}

/// The terms of charges and items in one currency, before they are converted.
#[derive(Default)]
struct Source {
    aws_cost: Amount,
    terms: BTreeMap<Term, Amount>,
}

/// The payer and the currency that amounts are converted from.
type From<'a> = (Option<AccountId>, &'a str);

fn sources<'a>(
    context: &'a Context,
    index: usize,
    items: &'a [Item],
) -> BTreeMap<From<'a>, Source> {
    let mut sources: BTreeMap<From, Source> = BTreeMap::new();
    for spend in context.spends.iter().filter(|spend| spend.invoice == index) {
        let source = sources.entry((Some(spend.payer), spend.currency())).or_default();
        source.aws_cost += spend.charge.measures.unblended_cost;
        for (term, amount) in terms_of_charge(spend.charge) {
            *source.terms.entry(term).or_default() += amount;
        }
    }
    for item in items.iter().filter(|item| !item.is_of_charges()) {
        let part = item.parts.get(index).copied().unwrap_or_default();
        // An item of another invoice needs no rate on this one.
        if part.is_zero() {
            continue;
        }
        let source = sources.entry((item.place.payer_account_id, &item.currency)).or_default();
        *source.terms.entry(term_of_item(item.section)).or_default() += part;
    }
    sources
}

/// The terms of a charge, in the currency of the report. They add up to the charge less AWS's unblended
/// cost.
fn terms_of_charge(charge: &Charge) -> Vec<(Term, Amount)> {
    let measures = &charge.measures;
    let before_rules = price(charge, Stage::BeforeRules).unwrap_or_default();
    let contract = (Term::Contract, charge.charge - before_rules);
    let Some(amortized) = measures.amortized_cost else {
        return vec![(Term::UnknownCost, before_rules - measures.unblended_cost), contract];
    };
    let upfront = (Term::UpfrontTiming, amortized - measures.unblended_cost);
    let difference = before_rules - amortized;
    let by_kind = match charge.key.charge_kind {
        ChargeKind::Usage => {
            let benefit = measures.benefit.unwrap_or_default();
            let of_commitments = match charge.purchase {
                Some(Purchase::SavingsPlan) => Term::SavingsPlans,
                _ => Term::Reservations,
            };
            return vec![
                upfront,
                (Term::StandardPrice, difference + benefit),
                (of_commitments, -benefit),
                contract,
            ];
        }
        ChargeKind::CommitmentFee => Term::CommitmentFees,
        ChargeKind::Discount => Term::NegotiatedDiscounts,
        _ => Term::Adjustments,
    };
    vec![upfront, (by_kind, difference), contract]
}

fn term_of_item(section: Section) -> Term {
    match section {
        Section::Charge(ChargeKind::Support) => Term::Support,
        Section::Charge(ChargeKind::Discount) => Term::SpendDiscounts,
        Section::Charge(ChargeKind::Credit) => Term::Credits,
        Section::Charge(_) => Term::Fees,
        Section::Minimum | Section::Commitment => Term::Minimum,
        Section::Correction => Term::Corrections,
        Section::Carried => Term::Carried,
        Section::Rounding => Term::Rounding,
        Section::TaxOnInvoice => Term::Tax,
        Section::Withheld => Term::Withheld,
        Section::Prepaid => Term::Prepaid,
    }
}
