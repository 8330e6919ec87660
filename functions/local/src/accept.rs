//! `sluice accept`: makes a held run current.

use std::io::Write;
use std::sync::Arc;

use anyhow::bail;
use pipeline::{AcceptRequest, Compression, Notice};
use runs::Outcome;
use storage::FolderStore;

use crate::args::AcceptArgs;
use crate::world::World;

/// Returns whether the run is the current run now.
pub(crate) async fn command(args: &AcceptArgs, out: &mut dyn Write) -> anyhow::Result<bool> {
    if !args.out.is_dir() {
        bail!("`{}` is not a folder", args.out.display());
    }
    let store = Arc::new(FolderStore::new(&args.out));
    let world = World::new(store.clone(), store, Compression::default());
    let run = &args.run;
    let notice = Notice::Accept(AcceptRequest { run: run.clone() });
    let is_current = receive_report::handle(&notice, &world.app).await? == Outcome::Sealed;
    if is_current {
        writeln!(out, "ACCEPTED  run {run} is current")?;
    } else {
        writeln!(out, "NOT CURRENT  run {run}: another one has taken its place since")?;
    }
    Ok(is_current)
}
