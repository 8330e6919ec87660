//! The input of a customer's charges.

use std::sync::Arc;

use billing::LineGroup;
use commitments::DailyBenefit;
use contracts::Contracts;
use datasets::decode_parquet;
use pipeline::{CustomerBook, Plan, keys};
use runs::{App, Failure};

pub(crate) struct Input {
    pub(crate) contracts: Arc<Contracts>,
    pub(crate) book: CustomerBook,
    /// The rated lines of the customer's own accounts.
    pub(crate) groups: Vec<LineGroup>,
    /// The benefits that were handed out to the customer's own accounts.
    pub(crate) benefits: Vec<DailyBenefit>,
}

pub(crate) async fn load(plan: &Plan, customer: &str, app: &App) -> Result<Input, Failure> {
    let book: CustomerBook = app.need(&keys::customer_book(&plan.run_id, customer)).await?;
    let rated = book.accounts.iter().map(|of| keys::rated(plan, of.account)).collect();
    let key = keys::customer_benefits(plan, customer);
    let benefits = match app.results.get(&key).await? {
        Some(object) => decode_parquet(object.bytes)
            .map_err(|error| Failure::Reject(format!("`{key}`: {error}")))?,
        None => Vec::new(),
    };
    let contracts = app.contracts(plan).await?;
    Ok(Input { contracts, groups: app.rows(rated).await?, book, benefits })
}
