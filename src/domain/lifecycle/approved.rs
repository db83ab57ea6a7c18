//! An approved request that has asked nothing of AWS yet.

use super::check::{Moment, Refusal, check_with};
use super::observation::{Observation, observe};
use super::pass::Pass;
use super::{early_end, granting, opening, siblings};
use crate::api::{
    Assignment, AssignmentOrigin, AssignmentState, AssignmentTuple, Baseline, ConditionStatus, ConditionType,
    Phase, Reason, TeamSettingsSpec, Timestamp,
};
use crate::domain::approval::{Approved, Basis};
use crate::domain::decision::Grant;
use crate::domain::inquiry::{Freshness, Undecided};
use crate::domain::window::after;

pub(super) fn decide(pass: &mut Pass<'_>) {
    if early_end::carried_out(pass) {
        return;
    }
    let Some(not_after) = pass.not_after().filter(|not_after| pass.latest() < *not_after) else {
        let message = "The window closed before the access could be granted. Make a new request.";
        return pass.end(Phase::Failed, Reason::GrantTimedOut, message);
    };
    pass.wake_at_end(not_after);
    opening::refresh_reviewers(pass);
    pass.wake_when_stale();
    if let Some(start) = pass
        .snapshot
        .request
        .spec
        .start_time
        .filter(|start| *start > pass.now)
    {
        pass.wake(start);
        pass.condition(
            ConditionType::Granted,
            ConditionStatus::False,
            Reason::AwaitingStart,
            "",
        );
        return pass.says(
            Reason::AwaitingStart,
            &format!("Approved; the access starts at {start}."),
        );
    }
    match start(pass, not_after) {
        Ok(()) => {}
        Err(Refusal::Unfit(reason, sentence)) => pass.end(Phase::Denied, reason, &sentence),
        Err(Refusal::Undecided(undecided)) => wait(pass, &undecided),
    }
}

/// Grants what was approved in this very step. Where that cannot be, the approval alone is stored, and the next pass says
/// what it waits for. Standing access is found in that pass too: what is stored goes from phase to phase.
pub(super) fn at_once(pass: &mut Pass<'_>, not_after: Timestamp) {
    let approved = pass.status.clone();
    if start(pass, not_after).is_err() || pass.status.phase != Some(Phase::Approved) {
        pass.status = approved;
    }
}

/// Waits, but not beyond the window.
pub(super) fn wait(pass: &mut Pass<'_>, undecided: &Undecided) {
    pass.wait(undecided);
    pass.condition(
        ConditionType::Granted,
        ConditionStatus::False,
        undecided.reason,
        &undecided.why,
    );
    if let Some(not_after) = pass.not_after() {
        pass.wake_at_end(not_after);
    }
}

/// Everything but the votes, anew and with fresh facts; the evidence for the votes from the record.
pub(super) fn permit(pass: &mut Pass<'_>) -> Result<Approved, Refusal> {
    let settings: &TeamSettingsSpec = pass.gate()?;
    let fit = check_with(pass, settings, Moment::Start, Freshness::Fresh)?;
    let evidence = Approved::from_record(&pass.status);
    let waived = matches!(evidence.as_ref().map(Approved::basis), Some(Basis::Waived));
    match evidence {
        Some(approved) if !(waived && fit.eligible.approval_required) => Ok(approved),
        _ => Err(Refusal::Unfit(
            Reason::ApprovalNowRequired,
            "Approval was not needed when the request was made and is needed now: make a new request."
                .to_owned(),
        )),
    }
}

fn start(pass: &mut Pass<'_>, not_after: Timestamp) -> Result<(), Refusal> {
    let approved = permit(pass)?;
    let tuple = tuple(pass)?;
    let siblings = siblings::of(pass, &tuple)?;
    // Another request's create may be under way: that is no obstacle to the intent, only to the call.
    if let Some(sibling) = siblings
        .iter()
        .find(|sibling| sibling.state() == AssignmentState::Removing)
    {
        return Err(Refusal::Undecided(Undecided {
            reason: Reason::AwaitingSibling,
            why: format!("Request {} is removing the same assignment", sibling.full_name),
            until: Some(after(pass.now, pass.timings().poll)),
        }));
    }
    let (present, at) = match observe(pass, &tuple, Freshness::Fresh) {
        Observation::Present { at } => (true, at),
        Observation::Absent { at, .. } => (false, at),
        Observation::Unknown(undecided) => return Err(undecided.into()),
    };
    let origin = match (present, siblings::holder(&siblings)) {
        (false, _) => AssignmentOrigin::Created,
        (true, Some(_)) => AssignmentOrigin::Inherited,
        (true, None) => match siblings::echo_until(pass, &siblings) {
            Some(until) => {
                return Err(Refusal::Undecided(Undecided {
                    reason: Reason::AwaitingSibling,
                    why: "The assignment of an earlier request is still listed; it should be gone soon"
                        .to_owned(),
                    until: Some(until.min(after(pass.now, pass.timings().lookup_retry))),
                }));
            }
            None => AssignmentOrigin::Standing,
        },
    };
    let baseline = Baseline {
        present,
        observed_at: at,
    };
    if origin != AssignmentOrigin::Standing && !pass.snapshot.request.has_finalizer {
        pass.set_finalizer_first();
        return Ok(());
    }
    intend(pass, &tuple, origin, baseline);
    // Whom it would have to wait for may be gone in the next pass.
    if origin == AssignmentOrigin::Created && siblings::keeps_from_creating(pass, &siblings).is_none() {
        granting::ask(
            pass,
            Grant {
                tuple,
                approved,
                not_after,
            },
        );
    }
    Ok(())
}

/// Stores the intent.
fn intend(pass: &mut Pass<'_>, tuple: &AssignmentTuple, origin: AssignmentOrigin, baseline: Baseline) {
    let standing = origin == AssignmentOrigin::Standing;
    pass.status.assignment = Some(Assignment {
        tuple: Some(tuple.clone()),
        state: if standing {
            AssignmentState::Held
        } else {
            AssignmentState::Granting
        },
        origin: Some(origin),
        baseline: Some(baseline),
        create: None,
        delete: None,
        handed_to: None,
        unanswered_create_time: None,
        attempts: None,
        last_error: None,
        grant_time: None,
        revoke_time: None,
        credentials_expiry_time: None,
        also_via_groups: vec![],
    });
    if standing {
        let message = "The requester has this access without the controller: nothing was created, and it stays when \
                       this request ends.";
        return granting::confirm(pass, Reason::StandingAccess, message);
    }
    pass.condition(
        ConditionType::Granted,
        ConditionStatus::False,
        Reason::Granting,
        "",
    );
    pass.says(Reason::Granting, "The access is being granted.");
    pass.wake(after(pass.now, pass.timings().poll));
}

/// What was resolved and approved, and nothing else.
fn tuple(pass: &Pass<'_>) -> Result<AssignmentTuple, Refusal> {
    let (Some(requester), Some(access)) = (&pass.status.requester, &pass.status.access) else {
        let sentence = "The record of what was approved is incomplete: make a new request.";
        return Err(Refusal::Unfit(Reason::SealBroken, sentence.to_owned()));
    };
    Ok(AssignmentTuple {
        instance_arn: pass.snapshot.identity_center.instance_arn.as_str().to_owned(),
        user_id: requester.user_id.clone(),
        account_id: access.account_id.clone(),
        permission_set_arn: access.permission_set_arn.clone(),
    })
}
