//! Taking access away. It has no preconditions: it reads what is on record about the assignment, and nothing else has
//! to exist or answer.

use super::early_end::Cause;
use super::granting::retry_at;
use super::observation::{Observation, is_the_configured_instance, observe, refresh, settles_at};
use super::overdue::{becomes_overdue_at, ending_since, overdue_since, shout_when_overdue};
use super::pass::Pass;
use super::siblings;
use crate::api::{
    AssignmentOrigin, AssignmentState, AssignmentTuple, ConditionStatus, ConditionType, Operation,
    OperationOutcome, Phase, Reason, Timestamp,
};
use crate::domain::decision::Action;
use crate::domain::facts::{OperationKind, RequestId};
use crate::domain::inquiry::{Freshness, Undecided};
use crate::domain::snapshot::Sibling;
use crate::domain::window::after;

/// Stands between the cause, which the last message repeats, and what is news only while the removal lasts.
const BEING_REMOVED: &str = " The access is being removed.";

/// Stores that the access ends, and why. The delete is named with it where nothing stands in its way; what has to be
/// waited for is waited for in the next pass.
pub(super) fn begin(pass: &mut Pass<'_>, cause: &Cause) {
    pass.status.approvers = vec![];
    let now = pass.now;
    let (mut remains, mut may_still_come) = (false, false);
    pass.assignment(|assignment| {
        let standing = assignment.origin == Some(AssignmentOrigin::Standing);
        assignment.state = match assignment.state {
            AssignmentState::Held if standing => {
                remains = true;
                assignment.revoke_time = Some(now);
                AssignmentState::Gone
            }
            AssignmentState::Held => AssignmentState::Removing,
            AssignmentState::Granting => {
                may_still_come = true;
                AssignmentState::Removing
            }
            other => other,
        };
        assignment.attempts = None;
        assignment.last_error = None;
    });
    let message = if remains {
        format!(
            "{} The requester had this access before: it remains.",
            cause.sentence
        )
    } else {
        format!("{}{BEING_REMOVED}", cause.sentence)
    };
    if remains {
        pass.condition(
            ConditionType::Granted,
            ConditionStatus::False,
            Reason::StandingAccessRemains,
            &message,
        );
    }
    if may_still_come {
        let message = "What was asked of AWS may still take effect.";
        pass.condition(
            ConditionType::Granted,
            ConditionStatus::Unknown,
            cause.reason,
            message,
        );
    }
    pass.go(Phase::Revoking, cause.reason, &message);
    pass.wake(after(now, pass.timings().poll));
    let alone = |tuple: &AssignmentTuple| !siblings::are_seen(pass, tuple);
    if let Some(tuple) = pass.tuple().filter(alone)
        && may_be_asked_at_once(pass)
    {
        delete(pass, tuple);
    }
}

/// Whether the record alone says that the delete can go: a create that may be under way is asked about first.
fn may_be_asked_at_once(pass: &Pass<'_>) -> bool {
    let Some(assignment) = &pass.status.assignment else {
        return false;
    };
    let ours = |tuple: &AssignmentTuple| is_the_configured_instance(pass, tuple).is_ok();
    let known = assignment.tuple.as_ref().is_some_and(ours);
    let is_over = |create: &Operation| {
        matches!(
            create.outcome,
            OperationOutcome::Succeeded | OperationOutcome::Failed
        )
    };
    let over = assignment.create.as_ref().is_none_or(is_over);
    let removing = assignment.state == AssignmentState::Removing && !nothing_was_asked_of_aws(pass);
    removing && known && over && assignment.delete.is_none()
}

pub(super) fn decide(pass: &mut Pass<'_>) {
    match pass.state() {
        AssignmentState::None | AssignmentState::Gone => conclude(pass),
        AssignmentState::Granting | AssignmentState::Held => {
            let cause = recorded_cause(pass);
            begin(pass, &cause);
        }
        AssignmentState::Removing => remove(pass),
    }
}

