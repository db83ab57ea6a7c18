//! What an action's answer means for the record.

use super::observation::outcome;
use crate::api::{Assignment, ElevationRequestStatus, Operation, OperationOutcome, Timestamp};
use crate::domain::decision::Action;
use crate::domain::facts::{OperationState, RequestId};
use crate::domain::sentences;

/// What became of a [`Grant`](crate::domain::Action::Grant) or a [`Revoke`](crate::domain::Action::Revoke).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// AWS took the create on.
    CreateAccepted {
        /// AWS's name for it; AWS offers no way to find it again.
        request: RequestId,
        /// Sometimes final at once.
        state: OperationState,
    },
    /// The create was withheld when it was about to be sent.
    CreateWithheld,
    /// Nothing was sent, because of another request: see [`held_back`](crate::domain::held_back).
    CreateHeldBack {
        /// The record of the create before this attempt.
        before: Option<Operation>,
    },
    /// The create was refused, or its answer was lost.
    CreateFailed {
        /// What happened, for a person.
        sentence: String,
        /// Whether it may have been carried out all the same.
        uncertain: bool,
    },
    /// AWS took the delete on.
    DeleteAccepted {
        /// AWS's name for it.
        request: RequestId,
        /// Sometimes final at once.
        state: OperationState,
    },
    /// AWS answered that there is nothing to delete.
    AlreadyGone,
    /// Nothing was sent, because of another request: see [`held_back`](crate::domain::held_back).
    DeleteHeldBack {
        /// The record of the delete before this attempt.
        before: Option<Operation>,
    },
    /// The delete was refused, or its answer was lost.
    DeleteFailed {
        /// What happened, for a person.
        sentence: String,
        /// Whether it may have been carried out all the same.
        uncertain: bool,
    },
}

impl Answer {
    /// What there is to record when an action that was stored as intended was not sent, because of another request; `before` is
    /// the record of the assignment without that intent.
    #[must_use]
    pub fn never_sent(action: &Action, before: Option<&Assignment>) -> Answer {
        match action {
            Action::Grant(_) => Answer::CreateHeldBack {
                before: before.and_then(|assignment| assignment.create.clone()),
            },
            _ => Answer::DeleteHeldBack {
                before: before.and_then(|assignment| assignment.delete.clone()),
            },
        }
    }
}

/// The status with the answer in it. To be written before anything else; when that write fails, the record keeps saying
/// "unknown", which is true.
#[must_use]
pub fn record_answer(
    mut status: ElevationRequestStatus,
    answer: Answer,
    now: Timestamp,
) -> ElevationRequestStatus {
    let Some(assignment) = status.assignment.as_mut() else {
        return status;
    };
    match answer {
        Answer::CreateAccepted { request, state } => {
            assignment.last_error = accepted(&mut assignment.create, &request, &state, now);
        }
        Answer::DeleteAccepted { request, state } => {
            assignment.last_error = accepted(&mut assignment.delete, &request, &state, now);
        }
        Answer::CreateHeldBack { before } => {
            // Others may have seen this one as the one that asks and left the assignment to it: it answers for it.
            assignment.create = before.or(Some(Operation {
                request_id: None,
                outcome: OperationOutcome::Failed,
                sent_time: None,
                last_seen_time: None,
                unanswered_time: None,
            }));
            assignment.attempts = one_less(assignment.attempts);
        }
        Answer::DeleteHeldBack { before } => {
            assignment.delete = before;
            assignment.attempts = one_less(assignment.attempts);
        }
        Answer::CreateWithheld => ended(&mut assignment.create, OperationOutcome::Failed, now),
        Answer::AlreadyGone => ended(&mut assignment.delete, OperationOutcome::AlreadyGone, now),
        Answer::CreateFailed { sentence, uncertain } => {
            assignment.last_error = Some(sentences::shortened(&sentence, 1024));
            if !uncertain {
                ended(&mut assignment.create, OperationOutcome::Failed, now);
            }
        }
        Answer::DeleteFailed { sentence, uncertain } => {
            assignment.last_error = Some(sentences::shortened(&sentence, 1024));
            if let Some(before) = assignment.delete.as_mut().filter(|delete| is_under_way(delete)) {
                // A repetition from memory has no record of its own: its refusal is no word about the delete before it, which
                // may be what AWS refused it for.
                before.last_seen_time = Some(now);
            } else if !uncertain {
                ended(&mut assignment.delete, OperationOutcome::Failed, now);
            } else if assignment.delete.is_none() {
                ended(&mut assignment.delete, OperationOutcome::Unknown, now);
            }
        }
    }
    status
}

/// Whether AWS took it on, and has told no end of it.
fn is_under_way(operation: &Operation) -> bool {
    operation.is_open() && operation.request_id.is_some()
}

/// What was not sent was no attempt.
fn one_less(attempts: Option<i32>) -> Option<i32> {
    attempts
        .map(|attempts| attempts - 1)
        .filter(|attempts| *attempts > 0)
}

fn accepted(
    operation: &mut Option<Operation>,
    request: &RequestId,
    state: &OperationState,
    now: Timestamp,
) -> Option<String> {
    let (outcome, error) = outcome(state);
    let sent_time = operation
        .as_ref()
        .and_then(|operation| operation.sent_time)
        .or(Some(now));
    *operation = Some(Operation {
        request_id: Some(request.as_str().to_owned()),
        outcome,
        sent_time,
        last_seen_time: Some(now),
        unanswered_time: None,
    });
    error
}

/// A removal from memory has no record of its own before its answer.
fn ended(operation: &mut Option<Operation>, outcome: OperationOutcome, now: Timestamp) {
    let operation = operation.get_or_insert(Operation {
        request_id: None,
        outcome,
        sent_time: Some(now),
        last_seen_time: None,
        unanswered_time: None,
    });
    operation.outcome = outcome;
    operation.last_seen_time = Some(now);
}
