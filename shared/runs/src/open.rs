//! Opens a step: writes the book of the step before and whatever else the units need, and lists the units.
//!
//! Books depend only on the plan and the receipts, so all workers that write a book write the same bytes.

use books::{AllocatedDays, benefits_by_customer, customer_books, days_to_allocate};
use bytes::Bytes;
use commitments::{DailyBenefit, DemandSku};
use datasets::{CommitmentRow, Row, decode_parquet, encode_parquet, encode_parquet_lightly};
use pipeline::{
    AllocateReceipt, CustomerBook, Plan, RecalculateReceipt, SplitBook, SplitReceipt, Step, Table,
    Unit, keys,
};

use crate::{App, Failure, in_order};

impl App {
    /// Writes what the units of the step need of the steps before, and lists the units.
    pub(crate) async fn open(&self, plan: &Plan, step: Step) -> Result<Vec<Unit>, Failure> {
        Ok(match step {
            Step::SplitReport => {
                (0..plan.files.len()).map(|file| Unit::SplitReport { file }).collect()
            }
            Step::RegisterPartitions => {
                let receipts: Vec<SplitReceipt> = self.receipts(plan, Step::SplitReport).await?;
                let book = books::split_book(&receipts);
                self.write_once(&keys::book(&plan.run_id, Step::SplitReport), &book).await?;
                Table::ALL.map(|table| Unit::RegisterPartitions { table }).to_vec()
            }
            Step::RecalculateAccount => {
                let book: SplitBook = self.split_book(plan).await?;
                let accounts = book.accounts.into_keys();
                accounts.map(|account| Unit::RecalculateAccount { account }).collect()
            }
            Step::AllocateCommitments => self.open_days(plan).await?,
            Step::PublishDatasets => self.open_customers(plan).await?,
        })
    }

    /// The totals of the report, by account.
    pub async fn split_book(&self, plan: &Plan) -> Result<SplitBook, Failure> {
        self.need(&keys::book(&plan.run_id, Step::SplitReport)).await
    }

    async fn open_days(&self, plan: &Plan) -> Result<Vec<Unit>, Failure> {
        let accounts: Vec<RecalculateReceipt> =
            self.receipts(plan, Step::RecalculateAccount).await?;
        let days = days_to_allocate(&accounts);
        if days.is_empty() {
            return Ok(Vec::new());
        }
        let with_demand = accounts.iter().filter(|receipt| !receipt.demand_days.is_empty());
        let skus = with_demand.map(|receipt| keys::skus(plan, receipt.account)).collect();
        let skus: Vec<DemandSku> = self.rows(skus).await?;
        self.results.create(&keys::all_skus(plan), encoded_lightly(&skus)?).await?;
        let book = books::recalculate_book(&accounts);
        self.write_once(&keys::book(&plan.run_id, Step::RecalculateAccount), &book).await?;
        Ok(days.into_iter().map(|day| Unit::AllocateCommitments { day }).collect())
    }

    async fn open_customers(&self, plan: &Plan) -> Result<Vec<Unit>, Failure> {
        let contracts = self.contracts(plan).await?;
        let accounts: Vec<RecalculateReceipt> =
            self.receipts(plan, Step::RecalculateAccount).await?;
        let days = if contracts.sharing().is_handed_out() {
            self.allocated_days(plan).await?
        } else {
            AllocatedDays::default()
        };
        let books = customer_books(&contracts, plan, &accounts, &days);
        let mut benefits = benefits_by_customer(days.benefits, &contracts, plan);
        let customers: Vec<String> = books.keys().cloned().collect();
        let work: Vec<(String, CustomerBook, Vec<DailyBenefit>)> = books
            .into_iter()
            .map(|(customer, book)| {
                let own = benefits.remove(&customer).unwrap_or_default();
                (customer, book, own)
            })
            .collect();
        let (app, plan) = (self.clone(), plan.clone());
        in_order(work, move |(customer, book, benefits)| {
            let (app, plan) = (app.clone(), plan.clone());
            async move {
                if !benefits.is_empty() {
                    let key = keys::customer_benefits(&plan, &customer);
                    app.results.create(&key, encoded_lightly(&benefits)?).await?;
                }
                app.write_once(&keys::customer_book(&plan.run_id, &customer), &book).await
            }
        })
        .await?;
        Ok(customers.into_iter().map(|customer| Unit::PublishDatasets { customer }).collect())
    }

    async fn allocated_days(&self, plan: &Plan) -> Result<AllocatedDays, Failure> {
        let receipts: Vec<AllocateReceipt> = self.receipts(plan, Step::AllocateCommitments).await?;
        let benefits = receipts.iter().map(|receipt| keys::benefits(plan, receipt.day));
        let benefits: Vec<DailyBenefit> = self.rows(benefits.collect()).await?;
        let commitments =
            receipts.iter().map(|receipt| keys::day(plan, Table::Commitments, receipt.day));
        let commitments: Vec<CommitmentRow> = self.rows(commitments.collect()).await?;
        Ok(AllocatedDays::new(&receipts, commitments, benefits))
    }

    /// The rows of several objects, in the order of the objects.
    pub async fn rows<R: Row + Send + 'static>(
        &self,
        keys: Vec<String>,
    ) -> Result<Vec<R>, Failure> {
        let app = self.clone();
        let tables = in_order(keys, move |key| {
            let app = app.clone();
            async move {
                decode_parquet::<R>(app.need_bytes(&key).await?)
                    .map_err(|error| Failure::Reject(format!("`{key}`: {error}")))
            }
        });
        Ok(tables.await?.into_iter().flatten().collect())
    }
}

/// Writes rows as a Parquet file for people.
pub fn encoded<R: Row>(rows: &[R]) -> Result<Bytes, Failure> {
    encode_parquet([rows]).map_err(|error| Failure::Reject(error.to_string()))
}

/// Writes rows as a Parquet file for the next step.
pub fn encoded_lightly<R: Row>(rows: &[R]) -> Result<Bytes, Failure> {
    encode_parquet_lightly([rows]).map_err(|error| Failure::Reject(error.to_string()))
}
