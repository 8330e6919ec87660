//! `publish-datasets`: applies a customer's price rules, checks the outcome and writes the datasets. The
//! message of the last customer seals the run.

mod load;
mod objects;

use async_trait::async_trait;
use billing::{HandedOut, Priced, Pricing, PricingError, benefits_by_charge, sum_days};
use books::Published;
use contracts::{Contracts, Customer};
use cur::LineNote;
use pipeline::{CustomerBook, Message, Plan, PublishReceipt, UNASSIGNED};
use runs::{App, Failure, Outcome, Results, Stop, Work};

use load::Input;

pub async fn handle(message: &Message, customer: &str, app: &App) -> Result<Outcome, Failure> {
    runs::handle(&Publication { customer }, message, app).await
}

/// The charges of one customer.
struct Publication<'a> {
    customer: &'a str,
}

#[async_trait]
impl Work for Publication<'_> {
    type Input = Input;
    type Receipt = PublishReceipt;

    async fn load(&self, plan: &Plan, app: &App) -> Result<Input, Stop> {
        Ok(load::load(plan, self.customer, app).await?)
    }

    fn compute(&self, plan: &Plan, input: Input) -> Result<Results<PublishReceipt>, Stop> {
        let Input { contracts, book, groups, benefits } = input;
        let customer = find_customer(&contracts, self.customer)?;
        let published = publish(plan, &contracts, customer, &book, groups, &benefits);
        let published = published.map_err(|reason| refused(self.customer, &reason, &book))?;
        let receipt = books::receipt_of(self.customer, &book, &published);
        let objects = objects::objects(plan, self.customer, &published)?;
        Ok(Results { objects, checks: receipt.checks.clone(), receipt })
    }
}

/// Finds a customer by its id. `None` is `_unassigned`.
fn find_customer<'a>(contracts: &'a Contracts, id: &str) -> Result<Option<&'a Customer>, Failure> {
    if id == UNASSIGNED {
        return Ok(None);
    }
    let found = contracts.customer(id);
    found.map(Some).ok_or_else(|| Failure::Reject(format!("the contracts have no customer `{id}`")))
}

fn publish(
    plan: &Plan,
    contracts: &Contracts,
    customer: Option<&Customer>,
    book: &CustomerBook,
    mut groups: Vec<billing::LineGroup>,
    benefits: &[commitments::DailyBenefit],
) -> Result<Published, PricingError> {
    let derived_cost = books::fill_in(book, &mut groups);
    let pricing = Pricing { contracts, customer, period: plan.billing_period };
    let shares: Vec<_> = book.unused_shares.values().flatten().cloned().collect();
    let handed_out = HandedOut {
        benefits: &benefits_by_charge(benefits),
        unpriced: &book.unpriced.iter().cloned().collect(),
        unused_shares: &shares,
    };
    let Priced { daily, margin_terms, explained, taken_off } = pricing.price(groups, handed_out)?;
    let charges = sum_days(&daily);
    Ok(Published { daily, charges, margin_terms, explained, taken_off, derived_cost })
}

/// Names the missing cell, if a missing cell makes a commitment's cost unknown.
fn refused(customer: &str, reason: &PricingError, book: &CustomerBook) -> Stop {
    let unknown = &book.unknown_costs;
    let cell: Option<&LineNote> = match reason {
        PricingError::NoCommitmentCost(arn) => unknown.get(arn),
        PricingError::NoAmortizedCost(key) => {
            let is_own = |note: &&LineNote| note.line.account == key.usage_account_id;
            unknown.values().find(is_own).or_else(|| unknown.values().next())
        }
        _ => None,
    };
    Stop::Refused { reason: format!("customer `{customer}`: {reason}"), cell: cell.cloned() }
}
