//! What stops a request without a look-up: people's acts, and a status that cannot be believed. Both machines see it for
//! themselves.

use crate::api::{ClaimEnd, Phase, Reason, ReviewDecision, Timestamp};
use crate::domain::messages;
use crate::domain::snapshot::{RequestFacts, SealCheck};

/// The longest comment that is quoted, in characters: with the longest user name its end quotation mark still fits.
const LONGEST_COMMENT: usize = 700;

/// What a status says that the controller did not write.
const FORGED: &str = "The status was changed by somebody other than the controller.";

/// What is said of a request with a field that this version of the controller does not understand.
const UNREADABLE: &str =
    "The request has a field that the controller cannot read, such as a time in an unusual form.";

/// What stops the request, the strongest first: a status that cannot be believed, a revocation, the requester's own wish, a
/// deletion, and that it is over already.
pub fn stop(request: &RequestFacts, now: Timestamp) -> Option<ClaimEnd> {
    if let Some((reason, sentence)) = disbelief(request) {
        return Some(ClaimEnd::new(now, reason, sentence));
    }
    if let Some(wish) = wish(request) {
        return Some(wish.end(now));
    }
    let over = request.status.phase.is_some_and(Phase::is_terminal);
    over.then(|| match request.status.history.last() {
        Some(last) => ClaimEnd::new(now, last.reason, &last.message).wished_by(last.by.as_deref()),
        None => ClaimEnd::new(now, Reason::EndReached, "The request is over."),
    })
}

/// What people did to end a request before its time.
pub(super) struct Wish<'a> {
    pub reason: Reason,
    pub message: String,
    pub by: Option<&'a str>,
}

impl Wish<'_> {
    /// The end that this wish brings.
    pub fn end(&self, now: Timestamp) -> ClaimEnd {
        ClaimEnd::new(now, self.reason, &self.message).wished_by(self.by)
    }
}

/// The strongest wish to end the request. A revocation is honoured with no look-up at all.
pub(super) fn wish(request: &RequestFacts) -> Option<Wish<'_>> {
    let mut entries = request.status.approvals.iter();
    if let Some(entry) = entries.find(|entry| entry.decision == ReviewDecision::Revoked) {
        let reason = if request.status.reviewers.contains(&entry.approver) {
            Reason::RevokedByReviewer
        } else {
            Reason::RevokedBySecurity
        };
        let comment = entry
            .comment
            .as_deref()
            .map(str::trim)
            .filter(|comment| !comment.is_empty());
        let quoted = |comment| format!(" Comment: \"{}\".", messages::shortened(comment, LONGEST_COMMENT));
        let comment = comment.map(quoted);
        return Some(Wish {
            reason,
            message: format!("Revoked by {}.{}", entry.approver, comment.unwrap_or_default()),
            by: Some(&entry.approver),
        });
    }
    if request.spec.cancelled == Some(true) {
        let had_access = matches!(request.status.phase, Some(Phase::Active | Phase::Revoking));
        let (reason, message) = if had_access {
            (Reason::EndedByRequester, "Ended by the requester.")
        } else {
            (Reason::CancelledByRequester, "Cancelled by the requester.")
        };
        return Some(Wish {
            reason,
            message: message.to_owned(),
            by: request.spec.requester.as_deref(),
        });
    }
    request.deleted_at.map(|at| Wish {
        reason: Reason::Deleted,
        message: format!("The request, or its namespace, was deleted at {at}."),
        by: None,
    })
}

/// Why nothing of the request is believed, unless its status is the one that the controller wrote, or none at all.
pub(super) fn disbelief(request: &RequestFacts) -> Option<(Reason, &'static str)> {
    match request.seal {
        SealCheck::Valid => None,
        SealCheck::Unsealed if request.status.phase.is_none() => None,
        SealCheck::Unsealed | SealCheck::Broken => Some((Reason::SealBroken, FORGED)),
        SealCheck::Unreadable => Some((Reason::Unreadable, UNREADABLE)),
    }
}
