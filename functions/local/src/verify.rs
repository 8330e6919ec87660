//! `sluice verify`: proves a finished run again from its files, link by link: the accounts' own lines give
//! the rated lines, those give the charges, and the charges give the invoice.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::Write;
use std::sync::Arc;

use allocate_commitments::Allocated;
use anyhow::{Context, bail};
use billing::{Charge, Invoice, LineGroup, invoice_re_adds};
use bytes::Bytes;
use chrono::NaiveDate;
use commitments::{DailyBenefit, DemandRow, DemandSku, KeptReason};
use datasets::{
    AllocationRow, ChargeRow, CommitmentRow, CoverageRow, DailyCostRow, DecodeError, InvoiceFile,
    InvoiceLineRow, Row, decode_csv, decode_parquet,
};
use money::Amount;
use pipeline::{
    AllocateReceipt, Compression, Current, Plan, PublishReceipt, RecalculateReceipt,
    Reconciliation, Step, Table, UNASSIGNED, keys,
};
use publish_datasets::Published;
use serde::Serialize;
use storage::FolderStore;

use crate::args::VerifyArgs;
use crate::world::World;

/// What was proved of one run, and what was not.
#[derive(Debug, Serialize)]
pub struct Proof {
    pub run_id: String,
    /// How often each link was compared.
    pub compared: BTreeMap<String, u64>,
    pub differences: Vec<String>,
    pub replay: ReplayProof,
}

/// AWS's rules applied again to what AWS has billed. Where they come out differently, commitments stayed as
/// AWS applied them, and the policy of the contracts could not be followed.
#[derive(Debug, Default, Serialize)]
pub struct ReplayProof {
    /// Hours of groups of commitments.
    pub compared: u64,
    /// Where AWS's rules leave a choice.
    pub ties: Vec<String>,
    pub differences: Vec<String>,
    /// The part of that money that reached accounts beyond the policy, by commitment.
    pub moved: BTreeMap<String, Amount>,
}

impl ReplayProof {
    fn add(&mut self, day: &Allocated) {
        self.compared += day.replayed.tally.compared;
        self.ties.extend(day.replayed.ties.iter().map(ToString::to_string));
        self.differences.extend(day.replayed.differences.iter().map(ToString::to_string));
        for kept in day.kept.iter().filter(|kept| kept.reason == KeptReason::NotReplayed) {
            if !kept.beyond_policy.is_zero() {
                *self.moved.entry(kept.commitment.clone()).or_default() += kept.beyond_policy;
            }
        }
    }
}

impl Proof {
    pub fn holds(&self) -> bool {
        self.differences.is_empty() && self.replay.moved.is_empty()
    }

    fn compare<T: PartialEq>(&mut self, link: &str, of: impl Display, left: &T, right: &T) {
        *self.compared.entry(link.to_owned()).or_default() += 1;
        if left != right {
            self.differences.push(format!("{link}: {of}"));
        }
    }
}

pub(crate) async fn command(args: &VerifyArgs, out: &mut dyn Write) -> anyhow::Result<bool> {
    let proofs = verify(&args.dir).await?;
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &proofs)?;
        writeln!(out)?;
    } else {
        for proof in &proofs {
            show(proof, out)?;
        }
    }
    Ok(proofs.iter().all(Proof::holds))
}

fn show(proof: &Proof, out: &mut dyn Write) -> std::io::Result<()> {
    let verdict = if proof.holds() { "PROVED" } else { "NOT PROVED" };
    writeln!(out, "{verdict}  run {}", proof.run_id)?;
    for (link, times) in &proof.compared {
        writeln!(out, "  {link}: {times} compared")?;
    }
    for difference in &proof.differences {
        writeln!(out, "  DIFFERS  {difference}")?;
    }
    let ReplayProof { compared, ties, differences, moved } = &proof.replay;
    if *compared > 0 {
        writeln!(
            out,
            "AWS's rules applied again: {compared} hours of groups of commitments compared with the \
             report, {} ties, {} differences",
            ties.len(),
            differences.len()
        )?;
    }
    for (kind, list) in [("tie", ties), ("DIFFERS", differences)] {
        for line in list.iter().take(LISTED) {
            writeln!(out, "  {kind}  {line}")?;
        }
        if let Some(more @ 1..) = list.len().checked_sub(LISTED) {
            writeln!(out, "  {kind}  and {more} more; `--json` lists them all")?;
        }
    }
    for (commitment, amount) in moved {
        writeln!(
            out,
            "  MOVED  {amount} of {commitment} stayed with accounts that the policy does not let it \
             reach, because AWS's rules and the report disagree"
        )?;
    }
    Ok(())
}

