//! The phases of a request and the states of its assignment, with every step that is allowed between them.
//!
//! The tables here are the only ones: the CRD's rules are printed from them, and the laws of the simulation read
//! them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a request is in its life.
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
    /// Not accepted, by policy.
    Denied,
    /// Not accepted, by a reviewer.
    Rejected,
    /// Taken back by the requester, or deleted, before there was access.
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
                Phase::Ended,
                Phase::Cancelled,
                Phase::Revoked,
                Phase::Denied,
                Phase::Failed,
            ],
            Phase::Active => &[Phase::Revoking, Phase::Ended, Phase::Revoked],
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

/// Where the assignment in AWS is, as far as we know and intend. Absent is both the beginning and the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum AssignmentState {
    /// Nothing of ours is there, and nothing of ours may come.
    Absent,
    /// The intent to create it is stored; AWS may have been asked.
    Creating,
    /// AWS confirmed it.
    Present,
    /// The intent to delete it is stored; AWS may have been asked.
    Deleting,
}

impl AssignmentState {
    /// Every state, in the order in which they are passed.
    pub const ALL: [AssignmentState; 4] = [
        AssignmentState::Absent,
        AssignmentState::Creating,
        AssignmentState::Present,
        AssignmentState::Deleting,
    ];

    /// The states that may follow this one. Creating → Absent is a create that certainly failed. Writing back and
    /// rebuilding a record that was lost is no such step.
    pub const fn next(self) -> &'static [AssignmentState] {
        match self {
            AssignmentState::Absent => &[AssignmentState::Creating],
            AssignmentState::Creating => &[
                AssignmentState::Present,
                AssignmentState::Deleting,
                AssignmentState::Absent,
            ],
            AssignmentState::Present => &[AssignmentState::Deleting],
            AssignmentState::Deleting => &[AssignmentState::Absent],
        }
    }

    /// The word as it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            AssignmentState::Absent => "Absent",
            AssignmentState::Creating => "Creating",
            AssignmentState::Present => "Present",
            AssignmentState::Deleting => "Deleting",
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
    fn an_assignment_moves_in_a_circle_and_falls_back_only_from_creating() {
        let all = AssignmentState::ALL;
        for (place, state) in all.into_iter().enumerate() {
            let following = all[(place + 1) % all.len()];
            assert!(state.next().contains(&following), "{state:?}");
        }
        let shortcuts = |state: &AssignmentState| state.next().len() > 1;
        assert_eq!(
            all.into_iter().filter(shortcuts).collect::<Vec<_>>(),
            [AssignmentState::Creating]
        );
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
