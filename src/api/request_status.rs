//! The status of an [`ElevationRequest`](super::ElevationRequest): everything in it but `approvals` is written by
//! the controller alone.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::approval::{Approval, Verdict};
use super::assignment::ClaimedAssignment;
use super::condition::Condition;
use super::duration::HumanDuration;
use super::history::HistoryEntry;
use super::ids::InstanceArn;
use super::names::{AccountId, PermissionSetName};
use super::phase::Phase;
use super::rules;
use super::time::Timestamp;

/// What became of the request.
#[derive(KubeSchema, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = rules::phase_moves_along_its_edges(),
    validation = rules::finished_means_terminal(),
    validation = rules::finished_stays(),
    validation = rules::terminal_means_settled(),
    validation = rules::history_only_grows(),
    validation = rules::stay_once_written(&["requester", "access", "review", "window", "assignment", "ending"])
)]
pub struct ElevationRequestStatus {
    /// The generation of the request that this status is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Where the request is in its life.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// True once the request is over and the journal has all of its history. The selector status.finished!=true gives the live
    /// requests.
    #[serde(default)]
    pub finished: bool,
    /// Grows by one with every write of the controller: a lower one is an old version that somebody wrote back.
    #[schemars(range(min = 0))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<i64>,
    /// Why the request is in its phase, in one word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    // The full path: the derive brings kube's own `Reason` into its scope.
    pub reason: Option<crate::api::Reason>,
    /// What is awaited, from whom, until when, and what to do next.
    #[schemars(length(max = 2048))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// HMAC by the controller over the request; a missing or wrong one shows that somebody else wrote the status.
    #[schemars(length(max = 128))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<String>,
    /// The person in Identity Center that the requester is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rules::written_once())]
    pub requester: Option<Requester>,
    /// What is asked for, resolved: exactly this is approved and granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rules::written_once())]
    pub access: Option<Access>,
    /// The policy that lets the requester ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eligibility: Option<Eligibility>,
    /// Who has to approve, and how far that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<Review>,
    /// Kubernetes user names of the people whose Approved would count now.
    #[schemars(length(max = 300), inner(length(max = 256)))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvers: Vec<String>,
    /// Kubernetes user names of the people who may reject or revoke.
    #[schemars(length(max = 300), inner(length(max = 256)))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reviewers: Vec<String>,
    /// Decisions, one entry for each person and decision, appended by that person (kubectl patch
    /// --subresource=status). At most 32, and any number of Revoked up to 64 in all.
    #[schemars(length(max = 64))]
    #[serde(default)]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["approver".into(), "decision".into()]))]
    pub approvals: Vec<Approval>,
    /// From when until when there is access.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// The AccountAssignment that the request claims.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignment: Option<ClaimedAssignment>,
    /// Why the access, or the way to it, ends; written once, when that is decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rules::written_once())]
    pub ending: Option<Ending>,
    /// What happened, in order: one entry for each phase, and one for each stage when it was first completed. Entries are
    /// added and never changed.
    #[schemars(length(max = 16))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub history: Vec<HistoryEntry>,
    /// The sequence of the history up to which the journal has it for certain.
    #[schemars(range(min = 0, max = 17))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<i64>,
    /// The facts Eligible, Approved, Granted and Settled.
    #[schemars(length(max = 8))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
}

/// Why a request ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ending {
    /// Why, in one word.
    pub reason: crate::api::Reason,
    /// Why, in a sentence.
    #[schemars(length(max = 1024))]
    pub message: String,
    /// The Kubernetes user name of the person whose act ends it, where a person's does.
    #[schemars(length(max = 256))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When the end was asked for, or came.
    pub requested_time: Timestamp,
}

/// The Identity Center user that a Kubernetes user name stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Requester {
    /// The user's id in Identity Center: persons are compared by it, never by name.
    #[schemars(length(max = 64))]
    pub user_id: String,
    /// The user's UserName in Identity Center.
    #[schemars(length(max = 256))]
    pub user_name: String,
    /// The user's e-mail address, where the directory has one.
    #[schemars(length(max = 320))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// What is asked for, with every name resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Access {
    /// The ARN of the Identity Center instance in which it was resolved.
    pub instance_arn: InstanceArn,
    /// The id of the AWS account.
    pub account_id: AccountId,
    /// The name of the account in the organization.
    #[schemars(length(max = 128))]
    pub account_name: String,
    /// Names of the organizational units above the account, from the root down, separated by slashes.
    #[schemars(length(max = 2048))]
    pub ou_path: String,
    /// The ARN of the permission set.
    #[schemars(length(max = 256))]
    pub permission_set_arn: String,
    /// The name of the permission set.
    pub permission_set_name: PermissionSetName,
    /// How long AWS credentials live that a session with this permission set has obtained.
    pub session_duration: HumanDuration,
    /// How long the access lasts.
    pub duration: HumanDuration,
}

/// The EligibilityPolicy that a request rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Eligibility {
    /// The name of the policy.
    #[schemars(length(max = 253))]
    pub policy: String,
    /// The uid of the policy.
    #[schemars(length(max = 64))]
    pub uid: String,
    /// The generation of the policy.
    pub generation: i64,
    /// Whether approval is needed.
    pub approval_required: bool,
}

/// The approval of a request: by which policy, until when, how far.
#[derive(KubeSchema, Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rules::stay_once_written(&["deadline"]))]
pub struct Review {
    /// The name of the ApproverPolicy that governs the request.
    #[schemars(length(max = 253))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The uid of that policy.
    #[schemars(length(max = 64))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// The generation of that policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<i64>,
    /// When the request expires if it is not approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rules::written_once())]
    pub deadline: Option<Timestamp>,
    /// Approvals counted of those needed in the current stage, such as 1/2.
    #[schemars(length(max = 32))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<String>,
    /// Whether Approved and Rejected need a comment.
    #[serde(default)]
    pub comment_required: bool,
    /// The stage whose approvals are awaited.
    #[schemars(length(max = 63))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_stage: Option<String>,
    /// The stages in their order.
    #[schemars(length(max = 5))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub stages: Vec<StageProgress>,
    /// What the controller made of each entry of status.approvals.
    #[schemars(length(max = 64))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["approver".into(), "decision".into()]))]
    pub verdicts: Vec<Verdict>,
}

/// How far one stage is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StageProgress {
    /// The name of the stage.
    #[schemars(length(min = 1, max = 63))]
    pub name: String,
    /// How many people have to approve.
    #[schemars(range(min = 1, max = 20))]
    pub approvals_required: i32,
    /// How many have.
    #[schemars(range(min = 0, max = 64))]
    pub approvals_counted: i32,
}

/// From when until when there is access.
#[derive(KubeSchema, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rules::stay_once_written(&["notAfter", "startTime", "endTime"]))]
pub struct Window {
    /// No access after this, whenever AWS confirms it: fixed on approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rules::written_once())]
    pub not_after: Option<Timestamp>,
    /// When AWS confirmed the access.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rules::written_once())]
    pub start_time: Option<Timestamp>,
    /// When the access ends: fixed when it starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rules::written_once())]
    pub end_time: Option<Timestamp>,
}
