//! What people write into a request's status, and how the controller judges it.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::reason::Reason;
use super::rules;
use super::time::Timestamp;

/// One person's decision about a request. Written by that person; never changed or removed by anybody.
#[derive(KubeSchema, Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// The Kubernetes user name of the person who decides. Must be your own (`kubectl auth whoami`); where the
    /// cluster has MutatingAdmissionPolicy it may be left out and is filled in.
    #[schemars(length(max = 256))]
    #[serde(default)]
    pub approver: String,
    /// The decision: Approved or Rejected while the request is Pending, Revoked once it is Approved or Active.
    pub decision: ReviewDecision,
    /// Why, in your words and in one line. Needed for Approved and Rejected where TeamSettings ask for comments.
    #[schemars(length(max = 1024))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rules::plain_line("comment"))]
    pub comment: Option<String>,
}

/// What a person can decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum ReviewDecision {
    /// Approves the request.
    Approved,
    /// Rejects the request, which ends it.
    Rejected,
    /// Revokes an approved request, which ends the access.
    Revoked,
}

/// The controller's judgment of one [`Approval`], once for each generation of the governing policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// The Kubernetes user name in the entry.
    #[schemars(length(max = 256))]
    pub approver: String,
    /// The decision in the entry.
    pub decision: ReviewDecision,
    /// The Identity Center user that the name stood for when the entry was judged.
    #[schemars(length(max = 64))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The uid of the ApproverPolicy that the entry was judged by.
    #[schemars(length(max = 64))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_uid: Option<String>,
    /// The generation of that policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_generation: Option<i64>,
    /// The stage that the entry was judged for.
    #[schemars(length(max = 63))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// Whether the entry counts.
    pub counted: bool,
    /// Why it counts or does not.
    pub reason: Reason,
    /// When it was judged.
    pub time: Timestamp,
}
