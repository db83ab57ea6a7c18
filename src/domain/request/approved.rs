//! An approved request: it claims its assignment shortly before its start, and waits until AWS confirms the access.

use chrono::TimeDelta;

use super::check::{CheckPoint, Refusal, check_with};
use super::draft::Draft;
use super::ending::{self, assignment_of};
use super::{active, pending};
use crate::api::{
    AssignmentState, Claim, ClaimEnd, ConditionStatus, ConditionType, MAX_CLAIMS, Reason, Timestamp,
};
use crate::domain::assignment::Record;
use crate::domain::decision::Proof;
use crate::domain::decision::RecordChange;
use crate::domain::fact_reader::{Freshness, Undecided};
use crate::domain::policy::judging::{Approved, Basis};
use crate::domain::window::after;

/// The longest time between an admission that expired and its renewal.
const LONGEST_PAUSE: TimeDelta = TimeDelta::minutes(10);

pub(super) fn decide(draft: &mut Draft<'_>) {
    if ending::wished(draft) {
        return;
    }
    let claim = draft.own_claim();
    if let Some(claim) = claim.filter(|claim| claim.ended.is_some()) {
        return ending::follow(draft, claim);
    }
    if let Some(claim) = claim.filter(|claim| claim.is_confirmed()) {
        return active::begin(draft, claim);
    }
    let Some(not_after) = draft.not_after().filter(|not_after| draft.latest() < *not_after) else {
        return ending::end_access(draft, ClaimEnd::window_closed(draft.now));
    };
    draft.wake_at_end(not_after);
    pending::refresh_reviewers(draft);
    draft.wake_when_stale();
    match claim {
        Some(claim) => wait_for_aws(draft, claim, not_after),
        // The record that it named is lost, and is being restored: a new one would say that nothing of ours is there.
        None if may_be_there(draft) => draft.wake(after(draft.now, draft.timings().poll_interval)),
        None => claim_in_time(draft, not_after),
    }
}

/// Whether the record that the request named said that something of ours may be there.
fn may_be_there(draft: &Draft<'_>) -> bool {
    let named = draft.status.assignment.as_ref();
    named.is_some_and(|named| named.state != AssignmentState::Absent)
}

/// Claims the assignment when the start is near.
fn claim_in_time(draft: &mut Draft<'_>, not_after: Timestamp) {
    let start = draft
        .snapshot
        .request
        .spec
        .start_time
        .filter(|start| *start > draft.now);
    let lead = draft.timings().claim_lead;
    if let Some(start) = start.filter(|start| after(draft.now, lead) < *start) {
        draft.wake(after(start, -lead));
        draft.condition(
            ConditionType::Granted,
            ConditionStatus::False,
            Reason::AwaitingStart,
            "",
        );
        return draft.says(
            Reason::AwaitingStart,
            &format!("Approved; the access starts at {start}."),
        );
    }
    let full = |record: &Record| record.status.claims.len() >= MAX_CLAIMS;
    if draft.believed_record().is_some_and(full) {
        let message = format!("{MAX_CLAIMS} requests claim the same access already: end some of them first.");
        return ending::refuse(draft, Reason::TooManyClaims, &message);
    }
    admit(draft, start.unwrap_or(draft.now), not_after);
}

/// The check at the start, and with it the claim, or its renewal.
fn admit(draft: &mut Draft<'_>, from: Timestamp, not_after: Timestamp) {
    match permit(draft) {
        Ok(_approved) => {}
        Err(Refusal::Denied(reason, sentence)) => {
            draft.rests_on(Proof::ThisRequest);
            return ending::end_access(draft, ClaimEnd::new(draft.now, reason, &sentence));
        }
        Err(Refusal::Undecided(undecided)) => return wait(draft, &undecided),
    }
    let Some(spec) = assignment_of(&draft.status) else {
        let sentence = "The record of what was approved is incomplete: make a new request.";
        return ending::end_access(draft, ClaimEnd::new(draft.now, Reason::SealBroken, sentence));
    };
    draft.rests_on(Proof::ThisRequest);
    let claim = Claim {
        request: draft.snapshot.request.claim_request(),
        from,
        duration: draft.duration(),
        not_after,
        admitted_until: after(from.max(draft.now), draft.timings().admission_time),
        start_time: None,
        end_time: None,
        ended: None,
    };
    draft.wake(after(draft.now, draft.timings().poll_interval));
    draft.record = Some(RecordChange::Admit {
        spec: Box::new(spec),
        claim,
    });
}

