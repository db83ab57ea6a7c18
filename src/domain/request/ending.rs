//! Ends a request: its claim first, then the request itself when nothing of it is left, or another claim keeps it.

use super::draft::Draft;
use super::stop::wish;
use crate::api::{
    AccountAssignmentSpec, AssignmentState, Claim, ClaimEnd, ConditionStatus, ConditionType,
    ElevationRequestStatus, LastError, Phase, Reason, Timestamp, UserId,
};
use crate::domain::assignment::Record;
use crate::domain::decision::{Alert, RecordChange};
use crate::domain::window::after;

/// Ends a request that has claimed nothing yet, if somebody wishes it; says whether.
pub(super) fn before_access(draft: &mut Draft<'_>) -> bool {
    let Some(wish) = wish(&draft.snapshot.request) else {
        return false;
    };
    let revoked = matches!(wish.reason, Reason::RevokedByReviewer | Reason::RevokedBySecurity);
    let phase = match draft.status.phase {
        _ if !revoked => Phase::Cancelled,
        // There is nothing to revoke yet, but the meaning is plain.
        None => Phase::Denied,
        Some(_) => Phase::Rejected,
    };
    let end = wish.end(draft.now);
    draft.record_ending(&end);
    draft.end(phase, end.reason, end.message.as_deref().unwrap_or_default());
    true
}

/// Ends an approved request, or active access, if somebody wishes it; says whether.
pub(super) fn wished(draft: &mut Draft<'_>) -> bool {
    let Some(wish) = wish(&draft.snapshot.request) else {
        return false;
    };
    let end = wish.end(draft.now);
    end_access(draft, end);
    true
}

/// A request that is approved, or active, and is to end: its claim ends first. One that may have claimed stores an ended claim
/// where it has none, so that an admission which is still on its way finds its turn taken.
pub(super) fn end_access(draft: &mut Draft<'_>, end: ClaimEnd) {
    if let Some(claim) = draft.own_claim().filter(|claim| claim.ended.is_some()) {
        return follow(draft, claim);
    }
    let spec = assignment_of(&draft.status).filter(|_| may_have_claimed(draft));
    let Some(spec) = spec else {
        return conclude(draft, &end, &Outcome::nothing_was_there());
    };
    draft.wake(after(draft.now, draft.timings().poll_interval));
    let restored_first = draft.own_claim().is_none() && draft.status.assignment.is_some();
    if restored_first && draft.believed_record().is_none() {
        // A request that named a record ends only when the record is there again.
        return;
    }
    let fallback = Claim {
        ended: Some(end.clone()),
        ..unconfirmed_claim(draft, &end)
    };
    draft.record = Some(RecordChange::End {
        spec: Box::new(spec),
        fallback,
        end,
    });
}

/// The request is refused before it claimed anything.
pub(super) fn refuse(draft: &mut Draft<'_>, reason: Reason, message: &str) {
    let end = ClaimEnd::new(draft.now, reason, message);
    conclude(draft, &end, &Outcome::nothing_was_there());
}

/// A status that is not believed: with a claim the claim ends, and then, or without one, the request is denied.
pub(super) fn of_a_forged_request(draft: &mut Draft<'_>, reason: Reason, sentence: &str) {
    let end = ClaimEnd::new(draft.now, reason, sentence);
    let claim = draft.own_claim();
    let open = claim.is_some_and(|claim| claim.ended.is_none());
    if let (Some(claim), true) = (claim, open) {
        draft.wake(after(draft.now, draft.timings().poll_interval));
        let Some(record) = draft.believed_record() else {
            return;
        };
        draft.record = Some(RecordChange::End {
            spec: Box::new(record.spec.clone()),
            fallback: claim.clone(),
            end,
        });
        return;
    }
    let is_removed = |record| !matches!(rest_of(draft, record), Rest::BeingRemoved);
    if claim.is_some() && !draft.believed_record().is_some_and(is_removed) {
        return draft.wake(after(draft.now, draft.timings().poll_interval));
    }
    draft.end(Phase::Denied, reason, &format!("{sentence} Make a new request."));
    draft.is_denied_as_forged = true;
}

/// While access is being taken away.
pub(super) fn decide(draft: &mut Draft<'_>) {
    match draft.own_claim() {
        Some(claim) if claim.ended.is_some() => follow(draft, claim),
        _ => {
            let recorded = draft.status.ending.clone();
            let end = recorded.map_or_else(
                || ClaimEnd::reached(draft.now),
                |ending| ClaimEnd {
                    time: ending.requested_time,
                    reason: ending.reason,
                    message: Some(ending.message),
                    by: ending.by,
                },
            );
            end_access(draft, end);
        }
    }
}