/// How many differences of a kind a person is shown.
const LISTED: usize = 5;

/// Proves every current run of a results bucket.
pub async fn verify(dir: &std::path::Path) -> anyhow::Result<Vec<Proof>> {
    let store = Arc::new(FolderStore::new(dir));
    let world = World::new(store.clone(), store, Compression::default());
    let pointers = world.app.results.list(keys::current_prefix()).await?;
    if pointers.is_empty() {
        bail!("nothing is sealed in `{}`", dir.display());
    }
    let mut proofs = Vec::new();
    for pointer in pointers {
        let current: Current = world.app.need(&pointer).await?;
        let proof = prove(&world, &current).await;
        proofs.push(proof.with_context(|| format!("run {}", current.run_id))?);
    }
    Ok(proofs)
}

async fn prove(world: &World, current: &Current) -> anyhow::Result<Proof> {
    let app = &world.app;
    let plan = app.plan(&current.run_id).await?;
    let reconciliation: Reconciliation = app.need(&keys::reconciliation(&plan.run_id)).await?;
    let mut proof = Proof {
        run_id: plan.run_id.to_string(),
        compared: BTreeMap::new(),
        differences: Vec::new(),
        replay: ReplayProof::default(),
    };
    for law in &reconciliation.laws {
        proof.compare("laws", format!("{} {}", law.law, law.of), &law.left, &law.right);
    }
    let accounts: Vec<RecalculateReceipt> =
        app.receipts(&plan.run_id, Step::RecalculateAccount).await?;
    for account in &accounts {
        lines_give_rated(world, &plan, account, &mut proof).await?;
    }
    let days: Vec<AllocateReceipt> = app.receipts(&plan.run_id, Step::AllocateCommitments).await?;
    for AllocateReceipt { day, .. } in days {
        demand_gives_allocations(world, &plan, day, &mut proof).await?;
    }
    let customers: Vec<PublishReceipt> = app.receipts(&plan.run_id, Step::PublishDatasets).await?;
    for customer in &customers {
        let again = publish_datasets::price_again(&plan, &customer.customer, app).await?;
        rated_gives_charges(world, &plan, customer, &again, &mut proof).await?;
        if let Some(invoice) = &again.invoice {
            charges_give_invoice(world, &plan, customer, invoice, &mut proof).await?;
        }
    }
    totals(&reconciliation, &accounts, &customers, &mut proof);
    Ok(proof)
}

/// The account's own lines, read and rated again.
async fn lines_give_rated(
    world: &World,
    plan: &Plan,
    account: &RecalculateReceipt,
    proof: &mut Proof,
) -> anyhow::Result<()> {
    let id = account.account;
    let again = recalculate_account::rate_again(plan, id, &world.app).await?;
    let stored: Vec<LineGroup> = parquet(world, &keys::rated(plan, id)).await?;
    proof.compare("lines give rated lines", id, &again.groups, &stored);
    if !again.demand.is_empty() {
        let stored: Vec<DemandSku> = parquet(world, &keys::skus(plan, id)).await?;
        proof.compare("lines give SKUs", id, &again.skus, &stored);
        let stored: Vec<DemandRow> = parquet(world, &keys::demand(plan, id)).await?;
        proof.compare("lines give demand", id, &again.demand, &stored);
    }
    proof.compare("lines give totals", id, &again.totals, &account.totals);
    Ok(())
}

/// The day allocated again; and by AWS's own rules, compared with what AWS did.
async fn demand_gives_allocations(
    world: &World,
    plan: &Plan,
    day: NaiveDate,
    proof: &mut Proof,
) -> anyhow::Result<()> {
    let again = allocate_commitments::allocate_again(plan, day, &world.app).await?;
    let table = |table| keys::day(plan, table, day);
    let stored: Vec<AllocationRow> = parquet(world, &table(Table::Allocations)).await?;
    proof.compare("demand gives allocations", day, &again.allocations, &stored);
    let stored: Vec<CommitmentRow> = parquet(world, &table(Table::Commitments)).await?;
    proof.compare("demand gives commitments", day, &again.commitments, &stored);
    let stored: Vec<CoverageRow> = parquet(world, &table(Table::Coverage)).await?;
    proof.compare("demand gives coverage", day, &again.coverage, &stored);
    let stored: Vec<DailyBenefit> = parquet(world, &keys::benefits(plan, day)).await?;
    proof.compare("demand gives benefits", day, &again.benefits, &stored);

    proof.replay.add(&again);
    Ok(())
}

