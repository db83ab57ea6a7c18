//! Since when a removal takes, and when it takes too long.

use super::pass::Pass;
use crate::api::{ConditionType, Phase, Reason, Timestamp};
use crate::domain::decision::Alert;
use crate::domain::window::after;

/// Since when the request is being ended: of access that was held the condition Settled turned then, of access that was
/// only asked for the condition Granted.
pub(super) fn ending_since(pass: &Pass<'_>) -> Timestamp {
    let before = &pass.snapshot.request.status;
    let assignment = before.assignment.as_ref();
    let held = assignment.is_some_and(|assignment| assignment.grant_time.is_some());
    let kind = if held {
        ConditionType::Settled
    } else {
        ConditionType::Granted
    };
    let turned = pass
        .has_condition(kind)
        .filter(|_| before.phase == Some(Phase::Revoking));
    turned.map_or(pass.now, |condition| condition.last_transition_time)
}

pub(super) fn overdue_since(pass: &Pass<'_>) -> Option<Timestamp> {
    Some(overdue_at(pass)).filter(|due| pass.latest() >= *due)
}

pub(super) fn becomes_overdue_at(pass: &Pass<'_>) -> Option<Timestamp> {
    Some(overdue_at(pass)).filter(|due| pass.latest() < *due)
}

/// When a removal that AWS has not confirmed is overdue.
fn overdue_at(pass: &Pass<'_>) -> Timestamp {
    let window = pass.status.window.as_ref();
    let end = window.and_then(|window| window.end_time.or(window.not_after));
    let ending = ending_since(pass);
    let due_since = end.map_or(ending, |end| end.min(ending));
    after(due_since, pass.timings().overdue_after)
}

pub(super) fn shout_when_overdue(pass: &mut Pass<'_>) {
    let Some(since) = overdue_since(pass) else {
        return;
    };
    let error = pass
        .status
        .assignment
        .as_ref()
        .and_then(|assignment| assignment.last_error.as_ref());
    let why = error.map_or_else(|| ".".to_owned(), |error| format!(": {error}"));
    let sentence =
        format!("The access should have been removed by {since} and AWS has not confirmed it{why}");
    pass.alerts.push(Alert {
        reason: Reason::RevocationOverdue,
        sentence,
    });
}
