//! Other requests with the same assignment. AWS has one assignment for all of them, so they take turns.

use super::pass::Pass;
use crate::api::{AssignmentState, AssignmentTuple, Operation, OperationOutcome, Phase, Reason, Timestamp};
use crate::domain::inquiry::Undecided;
use crate::domain::snapshot::Sibling;
use crate::domain::window::after;

/// The siblings of this request, as the API server has them now.
pub(super) fn of<'a>(pass: &Pass<'a>, tuple: &AssignmentTuple) -> Result<Vec<&'a Sibling>, Undecided> {
    let own = &pass.snapshot.request.uid;
    let all = pass.inquiry.siblings()?;
    Ok(all
        .iter()
        .filter(|sibling| sibling.uid != *own && sibling.shares(tuple))
        .collect())
}

/// Who keeps this request from creating the assignment at the moment.
pub(super) fn keeps_from_creating(pass: &Pass<'_>, siblings: &[&Sibling]) -> Option<Undecided> {
    let own = &pass.snapshot.request.uid;
    // Whoever has asked already is waited for, and would wait for ever if it waited too.
    let asked = pass
        .status
        .assignment
        .as_ref()
        .and_then(|own| own.create.as_ref());
    let goes_first = is_open(pass, asked);
    siblings
        .iter()
        .find(|sibling| {
            let removing = sibling.state() == AssignmentState::Removing;
            let creating = sibling.state() == AssignmentState::Granting;
            // Two that are about to create: the smaller uid goes first, and neither waits for the other's failures.
            removing
                || (creating && is_open(pass, sibling.create()))
                || (creating
                    && !goes_first
                    && sibling.create().is_none()
                    && sibling.holds()
                    && sibling.uid < *own
                    && !inherited(sibling))
        })
        .map(|sibling| waits_for(sibling))
}

/// Who keeps this request from deleting the assignment at the moment.
pub(super) fn keeps_from_deleting(pass: &Pass<'_>, siblings: &[&Sibling]) -> Option<Undecided> {
    let own = &pass.snapshot.request.uid;
    siblings
        .iter()
        .find(|sibling| {
            let removing = sibling.state() == AssignmentState::Removing;
            removing
                && (is_open(pass, sibling.create())
                    || is_open(pass, sibling.delete())
                    || (sibling.delete().is_none() && sibling.uid < *own))
        })
        .map(|sibling| waits_for(sibling))
}

/// Who takes the assignment over when this request ends.
pub(super) fn heir<'a>(siblings: &[&'a Sibling]) -> Option<&'a Sibling> {
    siblings.iter().find(|sibling| sibling.takes_over()).copied()
}

/// Who holds the assignment.
pub(super) fn holder<'a>(siblings: &[&'a Sibling]) -> Option<&'a Sibling> {
    siblings.iter().find(|sibling| sibling.holds()).copied()
}

/// Whether an approved request is about to start, so that removing now would leave a gap.
pub(super) fn is_about_to_start(pass: &Pass<'_>, siblings: &[&Sibling]) -> bool {
    siblings.iter().any(|sibling| {
        sibling.phase == Some(Phase::Approved)
            && sibling.state() == AssignmentState::None
            && sibling.start.is_none_or(|start| start <= pass.latest())
    })
}

/// Whether an approved request is about to ask for the assignment, having looked before this one stored that it ends.
pub(super) fn is_about_to_ask(siblings: &[&Sibling]) -> bool {
    siblings
        .iter()
        .any(|sibling| sibling.phase == Some(Phase::Approved) && sibling.holds() && !sibling.takes_over())
}

/// Whether one of ours ended on this tuple so recently that the list may still show it.
pub(super) fn echo_until(pass: &Pass<'_>, siblings: &[&Sibling]) -> Option<Timestamp> {
    siblings
        .iter()
        .filter(|sibling| sibling.origin() != Some(crate::api::AssignmentOrigin::Standing))
        .filter_map(|sibling| sibling.assignment.as_ref()?.revoke_time)
        .map(|gone| after(gone, pass.timings().removal_echo))
        .filter(|until| pass.now < *until)
        .max()
}

fn inherited(sibling: &Sibling) -> bool {
    sibling.origin() == Some(crate::api::AssignmentOrigin::Inherited)
}

/// An operation without an end in sight frees its place in time.
fn is_open(pass: &Pass<'_>, operation: Option<&Operation>) -> bool {
    operation.is_some_and(|operation| {
        matches!(
            operation.outcome,
            OperationOutcome::Unknown | OperationOutcome::InProgress
        ) && super::observation::settles_at(pass, operation, false).is_some()
    })
}

fn waits_for(sibling: &Sibling) -> Undecided {
    Undecided {
        reason: Reason::AwaitingSibling,
        why: format!(
            "Request {} is changing the same assignment; this one goes on when that is done",
            sibling.full_name
        ),
        until: None,
    }
}
