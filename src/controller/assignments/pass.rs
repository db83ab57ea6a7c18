//! Passes over assignments: which one is next, and one of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::future::FutureExt as _;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::controller::context::Context;
use crate::controller::driver::{Work, drive};
use crate::controller::journaled;
use crate::domain::{AssignmentMachine, RequestFacts, Seen, Urgency};
use crate::metrics::ReconcileKind;

/// Runs passes over records until `shutdown`; those that are under way then are finished first. Begins when every record and
/// every live request have been seen, with all records that there are or that a request names.
pub async fn run(context: Arc<Context>, shutdown: impl Future<Output = ()> + Send) {
    let mut shutdown = Box::pin(shutdown.fuse());
    let known = async {
        context.record_cache.is_complete().await;
        context.live.are_known().await;
    };
    tokio::select! {
        () = known => {}
        () = &mut shutdown => return,
    }
    for name in all_names(&context) {
        context.queue.wake(&name);
    }
    tracing::info!("records and live requests are known; assignments are looked at");
    let mut passes = JoinSet::new();
    loop {
        while let Some(name) = context.queue.take(|name| urgency(&context, name)) {
            passes.spawn(pass(Arc::clone(&context), name));
        }
        tokio::select! {
            () = context.queue.changed() => {}
            Some(_) = passes.join_next() => {}
            () = &mut shutdown => break,
        }
    }
    while passes.join_next().await.is_some() {}
}

/// The records that there are, and those that a live request names: one that vanished is written anew.
fn all_names(context: &Context) -> BTreeSet<String> {
    let named = context.live.records();
    context.record_cache.names().into_iter().chain(named).collect()
}

/// The machine of this record as the watches tell now: in the middle of a pass, what it remembered when the pass began.
pub fn machine_of(context: &Context, name: &str) -> AssignmentMachine {
    let mut machine = context.machines.get(name);
    machine.see(seen(context, name, &machine));
    machine
}

fn urgency(context: &Context, name: &str) -> Urgency {
    let machine = machine_of(context, name);
    let urgency = machine.urgency(&context.moment());
    context.machines.put(name, machine);
    urgency
}

/// Whether access is to be taken away that this machine knows of, as the watches tell now.
pub fn shows_an_end(context: &Context, machine: &AssignmentMachine) -> bool {
    let mut machine = machine.clone();
    let seen = seen(context, machine.name(), &machine);
    machine.see(seen);
    machine.is_ending(&context.moment())
}

async fn pass(context: Arc<Context>, name: String) {
    let span = tracing::info_span!("assignment", record = name);
    let began = Instant::now();
    let rest = Box::pin(steps(&context, &name)).instrument(span).await;
    context
        .metrics
        .reconciled(ReconcileKind::Assignment, began.elapsed());
    context.queue.done(&name, rest);
}

/// One pass; how long the machine rests, or nothing when there is nothing left that it would have to remember or look at.
async fn steps(context: &Context, name: &str) -> Option<Duration> {
    let mut machine = machine_of(context, name);
    if let Some(stored) = context.record_cache.get(name) {
        journaled::record(context, &stored);
    }
    let wait = drive(context, &mut machine, &mut Work::of_record(name)).await;
    let over =
        machine.is_idle() && context.record_cache.get(name).is_none() && context.live.naming(name).is_empty();
    if over {
        context.machines.forget(name);
        return None;
    }
    context.machines.put(name, machine);
    Some(context.precise(wait.to_std().unwrap_or_default()))
}

/// What the watches and our own writes show of a record and of the live requests that claim or name it.
fn seen(context: &Context, name: &str, machine: &AssignmentMachine) -> Seen {
    let record = context.record_cache.get(name);
    let shown = record.as_ref().and_then(|record| record.record.as_ref());
    let claims = shown.into_iter().chain(machine.record());
    let claims = claims.flat_map(|record| &record.status.claims);
    let mut uids = context.live.naming(name);
    uids.extend(claims.map(|claim| claim.request.uid.clone()));
    let requests: BTreeMap<String, RequestFacts> = uids
        .into_iter()
        .filter_map(|uid| {
            let facts = context.live_request(&uid)?.facts(&context.key);
            Some((uid, facts))
        })
        .collect();
    Seen {
        record,
        requests: requests.into_values().collect(),
    }
}
