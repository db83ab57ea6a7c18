//! An approved request whose assignment is being created.

use super::approved::{permit, wait};
use super::check::Refusal;
use super::early_end::{self, Cause};
use super::observation::{Observation, is_the_configured_instance, observe, refresh};
use super::pass::Pass;
use super::{revoking, siblings};
use crate::api::{
    Assignment, AssignmentOrigin, AssignmentState, AssignmentTuple, ConditionStatus, ConditionType,
    Operation, OperationOutcome, Phase, Reason, Timestamp, Window,
};
use crate::domain::decision::{Action, Grant};
use crate::domain::facts::{Fact, GroupId, GroupLookup, ListAnswer, Membership, OperationKind, UserId};
use crate::domain::inquiry::{Freshness, Undecided};
use crate::domain::window::{after, end_time};

/// How many groups an assignment shows (the schema's limit).
const GROUPS_SHOWN: usize = 20;

pub(super) fn decide(pass: &mut Pass<'_>) {
    if early_end::carried_out(pass) {
        return;
    }
    let Some(not_after) = pass.not_after().filter(|not_after| pass.latest() < *not_after) else {
        let cause = Cause {
            reason: Reason::GrantTimedOut,
            sentence: "The window closed before AWS confirmed the access.".to_owned(),
        };
        return revoking::begin(pass, &cause);
    };
    pass.wake_at_end(not_after);
    let (Some(tuple), AssignmentState::Granting) = (pass.tuple(), pass.state()) else {
        let cause = Cause {
            reason: Reason::SealBroken,
            sentence: "The record of the assignment makes no sense.".to_owned(),
        };
        return revoking::begin(pass, &cause);
    };
    // Another instance knows neither the assignment nor the operation, and forgetting is something else.
    if let Err(undecided) = is_the_configured_instance(pass, &tuple) {
        return wait(pass, &undecided);
    }
    refresh_create(pass);
    let observation = observe(pass, &tuple, Freshness::Fresh);
    match next(pass, &observation) {
        Next::Confirm => {
            let end = "The access is there.";
            confirm(pass, Reason::AccessGranted, end);
        }
        Next::Wait(until) => {
            pass.wake(until);
            let error = last_error(pass);
            pass.says(
                Reason::Granting,
                &format!("AWS is creating the assignment.{error}"),
            );
        }
        Next::Unknown(undecided) => wait(pass, &undecided),
        Next::Create => create(pass, tuple, not_after),
    }
}

enum Next {
    Confirm,
    Wait(Timestamp),
    Unknown(Undecided),
    Create,
}

fn refresh_create(pass: &mut Pass<'_>) {
    let Some(mut create) = pass.status.assignment.as_ref().and_then(|a| a.create.clone()) else {
        return;
    };
    let error = refresh(pass, OperationKind::Creation, &mut create);
    pass.assignment(|assignment| {
        assignment.create = Some(create);
        if error.is_some() {
            assignment.last_error = error;
        }
    });
}

/// An assignment is held when AWS says that the create succeeded, or has forgotten it, *and* lists the assignment.
fn next(pass: &Pass<'_>, observation: &Observation) -> Next {
    let soon = after(pass.now, pass.timings().poll);
    let assignment = pass.status.assignment.as_ref();
    let inherited = assignment.and_then(|a| a.origin) == Some(AssignmentOrigin::Inherited);
    let present = match observation {
        Observation::Present { .. } => true,
        Observation::Absent { .. } => false,
        Observation::Unknown(undecided) => return Next::Unknown(undecided.clone()),
    };
    let Some(create) = assignment.and_then(|a| a.create.as_ref()) else {
        return if inherited && present {
            Next::Confirm
        } else {
            Next::Create
        };
    };
    let repeated_at = retry_at(pass, create);
    let repeat = if repeated_at > pass.now {
        Next::Wait(repeated_at)
    } else {
        Next::Create
    };
    match (create.outcome, present) {
        (OperationOutcome::Succeeded | OperationOutcome::Vanished, true) => Next::Confirm,
        (OperationOutcome::InProgress, _) => Next::Wait(soon),
        // Its record may still be read: it was accepted, and only the reading failed.
        (OperationOutcome::Unknown, _) if create.request_id.is_some() => Next::Wait(soon),
        // Of a create, AWS never says that there was nothing to delete.
        (
            OperationOutcome::Unknown
            | OperationOutcome::Vanished
            | OperationOutcome::Failed
            | OperationOutcome::AlreadyGone,
            _,
        ) => repeat,
        (OperationOutcome::Succeeded, false) => {
            // Lists lag; one that lags longer than a create can take does not.
            let last = create.last_seen_time.or(create.sent_time).unwrap_or(pass.now);
            let until = after(last, pass.timings().create_settles_after);
            if pass.now < until {
                Next::Wait(soon.min(until))
            } else {
                repeat
            }
        }
    }
}

/// When an attempt may be repeated, by how many there were.
pub(super) fn retry_at(pass: &Pass<'_>, operation: &Operation) -> Timestamp {
    let attempts = pass
        .status
        .assignment
        .as_ref()
        .and_then(|a| a.attempts)
        .unwrap_or(1);
    let last = operation.last_seen_time.max(operation.sent_time);
    last.map_or(pass.now, |last| after(last, pass.timings().backoff(attempts)))
}

