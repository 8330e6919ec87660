//! `publish-datasets`: applies a customer's contract, checks the outcome and writes what people read.
//! The last customer seals the run.

mod load;
mod seal;
mod store;
mod unmatched;

use std::collections::BTreeSet;

use billing::{
    Charge, DailyCharge, Explained, HandedOut, Invoice, InvoiceError, MarginTerms, Priced, Pricing,
    PricingError, invoice, invoice_re_adds, sum_days,
};
use contracts::{Contracts, Customer};
use cur::LineNote;
use laws::Check;
use money::Amount;
use pipeline::{Plan, PublishReceipt, RunId, SplitReceipt, Step, UNASSIGNED};
use runs::{App, Failure, Outcome, Progress};

use load::Input;

pub async fn handle(run: &RunId, customer: &str, app: &App) -> Result<Outcome, Failure> {
    let plan = app.plan(run).await?;
    let contracts = app.contracts(&plan).await?;
    if !app.is_done(run, Step::PublishDatasets, customer).await? {
        publish(&plan, &contracts, customer, app).await?;
    }
    match app.advance(&plan, Step::PublishDatasets).await? {
        Progress::Waiting => Ok(Outcome::Done),
        Progress::Complete => seal::seal(&plan, &contracts, app).await,
    }
}

async fn publish(
    plan: &Plan,
    contracts: &Contracts,
    customer_id: &str,
    app: &App,
) -> Result<(), Failure> {
    let customer = find_customer(contracts, customer_id)?;
    let input = load::load(plan, contracts, customer, app).await?;

    let published = match compute(plan, contracts, customer, &input) {
        Ok(published) => published,
        Err(reason) => {
            let missing = missing_cell(&reason, &input, plan, app).await?;
            let reason = format!("customer `{customer_id}`: {reason}{missing}");
            return Err(Failure::Reject(reason));
        }
    };
    let receipt = receipt(customer_id, &input, &published);
    refuse_broken(&receipt.checks)?;

    store::store(plan, customer_id, &published, app).await?;
    app.write_receipt(&plan.run_id, Step::PublishDatasets, customer_id, &receipt).await
}

/// Why a customer cannot be billed.
#[derive(Debug, thiserror::Error)]
enum Reason {
    #[error(transparent)]
    Pricing(#[from] PricingError),
    #[error(transparent)]
    Invoice(#[from] InvoiceError),
}

/// Where the cell stands that is missing, if it is one that leaves a commitment's cost unknown.
async fn missing_cell(
    reason: &Reason,
    input: &Input,
    plan: &Plan,
    app: &App,
) -> Result<String, Failure> {
    let own = || input.accounts.iter().flat_map(|account| account.commitments.keys());
    let unknown = &input.unknown_costs;
    let note = match reason {
        Reason::Pricing(PricingError::NoCommitmentCost(arn)) => unknown.get(arn),
        Reason::Pricing(PricingError::NoAmortizedCost(_)) => own().find_map(|arn| unknown.get(arn)),
        Reason::Pricing(_) | Reason::Invoice(_) => None,
    };
    let Some(LineNote { line, text }) = note else { return Ok(String::new()) };
    let receipts: Vec<SplitReceipt> = app.receipts(&plan.run_id, Step::SplitReport).await?;
    let places = reports::places(&app.reports, plan, &receipts, &[*line]).await?;
    Ok(places.first().map(|place| format!("; {place}: {text}")).unwrap_or_default())
}

/// `None` is `_unassigned`.
fn find_customer<'a>(contracts: &'a Contracts, id: &str) -> Result<Option<&'a Customer>, Failure> {
    if id == UNASSIGNED {
        return Ok(None);
    }
    let found = contracts.customer(id);
    found.map(Some).ok_or_else(|| Failure::Reject(format!("the contracts have no customer `{id}`")))
}

/// What is published of one customer.
pub struct Published {
    pub daily: Vec<DailyCharge>,
    pub charges: Vec<Charge>,
    pub invoice: Option<Invoice>,
    pub margin_terms: MarginTerms,
    pub explained: Explained,
    pub taken_off: Amount,
}

/// Prices a customer's rated lines again and writes nothing, for a proof.
pub async fn price_again(plan: &Plan, customer: &str, app: &App) -> Result<Published, Failure> {
    let contracts = app.contracts(plan).await?;
    let customer = find_customer(&contracts, customer)?;
    let input = load::load(plan, &contracts, customer, app).await?;
    compute(plan, &contracts, customer, &input)
        .map_err(|reason| Failure::Reject(reason.to_string()))
}

