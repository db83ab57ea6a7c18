//! The guard at work: proven periodically, and a gap closed only when nothing of it can count.

use std::sync::Arc;
use std::time::Duration;

use tokio::time;

use crate::controller::context::Context;
use crate::domain;
use crate::domain::journal::{Kind, Line};
use crate::metrics::GuardSight;

/// How often the admission policies are looked at while they are not in force: what people write meanwhile is void, and so is what
/// they write between the repair and the next look.
const BROKEN_INTERVAL: Duration = Duration::from_secs(2);

/// How often it is looked whether every request was decided as of a gap.
const GAP_POLL: Duration = Duration::from_millis(200);

/// Looks at the admission policies for ever, tells of changes, and closes gaps.
pub async fn keep_the_guard(context: Arc<Context>) {
    context.policies_are_known().await;
    let mut known = context.guard.current();
    loop {
        let state = context.guard.prove().await;
        context.metrics.guard(sight(&state), context.now());
        if state != known {
            known = state.clone();
            let (word, why) = told(&state);
            let entry = serde_json::json!({ "guard": word, "message": why });
            context.journal.other(Line::of(Kind::Guard, context.now(), entry));
            context.begin_epoch();
        }
        if matches!(state, domain::Guard::BrokenBefore(_)) && nothing_of_the_gap_counts(&context).await {
            if context.guard.close_gap().await {
                tracing::warn!("the gap of the guard is closed: what was written in it does not count");
                known = domain::Guard::Intact;
                context.begin_epoch();
            }
            continue;
        }
        until_the_next_look(&context, &state).await;
    }
}

/// The state in one word, and why it is so.
fn told(state: &domain::Guard) -> (&'static str, Option<&str>) {
    match state {
        domain::Guard::Intact => ("Intact", None),
        domain::Guard::Unproven(why) => ("Unproven", Some(why)),
        domain::Guard::Broken(why) => ("Broken", Some(why)),
        domain::Guard::BrokenBefore(why) => ("BrokenBefore", Some(why)),
    }
}

fn sight(state: &domain::Guard) -> GuardSight {
    match state {
        domain::Guard::Intact => GuardSight::Intact,
        domain::Guard::Unproven(_) => GuardSight::Unproven,
        domain::Guard::Broken(_) | domain::Guard::BrokenBefore(_) => GuardSight::Broken,
    }
}

/// Waits for the interval, or until a proof somewhere else showed another state.
async fn until_the_next_look(context: &Context, state: &domain::Guard) {
    let mut changes = context.guard.changes();
    changes.mark_unchanged();
    let interval = match state {
        domain::Guard::Broken(_) => context.config.delays.guard_interval.min(BROKEN_INTERVAL),
        _ => context.config.delays.guard_interval,
    };
    let interval = time::sleep(interval);
    tokio::select! {
        () = interval => {}
        _ = changes.changed() => { context.begin_epoch(); },
    }
}

/// Whether every live request, as it is now, was decided as of a guard that was broken before: what the gap let in is void
/// then, on record. Waits for the passes, but not longer than until the next look.
async fn nothing_of_the_gap_counts(context: &Context) -> bool {
    let epoch = context.begin_epoch();
    let deadline = time::Instant::now() + context.config.delays.guard_interval;
    while time::Instant::now() < deadline {
        match context.requests.live().await {
            Ok(live) => {
                let decided = |request| context.memory.was_decided_in(request, epoch);
                if live.iter().all(decided) {
                    return true;
                }
            }
            Err(error) => tracing::warn!(%error, "the gap of the guard stays open for now"),
        }
        time::sleep(GAP_POLL).await;
    }
    false
}
