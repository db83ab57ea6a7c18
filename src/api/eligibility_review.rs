//! `EligibilityReview`: "what may I ask for?", answered by the code that decides requests.

use kube::core::cel::{Reason as RuleReason, Rule};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::duration::HumanDuration;
use super::names::{AccountId, PermissionSetName};
use super::time::Timestamp;

/// The question. With account, permission set and duration it is the dry run of a request.
#[derive(CustomResource, KubeSchema, Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[kube(
    group = "team-operator.io",
    version = "v1alpha1",
    kind = "EligibilityReview",
    namespaced,
    status = "EligibilityReviewStatus",
    derive = "PartialEq",
    shortname = "elr",
    category = "team-operator",
    doc = "The question of one person: what may I ask for? With an account, a permission set and a duration: would \
           this request be allowed, by which policy, and who would approve? The answer is in the status; the object \
           is removed after ten minutes and does nothing else.",
    selectable = ".spec.requester",
    printcolumn(name = "Requester", type_ = "string", json_path = ".spec.requester"),
    printcolumn(name = "Account", type_ = "string", json_path = ".spec.accountId"),
    printcolumn(name = "Permission Set", type_ = "string", json_path = ".spec.permissionSet"),
    printcolumn(name = "Complete", type_ = "boolean", json_path = ".status.complete"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.reason"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Message", type_ = "string", json_path = ".status.message", priority = 1),
    validation = the_question_stays()
)]
pub struct EligibilityReviewSpec {
    /// The Kubernetes user name of the person who asks. Must be your own (`kubectl auth whoami`); where the cluster
    /// has MutatingAdmissionPolicy it may be left out and is filled in.
    // No shortest length: admission answers an empty name with the one to put.
    #[schemars(length(max = 256))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requester: Option<String>,
    /// Only this account, by its twelve digits in quotes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// Only this permission set, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permission_set: Option<PermissionSetName>,
    /// When the access would start, such as 2026-12-01T09:00:00Z; left out: at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "super::time::written_by_people")]
    pub start_time: Option<Timestamp>,
    /// How long the access would last, such as 2h.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<HumanDuration>,
}

/// An answer must belong to its question.
fn the_question_stays() -> Rule {
    Rule::new("self.spec == oldSelf.spec")
        .field_path(".spec")
        .reason(RuleReason::FieldValueForbidden)
        .message("a review cannot be changed: create a new one (kubectl create, with metadata.generateName)")
}

/// The answer, written by the controller.
#[derive(KubeSchema, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EligibilityReviewStatus {
    /// Whether the answer is there.
    #[serde(default)]
    pub complete: bool,
    /// The answer in one word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    // The full path: the derive brings kube's own `Reason` into its scope.
    pub reason: Option<crate::api::Reason>,
    /// The answer in sentences.
    #[schemars(length(max = 2048))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Whether there is more than the entries show.
    #[serde(default)]
    pub truncated: bool,
    /// What may be asked for, an entry for each policy.
    #[schemars(length(max = 200))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub entries: Vec<EligibilityEntry>,
    /// Whether the request would be accepted, where the question is a whole request; left out while that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed: Option<bool>,
    /// For how long AWS credentials work that are obtained just before the access ends, where the question is a whole
    /// request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials_lifetime: Option<HumanDuration>,
    /// Who would have to approve, stage by stage, where the question is a whole request that needs approval.
    #[schemars(length(max = 5))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub stages: Vec<StagePreview>,
}

/// One stage of an approval that nobody has asked for yet.
#[derive(KubeSchema, Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StagePreview {
    /// The name of the stage.
    #[schemars(length(min = 1, max = 63))]
    pub name: String,
    /// How many people have to approve.
    #[schemars(range(min = 1, max = 20))]
    pub approvals_required: i32,
    /// Kubernetes user names of the first five who can.
    #[schemars(length(max = 5), inner(length(max = 256)))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub approvers: Vec<String>,
}

/// What one policy lets the person ask for.
#[derive(KubeSchema, Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EligibilityEntry {
    /// The name of the EligibilityPolicy.
    #[schemars(length(max = 253))]
    pub policy: String,
    /// The accounts.
    #[schemars(length(max = 500))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub accounts: Vec<EligibleAccount>,
    /// The permission sets.
    #[schemars(length(max = 100))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub permission_sets: Vec<PermissionSetName>,
    /// The longest that may be asked for.
    pub max_duration: HumanDuration,
    /// Whether approval would be needed.
    pub approval_required: bool,
    /// The names of the stages of approval, where the question names one account.
    #[schemars(length(max = 5), inner(length(max = 63)))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub stages: Vec<String>,
}

/// An account that may be asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EligibleAccount {
    /// The id of the account.
    pub id: AccountId,
    /// The name of the account.
    #[schemars(length(max = 128))]
    pub name: String,
    /// Names of the organizational units above the account, from the root down, separated by slashes.
    #[schemars(length(max = 2048))]
    pub ou_path: String,
}
