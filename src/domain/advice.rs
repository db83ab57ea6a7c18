//! What people can do about each reason. `docs/reasons.md` is made from it.

use crate::api::Reason;

/// Nothing has to be done.
const NOTHING: &str = "Nothing.";
const WAIT: &str = "Wait: it is tried again by itself.";
const ASK_AGAIN: &str = "If you still need it: `kubectl team request --again NAME`.";
const ADMINISTRATOR: &str = "An administrator looks at [runbooks](runbooks.md).";
const SECURITY: &str = "Security finds out who wrote it: [runbooks](runbooks.md).";
const ANOTHER_APPROVER: &str = "Somebody else approves, or a new request is made.";
const CORRECT_THE_NAME: &str = "Correct the name in the policy, or create what it names; `team-operator check` finds it before it is applied.";

/// What to do, in a sentence or two.
pub const fn advice(reason: Reason) -> &'static str {
    use Reason as R;
    match reason {
        R::AwaitingApproval => {
            "The people that `kubectl team describe NAME` names approve: `kubectl team approve NAME`."
        }
        R::AwaitingStart
        | R::ApprovalsComplete
        | R::StageCompleted
        | R::ApprovalNotRequired
        | R::EndReached
        | R::AccessRemoved
        | R::Counted
        | R::Valid
        | R::GuardIntact => NOTHING,
        R::Granting | R::AwaitingDeletion | R::LeaseUnsure => WAIT,
        R::NoApprovers => {
            "An administrator names an ApproverPolicy with enough people: `team-operator check` says what nobody approves."
        }
        R::SettingsMissing => "An administrator applies TeamSettings named `default`.",
        R::LookupFailed | R::PolicyDisappeared | R::JournalUnavailable | R::ClockSkew => {
            "It is tried again by itself; if it lasts, an administrator looks at [runbooks](runbooks.md)."
        }
        R::GuardBroken => {
            "An administrator applies the manifests of this release again; what was written meanwhile is written again: make \
             a new request, approve again."
        }
        R::NotEligible => {
            "`kubectl team eligible` shows what you may ask for; a policy's owner can add more."
        }
        R::Unreadable => "Make a new request: the plugin and the controller may be of different versions.",
        R::RequesterUnknown | R::ApproverUnknown => {
            "`kubectl team check` shows your user name; an administrator compares it with `spec.identity` of TeamSettings."
        }
        R::RequesterDisabled => "Your access to Identity Center has to be enabled again.",
        R::AccountUnknown | R::PermissionSetUnknown => "Choose one that `kubectl team eligible` shows.",
        R::AccountNotActive => "The account's owner asks AWS; a closed account cannot be entered.",
        R::ManagementAccount => {
            "Access to the management account is given outside team-operator, or by one that runs in it."
        }
        R::DurationTooLong => "Ask for less: the message has both numbers.",
        R::StartTooFarAhead => "Ask again nearer to the start.",
        R::TooManyOpenRequests => "Cancel one first: `kubectl team list --mine`, `kubectl team cancel NAME`.",
        R::TooManyClaims => "Wait until other requests for the same access are over.",
        R::JustificationMissing => "Say why: `--why`.",
        R::TicketInvalid => "Name a ticket in the form that the refusal shows: `--ticket`.",
        R::ApprovalNowRequired | R::RejectedByReviewer | R::CancelledByRequester | R::Deleted => ASK_AGAIN,
        R::RequestExpired => {
            "Ask again, and tell the approvers: `kubectl team request --again NAME`, `kubectl team describe NAME`."
        }
        other => after_a_decision(other),
    }
}

/// The rest: access, votes and policies. Empty for none of them, which a test holds.
const fn after_a_decision(reason: Reason) -> &'static str {
    use Reason as R;
    match reason {
        R::AccessGranted => "Use it. When you are done: `kubectl team cancel NAME`.",
        R::StandingAccess => "Use it: you have it without team-operator, which does not remove it.",
        R::GrantTimedOut => {
            "Ask again; an administrator reads the last error of AWS: `kubectl team describe NAME`."
        }
        R::AccessEndsSoon => "To go on without a gap: `kubectl team request --again NAME`.",
        R::EndedByRequester | R::RevokedByReviewer | R::RevokedBySecurity => {
            "The comment says why, where one was given. If you still need it: `kubectl team request --again NAME`."
        }
        R::EligibilityLost => "`kubectl team eligible` shows what you may ask for now.",
        R::AccessLost => {
            "CloudTrail tells who removed it. If you still need it: `kubectl team request --again NAME`."
        }
        R::KeptByAnotherRequest => "To end the access as well: revoke the request that the message names.",
        R::GuardUnproven
        | R::AnotherInstance
        | R::RevocationOverdue
        | R::ReappearedAfterRemoval
        | R::UnheldAssignment
        | R::RecordRestored
        | R::RecordBroken
        | R::RecordAbandoned => ADMINISTRATOR,
        R::SealBroken => SECURITY,
        R::NotAnApprover | R::AlreadyCounted | R::IsRequester => ANOTHER_APPROVER,
        R::AfterDeadline | R::NotAwaited => "A new request is made: `kubectl team request --again NAME`.",
        R::GroupNotFound
        | R::UserNotFound
        | R::AccountNotFound
        | R::OrganizationalUnitNotFound
        | R::PermissionSetNotFound => CORRECT_THE_NAME,
        R::UnreachableQuorum => "Name more people in the policy, or ask for fewer approvals.",
        R::TooManyApprovers => "Name smaller groups in the policy.",
        R::PolicyConflict => {
            "Change one of the two policies, so that one is nearer or names other permission sets."
        }
        R::Unrecognized => "Use the plugin of the controller's version.",
        _ => "",
    }
}