/// Everything but the votes, anew and with fresh facts; the evidence for the votes from the record.
fn permit(draft: &mut Draft<'_>) -> Result<Approved, Refusal> {
    let settings = draft.gate()?;
    let checked = check_with(draft, settings, CheckPoint::Grant, Freshness::Fresh)?;
    let evidence = Approved::from_record(&draft.status);
    let waived = matches!(evidence.as_ref().map(Approved::basis), Some(Basis::Waived));
    match evidence {
        Some(approved) if !(waived && checked.eligible.approval_required) => Ok(approved),
        Some(_) => Err(Refusal::Denied(
            Reason::ApprovalNowRequired,
            "Approval was not needed when the request was made and is needed now: make a new request."
                .to_owned(),
        )),
        None => Err(Refusal::Denied(
            Reason::ApprovalNowRequired,
            "The approvals on record are not those that policy asked for: make a new request.".to_owned(),
        )),
    }
}

/// The claim is on record: AWS is at work, or something has to be waited for. Meanwhile the request is checked as active
/// access is.
fn wait_for_aws(draft: &mut Draft<'_>, claim: &Claim, not_after: Timestamp) {
    if let Some(end) = active::no_longer_eligible(draft) {
        return ending::end_access(draft, end);
    }
    draft.wake_at_end(claim.end());
    let renewal = renewal(draft, claim);
    if draft.now >= renewal && draft.latest() >= claim.from {
        return admit(draft, claim.from, not_after);
    }
    draft.wake(renewal);
    show_progress(draft);
}

/// When the admission is renewed: when it expires, and the more rarely the longer AWS has been at work on the create. What
/// was created is covered for a quarter of an hour after the last check.
fn renewal(draft: &Draft<'_>, claim: &Claim) -> Timestamp {
    let creating = draft
        .believed_record()
        .filter(|record| record.state() == AssignmentState::Creating);
    let waited = creating.map(|record| draft.now.to_utc() - record.status.state_time.to_utc());
    let pause = waited.map_or(TimeDelta::zero(), |waited| {
        (waited / 4).clamp(TimeDelta::zero(), LONGEST_PAUSE)
    });
    after(claim.admitted_until, pause)
}

/// Says what AWS is doing when it takes a while.
fn show_progress(draft: &mut Draft<'_>) {
    let Some(record) = draft.believed_record() else {
        return;
    };
    let (state, since) = (record.state(), record.status.state_time);
    let shown_at = after(since, draft.timings().show_after);
    if draft.now < shown_at {
        return draft.wake(shown_at);
    }
    let error = record.status.last_error.as_ref();
    let error = error
        .map(|error| format!(" The last attempt failed: {}", error.message))
        .unwrap_or_default();
    let (reason, message) = match state {
        AssignmentState::Creating => (
            Reason::Granting,
            format!("AWS is creating the assignment.{error}"),
        ),
        AssignmentState::Deleting => (
            Reason::AwaitingDeletion,
            format!(
                "The same access of an earlier request is being removed; after that it is created again.{error}"
            ),
        ),
        AssignmentState::Absent | AssignmentState::Present => return,
    };
    draft.says(reason, &message);
    draft.condition(ConditionType::Granted, ConditionStatus::False, reason, "");
}

/// Waits, but not beyond the window.
fn wait(draft: &mut Draft<'_>, undecided: &Undecided) {
    draft.wait(undecided);
    draft.condition(
        ConditionType::Granted,
        ConditionStatus::False,
        undecided.reason,
        &undecided.why,
    );
    if let Some(not_after) = draft.not_after() {
        draft.wake_at_end(not_after);
    }
}
