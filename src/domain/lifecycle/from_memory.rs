//! Removal while nothing can be written.

use super::granting::retry_at;
use super::observation::{is_the_configured_instance, settles_at};
use super::pass::Pass;
use super::siblings;
use crate::api::{AssignmentOrigin, AssignmentState, Operation, OperationOutcome, Timestamp};
use crate::domain::decision::Action;
use crate::domain::snapshot::Snapshot;

/// What is due while nothing can be written: the end that was stored with the intent is the stored intent of the
/// removal at that end. `snapshot` is what was last read; siblings in it come from memory.
pub fn due_from_memory(snapshot: &Snapshot, now: Timestamp) -> Option<Action> {
    let pass = Pass::new(snapshot, now);
    let assignment = pass.status.assignment.as_ref()?;
    let removable = matches!(
        assignment.state,
        AssignmentState::Granting | AssignmentState::Held | AssignmentState::Removing
    );
    let window = pass.status.window.as_ref()?;
    let end = window.end_time.or(window.not_after)?;
    let nothing_open = assignment.create.is_some() || assignment.origin == Some(AssignmentOrigin::Inherited);
    let ours = assignment.origin != Some(AssignmentOrigin::Standing) && nothing_open;
    if !removable || !ours || pass.seal_is_broken() || pass.latest() < end {
        return None;
    }
    let settled =
        (assignment.create.as_ref()).is_none_or(|create| settles_at(&pass, create, false).is_none());
    let is_tried = |delete: &Operation| {
        let confirmed = matches!(
            delete.outcome,
            OperationOutcome::Succeeded | OperationOutcome::AlreadyGone
        );
        let over = settled && confirmed;
        let is_under_way =
            delete.outcome == OperationOutcome::InProgress && settles_at(&pass, delete, false).is_some();
        over || is_under_way || retry_at(&pass, delete) > now
    };
    if assignment.delete.as_ref().is_some_and(is_tried) {
        return None;
    }
    let tuple = assignment.tuple.clone()?;
    is_the_configured_instance(&pass, &tuple).ok()?;
    let siblings = siblings::of(&pass, &tuple).unwrap_or_default();
    siblings::heir(&siblings)
        .is_none()
        .then_some(Action::Revoke(tuple))
}
