//! Other requests with the same assignment. AWS has one assignment for all of them, so they take turns.

use super::observation::{refresh, settles_at};
use super::pass::Pass;
use crate::api::{AssignmentState, AssignmentTuple, Operation, Phase, Reason, Timestamp};
use crate::domain::facts::OperationKind;
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

/// Whether the watch shows any. Where it shows none, the look after the intent is stored is the first one as well.
pub(super) fn are_seen(pass: &Pass<'_>, tuple: &AssignmentTuple) -> bool {
    let own = &pass.snapshot.request.uid;
    let seen = &pass.snapshot.seen_siblings;
    seen.iter()
        .any(|sibling| sibling.uid != *own && sibling.shares(tuple))
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
    let goes_first = open_until(pass, OperationKind::Creation, asked).is_some();
    siblings.iter().find_map(|sibling| {
        let creating = sibling.state() == AssignmentState::Granting;
        let open_until = open_until(pass, OperationKind::Creation, sibling.create()).filter(|_| creating);
        let removing = sibling.state() == AssignmentState::Removing;
        // Two that are about to create: the smaller uid goes first, and neither waits for the other's failures.
        let is_first = creating
            && !goes_first
            && sibling.create().is_none_or(was_never_sent)
            && sibling.holds()
            && sibling.uid < *own
            && !inherited(sibling);
        (open_until.is_some() || removing || is_first).then(|| waits_for(sibling, open_until))
    })
}

/// Who keeps this request from deleting the assignment at the moment.
pub(super) fn keeps_from_deleting(pass: &Pass<'_>, siblings: &[&Sibling]) -> Option<Undecided> {
    let own = &pass.snapshot.request.uid;
    let mut removing = siblings
        .iter()
        .filter(|sibling| sibling.state() == AssignmentState::Removing);
    removing.find_map(|sibling| {
        let open_until = open_until(pass, OperationKind::Creation, sibling.create()).or(open_until(
            pass,
            OperationKind::Deletion,
            sibling.delete(),
        ));
        let is_first = sibling.delete().is_none() && sibling.uid < *own;
        (open_until.is_some() || is_first).then(|| waits_for(sibling, open_until))
    })
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

fn was_never_sent(create: &Operation) -> bool {
    create.sent_time.is_none()
}

fn inherited(sibling: &Sibling) -> bool {
    sibling.origin() == Some(crate::api::AssignmentOrigin::Inherited)
}

/// Until when an operation may be under way. One that is over by its record is asked about where it can be: the record is
/// old when nobody was there to keep it.
fn open_until(pass: &Pass<'_>, kind: OperationKind, operation: Option<&Operation>) -> Option<Timestamp> {
    let open = operation.filter(|operation| operation.is_open())?;
    settles_at(pass, open, false).or_else(|| {
        let mut asked = open.clone();
        refresh(pass, kind, &mut asked);
        settles_at(pass, &asked, false)
    })
}

fn waits_for(sibling: &Sibling, until: Option<Timestamp>) -> Undecided {
    Undecided {
        reason: Reason::AwaitingSibling,
        why: format!(
            "Request {} is changing the same assignment; this one goes on when that is done",
            sibling.full_name
        ),
        until,
    }
}
