//! The published numbers of one customer, and the laws that one customer's numbers can break.

use std::collections::BTreeSet;

use billing::{
    Charge, CostPart, DailyCharge, Explained, LineGroup, MarginTerms, margin_explains_itself,
};
use laws::{Check, Law};
use money::Amount;
use pipeline::{CustomerBook, PublishReceipt, RatedAccount};
use statement::spend_rows;

use crate::unused::totals;

/// The published numbers of one customer.
pub struct Published {
    pub daily: Vec<DailyCharge>,
    pub charges: Vec<Charge>,
    pub margin_terms: MarginTerms,
    pub explained: Explained,
    pub taken_off: Amount,
    /// The sum of the costs that no line says. They were added to the costs that lines say.
    pub derived_cost: Amount,
}

/// Fills in derived costs where lines say no cost. Returns how much this adds to the costs that lines say.
pub fn fill_in(book: &CustomerBook, groups: &mut [LineGroup]) -> Amount {
    let mut added = Amount::ZERO;
    for of in &book.derived_costs {
        for (part, cost) in
            [(CostPart::Covered, of.costs.covered), (CostPart::Unused, of.costs.unused)]
        {
            if let Some(cost) = cost {
                added += billing::fill_in_cost(groups, &of.commitment, of.account, part, cost);
            }
        }
    }
    added
}

/// The receipt of a customer, with the laws that this customer's numbers decide.
pub fn receipt_of(customer: &str, book: &CustomerBook, published: &Published) -> PublishReceipt {
    let charges = &published.charges;
    let sum = |amount: fn(&Charge) -> Amount| charges.iter().map(amount).sum::<Amount>();
    let if_known =
        |amount: fn(&Charge) -> Option<Amount>| charges.iter().map(amount).sum::<Option<Amount>>();
    PublishReceipt {
        customer: customer.to_owned(),
        accounts: book.accounts.iter().map(|account| account.account).collect(),
        lines: charges.iter().map(|charge| charge.measures.line_count).sum(),
        rows: charges.len() as u64,
        unblended_cost: sum(|charge| charge.measures.unblended_cost),
        amortized_cost: if_known(|charge| charge.measures.amortized_cost),
        list_cost: if_known(|charge| charge.measures.list_cost),
        benefit: if_known(|charge| charge.measures.benefit),
        taken_off: published.taken_off,
        explained: published.explained,
        charge: sum(|charge| charge.charge),
        margin_terms: published.margin_terms.clone(),
        unused_shares: totals(&book.unused_shares),
        spend: spend_rows(charges),
        price_rules: (charges.iter().map(|charge| charge.price_rule.clone()))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
        checks: checks(customer, book, published),
    }
}

/// The left sums were counted when lines were rated. The right sums are counted from the rows that are
/// published.
fn checks(customer: &str, book: &CustomerBook, published: &Published) -> Vec<Check> {
    let rated =
        |amount: fn(&RatedAccount) -> Amount| book.accounts.iter().map(amount).sum::<Amount>();
    let charged =
        |amount: fn(&Charge) -> Amount| published.charges.iter().map(amount).sum::<Amount>();
    // If every cost is known, both sides are counted in another way than the terms, so a mistake in the
    // terms shows.
    let is_known = |charge: &Charge| charge.measures.amortized_cost.is_some();
    let explained = if published.charges.iter().all(is_known) {
        Explained {
            charge: charged(|charge| charge.charge),
            amortized_cost: rated(|account| account.amortized_cost) + published.derived_cost,
        }
    } else {
        published.explained
    };
    vec![
        Check::equal(
            Law::EveryLineOnce,
            format!("{customer}: rated lines and charged lines"),
            rated(|account| account.totals.lines.into()),
            charged(|charge| charge.measures.line_count.into()),
        ),
        Check::equal(
            Law::CostIsConserved,
            format!("{customer}: rated and charged unblended cost"),
            rated(|account| account.totals.unblended_cost),
            charged(|charge| charge.measures.unblended_cost),
        ),
        margin_explains_itself(
            customer,
            explained.charge,
            explained.amortized_cost,
            published.margin_terms.values(),
        ),
    ]
}