fn recorded_cause(pass: &Pass<'_>) -> Cause {
    let message = pass.status.message.as_deref().unwrap_or_default();
    let sentence = message.split(BEING_REMOVED).next().unwrap_or_default();
    Cause {
        reason: pass.status.reason.unwrap_or(Reason::EndReached),
        sentence: sentence.to_owned(),
    }
}

fn remove(pass: &mut Pass<'_>) {
    pass.wake(after(pass.now, pass.timings().lookup_retry));
    if let Some(at) = becomes_overdue_at(pass) {
        pass.wake_at_end(at);
    }
    let Some(tuple) = pass.tuple() else {
        return gone(pass, Reason::AccessRemoved, None);
    };
    if nothing_was_asked_of_aws(pass) {
        return gone(pass, Reason::AccessRemoved, None);
    }
    if let Err(undecided) = is_the_configured_instance(pass, &tuple) {
        note_error(pass, &undecided);
        shout_when_overdue(pass);
        return restate(pass);
    }
    refresh_operations(pass);
    match next(pass, &tuple) {
        Next::Gone => return gone(pass, Reason::AccessRemoved, None),
        Next::HandOver(to) => return gone(pass, Reason::HandedOver, Some(to)),
        Next::Wait(until) => pass.wake(until),
        Next::Unknown(undecided) => note_error(pass, &undecided),
        Next::Delete => delete(pass, tuple),
    }
    shout_when_overdue(pass);
    restate(pass);
}

/// Says what keeps the removal.
fn restate(pass: &mut Pass<'_>) {
    let cause = recorded_cause(pass);
    let assignment = pass.status.assignment.as_ref();
    let error = assignment.and_then(|assignment| assignment.last_error.as_ref());
    let error = error
        .map(|error| format!(" The last attempt: {error}"))
        .unwrap_or_default();
    let overdue = overdue_since(pass)
        .map(|since| format!(" It is overdue since {since}; it is tried until it succeeds."))
        .unwrap_or_default();
    let message = format!("{}{BEING_REMOVED}{overdue}{error}", cause.sentence);
    pass.says(cause.reason, &message);
}

pub(super) enum Next {
    Gone,
    HandOver(String),
    Wait(Timestamp),
    Unknown(Undecided),
    Delete,
}

/// A create is written down before it is sent, so where none is written none was sent.
fn nothing_was_asked_of_aws(pass: &Pass<'_>) -> bool {
    pass.status.assignment.as_ref().is_some_and(|assignment| {
        assignment.origin == Some(AssignmentOrigin::Created) && assignment.create.is_none()
    })
}

fn next(pass: &Pass<'_>, tuple: &AssignmentTuple) -> Next {
    let soon = after(pass.now, pass.timings().poll);
    let assignment = pass.status.assignment.as_ref();
    let create = assignment.and_then(|assignment| assignment.create.as_ref());
    let delete = assignment.and_then(|assignment| assignment.delete.as_ref());
    let deleted = delete.is_some_and(|delete| delete.outcome == OperationOutcome::Succeeded);
    let settles = create.and_then(|create| settles_at(pass, create, deleted));
    // Only a removal from memory deletes before the create has settled; it is repeated when it has.
    if let Some(settles) = settles {
        return Next::Wait(settles.min(soon));
    }
    let Some(delete) = delete else {
        return unless_shared(pass, tuple);
    };
    // The list is asked for after the delete was told of: one from the same second is the later one.
    if is_asked_about(pass, delete) {
        return Next::Wait(soon);
    }
    let observation = observe(pass, tuple, Freshness::Fresh);
    let sent = delete.last_seen_time.max(delete.sent_time);
    let repeated_at = retry_at(pass, delete);
    // What is listed after a removal from memory may be another's by now, so siblings are asked again.
    let repeat = || {
        if repeated_at > pass.now {
            Next::Wait(repeated_at)
        } else {
            unless_shared(pass, tuple)
        }
    };
    match (observation, delete.outcome) {
        (
            Observation::Absent {
                container_is_gone: true,
                ..
            },
            _,
        ) => Next::Gone,
        (
            Observation::Absent { at, .. },
            OperationOutcome::Succeeded | OperationOutcome::Vanished | OperationOutcome::AlreadyGone,
        ) => {
            let unlisted = unlisted_create_until(pass, delete.outcome).map(a_create_may_be_unlisted);
            let unanswered = late_create_until(pass).map(a_create_may_come_late);
            let doubts = [unlisted, unanswered].into_iter().flatten();
            let doubt = doubts.max_by_key(|doubt| doubt.until);
            match doubt.filter(|doubt| doubt.until.is_some_and(|until| at < until)) {
                // A list that is older than the delete says nothing; the next pass asks for another.
                _ if sent.is_some_and(|sent| at < sent) => Next::Wait(soon),
                Some(doubt) => Next::Unknown(doubt),
                None => Next::Gone,
            }
        }
        (_, OperationOutcome::InProgress) => Next::Wait(soon),
        (_, OperationOutcome::Unknown) if delete.request_id.is_some() => Next::Wait(soon),
        (_, OperationOutcome::Unknown | OperationOutcome::Failed) => repeat(),
        (Observation::Unknown(undecided), _) => Next::Unknown(undecided),
        (_, OperationOutcome::Succeeded | OperationOutcome::Vanished | OperationOutcome::AlreadyGone) => {
            repeat()
        }
    }
}