/// The rated lines priced again under the run's contracts, against every file that has charges.
async fn rated_gives_charges(
    world: &World,
    plan: &Plan,
    customer: &PublishReceipt,
    again: &Published,
    proof: &mut Proof,
) -> anyhow::Result<()> {
    let id = &customer.customer;
    let id_column = if id == UNASSIGNED { "" } else { id };
    let copies: [(&str, Vec<ChargeRow>); 3] = [
        ("charges.csv", csv(world, &keys::billing(plan, id, "charges.csv")).await?),
        ("charges.parquet", parquet(world, &keys::billing(plan, id, "charges.parquet")).await?),
        ("charges of the table", parquet(world, &keys::report(plan, Table::Charges, id)).await?),
    ];
    for (table, rows) in copies {
        let is_of_run = |row: &ChargeRow| {
            (&row.run_id, row.payer_account_id, row.billing_period)
                == (&plan.run_id, plan.payer_account_id, plan.billing_period)
                && row.customer_id == id_column
        };
        let of = format!("{id} {table}");
        proof.compare("charges name their run", &of, &rows.iter().all(is_of_run), &true);
        let stored: Vec<Charge> = rows.into_iter().map(|row| row.charge).collect();
        proof.compare("rated lines give charges", &of, &again.charges, &stored);
    }
    let daily: Vec<DailyCostRow> =
        parquet(world, &keys::report(plan, Table::DailyCosts, id)).await?;
    let daily_again = DailyCostRow::of(id_column, &again.daily);
    proof.compare("rated lines give daily costs", id, &daily_again, &daily);
    let total: Amount = again.charges.iter().map(|charge| charge.measures.charge).sum();
    let by_day: Amount = daily.iter().map(|day| day.measures.charge).sum();
    proof.compare("days add up to charges", id, &by_day, &total);
    proof.compare("charges add up to the receipt", id, &total, &customer.charge);
    Ok(())
}

async fn charges_give_invoice(
    world: &World,
    plan: &Plan,
    customer: &PublishReceipt,
    again: &Invoice,
    proof: &mut Proof,
) -> anyhow::Result<()> {
    let id = &customer.customer;
    let charges: Vec<ChargeRow> =
        parquet(world, &keys::billing(plan, id, "charges.parquet")).await?;
    let charges: Vec<Charge> = charges.into_iter().map(|row| row.charge).collect();
    let file: InvoiceFile = world.app.need(&keys::billing(plan, id, "invoice.json")).await?;
    let invoice = file.to_invoice().with_context(|| format!("a rate in {id}'s invoice"))?;
    for check in invoice_re_adds(&invoice, &charges) {
        proof.compare("charges give the invoice", check.of, &check.left, &check.right);
    }
    proof.compare("contract gives the invoice", id, again, &invoice);
    proof.compare("invoice names its run", id, &file.run_id, &plan.run_id);
    let csv: Vec<InvoiceLineRow> = csv(world, &keys::billing(plan, id, "invoice.csv")).await?;
    proof.compare("invoice.csv is invoice.json", id, &csv, &file.rows());
    proof.compare("invoice is the receipt's", id, &Some(invoice.total), &customer.invoice_total);
    Ok(())
}

/// What the proof says of the whole, added up from its parts.
fn totals(
    reconciliation: &Reconciliation,
    accounts: &[RecalculateReceipt],
    customers: &[PublishReceipt],
    proof: &mut Proof,
) {
    let cost: Amount = accounts.iter().map(|account| account.totals.unblended_cost).sum();
    let report = reconciliation.report_totals.unblended_cost;
    proof.compare("accounts add up to the report", "unblended cost", &cost, &report);
    let charge: Amount = customers.iter().map(|customer| customer.charge).sum();
    proof.compare("customers add up", "charge", &charge, &reconciliation.margin.charge);
    let terms: Amount = reconciliation.margin.terms.values().copied().sum();
    if let Some(margin) = reconciliation.margin.margin {
        proof.compare("terms add up", "margin", &terms, &margin);
    }
}

async fn parquet<R: Row>(world: &World, key: &str) -> anyhow::Result<Vec<R>> {
    read(world, key, decode_parquet).await
}

async fn csv<R: Row>(world: &World, key: &str) -> anyhow::Result<Vec<R>> {
    read(world, key, |bytes| decode_csv(&bytes)).await
}

async fn read<R>(
    world: &World,
    key: &str,
    decode: impl Fn(Bytes) -> Result<Vec<R>, DecodeError>,
) -> anyhow::Result<Vec<R>> {
    let bytes = world.app.need_bytes(key).await?;
    decode(bytes).with_context(|| format!("`{key}`"))
}