fn last_error(pass: &Pass<'_>) -> String {
    let error = pass
        .status
        .assignment
        .as_ref()
        .and_then(|a| a.last_error.as_ref());
    error
        .map(|error| format!(" The last attempt failed: {error}"))
        .unwrap_or_default()
}

/// Creates the assignment, once everything has been looked at again.
fn create(pass: &mut Pass<'_>, tuple: AssignmentTuple, not_after: Timestamp) {
    let approved = match permit(pass) {
        Ok(approved) => approved,
        Err(Refusal::Undecided(undecided)) => return wait(pass, &undecided),
        Err(Refusal::Unfit(reason, sentence)) => return revoking::begin(pass, &Cause { reason, sentence }),
    };
    let siblings = match siblings::of(pass, &tuple) {
        Ok(siblings) => siblings,
        Err(undecided) => return wait(pass, &undecided),
    };
    if let Some(undecided) = siblings::keeps_from_creating(pass, &siblings) {
        wait(pass, &undecided);
        return pass.wake(after(pass.now, pass.timings().poll));
    }
    ask(
        pass,
        Grant {
            tuple,
            approved,
            not_after,
        },
    );
}

/// Names the create in the record and asks for it.
pub(super) fn ask(pass: &mut Pass<'_>, grant: Grant) {
    let now = pass.now;
    pass.assignment(|assignment| {
        let unanswered = assignment
            .create
            .as_ref()
            .filter(|create| create.outcome == OperationOutcome::Unknown && create.request_id.is_none());
        let sent = unanswered.and_then(|create| create.sent_time);
        assignment.unanswered_create_time = sent.or(assignment.unanswered_create_time);
        assignment.create = Some(Operation {
            request_id: None,
            outcome: OperationOutcome::Unknown,
            sent_time: Some(now),
            last_seen_time: None,
            unanswered_time: None,
        });
        assignment.attempts = Some(assignment.attempts.unwrap_or(0).saturating_add(1));
    });
    let error = last_error(pass);
    pass.says(
        Reason::Granting,
        &format!("AWS is creating the assignment.{error}"),
    );
    pass.wake(after(now, pass.timings().poll));
    pass.action = Some(Action::Grant(grant));
}

/// The access is there: from now on it has an end.
pub(super) fn confirm(pass: &mut Pass<'_>, reason: Reason, message: &str) {
    let (now, duration) = (pass.now, pass.duration());
    let confirmed_at = pass.earliest();
    let window = pass.status.window.get_or_insert_with(Window::default);
    let not_after = window.not_after.unwrap_or(now);
    window.start_time.get_or_insert(now);
    let end = *window
        .end_time
        .get_or_insert(end_time(confirmed_at, duration, not_after));
    let session = pass.status.access.as_ref().map(|access| access.session_duration);
    let also_via_groups = also_via_groups(pass);
    pass.assignment(|assignment: &mut Assignment| {
        assignment.also_via_groups = also_via_groups;
        assignment.state = AssignmentState::Held;
        assignment.grant_time.get_or_insert(now);
        assignment.last_error = None;
        assignment.attempts = None;
        assignment.credentials_expiry_time = session.map(|session| after(end, session.into()));
    });
    pass.condition(ConditionType::Granted, ConditionStatus::True, reason, message);
    let portal = pass
        .settings()
        .and_then(|settings| settings.access_portal_url.as_ref())
        .map(|url| format!(" Sign in at {url}."));
    let message = format!(
        "{message} It ends at {end}; to end it early set spec.cancelled to true.{}",
        portal.unwrap_or_default()
    );
    pass.go(Phase::Active, reason, &message);
    pass.wake_at_end(end);
}

/// The groups that are assigned the same and that the person is in: through them the access stays when ours goes. By name
/// where a policy names them, else by id. What is not known is left out: nothing is decided by it.
fn also_via_groups(pass: &Pass<'_>) -> Vec<String> {
    let facts = &pass.snapshot.facts;
    let (Some(tuple), Some(Fact::Known(listed))) = (pass.tuple(), &facts.listing) else {
        return vec![];
    };
    let ListAnswer::Listed(listing) = &listed.value else {
        return vec![];
    };
    let user = UserId::new(&tuple.user_id);
    let is_member = |group: &&GroupId| {
        let membership = pass.inquiry.membership(&user, group, Freshness::Cached);
        membership.is_ok_and(|membership| membership == Membership::Member)
    };
    let name = |group: &GroupId| {
        let named = facts.groups.iter().find(|(_, fact)| match fact {
            Fact::Known(known) => matches!(&known.value, GroupLookup::Found(found) if found.id == *group),
            Fact::Unknown(_) => false,
        });
        named.map_or_else(|| group.as_str().to_owned(), |(name, _)| name.clone())
    };
    listing
        .groups()
        .filter(is_member)
        .map(name)
        .take(GROUPS_SHOWN)
        .collect()
}
