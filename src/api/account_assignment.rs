//! `AccountAssignment`: the record of one assignment in AWS, and of the requests that claim it.

use kube::core::cel::{Reason as RuleReason, Rule};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::duration::HumanDuration;
use super::ids::{InstanceArn, PermissionSetArn, UserId};
use super::names::{AccountId, PermissionSetName};
use super::phase::AssignmentState;
use super::time::Timestamp;

/// How many claims a record takes; the next request is denied.
pub const MAX_CLAIMS: usize = 100;

/// Which assignment: AWS has one for each instance, user, account and permission set.
#[derive(CustomResource, KubeSchema, Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[kube(
    group = "team-operator.io",
    version = "v1alpha1",
    kind = "AccountAssignment",
    status = "AccountAssignmentStatus",
    derive = "PartialEq",
    shortname = "aa",
    category = "team-operator",
    doc = "The record of one account assignment in IAM Identity Center and of the requests that claim it. Only the \
           controller writes it; kubectl get aa is the list of who has what now, and until when.",
    printcolumn(name = "User", type_ = "string", json_path = ".spec.userName"),
    printcolumn(name = "Account", type_ = "string", json_path = ".spec.accountName"),
    printcolumn(name = "Permission Set", type_ = "string", json_path = ".spec.permissionSetName"),
    printcolumn(name = "State", type_ = "string", json_path = ".status.state"),
    // A `date` column prints a time to come as <invalid>; a string prints it as it is.
    printcolumn(name = "Until", type_ = "string", json_path = ".status.until"),
    printcolumn(name = "Requests", type_ = "string", json_path = ".status.requests"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Account Id", type_ = "string", json_path = ".spec.accountId", priority = 1),
    printcolumn(name = "Last Error", type_ = "string", json_path = ".status.lastError.message", priority = 1)
)]
pub struct AccountAssignmentSpec {
    /// The ARN of the Identity Center instance.
    #[x_kube(validation = immutable("instanceArn"))]
    pub instance_arn: InstanceArn,
    /// The id of the Identity Center user.
    #[x_kube(validation = immutable("userId"))]
    pub user_id: UserId,
    /// The id of the AWS account.
    #[x_kube(validation = immutable("accountId"))]
    pub account_id: AccountId,
    /// The ARN of the permission set.
    #[x_kube(validation = immutable("permissionSetArn"))]
    pub permission_set_arn: PermissionSetArn,
    /// The user name, for people who read it; nothing depends on it.
    #[schemars(length(max = 256))]
    pub user_name: String,
    /// The name of the account, for people who read it.
    #[schemars(length(max = 128))]
    pub account_name: String,
    /// The name of the permission set, for people who read it.
    pub permission_set_name: PermissionSetName,
}

/// What names an assignment in AWS.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssignmentKey {
    /// The Identity Center instance.
    pub instance_arn: InstanceArn,
    /// Whom it serves.
    pub user_id: UserId,
    /// Where.
    pub account_id: AccountId,
    /// What.
    pub permission_set_arn: PermissionSetArn,
}

impl AccountAssignmentSpec {
    /// What names the assignment in AWS.
    pub fn key(&self) -> AssignmentKey {
        AssignmentKey {
            instance_arn: self.instance_arn.clone(),
            user_id: self.user_id.clone(),
            account_id: self.account_id.clone(),
            permission_set_arn: self.permission_set_arn.clone(),
        }
    }
}

/// Where the assignment is, and who claims it.
#[derive(KubeSchema, Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountAssignmentStatus {
    /// Grows by one with every write: a lower one is an old version that somebody wrote back.
    #[schemars(range(min = 0))]
    pub sequence: i64,
    /// HMAC by the controller over name, uid, spec and status; a missing or wrong one shows that somebody else wrote it.
    #[schemars(length(max = 128))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<String>,
    /// Where the assignment is, as far as we know and intend.
    pub state: AssignmentState,
    /// When it came to be in that state.
    pub state_time: Timestamp,
    /// When a list of AWS lacked the assignment before the create: it names the tenure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline_time: Option<Timestamp>,
    /// The requests that claim the assignment.
    // Twice as many as are admitted: an end is stored for a request without a claim too, and must always fit.
    #[schemars(length(max = 200))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub claims: Vec<Claim>,
    /// The newest create.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create: Option<Create>,
    /// Until when earlier creates may still take effect whose outcome never became known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier_creates_until: Option<Timestamp>,
    /// The newest error of AWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<LastError>,
    /// Until when there is access, as far as the claims say now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The requests whose claims have not ended, as namespace/name.
    #[schemars(length(max = 1024))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<String>,
}

/// One request's claim on the assignment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Claim {
    /// Which request.
    pub request: ClaimRequest,
    /// From when on it claims the assignment.
    pub from: Timestamp,
    /// How long the access lasts once it is confirmed.
    pub duration: HumanDuration,
    /// After this no access, whatever AWS does.
    pub not_after: Timestamp,
    /// Until when the assignment may be created, or confirmed, for this claim without another check of the request.
    pub admitted_until: Timestamp,
    /// When AWS confirmed the access.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Timestamp>,
    /// When the access ends; written with startTime.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_time: Option<Timestamp>,
    /// That and why the claim is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<ClaimEnd>,
}

/// A request, by its name and uid.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClaimRequest {
    /// Its namespace.
    #[schemars(length(max = 63))]
    pub namespace: String,
    /// Its name.
    #[schemars(length(max = 253))]
    pub name: String,
    /// Its uid.
    #[schemars(length(max = 64))]
    pub uid: String,
}

impl ClaimRequest {
    /// `namespace/name`, for messages.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }
}

/// The end of a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClaimEnd {
    /// When it ended.
    pub time: Timestamp,
    /// Why, in one word.
    pub reason: crate::api::Reason,
    /// Why, in a sentence.
    #[schemars(length(max = 1024))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The Kubernetes user name of the person who ended it, where a person did.
    #[schemars(length(max = 256))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// One create that was, or is about to be, sent to AWS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Create {
    /// When the intent was stored; it may be signed only within the minute that follows.
    pub sent_time: Timestamp,
    /// Its final word. Without one it may still take effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<CreateOutcome>,
}

/// The final word of a create.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreateOutcome {
    /// What became of it.
    pub result: CreateResult,
    /// When that became known.
    pub time: Timestamp,
}

/// What became of a create for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum CreateResult {
    /// AWS says that it succeeded.
    Succeeded,
    /// AWS refused it, or accepted it and says that it failed.
    Failed,
    /// It was never signed.
    NotSent,
}

/// An error of AWS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastError {
    /// When it occurred.
    pub time: Timestamp,
    /// Which call failed.
    #[schemars(length(max = 64))]
    pub operation: String,
    /// What that means, in one word.
    pub reason: crate::api::Reason,
    /// AWS's own words, and what to check.
    #[schemars(length(max = 1024))]
    pub message: String,
}

/// A field that nobody changes: another assignment is another record.
fn immutable(field: &str) -> Rule {
    Rule::new("self == oldSelf")
        .reason(RuleReason::FieldValueForbidden)
        .message(format!("{field} cannot be changed: another assignment is another record").as_str())
}