/// Whether AWS has been asked about a delete under way, and has not answered yet.
fn is_asked_about(pass: &Pass<'_>, delete: &Operation) -> bool {
    let id = delete.request_id.as_ref().filter(|_| delete.is_open());
    let id = id.map(RequestId::new);
    let answers = &pass.snapshot.facts.operations;
    id.is_some_and(|id| !answers.contains_key(&(OperationKind::Deletion, id)))
}

/// Until when lists may lack what was created: they lag, though no longer than a create can take. A delete that did not succeed
/// does not show that AWS knew the assignment already; that it has forgotten the delete, or found nothing to delete, says little
/// about access that was created a moment before.
fn unlisted_create_until(pass: &Pass<'_>, delete: OperationOutcome) -> Option<Timestamp> {
    let create = pass.status.assignment.as_ref()?.create.as_ref()?;
    let created = create.last_seen_time.max(create.sent_time)?;
    let doubtful = delete != OperationOutcome::Succeeded;
    doubtful.then(|| after(created, pass.timings().create_settles_after))
}

fn a_create_may_be_unlisted(until: Timestamp) -> Undecided {
    Undecided {
        reason: Reason::AccessRemoved,
        why: format!(
            "the assignment is not listed, and AWS did not say that it was deleted; what was created a moment ago may not \
             be listed yet, so it is looked for until {until}"
        ),
        until: Some(until),
    }
}

/// Until when a create may still take effect that was never answered and was repeated.
fn late_create_until(pass: &Pass<'_>) -> Option<Timestamp> {
    let assignment = pass.status.assignment.as_ref()?;
    let sent = assignment.unanswered_create_time?;
    Some(after(sent, pass.timings().create_settles_after))
}

fn a_create_may_come_late(until: Timestamp) -> Undecided {
    Undecided {
        reason: Reason::AccessRemoved,
        why: format!(
            "the assignment is gone; a create that AWS never answered may still take effect, so it is looked for until \
             {until}"
        ),
        until: Some(until),
    }
}

/// The delete, unless another request takes the assignment over.
pub(super) fn unless_shared(pass: &Pass<'_>, tuple: &AssignmentTuple) -> Next {
    let soon = after(pass.now, pass.timings().poll);
    let siblings: Vec<&Sibling> = match siblings::of(pass, tuple) {
        Ok(siblings) => siblings,
        // Taking too much away heals by itself, and leaving it does not.
        Err(_) if overdue_since(pass).is_some() => vec![],
        Err(undecided) => return Next::Unknown(undecided),
    };
    if let Some(heir) = siblings::heir(&siblings) {
        return Next::HandOver(heir.full_name.clone());
    }
    let patience_ends = after(ending_since(pass), pass.timings().approved_holder);
    if pass.now < patience_ends && siblings::is_about_to_ask(&siblings) {
        return Next::Wait(soon.min(patience_ends));
    }
    if let Some(undecided) = siblings::keeps_from_deleting(pass, &siblings) {
        return Next::Wait(undecided.until.map_or(soon, |until| until.min(soon)));
    }
    Next::Delete
}