/// What is left of the assignment when a claim on it has ended.
struct Outcome {
    /// Since when nothing of this request is there.
    gone_time: Option<Timestamp>,
    /// Whether AWS confirmed the access at some time.
    held: bool,
    /// The request that keeps the assignment, and until when.
    kept_by: Option<Keeper>,
    /// What AWS last refused, or why nothing was asked of it.
    error: Option<LastError>,
}

impl Outcome {
    /// Whether nothing was deleted, because the instance was given up.
    fn is_abandoned(&self) -> bool {
        let error = self.error.as_ref();
        error.is_some_and(|error| error.reason == Reason::RecordAbandoned)
    }

    fn nothing_was_there() -> Self {
        Self {
            gone_time: None,
            held: false,
            kept_by: None,
            error: None,
        }
    }
}

/// The claim has ended: the request ends when the assignment is gone, or another claim keeps it.
pub(super) fn follow(draft: &mut Draft<'_>, claim: &Claim) {
    let (Some(record), Some(end)) = (draft.believed_record(), claim.ended.clone()) else {
        return;
    };
    draft.status.approvers = vec![];
    let (gone, kept_by) = match rest_of(draft, record) {
        Rest::BeingRemoved => return show_removal(draft, record, &end),
        Rest::Gone => (record.status.state_time.max(end.time), None),
        Rest::KeptBy(keeper) => (end.time, Some(keeper)),
    };
    let outcome = Outcome {
        gone_time: Some(gone),
        held: claim.is_confirmed(),
        kept_by,
        error: record.status.last_error.clone(),
    };
    draft.record_ending(&end);
    conclude(draft, &end, &outcome);
}

/// What is left of an assignment for a request whose claim has ended.
enum Rest {
    /// It is being removed.
    BeingRemoved,
    /// Nothing.
    Gone,
    /// Another claim keeps it.
    KeptBy(Keeper),
}

/// The request that keeps an assignment, and until when.
struct Keeper {
    request: String,
    until: String,
}

fn rest_of(draft: &Draft<'_>, record: &Record) -> Rest {
    if record.state() == AssignmentState::Absent {
        return Rest::Gone;
    }
    let covering = record.covering(draft.latest()).max_by_key(|claim| claim.end());
    match covering.filter(|_| record.is_there()) {
        Some(keeper) => Rest::KeptBy(Keeper {
            request: keeper.request.full_name(),
            until: match keeper.end_time {
                Some(end) => end.to_string(),
                None => format!("{} at the latest", keeper.not_after),
            },
        }),
        None => Rest::BeingRemoved,
    }
}

/// Shows that the access is being removed, when that takes a while.
fn show_removal(draft: &mut Draft<'_>, record: &Record, end: &ClaimEnd) {
    let timings = draft.timings();
    let shown_at = after(end.time, timings.show_after);
    if draft.now < shown_at && draft.status.phase != Some(Phase::Revoking) {
        return draft.wake(shown_at);
    }
    draft.record_ending(end);
    let error = record.status.last_error.as_ref();
    let awaited = record
        .create_may_land_until(timings.create_bound)
        .filter(|_| error.is_none());
    // After that a search, a minute and a list are needed.
    let settled_at = awaited.map(|until| after(until.max(end.time), timings.list_lag));
    let overdue_at = after(settled_at.unwrap_or(end.time), timings.overdue_after);
    draft.overdue = draft.latest() >= overdue_at;
    let overdue = match awaited {
        _ if draft.overdue => {
            format!(" This is overdue since {overdue_at}; it is tried until AWS confirms it.")
        }
        Some(until) if draft.now < until => {
            draft.wake_at_end(until);
            format!(
                " AWS has not told the outcome of a create, which may take effect until {until}; it is deleted then."
            )
        }
        Some(_) | None => {
            draft.wake_at_end(overdue_at);
            String::new()
        }
    };
    let error = error
        .map(|error| format!(" The last attempt failed: {}", error.message))
        .unwrap_or_default();
    let sentence = end.message.as_deref().unwrap_or_default();
    draft.go(
        Phase::Revoking,
        end.reason,
        &format!("{sentence} The access is being removed.{overdue}{error}"),
    );
    draft.wake(after(draft.now, timings.lookup_retry));
}

