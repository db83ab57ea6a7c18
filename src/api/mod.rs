//! What people write and read: the kinds of the API group `team-operator.io`, version `v1alpha1`.
//!
//! Types, limits and the rules that need no caller. Nothing here decides, reads a clock or talks to anybody.

mod account_assignment;
mod approval;
mod approver_policy;
mod assignment;
mod condition;
mod crd;
mod duration;
mod elevation_request;
mod eligibility_policy;
mod eligibility_review;
mod history;
mod ids;
mod names;
mod notification_channel;
mod phase;
mod reason;
mod request_report;
mod request_status;
mod rules;
mod target;
mod team_settings;
mod time;

pub use account_assignment::{
    AccountAssignment, AccountAssignmentSpec, AccountAssignmentStatus, AssignmentKey, Claim, ClaimEnd,
    ClaimRequest, Create, CreateOutcome, CreateResult, LastError, MAX_CLAIMS,
};
pub use approval::{Approval, ReviewDecision, Verdict};
pub use approver_policy::{ApproverPolicy, ApproverPolicySpec, Stage};
pub use assignment::ClaimedAssignment;
pub use condition::{Condition, ConditionStatus, ConditionType, set_condition};
pub use crd::{all_crds, crd_file_name};
pub use duration::{DurationError, HumanDuration};
pub use elevation_request::{ElevationRequest, ElevationRequestSpec};
pub use eligibility_policy::{
    EligibilityPolicy, EligibilityPolicySpec, OrganizationalUnitPath, PolicyStatus,
};
pub use eligibility_review::{
    EligibilityEntry, EligibilityReview, EligibilityReviewSpec, EligibilityReviewStatus, EligibleAccount,
    StagePreview,
};
pub use history::{HistoryEntry, LONGEST_HISTORY, LONGEST_HISTORY_MESSAGE, SEQUENCE_AFTER_FORGERY};
pub use ids::{GroupId, InstanceArn, PermissionSetArn, RequestId, UserId};
pub use names::{AccountId, NameError, OrganizationalUnitId, PermissionSetName};
pub use notification_channel::{
    Audience, CHANNEL_SECRET_TYPE, ChannelMatch, DeliveryError, NotificationChannel, NotificationChannelSpec,
    NotificationChannelStatus, NotificationEvent, Reminders, SecretKey, SlackDestination, TEST_ANNOTATION,
    WebhookDestination,
};
pub use phase::{AssignmentState, Phase};
pub use reason::Reason;
pub use request_report::{
    Delivery, DeliveryOutcome, DeliveryResult, MOST_DELIVERIES, MOST_OUTCOMES, MessageReference,
    RequestReport, RequestReportSpec, RequestReportStatus, Sending,
};
pub use request_status::{
    Access, ElevationRequestStatus, Eligibility, Ending, Requester, Review, StageProgress, Window,
};
pub use target::{OrganizationalUnitTarget, Subject, SubjectKind};
pub use team_settings::{
    IdentityAttribute, IdentitySettings, JournalStatus, OnEligibilityLost, RELEASE_UNRECORDED, Requirement,
    TeamSettings, TeamSettingsSpec, TeamSettingsStatus, TicketNumberSettings, Waiver,
};
pub use time::Timestamp;

/// The API group of every kind here.
pub const GROUP: &str = "team-operator.io";

/// The annotation that lets what the controller needs be deleted. With the value `true` on TeamSettings nothing is granted.
pub const ALLOW_DELETION: &str = "team-operator.io/allow-deletion";

/// The one version of every kind here. It stays the only one that is served and stored: a conversion webhook that
/// does not answer would stand between the controller and a revocation.
pub const VERSION: &str = "v1alpha1";