fn refresh_operations(pass: &mut Pass<'_>) {
    let Some(mut assignment) = pass.status.assignment.clone() else {
        return;
    };
    let operations = [
        (OperationKind::Creation, assignment.create.as_mut()),
        (OperationKind::Deletion, assignment.delete.as_mut()),
    ];
    let mut error = None;
    for (kind, operation) in operations {
        error = operation
            .and_then(|operation| refresh(pass, kind, operation))
            .or(error);
    }
    assignment.last_error = error.or(assignment.last_error);
    pass.status.assignment = Some(assignment);
}

fn delete(pass: &mut Pass<'_>, tuple: AssignmentTuple) {
    let now = pass.now;
    pass.assignment(|assignment| {
        assignment.delete = Some(Operation {
            request_id: None,
            outcome: OperationOutcome::Unknown,
            sent_time: Some(now),
            last_seen_time: None,
            unanswered_time: None,
        });
        assignment.attempts = Some(assignment.attempts.unwrap_or(0).saturating_add(1));
    });
    pass.wake(after(now, pass.timings().poll));
    pass.action = Some(Action::Revoke(tuple));
}

fn note_error(pass: &mut Pass<'_>, undecided: &Undecided) {
    let error = crate::domain::sentences::shortened(&undecided.why, 1024);
    pass.assignment(|assignment| assignment.last_error = Some(error));
    let retry = after(pass.now, pass.timings().lookup_retry);
    pass.wake(undecided.until.map_or(retry, |until| until.min(retry)));
}

fn gone(pass: &mut Pass<'_>, reason: Reason, handed_to: Option<String>) {
    let now = pass.now;
    let session = pass.status.access.as_ref().map(|access| access.session_duration);
    let message = match &handed_to {
        Some(other) => format!("The access goes on with request {other}."),
        None => "AWS confirmed that the assignment is gone.".to_owned(),
    };
    pass.assignment(|assignment| {
        assignment.state = AssignmentState::Gone;
        assignment.handed_to = handed_to;
        assignment.last_error = None;
        assignment.revoke_time = Some(now);
        let held = assignment.grant_time.is_some();
        assignment.credentials_expiry_time =
            session.filter(|_| held).map(|session| after(now, session.into()));
    });
    pass.condition(ConditionType::Granted, ConditionStatus::False, reason, &message);
    conclude(pass);
}

/// The end of the request, when nothing of it is left in AWS.
fn conclude(pass: &mut Pass<'_>) {
    let cause = recorded_cause(pass);
    let held = pass
        .status
        .assignment
        .as_ref()
        .is_some_and(|assignment| assignment.grant_time.is_some());
    let phase = match (held, cause.reason) {
        (true, Reason::EndReached) => Phase::Ended,
        (true, _) | (false, Reason::RevokedByReviewer | Reason::RevokedBySecurity) => Phase::Revoked,
        (false, Reason::EndedByRequester | Reason::CancelledByRequester | Reason::Deleted) => {
            Phase::Cancelled
        }
        (false, Reason::EndReached | Reason::GrantTimedOut | Reason::RemovedExternally) => Phase::Failed,
        // The rest are what a check can say.
        (false, _) => Phase::Denied,
    };
    let granted = pass
        .has_condition(ConditionType::Granted)
        .map(|granted| granted.message.clone());
    let sentence = cause.sentence;
    let outcome = granted.filter(|message| !sentence.contains(message.as_str()));
    let message = format!("{sentence} {}", outcome.unwrap_or_default());
    pass.end(phase, cause.reason, message.trim());
}
