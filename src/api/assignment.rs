//! The account assignment of a request: what was intended, what was asked of AWS, what AWS confirmed.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::names::AccountId;
use super::phase::AssignmentState;
use super::rules;
use super::time::Timestamp;

/// The record of one assignment.
#[derive(KubeSchema, Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rules::stay_once_written(&["tuple", "origin", "baseline"]))]
pub struct Assignment {
    /// Which assignment: written with the first intent. Removing it needs nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rules::written_once())]
    pub tuple: Option<AssignmentTuple>,
    /// Where the assignment is in its life.
    #[x_kube(validation = rules::assignment_moves_forward())]
    pub state: AssignmentState,
    /// Who made the assignment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rules::written_once())]
    pub origin: Option<AssignmentOrigin>,
    /// Whether AWS listed the assignment before we did anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rules::written_once())]
    pub baseline: Option<Baseline>,
    /// The newest attempt to create the assignment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create: Option<Operation>,
    /// When the newest create was sent that AWS never answered and that was repeated: it may take effect late, so the
    /// assignment is looked for that long at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unanswered_create_time: Option<Timestamp>,
    /// The newest attempt to delete the assignment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete: Option<Operation>,
    /// The request that holds the same assignment on, as namespace/name.
    #[schemars(length(max = 320))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_to: Option<String>,
    /// How many times the present step was tried.
    #[schemars(range(min = 0))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<i32>,
    /// The newest error, as a sentence.
    #[schemars(length(max = 1024))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// When AWS confirmed the assignment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant_time: Option<Timestamp>,
    /// When AWS confirmed that the assignment is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoke_time: Option<Timestamp>,
    /// Until when AWS credentials that were issued before the removal can still work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials_expiry_time: Option<Timestamp>,
    /// Groups through which the requester has the same access all the time: it does not end with this request.
    #[schemars(length(max = 20), inner(length(max = 1024)))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_via_groups: Vec<String>,
}

/// What names an account assignment in Identity Center.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AssignmentTuple {
    /// The ARN of the Identity Center instance.
    #[schemars(length(max = 256))]
    pub instance_arn: String,
    /// The id of the user.
    #[schemars(length(max = 64))]
    pub user_id: String,
    /// The id of the account.
    pub account_id: AccountId,
    /// The ARN of the permission set.
    #[schemars(length(max = 256))]
    pub permission_set_arn: String,
}

/// Who made an assignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum AssignmentOrigin {
    /// This request did.
    Created,
    /// Another request of ours did, which still held it.
    Inherited,
    /// Somebody else did, before us: never removed by us.
    Standing,
}

/// What AWS listed before we did anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Baseline {
    /// Whether the assignment was there.
    pub present: bool,
    /// When AWS was asked.
    pub observed_at: Timestamp,
}

/// One operation that AWS carries out in its own time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    /// AWS's name for the operation; absent while its answer is unknown.
    #[schemars(length(max = 64))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What became of it.
    pub outcome: OperationOutcome,
    /// When it was sent; left out when it was held back in the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_time: Option<Timestamp>,
    /// When AWS last told its status. An operation that AWS does not tell about after nobody had asked for a while counts
    /// as seen then: what became of it in between nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_time: Option<Timestamp>,
    /// When AWS was last asked about it and did not tell; left out once it told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unanswered_time: Option<Timestamp>,
}

impl Operation {
    /// Whether it may still be under way, as far as the record says.
    pub fn is_open(&self) -> bool {
        matches!(
            self.outcome,
            OperationOutcome::Unknown | OperationOutcome::InProgress
        )
    }
}

/// What became of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum OperationOutcome {
    /// Sent, or about to be; no answer was seen.
    Unknown,
    /// AWS accepted it and is at it.
    InProgress,
    /// AWS says it succeeded.
    Succeeded,
    /// AWS says it failed.
    Failed,
    /// AWS says that there was nothing to delete.
    AlreadyGone,
    /// AWS has forgotten it.
    Vanished,
}
