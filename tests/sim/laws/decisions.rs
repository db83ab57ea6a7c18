//! Laws about decisions and what they write.

use chrono::TimeDelta;
use team_operator::api::{AssignmentState, ElevationRequestStatus, HumanDuration, Phase, Reason, Timestamp};
use team_operator::domain::{Action, Decision, PolicyFact, SealCheck, Snapshot, decide};

use super::Seen;
use crate::sim::Sim;

/// The phase moves only along the table, assignment states only forward, and what is written once stays.
pub(super) fn l3(_sim: &Sim, seen: &Seen) -> Result<(), String> {
    let Seen::Wrote { before, after, .. } = seen else {
        return Ok(());
    };
    let (from, to) = (before.status.phase, after.status.phase);
    let allowed = from.map_or(Phase::FIRST, Phase::next);
    if from != to && !to.is_some_and(|to| allowed.contains(&to)) {
        return Err(format!("{from:?} to {to:?}"));
    }
    let state = |status: &ElevationRequestStatus| {
        status
            .assignment
            .as_ref()
            .map_or(AssignmentState::None, |assignment| assignment.state)
    };
    let (from, to) = (state(&before.status), state(&after.status));
    if from != to && !from.next().contains(&to) {
        return Err(format!("{from:?} to {to:?}"));
    }
    written_once(&before.status, &after.status)
}

fn written_once(before: &ElevationRequestStatus, after: &ElevationRequestStatus) -> Result<(), String> {
    fn stays<T: PartialEq>(what: &str, before: Option<&T>, after: Option<&T>) -> Result<(), String> {
        if before.is_some() && before != after {
            Err(format!("{what} changed"))
        } else {
            Ok(())
        }
    }
    stays("requester", before.requester.as_ref(), after.requester.as_ref())?;
    stays("access", before.access.as_ref(), after.access.as_ref())?;
    let review = |status: &ElevationRequestStatus| status.review.as_ref().and_then(|review| review.deadline);
    stays("the deadline", review(before).as_ref(), review(after).as_ref())?;
    let window = |status: &ElevationRequestStatus| status.window.clone().unwrap_or_default();
    let (old, new) = (window(before), window(after));
    stays("notAfter", old.not_after.as_ref(), new.not_after.as_ref())?;
    stays("startTime", old.start_time.as_ref(), new.start_time.as_ref())?;
    stays("endTime", old.end_time.as_ref(), new.end_time.as_ref())?;
    let (old, new) = (before.assignment.as_ref(), after.assignment.as_ref());
    stays("the tuple", old.map(|one| &one.tuple), new.map(|one| &one.tuple))?;
    stays(
        "the origin",
        old.map(|one| &one.origin),
        new.map(|one| &one.origin),
    )?;
    stays(
        "the baseline",
        old.map(|one| &one.baseline),
        new.map(|one| &one.baseline),
    )
}

/// Terminal only with assignment None or Gone.
pub(super) fn l12(_sim: &Sim, seen: &Seen) -> Result<(), String> {
    let Seen::Wrote { after, .. } = seen else {
        return Ok(());
    };
    match &after.status.assignment {
        Some(assignment) if after.is_finished() && !assignment.state.is_settled() => {
            Err(format!("{:?} with {:?}", after.status.phase, assignment.state))
        }
        _ => Ok(()),
    }
}

fn with_status_of(snapshot: &Snapshot, decision: &Decision) -> Snapshot {
    let mut written = snapshot.clone();
    written.request.status = decision.status.clone();
    written.request.seal = SealCheck::Valid;
    written
}

/// Deciding twice on an unchanged world yields no second action.
pub(super) fn l5(sim: &Sim, seen: &Seen) -> Result<(), String> {
    let Seen::Decided {
        snapshot,
        now,
        decision,
    } = seen
    else {
        return Ok(());
    };
    let Some(action) = &decision.action else {
        return Ok(());
    };
    let mut unchanged = with_status_of(snapshot, decision);
    match action {
        Action::SetFinalizer => unchanged.request.has_finalizer = true,
        Action::RemoveFinalizer => unchanged.request.has_finalizer = false,
        Action::Grant(_) | Action::Revoke(_) => {}
    }
    let mut again = decide(&unchanged, *now);
    sim.sabotage_decision(&unchanged, &mut again);
    match &again.action {
        Some(second) if std::mem::discriminant(second) == std::mem::discriminant(action) => {
            Err(format!("{second:?} twice"))
        }
        _ => Ok(()),
    }
}