fn compute(
    plan: &Plan,
    contracts: &Contracts,
    customer: Option<&Customer>,
    input: &Input,
) -> Result<Published, Reason> {
    let pricing = Pricing { contracts, customer, period: plan.billing_period };
    let shares: Vec<_> = input.unused_shares.values().flatten().cloned().collect();
    let handed_out =
        HandedOut { benefits: &input.benefits, unpriced: &input.unpriced, unused_shares: &shares };
    let priced = pricing.price(input.groups.iter().cloned(), handed_out)?;
    let charges = sum_days(&priced.daily);
    let invoice = customer
        .map(|customer| invoice(customer, contracts, plan.billing_period, &charges))
        .transpose()?;
    let Priced { daily, margin_terms, explained, taken_off } = priced;
    Ok(Published { daily, charges, invoice, margin_terms, explained, taken_off })
}

fn receipt(customer: &str, input: &Input, published: &Published) -> PublishReceipt {
    let charges = &published.charges;
    let sum = |amount: fn(&Charge) -> Amount| charges.iter().map(amount).sum::<Amount>();
    let if_known = |amount: fn(&Charge) -> Option<Amount>| {
        charges.iter().try_fold(Amount::ZERO, |sum, charge| Some(sum + amount(charge)?))
    };
    let terms = &published.margin_terms;
    let invoice = published.invoice.as_ref();
    PublishReceipt {
        customer: customer.to_owned(),
        accounts: input.accounts.iter().map(|account| account.account).collect(),
        lines: charges.iter().map(|charge| charge.measures.line_count).sum(),
        rows: charges.len() as u64,
        unblended_cost: sum(|charge| charge.measures.unblended_cost),
        amortized_cost: if_known(|charge| charge.measures.amortized_cost),
        list_cost: if_known(|charge| charge.measures.list_cost),
        benefit: if_known(|charge| charge.measures.benefit),
        taken_off: published.taken_off,
        explained: published.explained,
        charge: sum(|charge| charge.measures.charge),
        margin_terms: terms.iter().map(|(name, term)| ((*name).to_owned(), *term)).collect(),
        unused_shares: input.unused_share_totals(),
        price_rules: (charges.iter().map(|charge| charge.price_rule.clone()))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
        invoice_total: invoice.map(|invoice| invoice.total),
        invoice_currency: invoice.map(|invoice| invoice.currency.clone()),
        checks: checks(customer, input, published),
    }
}

/// The laws as far as one customer's numbers go. What went in was counted when lines were rated; what
/// came out is counted from the rows that are published.
fn checks(customer: &str, input: &Input, published: &Published) -> Vec<Check> {
    let rated = |amount: fn(&pipeline::RecalculateReceipt) -> Amount| {
        input.accounts.iter().map(amount).sum::<Amount>()
    };
    let charged =
        |amount: fn(&Charge) -> Amount| published.charges.iter().map(amount).sum::<Amount>();
    // Where every cost is known, both sides are counted by other ways than the terms.
    let is_known = |charge: &Charge| charge.measures.amortized_cost.is_some();
    let explained = if published.charges.iter().all(is_known) {
        Explained {
            charge: charged(|charge| charge.measures.charge),
            amortized_cost: rated(|account| account.amortized_cost) + input.derived_cost,
        }
    } else {
        published.explained
    };
    let mut checks = vec![
        Check::equal(
            "every_line_once",
            format!("{customer}: rated lines and charged lines"),
            rated(|account| account.totals.lines.into()),
            charged(|charge| charge.measures.line_count.into()),
        ),
        Check::equal(
            "cost_is_conserved",
            format!("{customer}: rated and charged unblended cost"),
            rated(|account| account.totals.unblended_cost),
            charged(|charge| charge.measures.unblended_cost),
        ),
        billing::margin_explains_itself(
            customer,
            explained.charge,
            explained.amortized_cost,
            published.margin_terms.values(),
        ),
    ];
    if let Some(invoice) = &published.invoice {
        checks.extend(invoice_re_adds(invoice, &published.charges));
    }
    checks
}

/// A run that breaks a law is never published.
fn refuse_broken(checks: &[Check]) -> Result<(), Failure> {
    match checks.iter().find(|check| !check.holds) {
        None => Ok(()),
        Some(Check { law, of, left, right, .. }) => {
            Err(Failure::Reject(format!("law `{law}` is broken, {of}: {left} is not {right}")))
        }
    }
}
