//! One pass over one request: a machine is made of what is known, driven until it rests, and forgotten.

use std::time::Duration;

use chrono::TimeDelta;
use kube::runtime::controller::Action as Requeue;
use tokio::time::Instant;
use tracing::Instrument as _;

use super::stored_request::StoredRequest;
use crate::api::{AssignmentState, ElevationRequestStatus, Phase};
use crate::controller::context::Context;
use crate::controller::driver::{Work, drive};
use crate::controller::journaled;
use crate::domain::{Facts, RequestMachine, SealCheck};
use crate::metrics::ReconcileKind;

/// How soon a pass is tried again that has to wait for another one.
const TURN: Duration = Duration::from_millis(250);

/// The same where what is left to do follows an end, and other ends wait that AWS was not told of yet.
const AFTER_ENDS: Duration = Duration::from_secs(2);

/// The same while policies, settings or records are not known: a new epoch tells that they are.
const NOT_READY: Duration = Duration::from_secs(5);

/// One pass, and when to come back.
pub async fn pass(context: &Context, seen: StoredRequest) -> Requeue {
    if !context.is_ready() {
        return Requeue::requeue(NOT_READY);
    }
    let request = context.memory.newest(seen);
    if let Some(wait) = context.memory.resting(&request, context.epoch()) {
        return Requeue::requeue(wait);
    }
    let status = request.status();
    if follows_an_end(context, &status) && context.queue.has_waiting_ends() {
        return Requeue::requeue(AFTER_ENDS);
    }
    let span = tracing::info_span!(
        "request",
        request = request.full_name(),
        uid = request.uid(),
        phase = status.phase.map(Phase::as_str),
        record = status.assignment.map(|assignment| assignment.name),
    );
    let began = Instant::now();
    let next = Box::pin(steps(context, request)).instrument(span).await;
    context
        .metrics
        .reconciled(ReconcileKind::Request, began.elapsed());
    next
}

/// Whether the access is being removed, or waits for that: what is left is to tell it.
fn follows_an_end(context: &Context, status: &ElevationRequestStatus) -> bool {
    let Some(assignment) = status.assignment.as_ref().map(|assignment| &assignment.name) else {
        return false;
    };
    let record = context.record_cache.get(assignment);
    let record = record.and_then(|stored| stored.record);
    context.queue.awaits_end(assignment)
        || record.is_some_and(|record| record.state() == AssignmentState::Deleting)
}

async fn steps(context: &Context, request: StoredRequest) -> Requeue {
    let epoch = context.epoch();
    let visit = context.memory.visit(request.uid());
    let facts = context.memory.believed(request.facts(&context.key));
    journaled::request(context, &request, &facts);
    let _turn = if facts.status.phase.is_none() {
        let requester = facts.spec.requester.as_deref().unwrap_or_default();
        let Some(turn) = context.opening.of(requester) else {
            return Requeue::requeue(TURN);
        };
        Some(turn)
    } else {
        None
    };
    // Before anything is looked up: that may take longer than the access lasts.
    if facts.seal == SealCheck::Valid {
        notice_of_the_end(context, &request, Duration::MAX);
    }
    let mut machine = RequestMachine::new(context.snapshot(facts, Facts::default()));
    let mut work = Work::of_request(request.clone());
    let wait = drive(context, &mut machine, &mut work).await;
    let Some(stored) = work.into_request() else {
        if !request.status().finished {
            journaled::request_disappeared(context, &request);
        }
        context.memory.forget(request.uid());
        context.journal.forget(request.uid());
        return Requeue::await_change();
    };
    let wait = wait.to_std().unwrap_or_default();
    if !machine.came_through() {
        if stored.status().finished {
            // The watch no longer has it.
            context.memory.push_leftover(stored);
        }
        return Requeue::requeue(context.memory.failed(request.uid()).max(wait));
    }
    if stored.status().finished {
        context.memory.forget(request.uid());
        context.journal.forget(request.uid());
        return Requeue::await_change();
    }
    let wait = notice_of_the_end(context, &stored, context.precise(wait));
    context.memory.mark_idle(&stored, epoch, visit, wait);
    Requeue::requeue(wait)
}

/// People are told once that their access ends soon; the wait is cut at the time to tell it.
fn notice_of_the_end(context: &Context, request: &StoredRequest, wait: Duration) -> Duration {
    let status = request.status();
    let active = status.phase == Some(Phase::Active);
    let window = status.window.filter(|_| active);
    let Some((began, end)) = window.and_then(|window| window.start_time.zip(window.end_time)) else {
        return wait;
    };
    let notice = TimeDelta::from_std(context.config.delays.ends_soon_notice).unwrap_or_default();
    let Some(at) = end.checked_add(-notice) else {
        return wait;
    };
    if let Ok(left) = (at.to_utc() - context.ports.clock.now()).to_std()
        && !left.is_zero()
    {
        return wait.min(left + Duration::from_millis(5));
    }
    // Access shorter than the notice ends soon from its beginning: saying so would say nothing. What was over before this
    // process began does not end soon.
    if began < at && context.now() < end && context.memory.tells_that_it_ends(request.uid()) {
        context.report.ends_soon(request, end);
    }
    wait
}
