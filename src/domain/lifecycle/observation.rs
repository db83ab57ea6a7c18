//! What the facts say about the assignment itself.

use super::pass::Pass;
use crate::api::{AssignmentTuple, Operation, OperationOutcome, Timestamp};
use crate::domain::facts::{
    ListAnswer, Lookup, OperationKind, OperationState, PermissionSetArn, RequestId, UserId,
};
use crate::domain::inquiry::{Freshness, Undecided};
use crate::domain::sentences;
use crate::domain::window::after;

/// The longest error that an assignment records, in characters (the schema's limit).
const LONGEST_ERROR: usize = 1024;

/// After how many intervals of notes without one nobody has asked in between.
const UNASKED_INTERVALS: i32 = 3;

/// The assignment as AWS has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Observation {
    /// Listed.
    Present { at: Timestamp },
    /// Not listed, or nothing is left that could list it.
    Absent { at: Timestamp, container_is_gone: bool },
    /// Nobody can tell. Never grants, and never lets a finalizer go.
    Unknown(Undecided),
}

/// Whether AWS has the assignment.
///
/// A "not found" does not say what was not found. It counts as absence only when the configured instance is the
/// recorded one and answers, and the account or the permission set itself is confirmed to be gone.
pub(super) fn observe(pass: &Pass<'_>, tuple: &AssignmentTuple, freshness: Freshness) -> Observation {
    match look(pass, tuple, freshness) {
        Ok(observation) => observation,
        Err(undecided) => Observation::Unknown(undecided),
    }
}

fn look(pass: &Pass<'_>, tuple: &AssignmentTuple, freshness: Freshness) -> Result<Observation, Undecided> {
    is_the_configured_instance(pass, tuple)?;
    let arn = PermissionSetArn::new(&tuple.permission_set_arn);
    let answer = pass.inquiry.listing(&tuple.account_id, &arn, freshness)?;
    let at = Timestamp::from(answer.observed_at);
    match &answer.value {
        ListAnswer::Listed(listing) if listing.holds_user(&UserId::new(&tuple.user_id)) => {
            Ok(Observation::Present { at })
        }
        ListAnswer::Listed(_) => Ok(Observation::Absent {
            at,
            container_is_gone: false,
        }),
        ListAnswer::NotFound => {
            if *pass.inquiry.instance()? == Lookup::Absent {
                return Err(Undecided::lookup("the Identity Center instance does not answer"));
            }
            let gone = *pass.inquiry.account(&tuple.account_id, Freshness::Fresh)? == Lookup::Absent
                || *pass.inquiry.permission_set(&arn, Freshness::Fresh)? == Lookup::Absent;
            if gone {
                return Ok(Observation::Absent {
                    at,
                    container_is_gone: true,
                });
            }
            Err(Undecided::lookup(
                "AWS says that something was not found, although account and permission set exist",
            ))
        }
    }
}

/// Another instance than recorded knows nothing of our assignment.
pub(super) fn is_the_configured_instance(pass: &Pass<'_>, tuple: &AssignmentTuple) -> Result<(), Undecided> {
    let configured = pass.snapshot.identity_center.instance_arn.as_str();
    if tuple.instance_arn == configured {
        return Ok(());
    }
    Err(Undecided::lookup(format!(
        "the assignment is in the Identity Center instance {}, and {configured} is configured: nothing can be done or \
         believed about it",
        tuple.instance_arn
    )))
}

/// Brings an operation's record up to date; the error of one that failed.
pub(super) fn refresh(pass: &Pass<'_>, kind: OperationKind, operation: &mut Operation) -> Option<String> {
    if !operation.is_open() {
        return None;
    }
    let id = RequestId::new(operation.request_id.as_ref()?);
    let answer = match pass.inquiry.operation(kind, &id) {
        Ok(answer) => answer,
        Err(undecided) => {
            went_unanswered(pass, operation);
            return Some(sentences::shortened(&undecided.why, LONGEST_ERROR));
        }
    };
    operation.unanswered_time = None;
    let seen = Timestamp::from(answer.observed_at);
    let (outcome, error) = outcome(&answer.value);
    let last = operation.last_seen_time.or(operation.sent_time);
    let worth_noting = last.is_none_or(|last| seen >= after(last, pass.timings().sighting_interval));
    // A record that vanished was last seen before it did.
    let was_seen = outcome != OperationOutcome::Vanished;
    if was_seen && (outcome != operation.outcome || worth_noting) {
        operation.last_seen_time = Some(seen);
    }
    operation.outcome = outcome;
    error
}

/// Notes that AWS was asked about an open operation in vain. Time alone calls an operation over only while somebody goes on
/// asking: who did not ask for a while, because all controllers were down, say, knows nothing of it yet, so that its time
/// begins anew.
fn went_unanswered(pass: &Pass<'_>, operation: &mut Operation) {
    let (now, interval) = (pass.now, pass.timings().sighting_interval);
    let asked = operation.unanswered_time;
    if asked.is_none_or(|asked| now >= after(asked, interval * UNASKED_INTERVALS)) {
        operation.last_seen_time = Some(now);
    }
    if asked.is_none_or(|asked| now >= after(asked, interval)) {
        operation.unanswered_time = Some(now);
    }
}

/// What a state means for the record. "There was nothing to delete" is neither success nor failure: the list is the judge.
pub(super) fn outcome(state: &OperationState) -> (OperationOutcome, Option<String>) {
    match state {
        OperationState::InProgress { .. } => (OperationOutcome::InProgress, None),
        OperationState::Succeeded => (OperationOutcome::Succeeded, None),
        OperationState::AlreadyGone(_) => (OperationOutcome::AlreadyGone, None),
        OperationState::Failed { reason, .. } => (
            OperationOutcome::Failed,
            Some(sentences::shortened(reason, LONGEST_ERROR)),
        ),
        OperationState::Vanished => (OperationOutcome::Vanished, None),
    }
}

/// When an operation can no longer take effect; `None` when that is so already.
pub(super) fn settles_at(pass: &Pass<'_>, operation: &Operation, later_success: bool) -> Option<Timestamp> {
    match operation.outcome {
        OperationOutcome::Succeeded | OperationOutcome::Failed | OperationOutcome::AlreadyGone => None,
        _ if later_success => None,
        OperationOutcome::Unknown | OperationOutcome::InProgress | OperationOutcome::Vanished => {
            let timings = pass.timings();
            let last = operation.last_seen_time.or(operation.sent_time)?;
            // Sights are noted at intervals, so the last one may be that much later than its note.
            let settled = after(last, timings.create_settles_after + timings.sighting_interval);
            let behind = pass.now.to_utc() - pass.earliest().to_utc();
            let settled = after(settled, behind);
            (pass.now < settled).then_some(settled)
        }
    }
}
