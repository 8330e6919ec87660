//! `sluice simulate`: bills past periods under other contracts, and shows what would have been different.
//! Nothing is written into the results.

mod overlay;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use contracts::Contracts;
use money::Amount;
use pipeline::{Bill, BillPointer, Compression, Current, Plan, keys, version_of};
use runs::{App, Arrival, run_part, to_json};
use statement::{Term, Waterfall};
use storage::{FolderStore, MemoryStore, Store};

use crate::args::SimulateArgs;
use crate::period_range::PeriodRange;
use crate::progress::Progress;
use crate::reread::reread_files;
use crate::show;
use crate::what_if::{Difference, Side};
use crate::world::World;
use overlay::Overlay;

pub(crate) async fn command(args: &SimulateArgs, out: &mut dyn Write) -> anyhow::Result<bool> {
    let text = fs::read_to_string(&args.contracts)
        .with_context(|| format!("cannot read `{}`", args.contracts.display()))?;
    let differences = simulate(&args.out, &text, args.periods, &args.contracts).await?;
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &differences)?;
        writeln!(out)?;
    } else {
        show::differences(&differences, out)?;
    }
    Ok(true)
}

/// Bills the periods under the contracts, in memory, and compares each bill with the bill of now.
pub async fn simulate(
    dir: &Path,
    contracts: &str,
    periods: PeriodRange,
    shown: &Path,
) -> anyhow::Result<Vec<Difference>> {
    if let Err(problems) = Contracts::parse(contracts) {
        bail!("{}", problems.display(&shown.display().to_string()));
    }
    let stored: Arc<dyn Store> = Arc::new(FolderStore::new(dir));
    let nothing = || -> Arc<dyn Store> { Arc::new(MemoryStore::default()) };
    let app = World::new(nothing(), Arc::clone(&stored), Compression::default()).app;
    let currents = currents(periods, &app).await?;
    if currents.is_empty() {
        bail!("nothing is sealed in `{}` for these periods", dir.display());
    }
    let billed = billed(periods, &app).await?;
    let pointers = currents
        .iter()
        .map(|current| keys::current(current.payer_account_id, current.billing_period));
    let pointers = pointers.chain(billed.iter().cloned()).chain([keys::CONTRACTS.to_owned()]);
    let runs = currents.iter().map(|current| current.run_id.clone()).collect();
    let overlay = Overlay::new(Arc::clone(&stored), runs, pointers.collect());
    overlay.written.put(keys::CONTRACTS, contracts.to_owned());

    let world = World::new(nothing(), Arc::new(overlay), Compression::default());
    for current in &currents {
        let plan = app.plan(&current.run_id).await?;
        again(plan, contracts, &app, &world).await?;
        let drained = world.drain(&Progress::new(false)).await;
        if let Some(given_up) = drained.given_up.first() {
            bail!("{}, {}: {}", current.billing_period, given_up.work, given_up.reason);
        }
        if let Some(reason) = drained.not_billed.first() {
            bail!("{}: {reason}", current.billing_period);
        }
    }
    compare(&billed, periods, &app, &world.app).await
}

/// Does a run again under other contracts, from the accounts' own lines. It keeps its id: nobody else sees
/// what it writes.
async fn again(plan: Plan, contracts: &str, app: &App, world: &World) -> anyhow::Result<()> {
    let part = run_part(contracts.as_bytes());
    let plan = Plan { contracts_version: version_of(&part), previous_run: None, ..plan };
    let run = &plan.run_id;
    let key = keys::plan(run);
    world.app.results.create(&key, to_json(&key, &plan)?).await?;
    world.app.results.create(&keys::pinned_contracts(run), part).await?;
    if plan.rates_version.is_some() {
        let key = keys::pinned_rates(run);
        world.app.results.create(&key, app.need_bytes(&key).await?).await?;
    }
    world.app.begin(&plan, Arrival::First).await?;
    reread_files(&plan, world).await
}

/// The pointers to the runs of these periods, the earlier periods first.
async fn currents(periods: PeriodRange, app: &App) -> anyhow::Result<Vec<Current>> {
    let mut currents: Vec<Current> = Vec::new();
    for key in app.results.list(keys::current_prefix()).await? {
        let current: Current = app.need(&key).await?;
        if (periods.first..=periods.last).contains(&current.billing_period) {
            currents.push(current);
        }
    }
    currents.sort_by_key(|current| (current.billing_period, current.payer_account_id));
    Ok(currents)
}

/// The keys of the pointers to the bills of these periods.
async fn billed(periods: PeriodRange, app: &App) -> anyhow::Result<BTreeSet<String>> {
    let pointers = app.results.list(keys::billed_prefix()).await?;
    let is_in = |key: &String| {
        keys::customer_and_period(key)
            .is_some_and(|(_, period)| (periods.first..=periods.last).contains(&period))
    };
    Ok(pointers.into_iter().filter(is_in).collect())
}

async fn compare(
    billed_now: &BTreeSet<String>,
    periods: PeriodRange,
    now: &App,
    then: &App,
) -> anyhow::Result<Vec<Difference>> {
    let mut all = billed_now.clone();
    all.extend(billed(periods, then).await?);
    let mut differences = Vec::new();
    for key in all {
        let Some((customer, period)) = keys::customer_and_period(&key) else { continue };
        let [now, then] = [bill(&key, now).await?, bill(&key, then).await?];
        let currencies: BTreeSet<&str> =
            now.iter().chain(&then).map(|of| of.currency.as_str()).collect();
        for currency in currencies {
            let of = |waterfalls: &[Waterfall]| -> Vec<Waterfall> {
                waterfalls.iter().filter(|of| of.currency == currency).cloned().collect()
            };
            let (now, then) = (of(&now), of(&then));
            let mut terms: BTreeMap<Term, Amount> = BTreeMap::new();
            for (waterfalls, is_then) in [(&now, false), (&then, true)] {
                for (term, amount) in waterfalls.iter().flat_map(|of| &of.terms) {
                    let amount = if is_then { *amount } else { -*amount };
                    *terms.entry(*term).or_default() += amount;
                }
            }
            terms.retain(|_, amount| !amount.is_zero());
            differences.push(Difference {
                customer_id: customer.to_owned(),
                billing_period: period,
                currency: currency.to_owned(),
                now: side(&now),
                then: side(&then),
                terms,
            });
        }
    }
    differences.sort_by(|a, b| {
        (&a.customer_id, a.billing_period).cmp(&(&b.customer_id, b.billing_period))
    });
    Ok(differences)
}

fn side(waterfalls: &[Waterfall]) -> Side {
    Side {
        charge: waterfalls.iter().map(Waterfall::subtotal).sum(),
        margin: waterfalls.iter().map(|of| of.margin).sum(),
        amount_due: waterfalls.iter().map(|of| of.amount_due).sum(),
    }
}

/// The waterfalls of the bill that a pointer names. There are none if there is no such bill.
async fn bill(pointer: &str, app: &App) -> anyhow::Result<Vec<Waterfall>> {
    let Some(pointer) = app.find::<BillPointer>(pointer).await? else { return Ok(Vec::new()) };
    let BillPointer { customer_id, billing_period, bill_id, .. } = pointer;
    let bill: Bill =
        app.need(&keys::bill(&customer_id, billing_period, &bill_id, "bill.json")).await?;
    Ok(bill.waterfalls)
}
