//! Values of labels that no other module names.

use crate::domain::Urgency;

/// Every urgency of a reconcile.
pub(super) const URGENCIES: [Urgency; 3] = [Urgency::End, Urgency::Removal, Urgency::Ordinary];

/// The urgency as a label.
pub(super) const fn urgency_label(urgency: Urgency) -> &'static str {
    match urgency {
        Urgency::End => "end",
        Urgency::Removal => "removal",
        Urgency::Ordinary => "ordinary",
    }
}

/// Which kind of object a pass is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReconcileKind {
    /// An ElevationRequest.
    Request,
    /// An AccountAssignment.
    Assignment,
}

/// Which kind of object a watch is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WatchKind {
    /// ElevationRequests that are not finished.
    ElevationRequest,
    /// AccountAssignments.
    AccountAssignment,
    /// EligibilityPolicies.
    EligibilityPolicy,
    /// ApproverPolicies.
    ApproverPolicy,
    /// TeamSettings.
    TeamSettings,
}

/// What the last check of the admission policies gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuardSight {
    /// They are in force.
    Intact,
    /// Whether they are in force is not known.
    Unproven,
    /// They are not in force, or were not, and what was written meanwhile is not settled.
    Broken,
}

impl ReconcileKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Request, Self::Assignment];

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Request => "ElevationRequest",
            Self::Assignment => "AccountAssignment",
        }
    }
}

impl GuardSight {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Intact, Self::Unproven, Self::Broken];

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Intact => "intact",
            Self::Unproven => "unproven",
            Self::Broken => "broken",
        }
    }
}

impl WatchKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::ElevationRequest,
        Self::AccountAssignment,
        Self::EligibilityPolicy,
        Self::ApproverPolicy,
        Self::TeamSettings,
    ];

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::ElevationRequest => "ElevationRequest",
            Self::AccountAssignment => "AccountAssignment",
            Self::EligibilityPolicy => "EligibilityPolicy",
            Self::ApproverPolicy => "ApproverPolicy",
            Self::TeamSettings => "TeamSettings",
        }
    }
}