/// Narrowing or deleting an EligibilityPolicy never makes anyone eligible for more or longer; adding an unrelated policy
/// changes nothing for a request. Tried on every few decisions.
pub(super) fn l8(sim: &Sim, seen: &Seen) -> Result<(), String> {
    let Seen::Decided {
        snapshot,
        now,
        decision,
    } = seen
    else {
        return Ok(());
    };
    if !sim.steps.is_multiple_of(16) {
        return Ok(());
    }
    let try_with = |change: &dyn Fn(&mut Vec<PolicyFact<_>>)| {
        let mut other = (**snapshot).clone();
        change(&mut other.eligibility_policies.all);
        let mut decision = decide(&other, *now);
        sim.sabotage_decision(&other, &mut decision);
        decision
    };
    let policies = snapshot.eligibility_policies.all.len();
    let chosen = sim.steps / 16 % policies.max(1);
    if policies > 0 {
        let narrower =
            try_with(&|all| all[chosen].spec.max_duration = HumanDuration::from_seconds(1).unwrap());
        let fewer = try_with(&|all| {
            all.remove(chosen);
        });
        for less in [narrower, fewer] {
            let waits = less.status.reason == Some(Reason::PolicyDisappeared);
            if less.questions.is_empty() && refuses(decision) && !refuses(&less) && !waits {
                return Err(format!(
                    "less policy gave {:?} instead of {:?}",
                    less.status.phase, decision.status.phase
                ));
            }
        }
        let unrelated = try_with(&|all| {
            let mut policy = all[chosen].clone();
            "zzz-unrelated".clone_into(&mut policy.name);
            "unrelated".clone_into(&mut policy.uid);
            policy.spec.permission_sets =
                vec![team_operator::api::PermissionSetName::parse("Other").unwrap()];
            all.push(policy);
        });
        let same = unrelated.action == decision.action && unrelated.status.phase == decision.status.phase;
        if !same {
            return Err(format!("an unrelated policy gave {:?}", unrelated.status.phase));
        }
    }
    Ok(())
}

/// Whether a decision refuses or takes away because no policy lets the requester ask. How many have to approve is no
/// matter of this law: with `waiver: Never` the policy that goes may be the one that asked for approval.
fn refuses(decision: &Decision) -> bool {
    decision.transition.as_ref().is_some_and(|to| match to.reason {
        Reason::NotEligible => true,
        Reason::EligibilityLost => !to.message.contains("Approval was not needed"),
        _ => false,
    })
}

/// Whenever time alone can change the answer, the decision carries a wake-up time.
pub(super) fn l10(_sim: &Sim, seen: &Seen) -> Result<(), String> {
    let Seen::Decided {
        snapshot,
        now,
        decision,
    } = seen
    else {
        return Ok(());
    };
    if decision.status.finished {
        return Ok(());
    }
    let Some(wake_at) = decision.wake_at else {
        return Err(format!("{:?} sleeps for ever", decision.status.phase));
    };
    if wake_at <= *now {
        return Err(format!("it wakes at {wake_at}, and it is {now}"));
    }
    // What was written wakes it by itself, so only a decision that changes nothing is asked again.
    let just_before = Timestamp::from(wake_at.to_utc() - TimeDelta::seconds(1));
    if decision.status != snapshot.request.status || decision.action.is_some() || just_before <= *now {
        return Ok(());
    }
    let later = decide(snapshot, just_before);
    let same = later.action == decision.action && later.status.phase == decision.status.phase;
    if later.questions.is_empty() && !same {
        return Err(format!(
            "at {just_before}, before it wakes, it would be {:?}: {:?} instead of {:?}",
            later.status.phase, later.status.message, decision.status.message
        ));
    }
    Ok(())
}