/// The end of the request, when nothing of it is left in AWS.
fn conclude(draft: &mut Draft<'_>, end: &ClaimEnd, outcome: &Outcome) {
    draft.record_ending(end);
    let phase = terminal_phase(end.reason, outcome.held);
    let sentence = end.message.clone().unwrap_or_default();
    let (reason, rest) = match (&outcome.kept_by, outcome.held) {
        (Some(Keeper { request, until }), _) => (
            Reason::KeptByAnotherRequest,
            format!(
                " The access was not removed: request {request} keeps the same access until {until}. To remove it, revoke \
                 that request too."
            ),
        ),
        (None, _) if outcome.is_abandoned() => (
            Reason::RecordAbandoned,
            " An administrator abandoned the Identity Center instance: what is left in it is not removed."
                .to_owned(),
        ),
        (None, true) if end.reason != Reason::AccessLost => (
            Reason::AccessRemoved,
            " AWS confirmed that the access is gone.".to_owned(),
        ),
        (None, _) => (end.reason, last_error(end, outcome)),
    };
    if outcome.gone_time.is_some() {
        draft.gone_time = outcome.gone_time;
        draft.condition(ConditionType::Granted, ConditionStatus::False, reason, "");
    }
    if outcome.held
        && let Some(gone) = outcome.gone_time
    {
        draft.credentials_expiry_time = Some(after(gone, draft.longest_session()));
    }
    draft.end(phase, end.reason, &format!("{sentence}{rest}"));
}

/// Why AWS never confirmed the access, as far as it said.
fn last_error(end: &ClaimEnd, outcome: &Outcome) -> String {
    let error = outcome
        .error
        .as_ref()
        .filter(|_| end.reason == Reason::GrantTimedOut);
    error
        .map(|error| format!(" AWS's last error: {}", error.message))
        .unwrap_or_default()
}

fn terminal_phase(reason: Reason, held: bool) -> Phase {
    match (held, reason) {
        (_, Reason::SealBroken | Reason::Unreadable) => Phase::Denied,
        (_, Reason::StandingAccess) | (true, Reason::EndReached) => Phase::Ended,
        (true, _) | (false, Reason::RevokedByReviewer | Reason::RevokedBySecurity) => Phase::Revoked,
        (false, Reason::EndedByRequester | Reason::CancelledByRequester | Reason::Deleted) => {
            Phase::Cancelled
        }
        (
            false,
            Reason::EndReached | Reason::GrantTimedOut | Reason::AccessLost | Reason::RecordAbandoned,
        ) => Phase::Failed,
        // The rest are what a check can say.
        (false, _) => Phase::Denied,
    }
}

/// Whether an admission of this request may be stored, or on its way: its claim is due, or its status names a record.
fn may_have_claimed(draft: &Draft<'_>) -> bool {
    let start = draft.snapshot.request.spec.start_time;
    let due = start.is_none_or(|start| draft.latest() >= after(start, -draft.timings().claim_lead));
    due || draft.status.assignment.is_some() || draft.own_claim().is_some()
}

fn unconfirmed_claim(draft: &Draft<'_>, end: &ClaimEnd) -> Claim {
    let from = draft.snapshot.request.spec.start_time.unwrap_or(end.time);
    let window = draft.status.window.as_ref();
    Claim {
        request: draft.snapshot.request.claim_request(),
        from,
        duration: draft.duration(),
        not_after: draft.not_after().unwrap_or(end.time),
        admitted_until: end.time,
        start_time: window.and_then(|window| window.start_time),
        end_time: window.and_then(|window| window.end_time),
        ended: None,
    }
}

/// The assignment that a request is about, once its names are resolved: what was approved, and nothing else.
pub fn assignment_of(status: &ElevationRequestStatus) -> Option<AccountAssignmentSpec> {
    let (requester, access) = (status.requester.as_ref()?, status.access.as_ref()?);
    Some(AccountAssignmentSpec {
        instance_arn: access.instance_arn.clone(),
        user_id: UserId::new(requester.user_id.clone()),
        account_id: access.account_id.clone(),
        permission_set_arn: crate::api::PermissionSetArn::new(access.permission_set_arn.clone()),
        user_name: requester.user_name.clone(),
        account_name: access.account_name.clone(),
        permission_set_name: access.permission_set_name.clone(),
    })
}

/// An alert about a request.
pub(super) fn alert(draft: &mut Draft<'_>, reason: Reason, sentence: String) {
    draft.alerts.push(Alert::new(reason, sentence));
}
