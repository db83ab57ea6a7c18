//! What people do to end a request before its time.

use super::pass::Pass;
use super::revoking;
use crate::api::{AssignmentState, Phase, Reason, ReviewDecision};

/// Why access, or the way to it, ends.
pub(super) struct Cause {
    pub reason: Reason,
    pub sentence: String,
}

/// The strongest wish to end the request: a revocation, then the requester's, then a deletion. A revocation is honoured
/// with no lookup at all.
pub(super) fn wished(pass: &Pass<'_>) -> Option<Cause> {
    let request = &pass.snapshot.request;
    let revocation = request
        .status
        .approvals
        .iter()
        .find(|entry| entry.decision == ReviewDecision::Revoked);
    if let Some(entry) = revocation {
        let reason = if request.status.reviewers.contains(&entry.approver) {
            Reason::RevokedByReviewer
        } else {
            Reason::RevokedBySecurity
        };
        let comment = entry.comment.as_deref().map(|comment| format!(": {comment}"));
        return Some(Cause {
            reason,
            sentence: format!("Revoked by {}{}.", entry.approver, comment.unwrap_or_default()),
        });
    }
    if request.spec.cancelled == Some(true) {
        let had_access = pass.state() != AssignmentState::None;
        return Some(Cause {
            reason: if had_access {
                Reason::EndedByRequester
            } else {
                Reason::CancelledByRequester
            },
            sentence: "Ended by the requester.".to_owned(),
        });
    }
    request.deleted_at.map(|at| Cause {
        reason: Reason::Deleted,
        sentence: format!("The request, or its namespace, was deleted at {at}."),
    })
}

/// Ends the request if somebody wishes it; says whether.
pub(super) fn carried_out(pass: &mut Pass<'_>) -> bool {
    let Some(cause) = wished(pass) else { return false };
    if pass.state() != AssignmentState::None {
        revoking::begin(pass, &cause);
        return true;
    }
    let revoked = matches!(
        cause.reason,
        Reason::RevokedByReviewer | Reason::RevokedBySecurity
    );
    let phase = match pass.status.phase {
        _ if !revoked => Phase::Cancelled,
        // There is nothing to revoke yet, but the meaning is plain.
        None => Phase::Denied,
        Some(Phase::Pending) => Phase::Rejected,
        Some(_) => Phase::Revoked,
    };
    pass.end(phase, cause.reason, &cause.sentence);
    true
}
