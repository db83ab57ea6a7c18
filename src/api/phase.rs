//! The phases of a request and the states of its assignment, with every step that is allowed between them.
//!
//! The tables here are the only ones: the CRD's rules are printed from them, and the invariants of the
//! simulation read them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The phase of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Phase {
    /// Waits for approvals.
    Pending,
    /// Approved; waits for its start or for AWS.
    Approved,
    /// The access exists.
    Active,
    /// The access is being removed.
    Revoking,
    /// Denied by policy.
    Denied,
    /// Rejected by a reviewer.
    Rejected,
    /// Cancelled by the requester, or deleted, before there was access.
    Cancelled,
    /// Nobody approved in time.
    Expired,
    /// The access could not be granted before its window closed.
    Failed,
    /// The access lasted until its end.
    Ended,
    /// The access was stopped before its end.
    Revoked,
}

impl Phase {
    /// Every phase.
    pub const ALL: [Phase; 11] = [
        Phase::Pending,
        Phase::Approved,
        Phase::Active,
        Phase::Revoking,
        Phase::Denied,
        Phase::Rejected,
        Phase::Cancelled,
        Phase::Expired,
        Phase::Failed,
        Phase::Ended,
        Phase::Revoked,
    ];

    /// The phases that a request without one may be given.
    pub const FIRST: &'static [Phase] = &[
        Phase::Pending,
        Phase::Approved,
        Phase::Denied,
        Phase::Cancelled,
        Phase::Expired,
    ];

    /// The phases that may follow this one; none after a terminal phase.
    pub const fn next(self) -> &'static [Phase] {
        match self {
            Phase::Pending => &[
                Phase::Approved,
                Phase::Denied,
                Phase::Rejected,
                Phase::Cancelled,
                Phase::Expired,
            ],
            Phase::Approved => &[
                Phase::Active,
                Phase::Revoking,
                Phase::Cancelled,
                Phase::Revoked,
                Phase::Denied,
                Phase::Failed,
            ],
            Phase::Active => &[Phase::Revoking],
            Phase::Revoking => &[
                Phase::Ended,
                Phase::Revoked,
                Phase::Cancelled,
                Phase::Denied,
                Phase::Failed,
            ],
            Phase::Denied
            | Phase::Rejected
            | Phase::Cancelled
            | Phase::Expired
            | Phase::Failed
            | Phase::Ended
            | Phase::Revoked => &[],
        }
    }

    /// Whether the request is over: nothing follows.
    pub const fn is_terminal(self) -> bool {
        self.next().is_empty()
    }

    /// The word as it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Phase::Pending => "Pending",
            Phase::Approved => "Approved",
            Phase::Active => "Active",
            Phase::Revoking => "Revoking",
            Phase::Denied => "Denied",
            Phase::Rejected => "Rejected",
            Phase::Cancelled => "Cancelled",
            Phase::Expired => "Expired",
            Phase::Failed => "Failed",
            Phase::Ended => "Ended",
            Phase::Revoked => "Revoked",
        }
    }
}

/// The state of the assignment in AWS, as far as the controller knows and intends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum AssignmentState {
    /// Nothing was asked of AWS.
    None,
    /// The intent to create it is stored; AWS may have been asked.
    Granting,
    /// AWS confirmed it.
    Held,
    /// The intent to remove it is stored; AWS may have been asked.
    Removing,
    /// AWS confirmed that it is gone, or it is not ours to remove.
    Gone,
}

impl AssignmentState {
    /// Every state, in order: there is no way back.
    pub const ALL: [AssignmentState; 5] = [
        AssignmentState::None,
        AssignmentState::Granting,
        AssignmentState::Held,
        AssignmentState::Removing,
        AssignmentState::Gone,
    ];

    /// The states that may follow this one. Held → Gone is standing access, which is never removed.
    pub const fn next(self) -> &'static [AssignmentState] {
        match self {
            AssignmentState::None => &[AssignmentState::Granting, AssignmentState::Held],
            AssignmentState::Granting => &[AssignmentState::Held, AssignmentState::Removing],
            AssignmentState::Held => &[AssignmentState::Removing, AssignmentState::Gone],
            AssignmentState::Removing => &[AssignmentState::Gone],
            AssignmentState::Gone => &[],
        }
    }

    /// Whether no assignment of ours can be in AWS, as a terminal phase requires.
    pub const fn is_settled(self) -> bool {
        matches!(self, AssignmentState::None | AssignmentState::Gone)
    }

    /// The word as it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            AssignmentState::None => "None",
            AssignmentState::Granting => "Granting",
            AssignmentState::Held => "Held",
            AssignmentState::Removing => "Removing",
            AssignmentState::Gone => "Gone",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phase_is_reached_and_the_terminal_ones_are_those_of_the_product() {
        for phase in Phase::ALL {
            let reached =
                Phase::FIRST.contains(&phase) || Phase::ALL.iter().any(|p| p.next().contains(&phase));
            assert!(reached, "{phase:?}");
        }
        let live: Vec<_> = Phase::ALL.into_iter().filter(|p| !p.is_terminal()).collect();
        assert_eq!(
            live,
            [Phase::Pending, Phase::Approved, Phase::Active, Phase::Revoking]
        );
    }

    #[test]
    fn an_assignment_only_moves_forward() {
        for state in AssignmentState::ALL {
            assert!(state.next().iter().all(|next| *next > state), "{state:?}");
        }
    }

    #[test]
    fn the_words_are_those_that_are_stored() {
        for phase in Phase::ALL {
            assert_eq!(serde_json::to_value(phase).unwrap(), phase.as_str());
        }
        for state in AssignmentState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
    }
}
